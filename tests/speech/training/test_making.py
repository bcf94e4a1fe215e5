"""`python -m speech.training`: where it works and writes, what each stage takes and leaves."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from speech.adapt import adapt
from speech.evaluation import Score
from speech.kaldi import reader
from speech.models_zh import SHIPPED
from speech.training import __main__ as making
from speech.training import exam as examining
from speech.training.__main__ import Work, main
from speech.training.fit import Network
from speech.training.network import AROUND, Shape, initial, statistics
from speech.training.onset import __main__ as onset
from speech.training.voices import Place


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache that the environment names, where every model seems to lie."""
    monkeypatch.setenv("HUILING_CACHE_DIR", str(tmp_path))
    for module in (making, onset):
        monkeypatch.setattr(module, "require", lambda name, folder: Path(folder) / "models" / name)
    return tmp_path


@pytest.fixture
def works(monkeypatch: pytest.MonkeyPatch) -> list[Work]:
    """What the stages prepare and export were called with; both do nothing."""
    called: list[Work] = []
    for name in ("prepare", "export"):
        monkeypatch.setitem(making.STAGES, name, called.append)
    return called


def test_the_environment_names_the_cache(cache: Path, works: list[Work]) -> None:
    main(["prepare"])
    assert works[0].place.folder == cache / "training" / "full"
    assert works[0].place.published.parent == cache / "models" / "kokoro"


def test_a_bad_setting_is_told_in_words(monkeypatch: pytest.MonkeyPatch, works: list[Work]) -> None:
    monkeypatch.setenv("HUILING_CACHE_DIRR", "x")
    with pytest.raises(SystemExit, match="HUILING_CACHE_DIR"):
        main(["prepare"])
    assert works == []


def test_the_shipped_ear_is_written_only_when_asked_to(cache: Path, works: list[Work], tmp_path: Path) -> None:
    for arguments in (["prepare"], ["prepare", "--small"], ["prepare", "--out", str(tmp_path / "mine")], ["prepare", "--ship"]):
        main(arguments)
    training = cache / "training"
    assert [work.out for work in works] == [training / "full/model", training / "small/model", tmp_path / "mine", SHIPPED]


@pytest.mark.parametrize(
    ("arguments", "fault"),
    [
        (["--small", "--ship"], "not shipped"),
        (["--out", "x", "--ship"], "not allowed"),
        (["--said", "/nowhere.txt"], "/nowhere.txt"),
        (["--manifest", "/nowhere.tsv"], "/nowhere.tsv"),
        (["sing"], "unknown stage sing"),
        (["--from", "/nowhere"], "/nowhere 不是本产品训练出的模型"),
        (["--from", str(SHIPPED), "--ship"], "请先把它复制到别处"),
        (["fit", "--from", str(SHIPPED)], "without fit"),
    ],
)
def test_wrong_usage_is_told_before_anything_runs(
    cache: Path, works: list[Work], capsys: pytest.CaptureFixture[str], arguments: list[str], fault: str
) -> None:
    with pytest.raises(SystemExit):
        main(arguments)
    assert fault in capsys.readouterr().err
    assert works == []


def test_lists_that_cannot_be_read_are_told_before_anything_runs(
    cache: Path, works: list[Work], capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "list.tsv").write_text("name\ttranscript\n1.wav\t是\n", encoding="utf-8")
    for option in ("--said", "--manifest"):
        with pytest.raises(SystemExit):
            main([option, str(tmp_path / "list.tsv")])
        assert "list.tsv" in capsys.readouterr().err
    assert works == []


