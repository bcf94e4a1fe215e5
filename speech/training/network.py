"""The network: a factored time-delay network (TDNN-F) over spliced cepstra, one answer in 30 ms. JAX; shapes as Kaldi's.

Source of the layer: Povey et al., "Semi-orthogonal low-rank matrix factorization for deep neural networks" (Interspeech
2018): a linear bottleneck, an affine, ReLU, normalisation and 0.66 of the layer's input. The second half of the layers
looks back only, so that an answer waits for no more than `Shape.right` frames of 10 ms.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

SUBSAMPLING = 3
BYPASS = 0.66
EPSILON = 1e-3
SPLICE = 3
"""Frames of 10 ms on either side that the first layer sees."""

Params = dict[str, Any]
Array = Any


@dataclass(frozen=True, slots=True)
class Layer:
    """Frames (of 10 ms, relative, multiples of 3) that the bottleneck and the affine of a layer splice."""

    linear: tuple[int, ...]
    affine: tuple[int, ...]


AROUND = Layer((-3, 0), (0, 3))
BACK = Layer((-3, 0), (0,))
FAR_BACK = Layer((-6, 0), (0,))


@dataclass(frozen=True, slots=True)
class Shape:
    """Sizes of a network."""

    inputs: int = 40
    hidden: int = 512
    bottleneck: int = 128
    outputs: int = 99
    layers: tuple[Layer, ...] = (AROUND, AROUND, BACK, AROUND, BACK, AROUND, BACK, FAR_BACK)

    @property
    def left(self) -> int:
        """Frames of 10 ms before an answer's own that it depends on."""
        return SPLICE - sum(min(layer.linear) + min(layer.affine) for layer in self.layers)

    @property
    def right(self) -> int:
        """Frames of 10 ms after an answer's own that it depends on."""
        return SPLICE + sum(max(layer.linear) + max(layer.affine) for layer in self.layers)


def initial(shape: Shape, seed: int) -> Params:
    """Fresh weights: He's normal initialisation, the last layer small."""
    random = np.random.default_rng(seed)

    def matrix(rows: int, columns: int, scale: float) -> Array:
        return jnp.asarray(random.normal(size=(rows, columns)) * scale / np.sqrt(rows), dtype=jnp.float32)

    def layer(one: Layer) -> Params:
        return {
            "linear": matrix(len(one.linear) * shape.hidden, shape.bottleneck, 1.0),
            "affine": matrix(len(one.affine) * shape.bottleneck, shape.hidden, 2**0.5),
            "bias": jnp.zeros(shape.hidden),
        }

    return {
        "first": {
            "affine": matrix((2 * SPLICE + 1) * shape.inputs, shape.hidden, 2**0.5),
            "bias": jnp.zeros(shape.hidden),
        },
        "layers": [layer(one) for one in shape.layers],
        "last": {"affine": matrix(shape.hidden, shape.outputs, 0.1), "bias": jnp.zeros(shape.outputs)},
    }


def statistics(shape: Shape) -> Params:
    """Mean and variance that each normalisation uses outside training."""
    return {
        "mean": jnp.zeros((len(shape.layers) + 1, shape.hidden)),
        "variance": jnp.ones((len(shape.layers) + 1, shape.hidden)),
    }


def size(params: Params) -> int:
    """Number of weights."""
    return sum(int(np.prod(leaf.shape)) for leaf in jax.tree.leaves(params))


def forward(
    shape: Shape, params: Params, stats: Params, features: Array, *, key: Array | None = None, drop: float = 0.0
) -> tuple[Array, Params]:
    """Logits [batch, answers, outputs] of features [batch, left + 3 (answers - 1) + 1 + right, inputs], normalised.

    With a key it trains: normalisation by the batch (whose statistics are returned) and dropout.
    """
    means: list[Array] = []
    variances: list[Array] = []

    def normalised(hidden: Array) -> Array:
        at = len(means)
        if key is None:
            mean, variance = stats["mean"][at], stats["variance"][at]
        else:
            mean = hidden.mean((0, 1))
            variance = jnp.square(hidden).mean((0, 1)) - jnp.square(mean)
        means.append(mean)
        variances.append(variance)
        scale = jax.lax.rsqrt(variance + EPSILON)
        if key is not None and drop:
            scale = scale * _mask(jax.random.fold_in(key, at), hidden, drop)
        return (hidden - mean) * scale

    count = (features.shape[1] - 2 * SPLICE - 1) // SUBSAMPLING + 1
    spliced = jnp.concatenate(
        [features[:, k : k + SUBSAMPLING * (count - 1) + 1 : SUBSAMPLING] for k in range(2 * SPLICE + 1)], axis=-1
    )
    hidden = normalised(jax.nn.relu(spliced @ params["first"]["affine"] + params["first"]["bias"]))
    for layer, weights in zip(shape.layers, params["layers"], strict=True):
        squeezed = _squeezed(hidden, layer.linear, weights["linear"])
        opened = _append(squeezed, layer.affine) @ weights["affine"] + weights["bias"]
        before, after = -min(layer.linear) - min(layer.affine), max(layer.linear) + max(layer.affine)
        kept = hidden[:, before // SUBSAMPLING : hidden.shape[1] - after // SUBSAMPLING]
        hidden = normalised(jax.nn.relu(opened)) + BYPASS * kept
    logits = hidden @ params["last"]["affine"] + params["last"]["bias"]
    return logits, {"mean": jnp.stack(means), "variance": jnp.stack(variances)}


def _mask(key: Array, hidden: Array, drop: float) -> Array:
    """Dropout shared over time, as for convolutions: one mask an utterance; uniform in 1 +- 2 drop, as Kaldi's."""
    shape = (hidden.shape[0], 1, hidden.shape[2])
    return jax.random.uniform(key, shape, minval=1 - 2 * drop, maxval=1 + 2 * drop)


def _squeezed(hidden: Array, offsets: tuple[int, ...], matrix: Array) -> Array:
    """`_append(hidden, offsets) @ matrix`, each frame multiplied once for all offsets: narrow sums move, not wide copies."""
    width = matrix.shape[1]
    blocks = matrix.reshape(len(offsets), -1, width).swapaxes(0, 1).reshape(-1, len(offsets) * width)
    parts = jnp.split(hidden @ blocks, len(offsets), axis=-1)
    return sum(_shifted(part, offset, offsets) for part, offset in zip(parts, offsets, strict=True))


def _append(hidden: Array, offsets: tuple[int, ...]) -> Array:
    """The frames at these offsets side by side, for every frame that has them all."""
    return jnp.concatenate([_shifted(hidden, offset, offsets) for offset in offsets], axis=-1)


def _shifted(hidden: Array, offset: int, offsets: tuple[int, ...]) -> Array:
    """The frame at this offset, for every frame that has one at each of these offsets."""
    low, high = min(*offsets, 0) // SUBSAMPLING, max(*offsets, 0) // SUBSAMPLING
    start = offset // SUBSAMPLING - low
    return hidden[:, start : start + hidden.shape[1] + low - high]
