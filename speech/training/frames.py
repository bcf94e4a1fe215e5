"""Utterances over telephone lines as streams of features and labels, drawn anew for every pass over the data.

A stream strings utterances and noises together in random order; training cuts its pieces anywhere in it. It takes a
thousandth of the audio's time, so nothing of it is kept on disk.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from speech.graphs.phones import INITIALS, pdf_of
from speech.ports import LINE_RATE_HZ
from speech.training.features import HOP_S, mfcc
from speech.training.noises import draw_noise
from speech.training.spoken import GAP, NOISE, QUIET, Spoken, Unit, trimmed
from speech.training.telephone import Call, Wave, babble, coloured, draw_call, line_noise

NOISE_SHARE = 0.1
"""Pieces of noise for each utterance."""

_WARPED = 0.5
"""Share of the utterances whose formants move without their pitch, by up to an eighth: vocal tracts of other lengths."""
_SILENCE_PDF, _NOISE_PDF = pdf_of(QUIET), pdf_of(NOISE)
_SPEECH_DB = 38.0
"""A word's tail this far under the loudest frame is silence."""
_SHORTEST = 3
"""Frames of an initial: the network answers once in 30 ms, and every sound must be seen."""


@dataclass(frozen=True, slots=True)
class Stream:
    """features [frames, 40] float16, labels [frames] uint8 (densities)."""

    features: NDArray[np.float16]
    labels: NDArray[np.uint8]


def make_stream(spoken: Sequence[Spoken], generator: Generator) -> Stream:
    """All utterances once, each over its own line, and noises between them."""
    kept = [trimmed(one) for one in spoken]
    voices = [one.samples for one in kept]
    pieces: list[tuple[NDArray[np.float32], NDArray[np.uint8]]] = []

    def noise(count: int) -> Wave:
        lot = generator.random()
        if lot < 0.3:
            return babble(count, voices, generator)
        if lot < 0.4:
            return np.resize(draw_noise(generator), count)
        return coloured(count, generator)

    for index in generator.permutation(len(spoken)):
        call = draw_call(voices[index], noise, generator)
        warp = float(np.exp(generator.uniform(-0.12, 0.12))) if generator.random() < _WARPED else 1.0
        features = mfcc(call.line, warp=warp)
        pieces.append((features, labels(kept[index].units, call, len(features))))
        if generator.random() < NOISE_SHARE:
            pieces.append(_noise_piece(generator))
    return Stream(
        np.concatenate([features for features, _ in pieces]).astype(np.float16),
        np.concatenate([marked for _, marked in pieces]),
    )


def _noise_piece(generator: Generator) -> tuple[NDArray[np.float32], NDArray[np.uint8]]:
    """Noise with its own label where it is loud, silence where it pauses."""
    wave = draw_noise(generator)
    features = mfcc(line_noise(wave + 1e-3 * coloured(len(wave), generator), generator))
    loud = _loudness(wave, len(features))
    return features, np.where(loud > loud.max() * 10 ** (-_SPEECH_DB / 20), _NOISE_PDF, _SILENCE_PDF).astype(np.uint8)


def labels(units: Sequence[Unit], call: Call, count: int) -> NDArray[np.uint8]:
    """Density of each of `count` frames of a call: an initial has one, a final two, half and half."""
    loud = _loudness(call.clean, count)
    threshold = max(float(loud.max()) * 10 ** (-_SPEECH_DB / 20), 3.0)
    marked = np.zeros(count, dtype=np.uint8)
    timed = [
        (
            unit.name,
            _frame(unit.start_s * call.stretch + call.lead_s, count),
            _frame(unit.end_s * call.stretch + call.lead_s, count),
        )
        for unit in units
    ]
    last = _SILENCE_PDF
    end_of_initial = 0
    for name, start, end in timed:
        start = max(start, end_of_initial)
        if name == QUIET:
            last = _SILENCE_PDF
        elif name == GAP:
            marked[start:end] = np.where(loud[start:end] > threshold * 2, last, _SILENCE_PDF)
        elif name == NOISE:
            marked[start:end] = _NOISE_PDF
        elif name in INITIALS:
            end = end_of_initial = min(count, max(end, start + _SHORTEST))
            marked[start:end] = last = pdf_of(name)
        else:
            last = pdf_of(name, 1)
            while end > start + 4 and loud[end - 1] < threshold:
                end -= 1
            middle = (start + end) // 2
            marked[start:middle], marked[middle:end] = last - 1, last
    return marked


def _frame(seconds: float, count: int) -> int:
    """The first frame whose middle (12.5 ms after its start) is not before this time."""
    return int(np.clip(np.ceil((seconds - 0.0125) / HOP_S), 0, count))


def _loudness(wave: Wave, count: int) -> NDArray[np.float32]:
    """RMS of each frame of 25 ms."""
    power = np.concatenate([[0.0], np.cumsum(np.square(wave, dtype=np.float64))])
    starts = np.arange(count) * (LINE_RATE_HZ // 100)
    return np.asarray(np.sqrt((power[starts + 200] - power[starts]) / 200 + 1e-3), dtype=np.float32)
