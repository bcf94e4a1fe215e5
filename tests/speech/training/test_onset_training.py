"""The network of openings: several small ones as one, and what it learns is what the call computes."""

from __future__ import annotations

import os
import time
from pathlib import Path

import numpy as np
import pytest
from numpy.random import Generator
from numpy.typing import NDArray

from speech.onset import WIDTH, Network, read
from speech.training.onset import fit as training
from speech.training.onset.examples import IGNORED
from speech.training.onset.fit import joined


def drawn(generator: Generator, cells: int) -> Network:
    def matrix(*shape: int) -> NDArray[np.float32]:
        return generator.normal(size=shape).astype(np.float32)

    same = np.ones(WIDTH, np.float32)
    return Network(same, same, matrix(WIDTH, 3 * cells), matrix(cells, 3 * cells), matrix(2, 3 * cells), matrix(cells + 1, 3))


def scores(network: Network, rows: NDArray[np.float32]) -> NDArray[np.float32]:
    state = np.zeros(network.cells, np.float32)
    for row in network.entered(rows):
        state = network.step(row, state)
    return np.asarray(state @ network.outward[:-1] + network.outward[-1])


def test_networks_side_by_side_give_the_mean_of_their_scores() -> None:
    generator = np.random.default_rng(3)
    members = [drawn(generator, 5) for _ in range(3)]
    rows = generator.normal(size=(20, WIDTH)).astype(np.float32)
    assert np.allclose(scores(joined(members), rows), np.mean([scores(one, rows) for one in members], axis=0), atol=1e-5)


def test_what_is_trained_hears_as_the_call_does_and_tells_kinds_apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two kinds that differ in one feature: the file written is told apart by the arithmetic of `speech.onset` itself."""
    monkeypatch.setattr(training, "BATCH", 8)
    generator = np.random.default_rng(1)
    labels = np.repeat(np.arange(3, dtype=np.uint8), 16)[:, None].repeat(12, axis=1)
    rows = generator.normal(size=(48, 12, WIDTH)).astype(np.float16)
    rows[..., 0] += 4 * labels
    labels[:, :2] = IGNORED
    np.savez(tmp_path / "00.npz", rows=rows, labels=labels)
    training.fit(tmp_path, tmp_path / "out.npz", seed=1)
    network = read(tmp_path / "out.npz")
    assert network.cells == training.MEMBERS * training.CELLS
    found = [int(scores(network, one.astype(np.float32)).argmax()) for one in rows]
    assert np.mean(np.array(found) == labels[:, -1]) > 0.9


def test_a_network_older_than_its_examples_is_trained_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    trained: list[int] = []
    weights = {name: np.ones((9, 3), np.float32) for name in ("inward", "around", "bias", "outward")}

    def fitted(rows: NDArray[np.float32], labels: NDArray[np.uint8], seed: int) -> dict[str, NDArray[np.float32]]:
        trained.append(seed)
        return weights

    monkeypatch.setattr(training, "_fitted", fitted)
    monkeypatch.setattr(training, "joined", lambda members: members[0])
    np.savez(tmp_path / "00.npz", rows=np.zeros((3, 4, WIDTH), np.float16), labels=np.zeros((3, 4), np.uint8))
    os.utime(tmp_path / "00.npz", (1, 1))
    for _ in range(2):
        training.fit(tmp_path, tmp_path / "out.npz", seed=1)
    assert trained == [1, 2], "kept the second time"
    later = time.time() + 60
    os.utime(tmp_path / "00.npz", (later, later))
    training.fit(tmp_path, tmp_path / "out.npz", seed=1)
    assert trained == [1, 2, 1, 2]
