"""The export stage: a trained network as the files of a Kaldi model directory that Vosk loads. Graphs come after."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from speech.graphs.phones import transition_bytes
from speech.kaldi import model
from speech.training.features import CONF
from speech.training.fit import Network
from speech.training.network import BYPASS, EPSILON, SPLICE, Layer


def export(network: Network, out: Path) -> None:
    """Write am/final.mdl and conf/mfcc.conf into `out`; `speech.graphs.build` adds the rest."""
    for folder in ("am", "conf"):
        (out / folder).mkdir(parents=True, exist_ok=True)
    model.write(
        out / "am" / "final.mdl",
        transition_bytes(has_non_speech=True),
        kaldi_network(network),
        left_context=network.shape.left,
        right_context=network.shape.right,
        priors=network.floored_prior,
    )
    (out / "conf" / "mfcc.conf").write_text(CONF, encoding="utf-8")


def kaldi_network(network: Network) -> model.Network:
    """The same computation in nnet3's components; a bottleneck is an affine without bias."""
    shape, params, stats = network.shape, network.params, network.stats
    kaldi = model.Network(input_dim=shape.inputs)

    def normalised(name: str, source: str, at: int) -> str:
        scale = 1.0 / np.sqrt(_wide(stats["variance"][at]) + EPSILON)
        here = kaldi.add(f"{name}.relu", model.relu(shape.hidden), source)
        here = kaldi.add(f"{name}.scale", model.scale(scale), here)
        return kaldi.add(f"{name}.shift", model.shift(-_wide(stats["mean"][at]) * scale), here)

    first = params["first"]
    spliced = model.spliced("input", range(-SPLICE, SPLICE + 1))
    here = kaldi.add("first.affine", _affine(first["affine"], first["bias"]), spliced)
    here = normalised("first", here, 0)
    for at, (layer, weights) in enumerate(zip(shape.layers, params["layers"], strict=True), start=1):
        opened = _factored(kaldi, f"tdnnf{at}", here, layer, weights)
        found = normalised(f"tdnnf{at}", opened, at)
        here = kaldi.add(f"tdnnf{at}.sum", model.no_op(shape.hidden), model.added(here, found, scale_of_first=BYPASS))
    here = kaldi.add("last.affine", _affine(params["last"]["affine"], params["last"]["bias"]), here)
    kaldi.finish(kaldi.add("last.log-softmax", model.log_softmax(shape.outputs), here))
    return kaldi


def _factored(kaldi: model.Network, name: str, source: str, layer: Layer, weights: Any) -> str:
    without_bias = np.zeros(weights["linear"].shape[1])
    squeezed = kaldi.add(f"{name}.linear", _affine(weights["linear"], without_bias), model.spliced(source, layer.linear))
    return kaldi.add(f"{name}.affine", _affine(weights["affine"], weights["bias"]), model.spliced(squeezed, layer.affine))


def _affine(matrix: Any, bias: Any) -> bytes:
    return model.affine(_wide(matrix).T, _wide(bias))


def _wide(values: Any) -> Any:
    return np.asarray(values, dtype=np.float64)
