"""espeak-ng as a second teacher: many more throats, unnatural but exact, by its C library (espeakng-loader carries it).

Its phoneme events give the time of every sound and the pinyin syllable that it belongs to. One voice state per process.
"""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import Any, ClassVar

import espeakng_loader
import numpy as np

from speech.graphs.phones import NotASyllable, syllable_of, toneless
from speech.mandarin.readings import words
from speech.training.spoken import GAP, QUIET, RATE_HZ, Spoken, Unit, resampled

BASE = "cmn-latn-pinyin"
# fmt: off
VARIANTS = (
    "", "+m1", "+m2", "+m3", "+m5", "+m6", "+m7", "+f1", "+f2", "+f4", "+f5", "+klatt", "+klatt2", "+klatt3", "+Andy", "+Annie",
    "+anika", "+linda", "+steph", "+adam", "+quincy", "+belinda", "+benjamin", "+boris", "+david", "+ed", "+gene", "+grandma",
    "+jacky", "+john", "+kaukovalta", "+max", "+michael", "+norbert", "+paul", "+rob", "+robert", "+sandro", "+steph2",
    "+victor", "+zac",
)
# fmt: on
HELD_OUT = ("+m4", "+f3")
"""Never heard in training: the exam's variants."""

_PHONEME, _END = 7, 0
_RETRIEVAL, _PHONEME_EVENTS = 1, 1
_RATE, _PITCH, _RANGE = 1, 3, 4
_CHARACTERS_UTF8 = 1


class _Id(ctypes.Union):
    _fields_: ClassVar[Any] = [("number", ctypes.c_int), ("name", ctypes.c_char_p), ("string", ctypes.c_char * 8)]


class _Event(ctypes.Structure):
    _fields_: ClassVar[Any] = [
        ("type", ctypes.c_int), ("unique", ctypes.c_uint), ("text_position", ctypes.c_int), ("length", ctypes.c_int),
        ("audio_ms", ctypes.c_int), ("sample", ctypes.c_int), ("user", ctypes.c_void_p), ("id", _Id),
    ]  # fmt: skip


_Callback = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.POINTER(_Event))


@dataclass(frozen=True, slots=True)
class Throat:
    """A variant, its rate (words a minute), pitch and range (0 to 99)."""

    variant: str
    rate: int
    pitch: int
    range: int


def draw_throat(random: Random) -> Throat:
    """Any variant of training at any usual rate and pitch."""
    return Throat(random.choice(VARIANTS), random.randint(150, 300), random.randint(15, 85), random.randint(30, 75))


class FormantVoice:
    """The library, opened once a process."""

    def __init__(self) -> None:
        self._library = ctypes.CDLL(espeakng_loader.get_library_path())
        path = espeakng_loader.get_data_path().encode()
        self._rate_hz = int(self._library.espeak_Initialize(_RETRIEVAL, 0, path, _PHONEME_EVENTS))
        self._sound: list[np.ndarray[Any, np.dtype[np.int16]]] = []
        self._events: list[tuple[int, int]] = []
        self._keep = _Callback(self._take)
        self._library.espeak_SetSynthCallback(self._keep)

    def say(self, text: str, throat: Throat) -> Spoken | None:
        """A text, or None where the events do not cover every syllable (rare unusual syllables)."""
        return self.say_syllables([sound for word in words(text) for sound in word.syllables], throat, text)

    def say_syllables(self, sounds: Sequence[str], throat: Throat, text: str = "") -> Spoken | None:
        """Numbered pinyin, one syllable after the other."""
        self._sound, self._events = [], []
        self._library.espeak_SetVoiceByName((BASE + throat.variant).encode())
        for parameter, value in ((_RATE, throat.rate), (_PITCH, throat.pitch), (_RANGE, throat.range)):
            self._library.espeak_SetParameter(parameter, value, 0)
        said = " ".join(sounds).encode()
        self._library.espeak_Synth(said, len(said) + 1, 0, 1, 0, _CHARACTERS_UTF8, None, None)
        self._library.espeak_Synchronize()
        if not self._sound:
            return None
        samples = np.concatenate(self._sound).astype(np.float32)
        units = self._timed(sounds, len(samples) / self._rate_hz)
        voice = f"espeak{throat.variant}"
        return Spoken(resampled(samples, self._rate_hz, RATE_HZ), units, text, voice) if units else None

    def _take(self, wave: Any, count: int, events: Any) -> int:
        if wave and count > 0:
            self._sound.append(np.ctypeslib.as_array(wave, shape=(count,)).copy())
        at = 0
        while events[at].type != _END:
            event = events[at]
            if event.type == _PHONEME:
                self._events.append((event.text_position if event.id.string[:1] != b"_" else -1, event.audio_ms))
            at += 1
        return 0

    def _timed(self, sounds: Sequence[str], seconds: float) -> tuple[Unit, ...] | None:
        """The first phoneme of a syllable with an initial is its initial, the rest its final; pauses are QUIET."""
        ends = [ms / 1000 for _, ms in self._events[1:]] + [seconds]
        heard: dict[int, list[tuple[float, float]]] = {}
        units: list[Unit] = []
        for (position, ms), end in zip(self._events, ends, strict=True):
            if position < 0:
                units.append(Unit(GAP, ms / 1000, end))
            else:
                heard.setdefault(position, []).append((ms / 1000, end))
        position = 1
        for sound in sounds:
            spans = heard.pop(position, [])
            position += len(sound) + 1
            if (found := _syllable(sound, spans)) is None:
                return None
            units.extend(found)
        if heard:
            return None
        units.sort(key=lambda unit: unit.start_s)
        first, last = units[0].start_s, units[-1].end_s
        return (Unit(QUIET, 0.0, first), *units, Unit(QUIET, last, max(last, seconds)))


def _syllable(sound: str, spans: Sequence[tuple[float, float]]) -> list[Unit] | None:
    try:
        initial, final = syllable_of(toneless(sound))
    except NotASyllable:
        return None
    if len(spans) < (2 if initial else 1):
        return None
    units = [Unit(initial, *spans[0])] if initial else []
    rest = spans[1:] if initial else spans
    return [*units, Unit(final, rest[0][0], rest[-1][1])]
