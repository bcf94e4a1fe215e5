"""A voice began: is somebody taking the floor, merely listening along (嗯, 对, 好的), or is it no speech at all? Numpy alone.

Two recurrent networks of 64 cells, averaged, follow the voice from its first voiced frame, 20 ms at a time, and say so
after each. Trained by `python -m speech.training.onset`, which measures it too; about 0.1 ms a frame, and only when asked.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from speech.ports import FRAME_SAMPLES, LINE_RATE_HZ, Pcm

Rows = NDArray[np.float32]
WEIGHTS = Path(__file__).parent / "onset.npz"

BEFORE = 96
"""Samples before a frame that its window of 32 ms takes in."""
PAST_FRAMES = 3
"""What is looked at from before the first voiced frame: the soft beginning of a syllable."""
GAP_FRAMES = 20
"""A silence of 0.4 s ends a voice; what comes then is judged from its own beginning."""

EARLIEST_FRAMES = 8
"""Nothing is decided before 160 ms of voice."""
STILL_FRAMES = 2
"""Who was silent for longer than 40 ms has stopped for now: a short word never interrupts after its end."""
SURE = 0.85
"""Chosen on the exam of `speech.training.onset` and the clips of `benchmarks.line_time`: at 0.8 one in fifty of 嗯, 对, cough
and noise stop us, at 0.9 one sentence in twenty is caught 0.1 s later."""

BANDS = 20
WIDTH = BANDS + 4
"""Shape of the spectrum, energy under the loudest so far, strength of pitch, height of pitch, voiced or not."""
_FFT = 512
_LOW_HZ, _HIGH_HZ = 120.0, 3600.0
_LOWEST_LAG, _HIGHEST_LAG = 20, 107
"""75 to 400 Hz at 8 kHz."""
_RUMBLE_BINS = 5
_PITCHED = 0.35

ACCOMPANYING = frozenset("嗯啊哦噢呃唔哎诶欸喔哼唉是对好的行吧呢嘛呀了就")
"""Characters of what is said while listening."""


class Kind(IntEnum):
    """What a voice is."""

    FLOOR = 0
    ACCOMPANYING = 1
    OTHER = 2


@dataclass(frozen=True, slots=True)
class Network:
    """A gated recurrent unit and a linear layer. `mean`, `scale` [WIDTH]; gates in the order reset, update, candidate."""

    mean: Rows
    scale: Rows
    inward: Rows
    """[WIDTH, 3 * cells]"""
    around: Rows
    """[cells, 3 * cells]"""
    bias: Rows
    """[2, 3 * cells]: of the input and of the state"""
    outward: Rows
    """[cells + 1, 3], the last row the bias"""

    @property
    def cells(self) -> int:
        return len(self.around)

    def step(self, row: Rows, state: Rows) -> Rows:
        """The state after one more frame; `row` [3 * cells] is its input already multiplied."""
        cells = self.cells
        turned = state @ self.around + self.bias[1]
        gates = 1.0 / (1.0 + np.exp(-(row[: 2 * cells] + turned[: 2 * cells])))
        candidate = np.tanh(row[2 * cells :] + gates[:cells] * turned[2 * cells :])
        return np.asarray(candidate + gates[cells:] * (state - candidate), dtype=np.float32)

    def entered(self, rows: Rows) -> Rows:
        """Rows [n, WIDTH] as `step` takes them."""
        return np.asarray(((rows - self.mean) * self.scale) @ self.inward + self.bias[0], dtype=np.float32)

    def odds(self, state: Rows) -> Rows:
        """Probability of each Kind."""
        scores = state @ self.outward[:-1] + self.outward[-1]
        raised = np.exp(scores - scores.max())
        return np.asarray(raised / raised.sum(), dtype=np.float32)


class Opening:
    """Follows the voices of one call. Frames are kept as they come and looked at when `odds` is asked."""

    def __init__(self, network: Network | None = None) -> None:
        self._network = network or shipped()
        self._past: deque[tuple[Pcm, bool]] = deque(maxlen=PAST_FRAMES + 1)
        self._waiting: list[tuple[Pcm, bool]] = []
        self.reset()

    def reset(self) -> None:
        """What was said so far has been dealt with."""
        self._is_open = False
        self._silent = 0
        self.frames = 0
        """Since the first voiced frame of the present voice, that one included; 0 without a voice."""
        self._waiting.clear()
        self._past.clear()

    def push(self, pcm: Pcm, *, is_voiced: bool) -> None:
        """Take 20 ms."""
        self._silent = 0 if is_voiced else self._silent + 1
        if self._is_open and self._silent > GAP_FRAMES:
            self.reset()
        if self._is_open:
            self._waiting.append((pcm, is_voiced))
            self.frames += 1
            return
        self._past.append((pcm, is_voiced))
        if is_voiced:
            self._begin()

    @property
    def is_going_on(self) -> bool:
        """Whether the voice sounds at this moment."""
        return self._is_open and self._silent <= STILL_FRAMES

    def odds(self) -> Rows:
        """Probability of each Kind, from everything since the voice began; all OTHER without a voice."""
        if not self._is_open:
            return np.array([0.0, 0.0, 1.0], dtype=np.float32)
        if self._waiting:
            self._look()
        return self._network.odds(self._state)

    def takes_floor(self) -> bool:
        """Whether somebody has taken the floor by now and still speaks."""
        if self.frames < EARLIEST_FRAMES or not self.is_going_on:
            return False
        return bool(self.odds()[Kind.FLOOR] >= SURE)

    def _begin(self) -> None:
        self._is_open, self.frames = True, 1
        self._state = np.zeros(self._network.cells, dtype=np.float32)
        self._tail = np.zeros(BEFORE, dtype=np.int16)
        self._loudest = -np.inf
        self._waiting = list(self._past)
        self._past.clear()

    def _look(self) -> None:
        samples = np.concatenate([self._tail, *(pcm for pcm, _ in self._waiting)])
        rows, self._loudest = features(samples, [is_voiced for _, is_voiced in self._waiting], self._loudest)
        self._waiting.clear()
        self._tail = samples[-BEFORE:]
        for row in self._network.entered(rows):
            self._state = self._network.step(row, self._state)


def features(samples: Pcm, voiced: list[bool], loudest: float) -> tuple[Rows, float]:
    """[n, WIDTH] from BEFORE + 160 n samples, and the loudest frame's energy so far (natural logarithm)."""
    windows = np.lib.stride_tricks.sliding_window_view(samples.astype(np.float32), BEFORE + FRAME_SAMPLES)[::FRAME_SAMPLES]
    windows = windows - windows.mean(axis=1, keepdims=True)
    spectrum = np.fft.rfft(windows * _hann(), _FFT)
    power = np.asarray(spectrum.real**2 + spectrum.imag**2, dtype=np.float32)
    power[:, :_RUMBLE_BINS] = 0.0
    bands = np.log(power @ _mel() + 1e4)
    energy = np.log(power.sum(axis=1) + 1e4)
    loudest_yet = np.maximum(np.maximum.accumulate(energy), loudest)
    correlation = np.fft.irfft(power, _FFT)[:, : _HIGHEST_LAG + 1]
    lags = correlation[:, _LOWEST_LAG:].argmax(axis=1) + _LOWEST_LAG
    strength = correlation[np.arange(len(lags)), lags] / (correlation[:, 0] + 1e-3)
    height = np.where(strength > _PITCHED, np.log2(_HIGHEST_LAG / lags), 0.0)
    shape = bands - bands.mean(axis=1, keepdims=True)
    under = np.maximum(energy - loudest_yet, -8.0)
    rows = np.column_stack([shape, under, strength, height, np.asarray(voiced)])
    return np.asarray(rows, dtype=np.float32), float(loudest_yet[-1])


