"""The training stage: passes over freshly drawn telephone lines, a checkpoint after each, so a killed run of a job goes on.

Cross-entropy on the densities of the alignment; weights are averaged over the last steps, the normalisation's statistics
measured for them at the end. The same seed, shards and machine give the same network.
"""

from __future__ import annotations

import pickle
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
import optax.contrib
from numpy.random import Generator
from numpy.typing import NDArray
from rich.progress import Progress

from speech.training.checkpoint import State, job_of, store
from speech.training.features import BINS, cepstra
from speech.training.frames import Stream, make_stream
from speech.training.network import SUBSAMPLING, Params, Shape, forward, initial, size, statistics
from speech.training.sequence import criterion, transitions
from speech.training.spoken import RATE_HZ, load

ANSWERS = 100
"""Answers (30 ms each) in a piece."""
BATCH = 24
GROUP = 8
"""Shards whose pieces are shuffled together."""
PEAK_RATE = 6e-3
DECAY = 1e-3
UPDATE_RMS = 0.2
"""Of a matrix's update before the rate: as AdamW's, so that one rate serves all weights (Liu et al. 2025)."""
DROP = 0.1
SMOOTHING = 0.02
FRAME_SHARE = 0.2
"""Weight of the frames' cross-entropy beside the criterion of whole stretches: it keeps the densities what they are."""
_LEAST_PRIOR = 1e-5
AVERAGED = 0.999
"""Decay of the weights' running average; less at the start, when there is little to average."""


@dataclass(frozen=True, slots=True)
class Network:
    """What training ends with: everything that the Kaldi files need."""

    shape: Shape
    params: Params
    stats: Params
    prior: NDArray[np.float64]
    """Share of each density among all answers [outputs]."""

    @property
    def floored_prior(self) -> NDArray[np.float64]:
        """The prior with no density so rare that its likelihood would drown the rest; sums to one."""
        floored = self.prior + _LEAST_PRIOR
        return np.asarray(floored / floored.sum())

    def save(self, path: Path) -> None:
        """Write the network as arrays, whole or not at all."""
        store(path, (self.shape, jax.device_get(self.params), jax.device_get(self.stats), self.prior))

    @classmethod
    def read(cls, path: Path) -> Network:
        """A network that this pipeline wrote (pickle: only from its own cache)."""
        return cls(*pickle.loads(path.read_bytes()))


def unfloored(prior: NDArray[np.float64]) -> NDArray[np.float64]:
    """The prior whose `Network.floored_prior` this is."""
    return prior * (1 + prior.size * _LEAST_PRIOR) - _LEAST_PRIOR


