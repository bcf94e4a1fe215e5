"""Vector FSTs in OpenFst's own bytes: round trips, claims about themselves, and what kaldifst makes of them."""

from __future__ import annotations

import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from speech.kaldi.fst import Arc, BadFst, Fst, Sort, fst, read, to_bytes, write
from tests.speech.trial import TRIAL

SMALL: list[Arc] = [(0, 1, 5, 2, 0.5), (0, 2, 0, 1, 1.0), (1, 2, 3, 3, 0.0), (2, 0, 4, 0, 2.25)]


@pytest.mark.parametrize("name", ["HCLr", "Gr"])
def test_a_shipped_graph_is_written_as_it_was_read(name: str, tmp_path: Path) -> None:
    path = TRIAL / "graph" / f"{name}.fst"
    shipped = read(path)
    again = to_bytes(shipped)
    differing = [at for at, (ours, theirs) in enumerate(zip(again, path.read_bytes(), strict=True)) if ours != theirs]
    assert all(34 <= at < 66 for at in differing), "only the properties and the number of arcs may differ"


def test_arcs_are_sorted_within_their_state() -> None:
    by_output = fst(SMALL, {2: 0.0}, sort=Sort.OUTPUT)
    assert [(source, olabel) for source, _, _, olabel, _ in by_output.listed()] == [(0, 1), (0, 2), (1, 3), (2, 0)]
    by_input = fst(SMALL, {2: 0.0}, sort=Sort.INPUT)
    assert [(source, ilabel) for source, _, ilabel, _, _ in by_input.listed()] == [(0, 0), (0, 5), (1, 3), (2, 4)]


_arcs = st.lists(
    st.tuples(*[st.integers(0, 6)] * 2, *[st.integers(0, 9)] * 2, st.floats(0, 50, width=32)), min_size=1, max_size=20
)


@settings(deadline=None)
@given(_arcs, st.dictionaries(st.integers(0, 6), st.floats(0, 9, width=32), max_size=3))
def test_what_is_written_is_read(tmp_path_factory: pytest.TempPathFactory, arcs: list[Arc], finals: dict[int, float]) -> None:
    path = tmp_path_factory.getbasetemp() / "any.fst"
    machine = fst(arcs, finals, sort=Sort.OUTPUT)
    write(path, machine)
    found = read(path)
    assert (found.start, found.states, found.finals) == (machine.start, machine.states, finals)
    assert sorted(found.listed()) == sorted(arcs)


@pytest.mark.parametrize("data", [b"", b"\0" * 80, to_bytes(fst(SMALL, {}, sort=Sort.INPUT))[:-3]])
def test_what_is_no_vector_fst_is_refused(data: bytes, tmp_path: Path) -> None:
    (tmp_path / "x.fst").write_bytes(data)
    with pytest.raises(BadFst):
        read(tmp_path / "x.fst")


def test_a_transducer_needs_arcs() -> None:
    with pytest.raises(ValueError, match="arcs"):
        fst([], {}, sort=Sort.INPUT)


_KALDIFST = """
import sys, kaldifst
machine = kaldifst.StdVectorFst.read(sys.argv[1])
claimed = machine.properties(0x0000ffffffff0000, False)
print(claimed == claimed & machine.properties(0x0000ffffffff0000, True))
print(machine.start, sorted((state, machine.final(state).value) for state in range(machine.num_states)))
for state in range(machine.num_states):
    for arc in kaldifst.ArcIterator(machine, state):
        print(state, arc.nextstate, arc.ilabel, arc.olabel, arc.weight.value)
"""


@pytest.mark.parametrize("sort", list(Sort))
def test_kaldifst_reads_it_and_agrees_with_every_claim(sort: Sort, tmp_path: Path) -> None:
    if find_spec("kaldifst") is None:
        pytest.skip("kaldifst, a development tool, is not installed")
    machine: Fst = fst(SMALL, {2: 0.5}, sort=sort)
    write(tmp_path / "x.fst", machine)
    command = [sys.executable, "-c", _KALDIFST, str(tmp_path / "x.fst")]
    said = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True).stdout.splitlines()
    assert said[:2] == ["True", "0 [(0, inf), (1, inf), (2, 0.5)]"]
    assert [tuple(map(float, line.split())) for line in said[2:]] == machine.listed()
