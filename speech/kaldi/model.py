"""Writes `am/final.mdl`: a transition model in the classic HMM form, an nnet3 network, and the tail with its priors.

Verified against stock vosk 0.3.45. Binary primitives of Kaldi: a token is ASCII and one space; an int32 or float is byte 4
and its four bytes, a double byte 8 and its eight; vectors `FV `, matrices `FM `; vector<int32> is byte 4, a bare count and
bare int32s. Everything is little-endian.

    network = Network(input_dim=40)
    at = network.add("affine0", affine(weights, bias), spliced("input", (-2, -1, 0, 1, 2)))
    at = network.add("relu0", relu(192), at)
    ...
    network.finish(at)
    write(path, transition_model(hmms, pdf_of), network, left_context=18, right_context=18, priors=priors)
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from math import log
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike


@dataclass(frozen=True, slots=True)
class Hmm:
    """A left-to-right HMM shared by phones: `stay` is the self-loop probability of each emitting state."""

    phones: tuple[int, ...]
    stay: tuple[float, ...]


def transition_model(hmms: Sequence[Hmm], pdf_of: Callable[[int, int], int]) -> bytes:
    """The transition model. `pdf_of(phone, state)` numbers the densities; a state's forward and loop share one.

    Transition-ids count from 1 by phone, state, then loop before forward.
    """
    entry = {phone: number for number, hmm in enumerate(hmms) for phone in hmm.phones}
    phones = sorted(entry)
    states = [(phone, state) for phone in phones for state in range(len(hmms[entry[phone]].stay))]
    stays = [hmms[entry[phone]].stay[state] for phone, state in states]
    chances = [0.0, *(log(chance) for stay in stays for chance in (stay, 1.0 - stay))]
    index = [entry.get(phone, -1) for phone in range(phones[-1] + 1)]
    triples = b"".join(_int(value) for phone, state in states for value in (phone, state, pdf_of(phone, state)))
    return b"".join(
        (
            _token("<TransitionModel>"),
            _token("<Topology>"),
            _ints(phones),
            _ints(index),
            _int(len(hmms)),
            *(_topology(hmm) for hmm in hmms),
            _token("</Topology>"),
            _token("<Triples>"),
            _int(len(states)),
            triples,
            _token("</Triples>"),
            _token("<LogProbs>"),
            _vector(chances),
            _token("</LogProbs>"),
            _token("</TransitionModel>"),
        )
    )


def _topology(hmm: Hmm) -> bytes:
    """Each emitting state: its density class, two ways on; then the final state, without either."""
    states = b"".join(
        _int(state) + _int(2) + _int(state) + _float(stay) + _int(state + 1) + _float(1.0 - stay)
        for state, stay in enumerate(hmm.stay)
    )
    return _int(len(hmm.stay) + 1) + states + _int(-1) + _int(0)


def affine(weights: ArrayLike, bias: ArrayLike) -> bytes:
    """y = W x + b; weights [out, in], bias [out]."""
    return _component("FixedAffineComponent", _token("<LinearParams>"), _matrix(weights), _token("<BiasParams>"), _vector(bias))


def scale(scales: ArrayLike) -> bytes:
    """y = s * x, element by element."""
    return _component("FixedScaleComponent", _token("<Scales>"), _vector(scales))


def shift(bias: ArrayLike) -> bytes:
    """y = x + b."""
    return _component("FixedBiasComponent", _token("<Bias>"), _vector(bias))


def relu(dim: int) -> bytes:
    """y = max(x, 0)."""
    return _nonlinear("RectifiedLinearComponent", dim)


def log_softmax(dim: int) -> bytes:
    """Natural logarithm of the softmax."""
    return _nonlinear("LogSoftmaxComponent", dim)


def no_op(dim: int) -> bytes:
    """y = x: the place where a sum of nodes becomes a node."""
    return _component("NoOpComponent", _token("<Dim>"), _int(dim), _token("<BackpropScale>"), _float(1.0))


def spliced(node: str, offsets: Sequence[int]) -> str:
    """Descriptor of a node's output at several frame offsets, one after the other."""
    parts = [node if offset == 0 else f"Offset({node}, {offset})" for offset in offsets]
    return parts[0] if len(parts) == 1 else f"Append({', '.join(parts)})"


