"""Going on with recordings: divided the same way each time, aligned or refused by name, learnt without forgetting the prior."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from speech.audio import write_wav
from speech.training.finetune import aligned, divide, finetune, keep_apart
from speech.training.fit import Network, fit
from speech.training.network import AROUND, Shape
from speech.training.spoken import Spoken, save
from speech.training.telephone import telephone

TINY = Shape(hidden=32, bottleneck=16, layers=(AROUND,))


@pytest.fixture
def manifest(said: list[Spoken], tmp_path: Path) -> Path:
    """Nine good recordings, and one whose text is far longer than its sound."""
    lines = ["file\ttranscript\tsubset"]
    for at, one in enumerate(said[:9]):
        line = telephone(one.samples, 25.0, np.random.default_rng(at))
        (tmp_path / f"{at}.wav").write_bytes(write_wav(line, 8000))
        lines.append(f"{at}.wav\t{one.text}\tagents")
    (tmp_path / "9.wav").write_bytes(write_wav(np.zeros(800, dtype=np.int16), 8000))
    lines.append("9.wav\t这句话比录音长得多\tagents")
    path = tmp_path / "manifest.tsv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


@pytest.fixture
def base(said: list[Spoken], tmp_path: Path) -> Network:
    save(tmp_path / "synthetic.npz", said * 5)
    return fit([tmp_path / "synthetic.npz"], tmp_path / "a.net", shape=TINY, passes=2, seed=1, tell=lambda line: None)


def test_every_third_recording_is_kept_for_judging(manifest: Path) -> None:
    division = divide(manifest)
    assert [sample.file.name for sample in division.kept] == ["2.wav", "5.wav", "8.wav"]
    assert len(division.learnt) == 7
    assert divide(keep_apart(division, manifest.with_name("held-out.tsv"))).learnt == division.kept[:2]


def test_recordings_are_aligned_and_the_unfit_ones_named(manifest: Path, base: Network) -> None:
    told: list[str] = []
    recordings = aligned(base, divide(manifest).learnt, told.append)
    assert [one.text for one in recordings][:2] == ["好的", "不是我"]
    assert any(line.startswith("9.wav 不用") for line in told)


def test_a_tuned_network_keeps_the_prior_and_differs(manifest: Path, base: Network, tmp_path: Path) -> None:
    recordings = aligned(base, divide(manifest).learnt, lambda line: None)
    synthetic = [tmp_path / "synthetic.npz"] * 3
    tuned = finetune(base, recordings, synthetic, tmp_path / "b.net", passes=1, peak=1e-3, tell=lambda line: None)
    assert np.array_equal(tuned.prior, base.prior)
    assert not np.array_equal(tuned.params["last"]["affine"], base.params["last"]["affine"])
    assert Network.read(tmp_path / "b.net").shape == TINY