def test_made_anew_it_forgets_the_networks_and_keeps_the_speech(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(making, "STAGES", dict.fromkeys(making.STAGES, lambda work: None))
    folder = cache / "training" / "small"
    (folder / "espeak").mkdir(parents=True)
    for name in (
        "synthetic.net",
        "synthetic.state",
        "sharpened.net",
        "sharpened.state",
        "sharpened-recordings.net",
        "espeak/0000.npz",
    ):
        (folder / name).touch()
    main(["prepare", "--small"])
    assert (folder / "synthetic.state").exists()
    main(["sharpen", "export", "--small", "--anew"])
    assert sorted(path.name for path in folder.rglob("*.*")) == ["0000.npz", "synthetic.net", "synthetic.state"]
    main(["--small", "--anew"])
    assert [path.name for path in folder.rglob("*.*")] == ["0000.npz"]


def test_a_finished_model_is_taught_with_other_speech_and_without_fit(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ran: list[tuple[str, Work]] = []

    def noting(name: str) -> Callable[[Work], None]:
        return lambda work: ran.append((name, work))

    monkeypatch.setattr(making, "STAGES", {name: noting(name) for name in making.STAGES})
    main(["--from", str(SHIPPED)])
    assert [name for name, _ in ran] == ["prepare", "speak", "sharpen", "export", "exam"]
    place = ran[0][1].place
    assert (place.folder, place.seed) == (cache / "training" / "further", 2)
    main(["sharpen", "--small", "--from", str(SHIPPED)])
    assert ran[-1][1].place.folder == cache / "training" / "small"


@pytest.fixture
def work(tmp_path: Path) -> Work:
    """With a finished network of synthetic speech (48 hidden) and one that knows a manifest (32 hidden), both untrained."""
    work = Work(making.SMALL, Place(tmp_path / "training" / "small", tmp_path / "kokoro.onnx"), tmp_path / "model", workers=1)
    knowing = replace(work, manifest=tmp_path / "manifest.tsv")
    for path, hidden in ((work.sharpened, 48), (knowing.sharpened, 32)):
        shape = Shape(hidden=hidden, bottleneck=16, layers=(AROUND,))
        Network(shape, initial(shape, 0), statistics(shape), np.full(99, 1 / 99)).save(path)
    return work


def hidden(model_dir: Path) -> int:
    return reader.load(model_dir / "am" / "final.mdl").components["first.affine"].parameters["BiasParams"].size


def test_with_a_manifest_the_network_that_knows_it_is_exported(work: Work, tmp_path: Path) -> None:
    work.export()
    assert hidden(work.out) == 48
    tuned = replace(work, manifest=tmp_path / "manifest.tsv")
    tuned.export()
    assert hidden(work.out) == 32
    tuned.sharpened.unlink()
    with pytest.raises(SystemExit, match="先运行 sharpen"):
        tuned.export()
    work.export()


def test_a_stage_names_the_one_that_it_needs(work: Work, tmp_path: Path) -> None:
    for one in (work, replace(work, manifest=tmp_path / "m.tsv")):
        with pytest.raises(SystemExit, match="先运行 fit"):
            one.sharpen()


def test_recordings_of_which_none_can_be_used_train_nothing(work: Work, tmp_path: Path) -> None:
    (tmp_path / "manifest.tsv").write_text("file\ttranscript\ngone.wav\t是\n", encoding="utf-8")
    Network.read(work.sharpened).save(work.network)
    with pytest.raises(SystemExit, match="1 条录音一条也不能用"):
        replace(work, manifest=tmp_path / "manifest.tsv").sharpen()


def test_the_model_tells_what_it_was_made_with_and_counts_what_is_said(work: Work, tmp_path: Path) -> None:
    work.export()
    without = json.loads((work.out / "ear.json").read_text("utf-8"))
    (tmp_path / "said.tsv").write_text("text\tintent\n我不想活了，活着没意思\tdanger\n", encoding="utf-8")
    replace(work, said=(tmp_path / "said.tsv",)).export()
    card = json.loads((work.out / "ear.json").read_text("utf-8"))
    assert card["made_with"] == {
        "recipe": "small",
        "shards": {"kokoro": 1, "strangers": 1, "espeak": 20},
        "utterances": 40,
        "passes": 10,
        "sharpening": 2,
        "has_recordings": False,
        "seed": 1,
        "said": ["said.tsv"],
    }
    assert card["free_trust"] == 0.3
    assert card["sentences"] == without["sentences"] + 2
    assert "活着没意思" in (work.out / "said.txt").read_text("utf-8").splitlines()
    tuned = replace(work, manifest=tmp_path / "m.tsv").card["made_with"]
    assert tuned == card["made_with"] | {"has_recordings": True, "said": []}


def test_taught_further_an_ear_keeps_its_words_and_tells_where_it_comes_from(work: Work, tmp_path: Path) -> None:
    base = replace(work, out=tmp_path / "base")
    base.export()
    adapt(tmp_path / "own", base.out, phrases=["灯泡灵了"], names=["豹力"])
    further = replace(work, recipe=making.FURTHER, base=tmp_path / "own")
    further.export()
    card = json.loads((work.out / "ear.json").read_text("utf-8"))
    assert card["made_with"]["recipe"] == "further"
    assert card["made_with"]["from"] == json.loads((base.out / "ear.json").read_text("utf-8"))["made_with"]
    assert card["own_phrases"] == ["灯泡灵了"]
    assert {"灯泡灵了", "豹力"} <= {
        line.split()[0] for line in (work.out / "graph" / "words.txt").read_text("utf-8").splitlines()
    }
    assert (work.out / "said.txt").read_bytes() == (base.out / "said.txt").read_bytes()


@pytest.mark.parametrize(("exact", "is_enough"), [(0.9, True), (0.5, False)])
def test_a_small_ear_that_hears_nothing_fails_the_run(
    work: Work, monkeypatch: pytest.MonkeyPatch, exact: float, is_enough: bool
) -> None:
    score = Score("vosk", making.FLOOR, files=10, exact=round(10 * exact))
    monkeypatch.setattr(examining, "held_out", lambda place, model, exams: [score])
    work.out.mkdir()
    with nullcontext() if is_enough else pytest.raises(SystemExit, match="至少应有 70%"):
        work.exam()
    assert json.loads((work.out / "exam.json").read_text("utf-8"))[0]["exact"] == exact


@pytest.mark.parametrize(("stage", "advice"), [("examples", "prepare speak"), ("exam", "prepare speak"), ("fit", "examples")])
def test_the_network_of_openings_is_not_made_of_nothing(cache: Path, stage: str, advice: str) -> None:
    with pytest.raises(SystemExit, match=advice):
        onset.main([stage])


def test_nor_without_the_words_of_listeners(cache: Path) -> None:
    for teacher in ("kokoro", "espeak"):
        (cache / "training" / "full" / teacher).mkdir(parents=True)
        (cache / "training" / "full" / teacher / "0000.npz").touch()
    with pytest.raises(SystemExit, match=r"speech\.training\.onset words"):
        onset.main(["examples"])
