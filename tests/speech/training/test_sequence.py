"""The criterion of whole stretches against every path counted one by one."""

from __future__ import annotations

from functools import partial
from itertools import pairwise, product
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from speech.training import sequence
from speech.training.fit import fit
from speech.training.network import AROUND, Shape
from speech.training.sequence import SCALE, criterion, transitions
from speech.training.spoken import Spoken, save

LABELS = np.array([[0, 0, 1, 1, 2], [2, 0, 0, 0, 1]], dtype=np.int32)


def _path(scores: np.ndarray, moves: np.ndarray, path: tuple[int, ...]) -> float:
    steps = sum(float(moves[a, b]) for a, b in pairwise(path))
    return steps + sum(float(scores[at, density]) for at, density in enumerate(path))


def test_it_is_the_share_of_the_true_sounds_among_all_paths(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sequence, "TOLERANCE", 0)
    logits = np.random.default_rng(1).normal(size=(2, 5, 3)).astype(np.float32)
    prior, moves = np.log(np.array([0.5, 0.3, 0.2])), transitions([LABELS], 3)
    scores = SCALE * (np.asarray(jax.nn.log_softmax(logits)) - prior)
    expected = []
    for row, labels in zip(scores, LABELS, strict=True):
        every = np.logaddexp.reduce([_path(row, moves, path) for path in product(range(3), repeat=5)])
        expected.append((every - _path(row, moves, tuple(labels))) / (SCALE * 5))
    found = jax.jit(lambda logits, labels: criterion(logits, labels, prior, moves))(logits, LABELS)
    assert float(found) == pytest.approx(np.mean(expected), rel=1e-4)


def test_a_boundary_may_lie_beside_its_label() -> None:
    moves = np.zeros((3, 3), dtype=np.float32)
    prior = np.zeros(3)
    late = jax.nn.one_hot(jnp.array([[0, 0, 0, 0, 1, 1, 1, 1]]), 3) * 50
    early = np.array([[0, 0, 1, 1, 1, 1, 1, 1]])
    far = np.array([[0, 1, 1, 1, 1, 1, 1, 1]])
    assert float(criterion(late, early, prior, moves)) < 1.0 < float(criterion(late, far, prior, moves))


def test_what_follows_what_is_counted_and_nothing_is_impossible() -> None:
    shares = np.exp(transitions([LABELS], 3))
    assert np.allclose(shares.sum(axis=1), 1.0)
    assert shares[0, 0] == pytest.approx(3 / 5, abs=0.01)
    assert 0 < shares[1, 0] < 0.01


def test_a_network_goes_on_by_sequence_with_its_prior(said: list[Spoken], tmp_path: Path) -> None:
    save(tmp_path / "0.npz", said * 5)
    told: list[str] = []
    tiny = Shape(hidden=32, bottleneck=16, layers=(AROUND,))
    begin = partial(fit, [tmp_path / "0.npz"], shape=tiny, passes=2, tell=told.append)
    start, another = begin(tmp_path / "a.net", seed=1), begin(tmp_path / "b.net", seed=2)
    on = begin(tmp_path / "b.net", seed=2, start=start)
    assert any("另一次训练" in line for line in told), "who goes on never takes up the checkpoint of one that began"
    assert np.array_equal(on.prior, start.prior)
    for other in (start, another):
        assert not np.array_equal(on.params["last"]["affine"], other.params["last"]["affine"])