def is_accompanying(text: str) -> bool:
    """Whether a text is nothing but 语气词 and short agreement."""
    return bool(text) and len(text) <= 4 and set(text) <= ACCOMPANYING


def read(path: Path) -> Network:
    """A network as `speech.training.onset` writes it."""
    with np.load(path) as stored:
        return Network(*(stored[name].astype(np.float32) for name in Network.__slots__))


@lru_cache(maxsize=1)
def shipped() -> Network:
    """The network that comes with the product."""
    return read(WEIGHTS)


@lru_cache(maxsize=1)
def _hann() -> Rows:
    return np.hanning(BEFORE + FRAME_SAMPLES).astype(np.float32)


@lru_cache(maxsize=1)
def _mel() -> Rows:
    """[257, BANDS] triangles, equally wide in mel."""
    low, high = (1127.0 * np.log1p(hz / 700.0) for hz in (_LOW_HZ, _HIGH_HZ))
    edges = 700.0 * np.expm1(np.linspace(low, high, BANDS + 2) / 1127.0)
    hz = np.arange(_FFT // 2 + 1)[:, None] * LINE_RATE_HZ / _FFT
    left, centre, right = edges[:-2], edges[1:-1], edges[2:]
    return np.asarray(np.maximum(0.0, np.minimum((hz - left) / (centre - left), (right - hz) / (right - centre))), np.float32)
