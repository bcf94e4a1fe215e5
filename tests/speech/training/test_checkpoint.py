"""A checkpoint is gone on with by the job that wrote it, and by no other."""

from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
import optax
import pytest

from speech.training.checkpoint import State, job_of
from speech.training.network import AROUND, Shape, initial

SHAPE = Shape(hidden=8, bottleneck=4, layers=(AROUND,))


@pytest.fixture
def shards(tmp_path: Path) -> list[Path]:
    paths = [tmp_path / "0.npz", tmp_path / "1.npz"]
    for number, path in enumerate(paths):
        np.savez(path, samples=np.full(9, number), lengths=np.array([9]))
    return paths


def test_whatever_decides_the_outcome_makes_another_job(shards: list[Path]) -> None:
    start = initial(SHAPE, 0)
    jobs = [
        job_of(shards, None, SHAPE, 10, 1, 3e-3),
        job_of(shards[:1], None, SHAPE, 10, 1, 3e-3),
        job_of(shards[::-1], None, SHAPE, 10, 1, 3e-3),
        job_of(shards, None, Shape(), 10, 1, 3e-3),
        job_of(shards, None, SHAPE, 11, 1, 3e-3),
        job_of(shards, None, SHAPE, 10, 2, 3e-3),
        job_of(shards, None, SHAPE, 10, 1, 1e-3),
        job_of(shards, start, SHAPE, 10, 1, 3e-3),
        job_of(shards, initial(SHAPE, 1), SHAPE, 10, 1, 3e-3),
    ]
    assert len(set(jobs)) == len(jobs)
    assert job_of(shards, initial(SHAPE, 0), SHAPE, 10, 1, 3e-3) == jobs[-2]
    np.savez(shards[0], samples=np.full(9, 5), lengths=np.array([9]))
    assert job_of(shards, None, SHAPE, 10, 1, 3e-3) not in jobs


def test_a_checkpoint_comes_back_to_its_own_job_only(tmp_path: Path) -> None:
    told: list[str] = []
    path = tmp_path / "a.state"
    assert State.of_job(path, "one", told.append) is None
    assert told == []
    state = State.begin("one", initial(SHAPE, 0), optax.adam(1e-3), SHAPE.outputs)
    state.passes, state.steps = 3, 40
    state.write(path)
    found = State.of_job(path, "one", told.append)
    assert found is not None
    assert (found.passes, found.steps) == (3, 40)
    assert State.of_job(path, "another", told.append) is None
    assert "已有 3 遍" in told[0]
    assert "从头训练" in told[1]


def test_a_checkpoint_that_names_no_job_is_of_another(tmp_path: Path) -> None:
    path = tmp_path / "a.state"
    path.write_bytes(pickle.dumps(({}, {}, (), np.zeros(9), 10, 400)))
    assert State.of_job(path, "one", lambda line: None) is None
