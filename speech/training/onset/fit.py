"""The network of `speech.onset`: small gated recurrent units, trained apart from different first weights and joined as one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
from numpy.random import Generator
from numpy.typing import NDArray

from speech.onset import WIDTH, Network, read
from speech.training.onset.examples import IGNORED, is_current

CELLS = 64
MEMBERS = 2
"""Networks from different first weights, averaged: at equal promptness they stop for what is no interruption half as often as
one alone."""
PASSES = 30
BATCH = 256

Weights = dict[str, Any]


def fit(folder: Path, out: Path, *, seed: int) -> None:
    """Train MEMBERS networks, each kept until examples are younger, and write them as one."""
    examples = sorted(folder.glob("[0-9]*.npz"))
    parts = [np.load(path) for path in examples]
    rows = np.concatenate([part["rows"] for part in parts]).astype(np.float32)
    labels = np.concatenate([part["labels"] for part in parts])
    seen = rows[labels != IGNORED]
    mean, scale = seen.mean(axis=0), 1.0 / (seen.std(axis=0) + 1e-3)
    members = [folder / f"member-{number}.npz" for number in range(MEMBERS)]
    for number, path in enumerate(members):
        if not is_current(path, examples):
            write(path, Network(mean, scale, **_fitted((rows - mean) * scale, labels, seed + number)))
    write(out, joined([read(path) for path in members]))
    print(f"-> {out}（{out.stat().st_size} 字节）")


def joined(members: Sequence[Network]) -> Network:
    """One network that is the mean of the members' scores: their cells side by side, without ways between them."""
    cells, count = members[0].cells, len(members)
    around = np.zeros((count, cells, 3, count, cells), np.float32)
    for number, one in enumerate(members):
        around[number, :, :, number] = one.around.reshape(cells, 3, cells)
    inward = np.stack([one.inward.reshape(WIDTH, 3, cells) for one in members], axis=2)
    bias = np.stack([one.bias.reshape(2, 3, cells) for one in members], axis=2)
    outward = np.concatenate([one.outward[:-1] for one in members]) / count
    constant = np.mean([one.outward[-1:] for one in members], axis=0)
    return Network(
        members[0].mean,
        members[0].scale,
        inward.reshape(WIDTH, -1),
        around.reshape(count * cells, -1),
        bias.reshape(2, -1),
        np.concatenate([outward, constant]),
    )


def write(path: Path, network: Network) -> None:
    """As `speech.onset` reads it."""
    arrays = {name: np.asarray(getattr(network, name), np.float32) for name in Network.__slots__}
    path.parent.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(path, allow_pickle=False, **arrays)


def _fitted(rows: NDArray[np.float32], labels: NDArray[np.uint8], seed: int) -> dict[str, NDArray[np.float32]]:
    """The weights of one network after PASSES over the rows, which are normalised."""
    generator = np.random.default_rng(seed)
    weights = _initial(generator)
    steps = len(rows) // BATCH * PASSES
    chain = optax.chain(
        optax.clip_by_global_norm(1.0), optax.adamw(optax.cosine_decay_schedule(4e-3, steps), weight_decay=1e-4)
    )
    shares = np.bincount(labels.ravel(), minlength=4)[:3]
    train = _stepper(chain, jnp.asarray([*(shares.sum() / 3 / shares), 0.0]))
    state = chain.init(weights)
    for number in range(PASSES):
        values = []
        for chosen in generator.permutation(len(rows))[: len(rows) // BATCH * BATCH].reshape(-1, BATCH):
            weights, state, value = train(weights, state, rows[chosen], labels[chosen].astype(np.int32))
            values.append(float(value))
        if number % 5 == 4:
            print(f"第 {number + 1} 遍：{np.mean(values):.4f}", flush=True)
    return {name: np.asarray(value) for name, value in weights.items()}


def _initial(generator: Generator) -> Weights:
    return {
        "inward": jnp.asarray(generator.normal(size=(WIDTH, 3 * CELLS)) / np.sqrt(WIDTH), jnp.float32),
        "around": jnp.asarray(generator.normal(size=(CELLS, 3 * CELLS)) / np.sqrt(CELLS), jnp.float32),
        "bias": jnp.zeros((2, 3 * CELLS)),
        "outward": jnp.asarray(generator.normal(size=(CELLS + 1, 3)) / np.sqrt(CELLS), jnp.float32),
    }


def _stepper(chain: optax.GradientTransformation, weight: Any) -> Callable[..., Any]:
    """(weights, state of the optimiser, rows, labels) -> the same a step on, and the loss; `weight` is each label's."""

    def loss(weights: Weights, batch: Any, wanted: Any) -> Any:
        logs = jax.nn.log_softmax(_scores(weights, batch))
        each = weight[wanted]
        return -(each * jnp.take_along_axis(logs, jnp.minimum(wanted, 2)[..., None], axis=-1)[..., 0]).sum() / each.sum()

    def train(weights: Weights, state: Any, batch: Any, wanted: Any) -> Any:
        value, slope = jax.value_and_grad(loss)(weights, batch, wanted)
        change, state = chain.update(slope, state, weights)
        return optax.apply_updates(weights, change), state, value

    jitted: Callable[..., Any] = jax.jit(train)
    return jitted


def _scores(weights: Weights, batch: Any) -> Any:
    """[batch, frames, WIDTH] -> [batch, frames, kinds], before the softmax; the arithmetic of `speech.onset`."""

    def step(state: Any, row: Any) -> Any:
        turned = state @ weights["around"] + weights["bias"][1]
        gates = jax.nn.sigmoid(row[:, : 2 * CELLS] + turned[:, : 2 * CELLS])
        candidate = jnp.tanh(row[:, 2 * CELLS :] + gates[:, :CELLS] * turned[:, 2 * CELLS :])
        state = candidate + gates[:, CELLS:] * (state - candidate)
        return state, state

    entered = batch @ weights["inward"] + weights["bias"][0]
    _, states = jax.lax.scan(step, jnp.zeros((len(batch), CELLS)), entered.swapaxes(0, 1))
    return states.swapaxes(0, 1) @ weights["outward"][:-1] + weights["outward"][-1]
