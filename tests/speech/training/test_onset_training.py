"""Several small networks as one."""

from __future__ import annotations

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from speech.onset import WIDTH, Network
from speech.training.onset import joined


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
