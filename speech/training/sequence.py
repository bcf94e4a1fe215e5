"""The criterion of whole stretches: how much likelier the true sounds are than any sounds in their place. JAX, on batches.

Source: Povey et al., "Purely sequence-trained neural networks for ASR based on lattice-free MMI" (Interspeech 2016), with
the network's likelihoods scaled about as the decoder scales them. The true sounds may begin and end TOLERANCE answers away from
their labels; the others are every path through the densities, weighed by how often one follows another.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from speech.training.network import Array

SCALE = 0.35
"""Of the likelihoods beside the transitions: about the decoder's."""
TOLERANCE = 2
"""Answers (30 ms each): teachers' times are that exact."""
_UNSEEN = 1e-3
"""How often a change that never happens is counted: all paths stay possible."""
_NEVER = -1e5


def transitions(labels: Iterable[NDArray[np.integer[Any]]], outputs: int) -> NDArray[np.float32]:
    """Log share of each density [outputs, outputs] after each, an answer later, in label pieces [..., answers]."""
    counts = np.full((outputs, outputs), _UNSEEN)
    for piece in labels:
        np.add.at(counts, (piece[..., :-1].ravel(), piece[..., 1:].ravel()), 1.0)
    return np.asarray(np.log(counts / counts.sum(axis=1, keepdims=True)), dtype=np.float32)


def criterion(logits: Array, labels: Array, log_prior: Array, log_transitions: Array) -> Array:
    """Mean over the answers of -log share of the true sounds among all, over SCALE. logits [batch, answers, outputs]."""
    log_transitions = jnp.asarray(log_transitions)
    scores = SCALE * (jax.nn.log_softmax(logits) - log_prior)
    true = _true_paths(scores, labels, log_transitions)
    every = _every_path(scores, log_transitions)
    return ((every - true) / (SCALE * labels.shape[1])).mean()


def _every_path(scores: Array, log_transitions: Array) -> Array:
    """Log sum over all paths [batch]."""
    moves = jnp.exp(log_transitions)

    def step(alpha: Array, here: Array) -> tuple[Array, None]:
        top = alpha.max(-1, keepdims=True)
        return jnp.log(jnp.exp(alpha - top) @ moves + 1e-30) + top + here, None

    last, _ = jax.lax.scan(step, scores[:, 0], scores[:, 1:].swapaxes(0, 1), unroll=4)
    return jax.nn.logsumexp(last, axis=-1)


def _true_paths(scores: Array, labels: Array, log_transitions: Array) -> Array:
    """Log sum over the paths through the labels' runs in order, each within TOLERANCE of its labels [batch]."""
    answers = labels.shape[1]
    at = jnp.arange(answers)
    changes = jnp.concatenate([jnp.zeros_like(labels[:, :1]), (labels[:, 1:] != labels[:, :-1]).astype(labels.dtype)], 1)
    member = jnp.cumsum(changes, axis=1)[:, :, None] == at
    """[batch, answers, runs]: as many runs as answers at most."""
    runs = jnp.where(member, labels[:, :, None], 0).max(1)
    first, last = member.argmax(1), answers - 1 - member[:, ::-1].argmax(1)
    near = (at[:, None] >= first[:, None] - TOLERANCE) & (at[:, None] <= last[:, None] + TOLERANCE)
    allowed = jnp.where(near & member.any(1)[:, None], 0.0, _NEVER)
    emitted = jnp.take_along_axis(scores, jnp.broadcast_to(runs[:, None], scores.shape[:2] + runs.shape[1:]), 2) + allowed
    stay = log_transitions[runs, runs]
    enter = jnp.concatenate([jnp.full_like(stay[:, :1], _NEVER), log_transitions[runs[:, :-1], runs[:, 1:]]], 1)

    def step(alpha: Array, here: Array) -> tuple[Array, None]:
        before = jnp.concatenate([jnp.full_like(alpha[:, :1], _NEVER), alpha[:, :-1]], 1)
        return jnp.logaddexp(alpha + stay, before + enter) + here, None

    ended, _ = jax.lax.scan(step, emitted[:, 0], emitted[:, 1:].swapaxes(0, 1), unroll=4)
    return jax.nn.logsumexp(ended, axis=-1)
