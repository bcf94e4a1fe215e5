"""Reads `am/final.mdl` and computes what its network gives for features, in numpy. Shares no code with the writer.

The yardstick of exported models: `load(path).outputs(features)` is what the decoder sees, in float32.
Components: FixedAffine, FixedScale, FixedBias, RectifiedLinear, LogSoftmax, NoOp. Descriptors: Append, Offset, Sum, Scale.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float32]
SUBSAMPLING = 3
"""Input frames for one output frame."""


State = tuple[int, tuple[tuple[int, float], ...]]
"""A state of a topology: its density class (-1: final) and its transitions (state, probability)."""


class BadModel(ValueError):
    """The bytes are no model of the kind that is read here."""


@dataclass(frozen=True, slots=True)
class Descriptor:
    """A node's input: `kind` is "node", or one of Append, Offset, Sum, Scale over `parts`, with its number."""

    kind: str
    node: str = ""
    number: float = 0.0
    parts: tuple[Descriptor, ...] = ()


@dataclass(frozen=True, slots=True)
class Component:
    """A layer: its Kaldi type and its parameters by tag (`LinearParams`, `Bias`, ...)."""

    kind: str
    parameters: Mapping[str, Matrix]

    def apply(self, rows: Matrix) -> Matrix:
        """Outputs for rows of inputs."""
        match self.kind:
            case "FixedAffineComponent":
                product: Matrix = rows @ self.parameters["LinearParams"].T
                return product + self.parameters["BiasParams"]
            case "FixedScaleComponent":
                return rows * self.parameters["Scales"]
            case "FixedBiasComponent":
                return rows + self.parameters["Bias"]
            case "RectifiedLinearComponent":
                return np.maximum(rows, 0)
            case "LogSoftmaxComponent":
                below: Matrix = rows - rows.max(axis=1, keepdims=True)
                found: Matrix = below - np.log(np.exp(below).sum(axis=1, keepdims=True))
                return found
        return rows


@dataclass(frozen=True, slots=True)
class Node:
    """A component fed by a descriptor."""

    component: str
    source: Descriptor


@dataclass(frozen=True, slots=True)
class Nnet:
    """A model as read. `triples` are (phone, HMM state, pdf); `log_probs[i]` belongs to transition-id i."""

    input_dim: int
    nodes: Mapping[str, Node]
    components: Mapping[str, Component]
    output: Descriptor
    left_context: int
    right_context: int
    priors: Matrix
    topology: Mapping[int, tuple[State, ...]]
    triples: tuple[tuple[int, int, int], ...]
    log_probs: Matrix

    def outputs(self, features: Matrix, *, is_by_priors: bool = False) -> Matrix:
        """[frames, input_dim] -> [ceil(frames / 3), pdfs]: values at frames 0, 3, 6, ..., edge frames repeated outwards.

        `is_by_priors`: less the logarithm of the priors, which is what the decoder weighs. Raises ValueError on a wrong shape.
        """
        if features.ndim != 2 or features.shape[1] != self.input_dim or not len(features):
            raise ValueError(f"features must be [frames >= 1, {self.input_dim}], not {features.shape}")
        run = _Run(self, features.astype(np.float32))
        found = run.values(self.output, np.arange(0, len(features), SUBSAMPLING))
        return found - np.log(self.priors) if is_by_priors and self.priors.size else found

    def context(self) -> tuple[int, int]:
        """Frames that the network looks back and ahead, by its own configuration lines."""
        back, ahead = self._reach(self.output, {})
        return -back, ahead

    def _reach(self, source: Descriptor, known: dict[str, tuple[int, int]]) -> tuple[int, int]:
        if source.kind == "node":
            if source.node == "input":
                return 0, 0
            if source.node not in known:
                known[source.node] = self._reach(self.nodes[source.node].source, known)
            return known[source.node]
        reaches = [self._reach(part, known) for part in source.parts]
        moved = int(source.number) if source.kind == "Offset" else 0
        return min(back for back, _ in reaches) + moved, max(ahead for _, ahead in reaches) + moved


