"""Labels follow the alignment: every sound is seen at 30 ms, pauses are silence, noise has its own density."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from speech.graphs.phones import pdf_of
from speech.training.features import mfcc
from speech.training.frames import labels, make_stream
from speech.training.spoken import QUIET, Spoken, Unit, load, save, trimmed
from speech.training.telephone import Call, telephone


def test_a_short_initial_is_labelled_for_at_least_30_ms() -> None:
    units = (Unit(QUIET, 0.0, 0.2), Unit("d", 0.2, 0.21), Unit("a", 0.21, 0.5), Unit(QUIET, 0.5, 0.7))
    wave = np.zeros(5600, dtype=np.float32)
    wave[1600:4000] = 1000 * np.sin(np.arange(2400) / 3)
    marked = labels(units, Call(wave, wave.astype(np.int16), 1.0, 0.0), 68)
    assert (marked == pdf_of("d")).sum() == 3
    assert set(marked[:18]) == {0}
    assert set(marked[55:]) == {0}
    assert abs(int((marked == pdf_of("a", 0)).sum()) - int((marked == pdf_of("a", 1)).sum())) <= 1


def test_sounds_come_in_the_order_of_the_text(said: list[Spoken]) -> None:
    one = trimmed(said[2])
    line = telephone(one.samples, 40.0, np.random.default_rng(0))
    marked = labels(one.units, Call(line.astype(np.float32), line, 1.0, 0.0), len(mfcc(line)))
    heard = [int(pdf) for at, pdf in enumerate(marked) if pdf and (not at or marked[at - 1] != pdf)]
    spoken = [pdf_of(u.name, state) for u in one.units if u.name not in {"SIL", "SP"} for state in (0, 1)]
    assert list(dict.fromkeys(heard)) == [pdf for pdf in dict.fromkeys(spoken) if pdf in heard]
    assert len(set(heard)) > 8


def test_a_stream_holds_every_utterance_and_noise(said: list[Spoken]) -> None:
    stream = make_stream(said * 3, np.random.default_rng(1))
    assert len(stream.features) == len(stream.labels)
    assert stream.features.shape[1] == 40
    assert pdf_of("NSN") in stream.labels
    assert len(stream.labels) * 0.01 > sum(one.seconds for one in said) * 2


def test_a_shard_comes_back_as_it_was(said: list[Spoken], tmp_path: Path) -> None:
    save(tmp_path / "0.npz", said)
    again = load(tmp_path / "0.npz")
    assert [one.text for one in again] == [one.text for one in said]
    assert all(np.array_equal(a.samples, b.samples) and a.units == b.units for a, b in zip(again, said, strict=True))
