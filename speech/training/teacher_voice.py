"""Kokoro as a teacher: sentences in many timbres with the time of every initial and final.

The durations that the model's encoder decides on are made an output, so alignments come free: no aligner is needed.
Timbres are Kokoro's own native voices and mixtures of them with each other and with its voices of other languages.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from speech.engines import kokoro
from speech.graphs.phones import NotASyllable, Syllable, syllable_of, toneless
from speech.mandarin.phonemes import INITIALS, BadSyllable, syllable_phonemes
from speech.mandarin.readings import words
from speech.training.spoken import GAP, QUIET, RATE_HZ, Spoken, Unit, resampled

DURATIONS = "/encoder/Clip_output_0"
"""The encoder's frames for each token."""

LEAD_S = 0.05
"""The sound comes this much earlier than the durations say: with it, the vowels after 450 first initials begin within 15 ms
of their sound (median by manner of articulation; spread 50 ms, the teacher counts in frames of 25 ms)."""

NATIVE = ("zf_xiaobei", "zf_xiaoni", "zf_xiaoxiao", "zm_yunjian", "zm_yunxi", "zm_yunxia")
HELD_OUT = ("zf_xiaoyi", "zm_yunyang")
"""Never heard in training, neither pure nor mixed: the exam's voices."""


def with_durations(published: Path, out: Path) -> Path:
    """Write the published model with its durations as second output, once."""
    if not out.exists():
        import onnx

        model = onnx.load(str(published))
        model.graph.output.append(onnx.helper.make_empty_tensor_value_info(DURATIONS))
        out.parent.mkdir(parents=True, exist_ok=True)
        partial = out.with_suffix(".part")
        onnx.save(model, str(partial))
        partial.replace(out)
    return out


Accent = dict[str, str]
"""Initials and finals that a speaker says in place of the standard ones; the units keep the standard names."""

PLAIN: Accent = {}
SOUTHERN: Accent = {"zh": "z", "ch": "c", "sh": "s", "ing": "in", "eng": "en"}
NO_L: Accent = {"n": "l"}
NO_F: Accent = {"h": "f"}
_ACCENTS = (SOUTHERN, SOUTHERN, {"zh": "z", "ch": "c", "sh": "s"}, {"ing": "in", "eng": "en"}, SOUTHERN | NO_L, NO_L, NO_F)
"""Common mergers of spoken Mandarin (flat sibilants and -n for -ng in the south, n/l and h/f in the south-west)."""


def draw_accent(random: Random) -> Accent:
    """Standard speech four times in five."""
    return random.choice(_ACCENTS) if random.random() < 0.2 else PLAIN


@dataclass(frozen=True, slots=True)
class Blend:
    """A voice, or `share` of a voice and the rest of another; a share above one leads away from the other."""

    voice: str
    other: str = ""
    share: float = 1.0

    @property
    def name(self) -> str:
        return f"{self.voice}*{self.share:.2f}+{self.other}" if self.other else self.voice


_MANNER = 128
"""A style's first half colours the sound; from here on it decides durations and melody (StyleTTS 2)."""


@dataclass(frozen=True, slots=True)
class Timbre:
    """Whose throat a sentence comes from, and whose manner of speaking it follows (the same when none is named)."""

    throat: Blend
    manner: Blend | None = None

    @property
    def name(self) -> str:
        return f"{self.throat.name}/{self.manner.name}" if self.manner else self.throat.name


_LED_AWAY = 0.25
"""Share of the strangers' throats that lead away from another voice."""


def draw_timbre(random: Random, foreign: Sequence[str]) -> Timbre:
    """A native voice (3 in 10), a mixture of two (3), or of a native and a foreign one (4; nearer to the native)."""
    voice, lot = random.choice(NATIVE), random.random()
    if lot < 0.3 or (lot >= 0.6 and not foreign):
        return Timbre(Blend(voice))
    if lot < 0.6:
        return Timbre(Blend(voice, random.choice([name for name in NATIVE if name != voice]), random.uniform(0.35, 0.65)))
    return Timbre(Blend(voice, random.choice(foreign), random.uniform(0.45, 0.75)))


def draw_stranger(random: Random, foreign: Sequence[str]) -> Timbre:
    """A throat of any language with the melody and pace of Mandarin: as many speakers as there are voices, and between them.

    An independent ear (Whisper-base, eight sentences each, clean) understands foreign throats as well as native ones:
    0.17 to 0.33 of the syllables wrong against 0.17 to 0.27; leading away from a voice costs it no more than that.
    """
    throats = (*NATIVE, *foreign)
    throat, other = random.sample(throats, 2)
    share = random.uniform(1.05, 1.35) if random.random() < _LED_AWAY else random.uniform(0.5, 1.0)
    manner = Blend(random.choice(NATIVE), random.choice(throats), random.uniform(0.55, 1.0))
    return Timbre(Blend(throat, other, share), manner)


