"""What is heard on a line and is not speech: ring-back, busy and information tones, keys, music, laughter, breath, coughs.

Synthetic, at 8 kHz. Frequencies: GB/T 3380-1982 (450 Hz tones of China), ITU-T Q.23 (keys), ITU-T E.180 (information tone).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from scipy.signal import lfilter

from speech.ports import LINE_RATE_HZ
from speech.training.telephone import Wave

_KEYS_LOW, _KEYS_HIGH = (697, 770, 852, 941), (1209, 1336, 1477, 1633)


def draw_noise(generator: Generator) -> Wave:
    """Half a second to four seconds of one kind, any loudness."""
    make = _KINDS[generator.integers(len(_KINDS))]
    return np.asarray(make(round(generator.uniform(0.5, 4.0) * LINE_RATE_HZ), generator), dtype=np.float32)


def _tone(count: int, *hz: float) -> NDArray[np.float64]:
    at = np.arange(count) / LINE_RATE_HZ
    return np.asarray(sum(np.sin(2 * np.pi * one * at) for one in hz))


def _cadence(count: int, on_s: float, off_s: float, start_s: float) -> NDArray[np.float64]:
    at = np.arange(count) / LINE_RATE_HZ + start_s
    return np.asarray((at % (on_s + off_s) < on_s).astype(np.float64))


def _call_tone(count: int, generator: Generator) -> NDArray[np.float64]:
    """Ring-back 1 s on 4 s off, busy 0.35/0.35, congestion 0.7/0.7, or steady, at 450 Hz."""
    on_s, off_s = ((1.0, 4.0), (0.35, 0.35), (0.7, 0.7), (9.0, 0.1))[generator.integers(4)]
    return _tone(count, 450 * generator.uniform(0.97, 1.03)) * _cadence(count, on_s, off_s, generator.uniform(0, on_s))


def _information(count: int, generator: Generator) -> NDArray[np.float64]:
    third = LINE_RATE_HZ // 3
    steps = np.concatenate([_tone(third, hz) for hz in (950, 1400, 1800)])
    return np.resize(np.concatenate([steps, np.zeros(generator.integers(LINE_RATE_HZ // 10, LINE_RATE_HZ))]), count)


def _keys(count: int, generator: Generator) -> NDArray[np.float64]:
    sound = np.zeros(count)
    at = 0
    while at < count:
        length = min(count - at, int(generator.integers(LINE_RATE_HZ // 20, LINE_RATE_HZ // 4)))
        sound[at : at + length] = _tone(length, _KEYS_LOW[generator.integers(4)], _KEYS_HIGH[generator.integers(4)])
        at += length + int(generator.integers(LINE_RATE_HZ // 20, LINE_RATE_HZ // 3))
    return sound


def _beep(count: int, generator: Generator) -> NDArray[np.float64]:
    """An answering machine's tone, then nothing."""
    sound = np.zeros(count)
    length = min(count, int(generator.integers(LINE_RATE_HZ // 8, LINE_RATE_HZ)))
    sound[:length] = _tone(length, generator.uniform(400, 1800))
    return sound


def _music(count: int, generator: Generator) -> NDArray[np.float64]:
    """Chords and a tune with overtones that fade: music on hold, coloured ring-back."""
    sound = np.zeros(count)
    beat = int(LINE_RATE_HZ * generator.uniform(0.15, 0.5))
    base = generator.uniform(110, 330)
    for at in range(0, count, beat):
        length = min(2 * beat, count - at)
        fade = np.exp(-np.arange(length) / (LINE_RATE_HZ * generator.uniform(0.1, 0.6)))
        for _ in range(generator.integers(1, 4)):
            pitch = base * 2 ** (int(generator.integers(-5, 18)) / 12)
            overtones = sum(_tone(length, pitch * k) / k ** generator.uniform(0.8, 2) for k in range(1, 6) if pitch * k < 3800)
            sound[at : at + length] += overtones * fade
    return sound


def _laughter(count: int, generator: Generator) -> NDArray[np.float64]:
    """Short voiced bursts of falling pitch with breath between them, through an open vowel's formants."""
    sound = np.zeros(count)
    pitch = generator.uniform(120, 380)
    at = 0
    while at < count:
        length = min(count - at, int(LINE_RATE_HZ * generator.uniform(0.06, 0.14)))
        pitch *= generator.uniform(0.93, 1.03)
        phase = np.cumsum(np.full(length, pitch) / LINE_RATE_HZ) % 1.0
        sound[at : at + length] += (phase < 0.25).astype(float) * np.hanning(length)
        gap = int(LINE_RATE_HZ * generator.uniform(0.05, 0.13))
        end = min(count, at + length + gap)
        sound[at + length : end] += generator.normal(size=end - at - length) * 0.15
        at = end
    return _formants(sound, (generator.uniform(550, 900), generator.uniform(1000, 1600), 2500))


def _breath(count: int, generator: Generator) -> NDArray[np.float64]:
    """Breathing or wind into the microphone."""
    at = np.arange(count) / LINE_RATE_HZ
    swell = np.clip(np.sin(2 * np.pi * generator.uniform(0.2, 0.9) * at + generator.uniform(0, 2)), 0, 1) ** 2
    return _formants(generator.normal(size=count) * swell, (generator.uniform(400, 900), generator.uniform(1300, 2200)))


def _cough(count: int, generator: Generator) -> NDArray[np.float64]:
    """Bursts of noise with a sharp beginning; also knocks and clatter."""
    sound = np.zeros(count)
    for _ in range(generator.integers(1, 5)):
        at, length = int(generator.integers(count)), int(LINE_RATE_HZ * generator.uniform(0.02, 0.3))
        burst = generator.normal(size=length) * np.exp(-np.arange(length) / (length * generator.uniform(0.1, 0.4)))
        sound[at : at + length] += burst[: count - at]
    return _formants(sound, (generator.uniform(300, 900), generator.uniform(1200, 2500)))


def _formants(source: NDArray[np.float64], centres_hz: tuple[float, ...]) -> NDArray[np.float64]:
    shaped = source
    for hz in centres_hz:
        radius = 0.93
        shaped = lfilter([1 - radius], [1, -2 * radius * np.cos(2 * np.pi * hz / LINE_RATE_HZ), radius**2], shaped)
    return np.asarray(shaped)


_KINDS: tuple[Callable[[int, Generator], NDArray[np.float64]], ...] = (
    _call_tone, _information, _keys, _beep, _music, _music, _laughter, _laughter, _breath, _cough, _cough,
)  # fmt: skip
