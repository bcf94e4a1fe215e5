"""A plain MFCC and a plain Viterbi search in numpy: the independent peer that models and graphs are compared with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from speech.kaldi.fst import Fst

Matrix = NDArray[np.float32]


def mfcc(pcm: NDArray[np.int16], *, bins: int = 40, low_hz: float = 60.0, high_hz: float = 3800.0) -> Matrix:
    """Kaldi's MFCC of 8 kHz samples: 25 ms Povey windows every 10 ms, no dither, C0 in place of the energy."""
    samples = pcm.astype(np.float64)
    frames = np.stack([samples[at : at + 200] for at in range(0, len(samples) - 199, 80)])
    frames -= frames.mean(axis=1, keepdims=True)
    frames -= 0.97 * np.concatenate([frames[:, :1], frames[:, :-1]], axis=1)
    frames *= (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(200) / 199)) ** 0.85
    power = np.abs(np.fft.rfft(frames, 256)) ** 2
    mels = np.log(np.maximum(power[:, :128] @ _mel_bank(bins, low_hz, high_hz).T, 1.1920929e-07))
    place = (np.arange(bins) + 0.5) / bins
    basis = np.cos(np.pi * np.outer(np.arange(bins), place)) * np.sqrt(2 / bins)
    basis[0] = np.sqrt(1 / bins)
    lifter = 1 + 11 * np.sin(np.pi * np.arange(bins) / 22)
    found: Matrix = ((mels @ basis.T) * lifter).astype(np.float32)
    return found


def _mel_bank(bins: int, low_hz: float, high_hz: float) -> NDArray[np.float64]:
    def mel(hz: NDArray[np.float64] | float) -> NDArray[np.float64]:
        return np.asarray(1127.0 * np.log(1.0 + np.asarray(hz) / 700.0))

    edges = np.linspace(float(mel(low_hz)), float(mel(high_hz)), bins + 2)
    at = mel(np.arange(128) * 8000 / 256)
    up = (at - edges[:-2, None]) / (edges[1:-1] - edges[:-2])[:, None]
    down = (edges[2:, None] - at) / (edges[2:] - edges[1:-1])[:, None]
    return np.maximum(np.minimum(up, down), 0)


def search(graph: Fst, scores: Matrix, pdfs: Sequence[int]) -> list[tuple[int, int]]:
    """Best path through a graph: (output label, output frame at which its arc was taken). `pdfs[transition-id]`."""
    out = _by_source(graph)
    best: dict[int, tuple[float, tuple[tuple[int, int], ...]]] = _closed({graph.start: (0.0, ())}, out, 0)
    for frame, row in enumerate(scores):
        reached: dict[int, tuple[float, tuple[tuple[int, int], ...]]] = {}
        for state, (cost, said) in best.items():
            for target, ilabel, olabel, weight in out.get(state, ()):
                if ilabel:
                    paid = cost + weight - float(row[pdfs[ilabel]])
                    if target not in reached or paid < reached[target][0]:
                        reached[target] = paid, (*said, (olabel, frame)) if olabel else said
        cheapest = min(cost for cost, _ in reached.values())
        best = _closed({state: found for state, found in reached.items() if found[0] < cheapest + 30.0}, out, frame + 1)
    ends = {state: (cost + graph.finals[state], said) for state, (cost, said) in best.items() if state in graph.finals}
    return list(min(ends.values())[1])


def _by_source(graph: Fst) -> Mapping[int, list[tuple[int, int, int, float]]]:
    out: dict[int, list[tuple[int, int, int, float]]] = {}
    for source, target, ilabel, olabel, weight in graph.listed():
        out.setdefault(source, []).append((target, ilabel, olabel, weight))
    return out


def _closed(
    best: dict[int, tuple[float, tuple[tuple[int, int], ...]]],
    out: Mapping[int, list[tuple[int, int, int, float]]],
    frame: int,
) -> dict[int, tuple[float, tuple[tuple[int, int], ...]]]:
    """All states reached without a frame."""
    waiting = list(best)
    while waiting:
        state = waiting.pop()
        cost, said = best[state]
        for target, ilabel, olabel, weight in out.get(state, ()):
            if not ilabel and (target not in best or cost + weight < best[target][0]):
                best[target] = cost + weight, (*said, (olabel, frame)) if olabel else said
                waiting.append(target)
    return best