def added(first: str, second: str, *, scale_of_first: float = 1.0) -> str:
    """Descriptor of the sum of two nodes; the first may be scaled (a residual connection)."""
    return f"Sum(Scale({scale_of_first:g}, {first}), {second})" if scale_of_first != 1.0 else f"Sum({first}, {second})"


@dataclass(slots=True)
class Network:
    """An nnet3 network being put together: configuration lines and components, in the order of computation."""

    input_dim: int
    lines: list[str] = field(default_factory=list)
    components: list[tuple[str, bytes]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.lines.insert(0, f"input-node name=input dim={self.input_dim}")

    def add(self, name: str, component: bytes, source: str) -> str:
        """Append a component and its node, fed by a descriptor; returns the node's name."""
        self.lines.append(f"component-node name={name} component={name} input={source}")
        self.components.append((name, component))
        return name

    def finish(self, source: str) -> None:
        """Name the node whose values are the network's output."""
        self.lines.append(f"output-node name=output input={source} objective=linear")

    def to_bytes(self) -> bytes:
        """The <Nnet3> section."""
        listed = b"".join(_token("<ComponentName>") + _token(name) + body for name, body in self.components)
        head = _token("<Nnet3>") + b"\n" + "".join(f"{line}\n" for line in self.lines).encode() + b"\n"
        return head + _token("<NumComponents>") + _int(len(self.components)) + listed + _token("</Nnet3>")


def to_bytes(
    transitions: bytes, network: Network, *, left_context: int, right_context: int, priors: ArrayLike | None = None
) -> bytes:
    """The whole file. `priors`: chances of the densities, whose logarithm the decoder subtracts; None: it subtracts nothing."""
    tail = _token("<LeftContext>") + _int(left_context) + _token("<RightContext>") + _int(right_context)
    return b"\0B" + transitions + network.to_bytes() + tail + _token("<Priors>") + _vector([] if priors is None else priors)


def write(
    path: Path,
    transitions: bytes,
    network: Network,
    *,
    left_context: int,
    right_context: int,
    priors: ArrayLike | None = None,
) -> None:
    """Write `am/final.mdl`. Contexts in frames, summed over the layers."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(to_bytes(transitions, network, left_context=left_context, right_context=right_context, priors=priors))


def _nonlinear(kind: str, dim: int) -> bytes:
    none = _vector([])
    return _component(
        kind, _token("<Dim>"), _int(dim), _token("<ValueAvg>"), none, _token("<DerivAvg>"), none, _token("<Count>"),
        _double(0.0), _token("<OderivRms>"), none, _token("<OderivCount>"), _double(0.0), _token("<NumDimsSelfRepaired>"),
        _double(0.0), _token("<NumDimsProcessed>"), _double(0.0),
    )  # fmt: skip


def _component(kind: str, *parts: bytes) -> bytes:
    return _token(f"<{kind}>") + b"".join(parts) + _token(f"</{kind}>")


def _token(text: str) -> bytes:
    return text.encode() + b" "


def _int(value: int) -> bytes:
    return b"\x04" + struct.pack("<i", value)


def _float(value: float) -> bytes:
    return b"\x04" + struct.pack("<f", value)


def _double(value: float) -> bytes:
    return b"\x08" + struct.pack("<d", value)


def _ints(values: Sequence[int]) -> bytes:
    return b"\x04" + struct.pack(f"<i{len(values)}i", len(values), *values)


def _vector(values: ArrayLike) -> bytes:
    found = np.ascontiguousarray(values, dtype="<f4")
    if found.ndim != 1:
        raise ValueError("a vector has one dimension")
    return b"FV " + _int(found.size) + found.tobytes()


def _matrix(values: ArrayLike) -> bytes:
    found = np.ascontiguousarray(values, dtype="<f4")
    if found.ndim != 2:
        raise ValueError("a matrix has two dimensions")
    rows, columns = found.shape
    return b"FM " + _int(rows) + _int(columns) + found.tobytes()
