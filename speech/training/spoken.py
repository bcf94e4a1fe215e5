"""An utterance with the time of every sound, and shards of them on disk. Arrays, no engines."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soxr
from numpy.typing import NDArray

RATE_HZ = 16_000
"""Kept at twice the telephone's rate: warping pitch and vocal tract upwards needs the sound above 4 kHz."""

QUIET = "SIL"
GAP = "SP"
"""Between words: silence, or the drawn-out end of the sound before, as the energy says."""
NOISE = "NSN"
"""Laughter, tones, music, breath: what is not speech."""


@dataclass(frozen=True, slots=True)
class Unit:
    """An initial, a final, QUIET, GAP or NOISE and its time in seconds."""

    name: str
    start_s: float
    end_s: float


@dataclass(frozen=True, slots=True)
class Spoken:
    """Samples at RATE_HZ [n] int16, their units in order, the text and the voice."""

    samples: NDArray[np.int16]
    units: tuple[Unit, ...]
    text: str
    voice: str

    @property
    def seconds(self) -> float:
        return len(self.samples) / RATE_HZ


def trimmed(spoken: Spoken, *, pad_s: float = 0.1) -> Spoken:
    """Without most of the silence before the first sound and after the last audible one."""
    first = next((unit.start_s for unit in spoken.units if unit.name not in {QUIET, GAP}), 0.0)
    hop = RATE_HZ // 50
    whole = spoken.samples[: len(spoken.samples) // hop * hop].reshape(-1, hop)
    loud = np.sqrt(np.mean(np.square(whole, dtype=np.float64), axis=1))
    audible = np.flatnonzero(loud > loud.max() * 0.01)
    start = max(0.0, first - pad_s)
    end = min(spoken.seconds, (audible[-1] + 1) * hop / RATE_HZ + pad_s) if len(audible) else spoken.seconds
    units = tuple(Unit(u.name, max(0.0, u.start_s - start), max(0.0, u.end_s - start)) for u in spoken.units)
    samples = spoken.samples[round(start * RATE_HZ) : round(end * RATE_HZ)]
    return Spoken(samples, units, spoken.text, spoken.voice)


def resampled(samples: NDArray[np.number], from_hz: float, to_hz: float) -> NDArray[np.int16]:
    """Samples of int16 scale at another rate, clipped."""
    return whole(samples if from_hz == to_hz else soxr.resample(np.asarray(samples, dtype=np.float32), from_hz, to_hz))


def whole(samples: NDArray[np.number]) -> NDArray[np.int16]:
    """Samples of int16 scale as int16, rounded and clipped."""
    return np.asarray(np.clip(np.round(samples), -32768, 32767), dtype=np.int16)


def save(path: Path, spoken: Sequence[Spoken]) -> None:
    """Write a shard whole or not at all."""
    listed = [
        {"text": one.text, "voice": one.voice, "units": [[u.name, u.start_s, u.end_s] for u in one.units]} for one in spoken
    ]
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".part")
    with partial.open("wb") as file:
        np.savez(
            file,
            samples=np.concatenate([one.samples for one in spoken]),
            lengths=np.array([len(one.samples) for one in spoken]),
            listed=np.frombuffer(json.dumps(listed, ensure_ascii=False).encode(), dtype=np.uint8),
        )
    partial.replace(path)


def load(path: Path) -> list[Spoken]:
    """The utterances of a shard."""
    with np.load(path) as stored:
        pieces = np.split(stored["samples"], np.cumsum(stored["lengths"])[:-1])
        listed = json.loads(stored["listed"].tobytes())
    return [
        Spoken(piece, tuple(Unit(*unit) for unit in one["units"]), one["text"], one["voice"])
        for piece, one in zip(pieces, listed, strict=True)
    ]