class _Run:
    """One computation: which frames of every node are needed, then each node once."""

    def __init__(self, nnet: Nnet, features: Matrix) -> None:
        self._nnet, self._features = nnet, features
        self._wanted: dict[str, set[int]] = {}
        self._done: dict[str, tuple[NDArray[np.int64], Matrix]] = {}

    def values(self, source: Descriptor, times: NDArray[np.int64]) -> Matrix:
        order = self._order(source, {})
        self._spread(source, times)
        for name in reversed(order):
            self._spread(self._nnet.nodes[name].source, self._needed(name))
        for name in order:
            node = self._nnet.nodes[name]
            rows = self._gather(node.source, self._needed(name))
            self._done[name] = self._needed(name), self._nnet.components[node.component].apply(rows)
        return self._gather(source, times)

    def _needed(self, name: str) -> NDArray[np.int64]:
        return np.array(sorted(self._wanted[name]), dtype=np.int64)

    def _spread(self, source: Descriptor, times: NDArray[np.int64]) -> None:
        """Ask nodes for frames; those after a node ask before it does."""
        if source.kind == "node":
            self._wanted.setdefault(source.node, set()).update(times.tolist())
        for part in source.parts:
            self._spread(part, times + int(source.number) if source.kind == "Offset" else times)

    def _order(self, source: Descriptor, seen: dict[str, None]) -> list[str]:
        """Nodes in the order of computation."""
        if source.kind == "node" and source.node != "input" and source.node not in seen:
            self._order(self._nnet.nodes[source.node].source, seen)
            seen[source.node] = None
        for part in source.parts:
            self._order(part, seen)
        return list(seen)

    def _gather(self, source: Descriptor, times: NDArray[np.int64]) -> Matrix:
        match source.kind:
            case "Append":
                return np.concatenate([self._gather(part, times) for part in source.parts], axis=1)
            case "Offset":
                return self._gather(source.parts[0], times + int(source.number))
            case "Sum":
                return np.add(*(self._gather(part, times) for part in source.parts))
            case "Scale":
                return np.float32(source.number) * self._gather(source.parts[0], times)
        if source.node == "input":
            return self._features[np.clip(times, 0, len(self._features) - 1)]
        known, rows = self._done[source.node]
        return rows[np.searchsorted(known, times)]


def load(path: Path) -> Nnet:
    """Read a model. Raises BadModel on anything unknown."""
    try:
        return _read(_Bytes(path.read_bytes()))
    except (struct.error, KeyError, IndexError, ValueError) as error:
        raise BadModel(f"{path}: {error!r}") from None


def _read(data: _Bytes) -> Nnet:
    data.expect(b"\0B")
    topology, triples, log_probs = _transition_model(data)
    data.token("<Nnet3>")
    lines = data.lines()
    data.token("<NumComponents>")
    components = {}
    for _ in range(data.integer()):
        data.token("<ComponentName>")
        name = data.word()
        components[name] = _component(data)
    data.token("</Nnet3>")
    data.token("<LeftContext>")
    left = data.integer()
    data.token("<RightContext>")
    right = data.integer()
    data.token("<Priors>")
    priors = data.vector()
    input_dim, nodes, output = _configuration(lines)
    return Nnet(input_dim, nodes, components, output, left, right, priors, topology, triples, log_probs)


def _transition_model(data: _Bytes) -> tuple[dict[int, tuple[State, ...]], tuple[tuple[int, int, int], ...], Matrix]:
    data.token("<TransitionModel>")
    data.token("<Topology>")
    phones, index = data.integers(), data.integers()
    entries = [tuple(_state(data) for _ in range(data.integer())) for _ in range(data.integer())]
    data.token("</Topology>")
    data.token("<Triples>")
    triples = tuple((data.integer(), data.integer(), data.integer()) for _ in range(data.integer()))
    data.token("</Triples>")
    data.token("<LogProbs>")
    log_probs = data.vector()
    data.token("</LogProbs>")
    data.token("</TransitionModel>")
    return {phone: entries[index[phone]] for phone in phones}, triples, log_probs


def _state(data: _Bytes) -> State:
    pdf_class = data.integer()
    return pdf_class, tuple((data.integer(), data.number()) for _ in range(data.integer()))


def _component(data: _Bytes) -> Component:
    """Tags and values up to the closing tag."""
    kind = data.word().strip("<>")
    if kind not in _KINDS:
        raise BadModel(f"unknown component {kind}")
    parameters: dict[str, Matrix] = {}
    while (tag := data.word()) != f"</{kind}>":
        name = tag.strip("<>")
        parameters[name] = _READERS[name](data)
    return Component(kind, parameters)


