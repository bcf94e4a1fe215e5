"""OpenFst's binary vector FST (standard arcs, tropical weights), written and read. Knows the format; builds no graphs.

Layout, little-endian: int32 magic, two strings (int32 length, bytes) "vector" and "standard", int32 version 2, int32 flags 0,
uint64 properties, int64 start, int64 states, int64 arcs; then for each state float32 final weight (infinite: not final),
int64 number of arcs and the arcs as int32 input label, int32 output label, float32 weight, int32 next state.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

MAGIC = 2125659606
VERSION = 2
_NAMES = (b"vector", b"standard")
_NUMBERS = struct.Struct("<iiQqqq")
_STATE = struct.Struct("<fq")
_WIRE = np.dtype([("ilabel", "<i4"), ("olabel", "<i4"), ("weight", "<f4"), ("target", "<i4")])
_ROW = np.dtype([("source", "<i4"), *((name, _WIRE[name]) for name in ("target", "ilabel", "olabel", "weight"))])

_EXPANDED_MUTABLE = 0x3
_ACCEPTOR, _TRANSDUCER = 0x0001_0000, 0x0002_0000
_EPSILONS, _NO_EPSILONS = 0x0040_0000, 0x0080_0000
_I_EPSILONS, _NO_I_EPSILONS = 0x0100_0000, 0x0200_0000
_O_EPSILONS, _NO_O_EPSILONS = 0x0400_0000, 0x0800_0000
_I_SORTED, _I_UNSORTED = 0x1000_0000, 0x2000_0000
_O_SORTED, _O_UNSORTED = 0x4000_0000, 0x8000_0000
_WEIGHTED = 0x1_0000_0000

Arc = tuple[int, int, int, int, float]
"""Source, target, input label, output label, cost (-log)."""


class Sort(Enum):
    """The label by which a state's arcs are ordered: what is composed on its left side wants OUTPUT, on its right INPUT."""

    INPUT = "ilabel"
    OUTPUT = "olabel"


class BadFst(ValueError):
    """The bytes are no binary vector FST with standard arcs."""


@dataclass(frozen=True, slots=True)
class Fst:
    """A weighted transducer. States are 0..states-1; `arcs` has the fields source, target, ilabel, olabel, weight."""

    start: int
    states: int
    arcs: NDArray[np.void]
    finals: Mapping[int, float]

    def listed(self) -> list[Arc]:
        """The arcs as tuples, in order."""
        return [tuple(arc) for arc in self.arcs.tolist()]


def fst(arcs: Iterable[Arc], finals: Mapping[int, float], *, sort: Sort, start: int = 0) -> Fst:
    """A transducer of these arcs, each state's ordered by one label (then the other). Raises ValueError without arcs."""
    rows = np.array(list(arcs), dtype=_ROW)
    if not len(rows):
        raise ValueError("a transducer needs arcs")
    second = "olabel" if sort is Sort.INPUT else "ilabel"
    order = np.lexsort((rows[second], rows[sort.value], rows["source"]))
    states = 1 + max(int(rows["source"].max()), int(rows["target"].max()), start, *finals)
    return Fst(start, states, rows[order], dict(finals))


def to_bytes(machine: Fst) -> bytes:
    """The file. Arcs must be grouped by source state, as `fst` leaves them."""
    rows = machine.arcs
    wire = np.empty(len(rows), dtype=_WIRE)
    for name in _WIRE.names or ():
        wire[name] = rows[name]
    ends = np.searchsorted(rows["source"], np.arange(machine.states + 1))
    names = b"".join(struct.pack("<i", len(name)) + name for name in _NAMES)
    numbers = _NUMBERS.pack(VERSION, 0, _properties(rows), machine.start, machine.states, len(rows))
    parts = [struct.pack("<i", MAGIC), names, numbers]
    for state in range(machine.states):
        first, after = int(ends[state]), int(ends[state + 1])
        parts.append(_STATE.pack(machine.finals.get(state, np.inf), after - first))
        parts.append(wire[first:after].tobytes())
    return b"".join(parts)


def write(path: Path, machine: Fst) -> None:
    """Write the file."""
    path.write_bytes(to_bytes(machine))


def read(path: Path) -> Fst:
    """Read a file that is a vector FST with standard arcs and without symbol tables. Raises BadFst."""
    data = path.read_bytes()
    try:
        start, states, at = _header(data)
        finals: dict[int, float] = {}
        found: list[NDArray[np.void]] = []
        for state in range(states):
            final, count = _STATE.unpack_from(data, at)
            wire = np.frombuffer(data, _WIRE, count, at + _STATE.size)
            at += _STATE.size + wire.nbytes
            if final != np.inf:
                finals[state] = final
            found.append(_rows(state, wire))
    except (struct.error, ValueError) as error:
        raise BadFst(f"{path}: {error}") from None
    return Fst(start, states, np.concatenate(found) if found else np.empty(0, _ROW), finals)


def _header(data: bytes) -> tuple[int, int, int]:
    (magic,), at = struct.unpack_from("<i", data, 0), 4
    for expected in _NAMES:
        (length,) = struct.unpack_from("<i", data, at)
        if magic != MAGIC or data[at + 4 : at + 4 + length] != expected:
            raise BadFst("not a vector FST with standard arcs")
        at += 4 + length
    version, flags, _, start, states, _ = _NUMBERS.unpack_from(data, at)
    if version != VERSION or flags & 3:
        raise BadFst("another version, or symbol tables inside")
    return start, states, at + _NUMBERS.size


def _rows(state: int, wire: NDArray[np.void]) -> NDArray[np.void]:
    rows = np.empty(len(wire), dtype=_ROW)
    rows["source"] = state
    for name in _WIRE.names or ():
        rows[name] = wire[name]
    return rows


def _properties(rows: NDArray[np.void]) -> int:
    """What OpenFst may rely upon: only what was looked at is claimed."""
    ilabel, olabel = rows["ilabel"], rows["olabel"]
    return (
        _EXPANDED_MUTABLE
        | _either((ilabel == olabel).all(), _ACCEPTOR, _TRANSDUCER)
        | _either(((ilabel == 0) & (olabel == 0)).any(), _EPSILONS, _NO_EPSILONS)
        | _either((ilabel == 0).any(), _I_EPSILONS, _NO_I_EPSILONS)
        | _either((olabel == 0).any(), _O_EPSILONS, _NO_O_EPSILONS)
        | _either(_is_sorted(rows, "ilabel"), _I_SORTED, _I_UNSORTED)
        | _either(_is_sorted(rows, "olabel"), _O_SORTED, _O_UNSORTED)
        | (_WEIGHTED if rows["weight"].any() else 0)
    )


def _either(is_so: object, yes: int, no: int) -> int:
    return yes if is_so else no


def _is_sorted(rows: NDArray[np.void], label: str) -> bool:
    same_state = rows["source"][1:] == rows["source"][:-1]
    return bool((~same_state | (rows[label][1:] >= rows[label][:-1])).all())
