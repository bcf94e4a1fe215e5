"""When a voice over our prompt is an interruption: pitched speech for long enough, no cough and no noise. Pure.

A quarter of a second of speech interrupts. Sound alone cannot tell an 嗯 of 0.4 s from the beginning of a sentence
(benchmarks/barge_in.py shows how many of them stop us); what merely accompanies (嗯, 对, 好的) is told from its text: by
the partial where the engine is quick enough, else afterwards, and then the prompt goes on where it was cut.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

import numpy as np

from speech.ports import Pcm

NEEDED_FRAMES = 14
"""280 ms of voice..."""
WITHIN_FRAMES = 21
"""...within 420 ms: stops between syllables are silent."""
LONG_FRAMES = 35
"""700 ms: by then anything pitched interrupts, whatever its words seem to be."""
PITCHED_SHARE = 0.4
"""Share of the voiced frames that must have a pitch."""
RUMBLE_BINS = 10
"""Below 150 Hz a telephone carries no voice, but cars do."""
PITCH_STRENGTH = 0.45
LOWEST_LAG, HIGHEST_LAG = 20, 107
"""75 to 400 Hz at 8 kHz."""

ACCOMPANYING = frozenset("嗯啊哦噢呃唔哎诶欸喔哼是对好的行吧呢嘛呀了就")
"""Characters of backchannels: a partial made of these alone does not interrupt yet."""


@dataclass(frozen=True, slots=True)
class _Frame:
    is_voiced: bool
    is_pitched: bool


@dataclass(slots=True)
class Onset:
    """The latest frames of one call."""

    _frames: deque[_Frame] = field(default_factory=lambda: deque(maxlen=LONG_FRAMES))

    def push(self, pcm: Pcm, *, is_voiced: bool) -> None:
        """Take 20 ms. Features are computed for voiced frames only."""
        self._frames.append(_features(pcm) if is_voiced else _Frame(False, False))

    def reset(self) -> None:
        """What was said so far has been dealt with."""
        self._frames.clear()

    def is_interruption(self, partial: str) -> bool:
        """Whether the latest frames are somebody taking the floor."""
        recent = list(self._frames)[-WITHIN_FRAMES:]
        voiced = [frame for frame in recent if frame.is_voiced]
        if len(voiced) < NEEDED_FRAMES:
            return False
        if sum(frame.is_voiced for frame in self._frames) >= LONG_FRAMES - 5:
            return sum(frame.is_pitched for frame in self._frames) >= PITCHED_SHARE * LONG_FRAMES
        if partial and set(partial) <= ACCOMPANYING:
            return False
        return sum(frame.is_pitched for frame in voiced) >= PITCHED_SHARE * len(voiced)


def is_accompanying(text: str) -> bool:
    """Whether a text is nothing but 语气词 and short agreement."""
    return bool(text) and len(text) <= 4 and set(text) <= ACCOMPANYING


def _features(pcm: Pcm) -> _Frame:
    samples = pcm.astype(np.float32)
    samples -= samples.mean()
    spectrum = np.abs(np.fft.rfft(samples, 512)) ** 2
    spectrum[:RUMBLE_BINS] = 0.0
    correlation = np.fft.irfft(spectrum, 512)
    strength = float(correlation[LOWEST_LAG:HIGHEST_LAG].max() / (correlation[0] + 1e-9))
    return _Frame(True, strength >= PITCH_STRENGTH)
