"""MFCC as Kaldi computes them from `mfcc.conf` of the model: 40 cepstra of 40 bins, no energy, no dither. Pure.

Source of each step: Kaldi's feature documentation (frame 25 ms every 10 ms, snip-edges, mean removed, pre-emphasis 0.97,
Povey window, power spectrum over the next power of two, mel triangles, natural logarithm, orthonormal DCT, lifter 22).
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from speech.ports import LINE_RATE_HZ

HOP_S = 0.01
CONF = f"""--use-energy=false
--sample-frequency={LINE_RATE_HZ}
--num-mel-bins=40
--num-ceps=40
--low-freq=60
--high-freq=3800
--dither=0
"""
BINS = 40
_WINDOW, _HOP, _FFT = 200, 80, 256
_LOW_HZ, _HIGH_HZ = 60.0, 3800.0
_LIFTER = 22.0
_SMALLEST = np.float32(np.finfo(np.float32).eps)


def mfcc(samples: NDArray[np.number], *, warp: float = 1.0) -> NDArray[np.float32]:
    """[frames, 40] from samples of int16 scale at 8 kHz; `warp` moves the mel bins as a longer vocal tract would (<1)."""
    count = 1 + (len(samples) - _WINDOW) // _HOP
    if count < 1:
        return np.zeros((0, BINS), dtype=np.float32)
    whole = np.ascontiguousarray(samples, dtype=np.float32)
    frames = np.lib.stride_tricks.sliding_window_view(whole, _WINDOW)[::_HOP][:count]
    frames = frames - frames.mean(axis=1, keepdims=True)
    before = np.concatenate([frames[:, :1], frames[:, :-1]], axis=1)
    spectrum = np.fft.rfft((frames - 0.97 * before) * _povey(), _FFT)
    power = (spectrum.real**2 + spectrum.imag**2).astype(np.float32)[:, : _FFT // 2]
    mel = np.log(np.maximum(power @ _mel(round(warp, 2)), _SMALLEST))
    return np.asarray(mel @ cepstra(), dtype=np.float32)


@lru_cache(maxsize=1)
def _povey() -> NDArray[np.float32]:
    hann = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(_WINDOW) / (_WINDOW - 1))
    return np.asarray(hann**0.85, dtype=np.float32)


def _to_mel(hz: NDArray[np.float64] | float) -> NDArray[np.float64]:
    return np.asarray(1127.0 * np.log(1.0 + np.asarray(hz) / 700.0))


@lru_cache(maxsize=64)
def _mel(warp: float) -> NDArray[np.float32]:
    """[128, 40] triangles in mel; the centres move by the warp, the edges of the band stay."""
    edges = np.linspace(_to_mel(_LOW_HZ), _to_mel(_HIGH_HZ), BINS + 2)
    bins = _to_mel(np.minimum(np.arange(_FFT // 2) * LINE_RATE_HZ / _FFT * warp, LINE_RATE_HZ / 2))[:, None]
    left, centre, right = edges[:-2], edges[1:-1], edges[2:]
    rising, falling = (bins - left) / (centre - left), (right - bins) / (right - centre)
    return np.asarray(np.maximum(0.0, np.minimum(rising, falling)), dtype=np.float32)


@lru_cache(maxsize=1)
def cepstra() -> NDArray[np.float32]:
    """[40, 40] orthonormal DCT-II, then the cepstral lifter."""
    row = np.arange(BINS)[:, None]
    dct = np.sqrt(2.0 / BINS) * np.cos(np.pi / BINS * (np.arange(BINS)[None] + 0.5) * row)
    dct[0] = np.sqrt(1.0 / BINS)
    lift = 1.0 + 0.5 * _LIFTER * np.sin(np.pi * np.arange(BINS) / _LIFTER)
    return np.asarray((dct * lift[:, None]).T, dtype=np.float32)