def fit(
    shards: Sequence[Path],
    out: Path,
    *,
    shape: Shape,
    passes: int,
    seed: int,
    start: Network | None = None,
    peak: float = PEAK_RATE,
    tell: Callable[[str], None] = print,
) -> Network:
    """Train on the shards; `out` is the network, `out`.state the checkpoint between passes of this very job.

    From `start` it goes on by whole stretches (`speech.training.sequence`), with the prior of that network; `peak` (the
    highest rate of learning) should then be lower than the usual one.
    """
    steps = passes * max(1, sum(_answers(path) for path in shards) // (BATCH * ANSWERS))
    optimiser = _optimiser(steps, peak)
    job = job_of(shards, (start.params, start.stats, start.prior) if start else None, shape, passes, seed, peak)
    state = State.of_job(_checkpoint(out), job, tell)
    if state is None:
        state = State.begin(job, start.params if start else initial(shape, seed), optimiser, shape.outputs)
    tell(f"{size(state.params):,} 个权重，看前 {shape.left} 帧、后 {shape.right} 帧")
    tell(f"{len(shards)} 组语音，{passes} 遍，约 {steps} 步")
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool, Progress(transient=True) as progress:
        whole = _whole(shards, start, seed, pool) if start else None
        step = _stepper(shape, optimiser, whole)
        for number in range(state.passes, passes):
            bar = progress.add_task(f"第 {number + 1}/{passes} 遍", total=len(shards))
            losses, right = [], []
            for pieces, labels, done in _batches(shards, shape, np.random.default_rng([seed, number]), pool):
                state.params, state.memory, state.average, loss, share = step(
                    state.params, state.memory, state.average, pieces, labels, state.steps
                )
                state.steps += 1
                state.counts += np.bincount(np.asarray(labels).ravel(), minlength=shape.outputs)
                losses.append(float(loss))
                right.append(float(share))
                progress.update(bar, completed=done)
            state.passes = number + 1
            state.write(_checkpoint(out))
            tell(f"第 {number + 1} 遍：损失 {np.mean(losses):.3f}，帧正确 {np.mean(right):.1%}")
        network = _finished(shards, shape, state, pool, seed)
    if start:
        network = replace(network, prior=start.prior)
    network.save(out)
    return network


def _optimiser(steps: int, peak: float) -> optax.GradientTransformation:
    """Muon for the matrices, AdamW for the biases; the rate rises for a tenth, then falls.

    Source: Liu et al., "Muon is scalable for LLM training" (arXiv 2502.16982).
    """
    rate = optax.cosine_onecycle_schedule(steps + steps // 5, peak, pct_start=0.1)
    muon = optax.contrib.muon(rate, weight_decay=DECAY, adam_weight_decay=DECAY, consistent_rms=UPDATE_RMS)
    return optax.chain(optax.clip_by_global_norm(3.0), muon)


def _whole(shards: Sequence[Path], start: Network, seed: int, pool: ProcessPoolExecutor) -> Callable[..., Any]:
    """The criterion of whole stretches for what follows what in a part of the shards."""
    drawn = _part(shards, start.shape, np.random.default_rng([seed, 20_000]), pool)
    moves = transitions((labels for _, labels, _ in drawn), start.shape.outputs)
    return partial(criterion, log_prior=np.log(start.floored_prior), log_transitions=moves)


def _stepper(
    shape: Shape, optimiser: optax.GradientTransformation, whole: Callable[..., Any] | None = None
) -> Callable[..., Any]:
    stats = statistics(shape)

    def loss_of(params: Params, pieces: Any, labels: Any, key: Any) -> tuple[Any, Any]:
        logits, _ = forward(shape, params, stats, _masked(pieces, key), key=key, drop=DROP)
        targets = optax.smooth_labels(jax.nn.one_hot(labels, shape.outputs), SMOOTHING)
        loss = optax.softmax_cross_entropy(logits, targets).mean()
        right = (logits.argmax(-1) == labels).mean()
        return (whole(logits, labels) + FRAME_SHARE * loss if whole else loss), right

    def step(params: Params, memory: Any, average: Params, pieces: Any, labels: Any, count: Any) -> Any:
        key = jax.random.key(count)
        (loss, right), slopes = jax.value_and_grad(loss_of, has_aux=True)(params, pieces, labels, key)
        updates, memory = optimiser.update(slopes, memory, params)
        params = optax.apply_updates(params, updates)
        kept = jnp.minimum(AVERAGED, (1.0 + count) / (10.0 + count))
        average = jax.tree.map(lambda old, new: kept * old + (1 - kept) * new, average, params)
        return params, memory, average, loss, right

    jitted: Callable[..., Any] = jax.jit(step)
    return jitted


def _masked(pieces: Any, key: Any) -> Any:
    """SpecAugment (Park et al. 2019) on cepstra: back to mel bins, a band and a stretch of time set to the mean, and forth."""
    forth = jnp.asarray(cepstra())
    mel = pieces.astype(jnp.float32) @ jnp.linalg.inv(forth)
    band, width, time, length = jax.random.split(jax.random.fold_in(key, 1), 4)
    batch, frames, _ = mel.shape
    low = jax.random.uniform(band, (batch, 1)) * BINS
    bins = jnp.arange(BINS)[None]
    hidden_bins = (bins >= low) & (bins < low + jax.random.uniform(width, (batch, 1)) * 8)
    begin = jax.random.uniform(time, (batch, 1)) * frames
    at = jnp.arange(frames)[None]
    hidden_time = (at >= begin) & (at < begin + jax.random.uniform(length, (batch, 1)) * 12)
    covered = hidden_bins[:, None, :] | hidden_time[:, :, None]
    return jnp.where(covered, mel.mean((1, 2), keepdims=True), mel) @ forth


_Batch = tuple[NDArray[np.float16], NDArray[np.int32], int]
"""(pieces, labels, shards used so far)."""


def _part(shards: Sequence[Path], shape: Shape, generator: Generator, pool: ProcessPoolExecutor) -> Iterator[_Batch]:
    """Batches of the first shards only: enough to measure statistics on."""
    return _batches(shards[: 3 * GROUP], shape, generator, pool)


def _batches(shards: Sequence[Path], shape: Shape, generator: Generator, pool: ProcessPoolExecutor) -> Iterator[_Batch]:
    """All shards in random order; streams of the next group are drawn while this one is learnt."""
    order = [shards[at] for at in generator.permutation(len(shards))]
    seeds = generator.integers(2**32, size=len(order))
    jobs = deque(pool.submit(draw_stream, path, int(one)) for path, one in zip(order, seeds, strict=True))
    while jobs:
        group = [jobs.popleft() for _ in range(min(GROUP, len(jobs)))]
        pieces = [piece for job in group for piece in _pieces(job.result(), shape, generator)]
        mixed = [pieces[at] for at in generator.permutation(len(pieces))]
        for start in range(0, len(mixed) - BATCH + 1, BATCH):
            chosen = mixed[start : start + BATCH]
            yield np.stack([one for one, _ in chosen]), np.stack([one for _, one in chosen]), len(order) - len(jobs)


def draw_stream(path: Path, seed: int) -> Stream:
    """A shard over freshly drawn lines."""
    return make_stream(load(path), np.random.default_rng(seed))


def _pieces(stream: Stream, shape: Shape, generator: Generator) -> list[tuple[NDArray[np.float16], NDArray[np.int32]]]:
    """Cut a stream into pieces one after the other, at a random phase of the 30 ms."""
    width = shape.left + SUBSAMPLING * (ANSWERS - 1) + 1 + shape.right
    answers = SUBSAMPLING * np.arange(ANSWERS) + shape.left
    starts = range(int(generator.integers(SUBSAMPLING * ANSWERS)), len(stream.labels) - width + 1, SUBSAMPLING * ANSWERS)
    return [(stream.features[start : start + width], stream.labels[start + answers].astype(np.int32)) for start in starts]


def _finished(shards: Sequence[Path], shape: Shape, state: State, pool: ProcessPoolExecutor, seed: int) -> Network:
    """The averaged weights with the normalisation's statistics measured over a part of the data."""
    measure = jax.jit(lambda pieces: forward(shape, state.average, statistics(shape), pieces, key=jax.random.key(0))[1])
    means, variances = [], []
    for pieces, _, _ in _part(shards, shape, np.random.default_rng([seed, 10_000]), pool):
        found = measure(jnp.asarray(pieces, dtype=jnp.float32))
        means.append(found["mean"])
        variances.append(found["variance"])
    stats = {"mean": jnp.stack(means).mean(0), "variance": jnp.stack(variances).mean(0)}
    return Network(shape, state.average, stats, state.counts / state.counts.sum())


def _answers(path: Path) -> int:
    """About how many answers a shard gives."""
    with np.load(path) as stored:
        return int(stored["lengths"].sum() / RATE_HZ * 1.05 / (0.01 * SUBSAMPLING))


def _checkpoint(out: Path) -> Path:
    return out.with_suffix(".state")
