"""Forced alignment: where each sound of a known text lies in a recording, by a trained network. For consented recordings.

Viterbi over the text's sounds in order, silence or noise allowed between syllables; the network answers for every 10 ms
(three runs, a frame apart), so the alignment is as fine as the features.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import jax
import numpy as np
from numpy.typing import NDArray

from speech.graphs.phones import NotASyllable, pdf_of, syllable_of, toneless
from speech.mandarin.readings import readings
from speech.ports import LINE_RATE_HZ
from speech.training.features import HOP_S, mfcc
from speech.training.fit import Network
from speech.training.network import SUBSAMPLING, Params, Shape, forward
from speech.training.spoken import NOISE, QUIET, RATE_HZ, Spoken, Unit, resampled

_MIDDLE_S = 0.0125
_LEAST = -2.5
"""Mean log-likelihood ratio of a frame below which text and sound are held not to belong together."""

_ROUND = 50
"""Lengths are rounded up to this many answers: every new length is compiled."""

_State = tuple[str, int, int]
"""(unit, density, number of the unit in the text or -1)."""


class DoesNotFit(ValueError):
    """The sound is not that text, or the text is nothing that can be aligned."""


def align(network: Network, line: NDArray[np.int16], text: str, *, voice: str) -> Spoken:
    """The recording (8 kHz) with the time of every sound. Raises DoesNotFit."""
    try:
        syllables = [syllable_of(toneless(sound)) for sound in readings(text)]
    except NotASyllable as error:
        raise DoesNotFit(f"{text}：{error}") from None
    if not syllables:
        raise DoesNotFit(f"没有可以对齐的字：{text!r}")
    scores = likelihoods(network, mfcc(line))
    states = _states(syllables)
    if len(scores) < 3 * len(syllables):
        raise DoesNotFit(f"录音太短，放不下这句话（{len(scores) * HOP_S:.1f} 秒）")
    path, mean = _viterbi(scores[:, [pdf for _, pdf, _ in states]], _ways(states))
    if mean < _LEAST:
        raise DoesNotFit(f"声音与文字对不上（每帧 {mean:.2f}）")
    return Spoken(resampled(line, LINE_RATE_HZ, RATE_HZ), _units(path, states), text, voice)


def likelihoods(network: Network, features: NDArray[np.float32]) -> NDArray[np.float32]:
    """Log posterior over prior [frames, densities] for every 10 ms."""
    shape = network.shape
    answers = -(-len(features) // (SUBSAMPLING * _ROUND)) * _ROUND
    missing = SUBSAMPLING * answers - len(features) + SUBSAMPLING
    padded = np.concatenate(
        [np.repeat(features[:1], shape.left, 0), features, np.repeat(features[-1:], shape.right + missing, 0)]
    )
    width = shape.left + SUBSAMPLING * (answers - 1) + 1 + shape.right
    phases = np.stack([padded[phase : phase + width] for phase in range(SUBSAMPLING)])
    posteriors = np.asarray(_posteriors(shape, network.params, network.stats, phases))
    return posteriors.transpose(1, 0, 2).reshape(-1, shape.outputs)[: len(features)] - np.log(network.floored_prior)


@partial(jax.jit, static_argnums=0)
def _posteriors(shape: Shape, params: Params, stats: Params, features: Any) -> Any:
    return jax.nn.log_softmax(forward(shape, params, stats, features)[0])


def _states(syllables: Sequence[tuple[str, str]]) -> list[_State]:
    """Silence and noise, then each syllable's states followed by silence and noise."""
    rest: list[_State] = [(QUIET, pdf_of(QUIET), -1), (NOISE, pdf_of(NOISE), -1)]
    states, number = list(rest), 0
    for initial, final in syllables:
        if initial:
            states.append((initial, pdf_of(initial), number))
            number += 1
        states += [(final, pdf_of(final, 0), number), (final, pdf_of(final, 1), number), *rest]
        number += 1
    return states


def _ways(states: Sequence[_State]) -> list[list[int]]:
    """States that each state may come from, itself included."""
    ways = []
    for at, (name, _, _) in enumerate(states):
        before = [at]
        if name == NOISE:
            before += [at - 1, at - 2] if at >= 2 else [at - 1]
        elif name == QUIET:
            before += [at + 1] + ([at - 1] if at else [])
        elif at and states[at - 1][0] == NOISE:
            before += [at - 1, at - 2] + ([at - 3] if at >= 3 else [])
        else:
            before += [at - 1]
        ways.append(before)
    return ways


def _viterbi(scores: NDArray[np.float32], ways: Sequence[Sequence[int]]) -> tuple[list[int], float]:
    """(state of every frame, mean score); begins in the rest or the first sound, ends in the last sound or the rest."""
    widest = max(map(len, ways))
    sources = np.array([[*way, *[way[0]] * (widest - len(way))] for way in ways])
    best = np.full(len(ways), -np.inf)
    best[:3] = scores[0, :3]
    back = np.zeros(scores.shape, dtype=np.int32)
    for at in range(1, len(scores)):
        options = best[sources]
        chosen = options.argmax(axis=1)
        back[at] = sources[np.arange(len(ways)), chosen]
        best = options[np.arange(len(ways)), chosen] + scores[at]
    state = int(len(ways) - 3 + best[-3:].argmax())
    mean, path = float(best[state] / len(scores)), [state]
    for at in range(len(scores) - 1, 0, -1):
        state = int(back[at, state])
        path.append(state)
    return path[::-1], mean


def _units(path: Sequence[int], states: Sequence[_State]) -> tuple[Unit, ...]:
    """Runs of the same sound as units, in seconds."""
    units: list[Unit] = []
    last: tuple[str, int] | None = None
    for frame, state in enumerate(path):
        name, _, number = states[state]
        start = frame * HOP_S + (_MIDDLE_S if frame else 0.0)
        if (name, number) == last:
            units[-1] = Unit(name, units[-1].start_s, start + HOP_S)
        else:
            units.append(Unit(name, start, start + HOP_S))
        last = (name, number)
    return tuple(units)
