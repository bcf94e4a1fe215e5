"""Settings of the decoder are compared on recordings, with the right answer among the phrases and without."""

from __future__ import annotations

from pathlib import Path

import pytest

from speech.evaluation import Sample, samples
from speech.graphs.tune import grammars, main
from tests.speech.trial import TRIAL

CLIPS = Path(__file__).parent / "clips"


@pytest.fixture
def manifest(tmp_path: Path) -> Path:
    rows = [f"{clip}\t{clip.stem.split('.')[1]}" for clip in sorted(CLIPS.glob("zf_*.wav"))]
    path = tmp_path / "m.tsv"
    path.write_text("file\ttranscript\n" + "\n".join(rows) + "\n", encoding="utf-8")
    return path


def test_a_grammar_never_holds_the_answer_itself(manifest: Path) -> None:
    asked = grammars(samples(manifest))
    assert len(asked) == 8
    assert all(sample.transcript not in others and len(others) == 7 for sample, others in asked)
    assert asked == grammars(samples(manifest)), "drawn by seed"
    assert grammars([Sample(Path("x"), "一句没有人会一字不差说出来的话", "all")]) == []


def test_a_dear_garbage_word_lets_more_through(manifest: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main([str(TRIAL), str(manifest), "--scale", "0.3", "--unknown-cost", "1", "9", "--beam", "9"])
    rows = [line.split("│") for line in capsys.readouterr().out.splitlines() if line.startswith("│")]
    cheap, dear = ([float(cell) for cell in row[1:-1]] for row in rows)
    assert cheap[:4] == [0.3, 1.0, 0.0, 8.0]
    assert cheap[4] <= dear[4]
    assert cheap[6] < dear[6]
