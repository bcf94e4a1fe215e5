"""The export stage: a trained network as the files of a Kaldi model directory that Vosk loads, and back. Graphs come after."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from speech.graphs.phones import transition_bytes
from speech.kaldi import model, reader
from speech.training.features import CONF
from speech.training.fit import Network, unfloored
from speech.training.network import BYPASS, EPSILON, SPLICE, Layer, Params, Shape


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


def restored(model_dir: Path) -> Network:
    """The network that `export` wrote, to go on from. Raises BadModel for any other, OSError when none is there."""
    path = model_dir / "am" / "final.mdl"
    nnet = reader.load(path)
    try:
        network = _restored(nnet)
    except (LookupError, TypeError, ValueError) as error:
        raise reader.BadModel(f"{path}: {error!r}") from None
    if [name for name, _ in kaldi_network(network).components] != [*nnet.components]:
        raise reader.BadModel(f"{path}: another network than this training's")
    return network


def _restored(nnet: reader.Nnet) -> Network:
    """Raises LookupError, TypeError or ValueError where the components are not those of `kaldi_network`."""

    def weights(component: str) -> Any:
        return nnet.components[component].parameters["LinearParams"].T

    def bias(component: str) -> Any:
        return nnet.components[component].parameters["BiasParams"]

    names = [f"tdnnf{at}" for at in range(1, 1 + sum(name.endswith(".linear") for name in nnet.components))]
    params: Params = {
        "first": {"affine": weights("first.affine"), "bias": bias("first.affine")},
        "layers": [
            {"linear": weights(f"{name}.linear"), "affine": weights(f"{name}.affine"), "bias": bias(f"{name}.affine")}
            for name in names
        ],
        "last": {"affine": weights("last.affine"), "bias": bias("last.affine")},
    }
    normalised = ("first", *names)
    scales = _wide([nnet.components[f"{name}.scale"].parameters["Scales"] for name in normalised])
    shifts = _wide([nnet.components[f"{name}.shift"].parameters["Bias"] for name in normalised])
    shape = Shape(
        nnet.input_dim,
        hidden=scales.shape[1],
        bottleneck=weights("tdnnf1.linear").shape[1],
        outputs=len(nnet.priors),
        layers=tuple(Layer(_offsets(nnet, f"{name}.linear"), _offsets(nnet, f"{name}.affine")) for name in names),
    )
    stats = {"mean": -shifts / scales, "variance": 1.0 / scales**2 - EPSILON}
    return Network(shape, params, stats, unfloored(_wide(nnet.priors)))


def _offsets(nnet: reader.Nnet, name: str) -> tuple[int, ...]:
    """Frames that a node splices."""
    source = nnet.nodes[name].source
    return tuple(int(part.number) for part in (source.parts if source.kind == "Append" else (source,)))


def _factored(kaldi: model.Network, name: str, source: str, layer: Layer, weights: Any) -> str:
    without_bias = np.zeros(weights["linear"].shape[1])
    squeezed = kaldi.add(f"{name}.linear", _affine(weights["linear"], without_bias), model.spliced(source, layer.linear))
    return kaldi.add(f"{name}.affine", _affine(weights["affine"], weights["bias"]), model.spliced(squeezed, layer.affine))


def _affine(matrix: Any, bias: Any) -> bytes:
    return model.affine(_wide(matrix).T, _wide(bias))


def _wide(values: Any) -> Any:
    return np.asarray(values, dtype=np.float64)
