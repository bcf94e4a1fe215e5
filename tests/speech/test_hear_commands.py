"""`flask speech hear` and `evaluate`: one answer a path whatever the file is; errors counted as they should be."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import click
import numpy as np
import pytest
from click.testing import CliRunner
from flask import Flask
from flask.cli import ScriptInfo

from kit.settings import load_settings
from speech import catalogue, commands, evaluation, hear
from speech.audio import write_wav
from speech.engines.scripted_ear import ScriptedRecognizer, digest
from speech.evaluation import Score, are_opposite, comparable, evaluate, grammar_for, samples
from speech.ports import NOTHING, EngineUnavailable, Heard, Pcm, Recognizer
from speech.textfile import BadText


def clip(seed: int) -> Pcm:
    return (np.random.default_rng(seed).normal(size=4000) * 3000).astype(np.int16)


def ear_for(answers: dict[int, str]) -> ScriptedRecognizer:
    table = {digest(clip(seed)): text for seed, text in answers.items()}
    return ScriptedRecognizer(table=table, is_deaf_to_silence=False)


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> object:
    def invoke(arguments: Sequence[str], answers: dict[int, str], stdin: str = "") -> click.testing.Result:
        monkeypatch.setattr(catalogue, "recognizer", lambda settings, names="": ear_for(answers))
        app = Flask("test")
        app.config["HUILING_SETTINGS"] = load_settings({})
        info = ScriptInfo(create_app=lambda: app)
        return CliRunner().invoke(commands.cli, list(arguments), obj=info, input=stdin)

    return invoke


def wav(folder: Path, name: str, seed: int) -> Path:
    path = folder / name
    path.write_bytes(write_wav(clip(seed), 8000))
    return path


def test_one_json_line_a_file(run, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    good = wav(tmp_path, "a.wav", 1)
    (tmp_path / "bad.wav").write_bytes(b"not a wav")
    result = run(["hear", str(good), str(tmp_path / "bad.wav"), str(tmp_path / "none.wav"), "--json"], {1: "是的"})
    first, second, third = (json.loads(line) for line in result.stdout.splitlines())
    assert first.keys() == {"path", "text", "confidence", "is_rejected", "is_sure", "engine", "seconds", "sha256"}
    assert (first["text"], first["engine"], first["seconds"]) == ("是的", "scripted", 0.5)
    assert second.keys() == third.keys() == {"path", "error"}
    assert result.exit_code == 1


def test_of_two_sides_the_callees_is_heard_and_an_empty_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "both.wav").write_bytes(write_wav(np.stack([clip(1), clip(2)], axis=1), 8000))
    (tmp_path / "none.wav").write_bytes(write_wav(clip(1)[:0], 8000))
    ear = ear_for({1: "是的", 2: "我们的声音"})
    assert hear.answer(ear, str(tmp_path / "both.wav"), ())["text"] == "是的"
    assert "没有声音" in hear.answer(ear, str(tmp_path / "none.wav"), ())["error"]


def test_a_line_says_whether_it_is_believed(run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:  # type: ignore[no-untyped-def]
    sound = wav(tmp_path, "a.wav", 1)
    for heard, belief in (
        (Heard("是的"), "采信"),
        (Heard("是的", 0.4), "存疑"),
        (Heard("我想死", 0.4, is_rejected=True), "拒识"),
    ):
        monkeypatch.setattr(ScriptedRecognizer, "transcribe", lambda *_, heard=heard: heard)
        assert run(["hear", str(sound)], {}).stdout.endswith(f"\t{belief}\n")


def test_paths_come_from_standard_input(run, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    one, two = wav(tmp_path, "1.wav", 1), wav(tmp_path, "2.wav", 2)
    result = run(["hear", "-", "--json"], {1: "一", 2: "二"}, stdin=f"{one}\n\n{two}\n")
    assert [json.loads(line)["text"] for line in result.stdout.splitlines()] == ["一", "二"]
    assert result.exit_code == 0


def test_an_engine_that_fails_does_not_end_the_ear(tmp_path: Path) -> None:
    class Broken(ScriptedRecognizer):
        def transcribe(self, pcm: Pcm, phrases: Sequence[str] = ()) -> Heard:
            raise RuntimeError("out of order")

    found = hear.answer(Broken(), str(wav(tmp_path, "a.wav", 1)), ())
    assert "out of order" in found["error"]


def test_phrases_of_file_and_list(tmp_path: Path) -> None:
    (tmp_path / "g.txt").write_text("# 注释\n是的\n\n不是\n", encoding="utf-8")
    assert hear.phrases_from(tmp_path / "g.txt", "不是，没有, ") == ("是的", "不是", "没有")


def test_phrases_are_taken_as_they_are_said(tmp_path: Path) -> None:
    (tmp_path / "g.txt").write_text("\ufeff我15号还\n沒有 # 否定\n$date\t0.5\n110\n", encoding="utf-8")
    assert hear.phrases_from(tmp_path / "g.txt", "") == ("我十五号还", "没有", "$date", "一百一十", "一一零", "幺幺零")


def test_a_bad_grammar_is_named(tmp_path: Path) -> None:
    (tmp_path / "g.txt").write_bytes("是的".encode("gbk"))
    with pytest.raises(BadText, match="UTF-8"):
        hear.phrases_from(tmp_path / "g.txt", "")
    (tmp_path / "g.txt").write_text("# 只有注释\n", encoding="utf-8")
    with pytest.raises(BadText, match="一个短语也没有"):
        hear.phrases_from(tmp_path / "g.txt", "")
    with pytest.raises(BadText, match=r"\$dates.*\$date"):
        hear.phrases_from(None, "$dates")


def test_words_that_the_ear_lacks_are_told(run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.setattr(ScriptedRecognizer, "missing_words", lambda _, phrases: ("A",) if "按A键" in phrases else ())
    sound = wav(tmp_path, "a.wav", 1)
    listed = manifest(tmp_path, [("a.wav", "按A键", "")])
    for command in (["hear", str(sound), "--phrases", "按A键,是的"], ["evaluate", str(listed), "--closed", "--engine", "vosk"]):
        result = run(command, {})
        assert "“A”" in result.stderr
        assert result.exit_code == 0
    assert run(["hear", str(sound), "--phrases", "$dates"], {}).exit_code == 1


def manifest(folder: Path, rows: Sequence[tuple[str, str, str]]) -> Path:
    lines = ["file\ttranscript\tsubset", *("\t".join(row) for row in rows)]
    path = folder / "manifest.tsv"
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def test_errors_are_counted_by_subset(tmp_path: Path) -> None:
    wav(tmp_path, "1.wav", 1)
    wav(tmp_path, "2.wav", 2)
    listed = manifest(tmp_path, [("1.wav", "我已经还款了", "a"), ("2.wav", "幺三八", "b"), ("gone.wav", "是", "b")])
    ear: Recognizer = ear_for({1: "我已经环款", 2: "一三八"})
    first, second, total = evaluate(ear, samples(listed), lambda sample: ())
    assert (first.character_errors, first.characters, first.syllable_errors) == (2, 6, 1)
    assert (second.exact, second.files, second.failed) == (1, 1, 1)
    assert (total.files, total.character_errors, total.characters) == (2, 2, 9)
    assert first.as_json()["character_error"] == pytest.approx(0.3333)


def test_what_cannot_be_heard_is_named_and_the_rest_is_counted(run, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    wav(tmp_path, "1.wav", 1)
    listed = manifest(tmp_path, [("1.wav", "是的", "a"), ("gone.wav", "是", "a")])
    result = run(["evaluate", str(listed), "--engine", "vosk", "--json"], {1: "是的"})
    assert (result.exit_code, json.loads(result.stdout)[0]["exact"], json.loads(result.stdout)[0]["failed"]) == (1, 1, 1)
    assert "gone.wav：读不到文件" in result.stderr.replace("\n", "")


def test_a_row_that_is_none_is_named_and_an_empty_transcript_is_silence(tmp_path: Path) -> None:
    wav(tmp_path, "1.wav", 3)
    (score,) = evaluate(ear_for({}), samples(manifest(tmp_path, [("1.wav", "", "a")])), lambda sample: ())
    assert (score.files, score.exact) == (1, 1)
    (tmp_path / "m.tsv").write_text("file\ttranscript\n1.wav\t是\n2.wav    不是\n", encoding="utf-8")
    with pytest.raises(BadText, match="第 3 行"):
        samples(tmp_path / "m.tsv")


def test_bare_figures_are_right_in_either_way() -> None:
    score = Score("vosk", "a")
    for text in ("六三八二", "六千三百八十二", "六三八三"):
        score.count("6382", Heard(text))
    assert (score.exact, score.files) == (2, 3)


def test_figures_and_yao_compare_as_said() -> None:
    assert comparable("我还3,200元。") == comparable("我还三千两百元") or comparable("我还3200元") == "我还三千二百元"
    assert comparable("幺三八") == comparable("一三八")


def test_the_closed_grammar_is_the_subsets_own(tmp_path: Path) -> None:
    listed = samples(manifest(tmp_path, [("1", "是", "a"), ("2", "不是", "a"), ("3", "你好", "b")]))
    grammar = grammar_for(listed, ("嗯",), is_closed=True)
    assert grammar(listed[0]) == ["是", "不是", "嗯"]
    assert grammar(listed[2]) == ["你好", "嗯"]


def test_a_bad_manifest_is_named(tmp_path: Path) -> None:
    (tmp_path / "m.tsv").write_text("a\tb\n1\t2\n", encoding="utf-8")
    with pytest.raises(match="file"):
        samples(tmp_path / "m.tsv")
    with pytest.raises(match="子集"):
        samples(manifest(tmp_path, [("1", "是", "a")]), "nowhere")


def test_evaluate_prints_json_and_a_table(run, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    wav(tmp_path, "1.wav", 1)
    listed = str(manifest(tmp_path, [("1.wav", "是的", "a")]))
    scores = json.loads(run(["evaluate", listed, "--engine", "scripted", "--json"], {1: "是的"}).stdout)
    assert scores[0]["exact_rate"] == 1.0
    assert "1/1" in run(["evaluate", listed, "--engine", "scripted"], {1: "是的"}).stdout


def test_an_empty_score_divides_nothing() -> None:
    assert Score("x", "y").as_json()["rtf"] == 0.0
    assert evaluation.table([Score("x", "y")]).row_count == 1


def test_a_list_may_have_other_headings_or_none(tmp_path: Path) -> None:
    (tmp_path / "headed.tsv").write_text("path\ttext\nx.wav\t是的\n\n", encoding="utf-8")
    (tmp_path / "bare.tsv").write_text(f"{tmp_path}/x.wav\t是的\ny.wav\t不是\n", encoding="utf-8")
    assert [(one.file, one.transcript, one.subset) for one in samples(tmp_path / "headed.tsv")] == [
        (tmp_path / "x.wav", "是的", "all")
    ]
    assert [one.file for one in samples(tmp_path / "bare.tsv")] == [tmp_path / "x.wav", tmp_path / "y.wav"]


def test_what_is_rejected_and_what_is_taken_wrongly_are_counted() -> None:
    score = Score("x", "y")
    score.count("是的", Heard("是的", 0.9), is_sure=True)
    score.count("是的", Heard("不是", 0.9), is_sure=True)
    score.count("是的", Heard("是我", 0.9), is_sure=True)
    score.count("是的", Heard("不是", 0.4))
    score.count("是的", Heard("不是", 0.0, is_rejected=True))
    score.count("是的", NOTHING)
    assert (score.files, score.exact, score.rejected, score.taken_wrong) == (6, 1, 2, 3)
    assert (score.sure, score.sure_wrong, score.sure_flipped) == (3, 2, 1)


@pytest.mark.parametrize(
    ("one", "other", "is_opposite"),
    [("好的", "不行", True), ("有", "没有", True), ("不能", "能", True), ("是我", "是的", False), ("不知道", "没收到", False)],
)
def test_a_yes_for_a_no_is_told_from_other_errors(one: str, other: str, is_opposite: bool) -> None:
    assert are_opposite(one, other) is are_opposite(other, one) is is_opposite


def test_ears_that_cannot_be_loaded_are_left_out_of_the_comparison(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def recognizer(settings: object, name: str = "") -> Recognizer:
        if name == "whisper":
            raise EngineUnavailable("缺少模型 whisper")
        return ear_for({1: "是的"})

    monkeypatch.setattr(catalogue, "recognizer", recognizer)
    wav(tmp_path, "1.wav", 1)
    listed = manifest(tmp_path, [("1.wav", "是的", "a")])
    (tmp_path / "g.txt").write_text("是的\n不是\n", encoding="utf-8")
    app = Flask("test")
    app.config["HUILING_SETTINGS"] = load_settings({})
    told = CliRunner().invoke(
        commands.cli,
        ["evaluate", str(listed), "--grammar", str(tmp_path / "g.txt"), "--json"],
        obj=ScriptInfo(create_app=lambda: app),
    )
    assert told.exit_code == 0
    assert "不评 whisper" in told.stderr
    assert json.loads(told.stdout)[0]["exact"] == 1