class TeacherVoice:
    """A loaded teacher; single-threaded, so that several processes share the cores."""

    def __init__(self, model_file: Path, foreign_voices: Path | None = None) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 3
        self._session = onnxruntime.InferenceSession(str(model_file), options, providers=["CPUExecutionProvider"])
        self._folders = [kokoro.VOICES, *([foreign_voices] if foreign_voices else [])]
        self.foreign = _foreign(foreign_voices)

    def say(self, text: str, timbre: Timbre, speed: float, accent: Accent = PLAIN) -> Spoken:
        """One utterance of at most about 60 syllables. Raises NotASyllable for sounds outside the phone set."""
        units, numbers = _tokens(text, accent)
        style = self._style(timbre)
        sound, durations = self._session.run(
            None,
            {
                "tokens": np.array([[0, *numbers, 0]], dtype=np.int64),
                "style": style[min(len(numbers), len(style) - 1)][None],
                "speed": np.array([speed], dtype=np.float32),
            },
        )
        samples = np.asarray(sound).ravel()
        ends = np.cumsum(np.asarray(durations, dtype=np.float64).ravel())
        ends *= len(samples) / kokoro.RATE_HZ / ends[-1]
        return Spoken(resampled(samples * 32767.0, kokoro.RATE_HZ, RATE_HZ), _timed(units, ends - LEAD_S), text, timbre.name)

    def _style(self, timbre: Timbre) -> NDArray[np.float32]:
        throat = self._blend(timbre.throat)
        manner = self._blend(timbre.manner) if timbre.manner else throat
        return np.concatenate([throat[:, :_MANNER], manner[:, _MANNER:]], axis=1).astype(np.float32)

    def _blend(self, blend: Blend) -> NDArray[np.float32]:
        style = self._load(blend.voice)
        return blend.share * style + (1 - blend.share) * self._load(blend.other) if blend.other else style

    def _load(self, voice: str) -> NDArray[np.float32]:
        return kokoro.style(next(path for folder in self._folders if (path := folder / f"{voice}.bin").exists()))


def _foreign(folder: Path | None) -> tuple[str, ...]:
    """Voices of other languages; every Chinese one that is not native to this list is the exam's."""
    return tuple(sorted(path.stem for path in folder.glob("*.bin") if path.stem[0] != "z")) if folder else ()


def _tokens(text: str, accent: Accent) -> tuple[list[tuple[str, int]], list[int]]:
    """((unit, number of tokens) in order with the start and end tokens, token numbers without them)."""
    units, numbers, vocabulary = [(QUIET, 1)], list[int](), kokoro.vocabulary()

    def add(unit: str, said: str) -> None:
        units.append((unit, len(said)))
        numbers.extend(vocabulary[char] for char in said)

    for at, word in enumerate(found := words(text)):
        if word.is_mark:
            add(GAP, word.text)
            continue
        if at:
            add(GAP, " ")
        for sound in word.syllables:
            initial, final = _units(sound)
            spoken_initial, spoken = _accented(sound, accent)
            cut = len(INITIALS[spoken_initial]) if initial else 0
            if initial:
                add(initial, spoken[:cut])
            add(final, spoken[cut:])
    if found and not found[-1].is_mark:
        add(GAP, ".")
    return [*units, (QUIET, 1)], numbers


def _accented(sound: str, accent: Accent) -> tuple[str, str]:
    """(initial, phonemes) of a syllable as this speaker says it; as usual where the accent makes no syllable."""
    initial = next((name for name in (sound[:2], sound[:1]) if name in INITIALS), "")
    body, tone = sound[len(initial) : -1], sound[-1]
    changed = accent.get(initial, initial), accent.get(body, body)
    try:
        return changed[0], syllable_phonemes(changed[0] + changed[1] + tone)
    except BadSyllable:
        return initial, syllable_phonemes(sound)


def _units(sound: str) -> Syllable:
    body = toneless(sound)
    if body == "r":
        return "", "er"
    if body in {"hm", "hng", "ê"}:
        raise NotASyllable(sound)
    return syllable_of(body)


def _timed(units: Sequence[tuple[str, int]], ends_s: NDArray[np.float64]) -> tuple[Unit, ...]:
    timed, at, start = [], 0, 0.0
    for name, count in units:
        at += count
        end = max(start, float(ends_s[at - 1]))
        timed.append(Unit(name, start, end))
        start = end
    return tuple(timed)