def _configuration(lines: list[str]) -> tuple[int, dict[str, Node], Descriptor]:
    input_dim, nodes, output = 0, {}, Descriptor("node", "")
    for line in lines:
        what, _, rest = line.partition(" ")
        fields = dict(re.findall(r"(\w+)=(.*?)(?=\s+\w+=|$)", rest))
        if what == "input-node":
            input_dim = int(fields["dim"])
        elif what == "component-node":
            nodes[fields["name"]] = Node(fields["component"], _descriptor(fields["input"]))
        elif what == "output-node":
            output = _descriptor(fields["input"])
        else:
            raise BadModel(f"unknown line {line}")
    return input_dim, nodes, output


def _descriptor(text: str) -> Descriptor:
    text = text.strip()
    called = re.fullmatch(r"(Append|Offset|Sum|Scale)\((.*)\)", text)
    if not called:
        if not re.fullmatch(r"[\w.-]+", text):
            raise BadModel(f"unknown descriptor {text}")
        return Descriptor("node", text)
    kind, arguments = called[1], _arguments(called[2])
    if kind == "Offset":
        return Descriptor(kind, number=int(arguments[1]), parts=(_descriptor(arguments[0]),))
    if kind == "Scale":
        return Descriptor(kind, number=float(arguments[0]), parts=(_descriptor(arguments[1]),))
    return Descriptor(kind, parts=tuple(_descriptor(argument) for argument in arguments))


def _arguments(text: str) -> list[str]:
    """Parts apart by commas that stand outside brackets."""
    depth, parts = 0, [""]
    for character in text:
        depth += (character == "(") - (character == ")")
        if character == "," and depth == 0:
            parts.append("")
        else:
            parts[-1] += character
    return parts


class _Bytes:
    """Kaldi's binary primitives, read one after the other."""

    def __init__(self, data: bytes) -> None:
        self._data, self._at = data, 0

    def expect(self, given: bytes) -> None:
        if self._data[self._at : self._at + len(given)] != given:
            raise BadModel(f"{given!r} expected at byte {self._at}")
        self._at += len(given)

    def token(self, text: str) -> None:
        self.expect(text.encode() + b" ")

    def word(self) -> str:
        end = self._data.index(b" ", self._at)
        found = self._data[self._at : end].decode("ascii")
        self._at = end + 1
        return found

    def lines(self) -> list[str]:
        """Lines up to an empty one."""
        self.expect(b"\n")
        end = self._data.index(b"\n\n", self._at)
        found = self._data[self._at : end].decode("ascii").splitlines()
        self._at = end + 2
        return found

    def integer(self) -> int:
        return int(self._sized(b"\x04", "<i"))

    def number(self) -> float:
        return float(self._sized(b"\x04", "<f"))

    def double(self) -> Matrix:
        return np.array([self._sized(b"\x08", "<d")], dtype=np.float32)

    def integers(self) -> list[int]:
        count = self.integer()
        return [int(value) for value in self._array("<i4", count)]

    def vector(self) -> Matrix:
        self.token("FV")
        return self._array("<f4", self.integer()).astype(np.float32)

    def matrix(self) -> Matrix:
        self.token("FM")
        rows, columns = self.integer(), self.integer()
        return self._array("<f4", rows * columns).reshape(rows, columns).astype(np.float32)

    def _sized(self, size: bytes, form: str) -> float:
        self.expect(size)
        (value,) = struct.unpack_from(form, self._data, self._at)
        self._at += size[0]
        return value  # type: ignore[no-any-return]

    def _array(self, form: str, count: int) -> NDArray[np.generic]:
        found = np.frombuffer(self._data, form, count, self._at)
        self._at += found.nbytes
        return found


_KINDS = frozenset(
    f"{kind}Component" for kind in ("FixedAffine", "FixedScale", "FixedBias", "RectifiedLinear", "LogSoftmax", "NoOp")
)
_READERS: dict[str, Callable[[_Bytes], Matrix]] = {
    "LinearParams": _Bytes.matrix,
    **dict.fromkeys(("BiasParams", "Scales", "Bias", "ValueAvg", "DerivAvg", "OderivRms"), _Bytes.vector),
    **dict.fromkeys(("Count", "OderivCount", "NumDimsSelfRepaired", "NumDimsProcessed"), _Bytes.double),
    "Dim": lambda data: np.array([data.integer()], dtype=np.float32),
    "BackpropScale": lambda data: np.array([data.number()], dtype=np.float32),
}
