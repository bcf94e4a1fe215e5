"""A lender's own phrases, names and products: checked line by line, built, and heard."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import click.testing
import pytest
from click.testing import CliRunner
from flask import Flask
from flask.cli import ScriptInfo

from kit.settings import load_settings
from speech import commands
from speech.adapt import CannotAdapt, adapt, fault, read
from speech.ears import ear_facts
from speech.engines.vosk import VoskRecognizer
from speech.hear import load as load_clip
from speech.models_zh import SHIPPED
from speech.textfile import BadText
from tests.speech.trial import TRIAL

CLIPS = Path(__file__).parent / "clips"

Run = Callable[..., click.testing.Result]


@pytest.fixture
def run() -> Run:
    def invoke(*arguments: str) -> click.testing.Result:
        app = Flask("test")
        app.config["HUILING_SETTINGS"] = load_settings({})
        return CliRunner().invoke(commands.cli, list(arguments), obj=ScriptInfo(create_app=lambda: app))

    return invoke


@pytest.mark.parametrize(
    ("said", "advice"),
    [
        ("我还3500元", "三千五百元"),
        ("打开APP", "APP"),
        ("我要還錢", "我要还钱"),
        ("龘", "同音字"),
        ("안녕", "同音字"),
        ("我们公司的客户都说这一句话实在是太长了一点吧", "最多 20 个"),
        ("我想办延期套餐", ""),
        ("转人工", ""),
    ],
)
def test_a_phrase_is_taken_or_told_what_to_do(said: str, advice: str) -> None:
    found = fault(said)
    assert advice in found
    assert bool(found) == bool(advice)


def test_lines_are_numbered_as_in_the_file_and_kept_once(tmp_path: Path) -> None:
    file = tmp_path / "phrases.txt"
    file.write_text("\ufeff# 自家说法\n\n好的，再见。\n还2期\n好的再见\n", encoding="utf-8")
    good, faults = read(file)
    assert good == ["好的再见"]
    assert [str(found) for found in faults] == ["phrases.txt 第 4 行「还2期」：有数字，请写成说出来的字：还两期"]


def test_a_file_that_is_no_utf8_is_named(tmp_path: Path) -> None:
    (tmp_path / "p.txt").write_bytes("我要还款".encode("gbk"))
    with pytest.raises(BadText, match="UTF-8"):
        read(tmp_path / "p.txt")


def test_the_command_builds_an_ear_that_hears_the_new_and_the_old(run: Run, tmp_path: Path) -> None:
    (tmp_path / "p.txt").write_text("我下周五还\n恒信易贷的月供我还了\n", encoding="utf-8")
    (tmp_path / "n.txt").write_text("恒信易贷\n", encoding="utf-8")
    (tmp_path / "t.txt").write_text("我的恒信易贷下周还\n" * 3, encoding="utf-8")
    out = tmp_path / "ear"
    told = run(
        "adapt",
        "--phrases",
        f"{tmp_path}/p.txt",
        "--names",
        f"{tmp_path}/n.txt",
        "--text",
        f"{tmp_path}/t.txt",
        "--out",
        str(out),
    )
    assert told.exit_code == 0, told.output
    assert f"VOSK_MODEL_PATH={out}" in told.stdout
    ear = VoskRecognizer(out)
    assert all(map(ear.is_word, ("恒信易贷", "恒信易贷的月供我还了", "转人工", "三千")))
    sound, _ = load_clip(CLIPS / "zf_xiaoyi.我下周五还.wav")
    assert ear.transcribe(sound, ["我下周五还", "恒信易贷", "转人工"]).text == "我下周五还"
    card = json.loads((out / "ear.json").read_text("utf-8"))
    base = json.loads((SHIPPED / "ear.json").read_text("utf-8"))
    assert (card["adapted_from"], card["unknown_cost"]) == (SHIPPED.name, base["unknown_cost"])
    assert f"由 {SHIPPED.name} 适配" in str(ear_facts(out))
    again = adapt(tmp_path / "second", out, phrases=["另一句"], names=["另一家"])
    assert again.sentences == card["sentences"], "the texts travel with the model"
    second = VoskRecognizer(tmp_path / "second")
    assert all(map(second.is_word, ("恒信易贷", "恒信易贷的月供我还了", "另一句", "另一家")))
    assert second.free_trust == VoskRecognizer(SHIPPED).free_trust


def test_one_bad_line_and_nothing_is_written(run: Run, tmp_path: Path) -> None:
    (tmp_path / "p.txt").write_text("我下周五还\n还3期\n", encoding="utf-8")
    told = run("adapt", "--phrases", f"{tmp_path}/p.txt", "--out", f"{tmp_path}/ear")
    assert told.exit_code == 1
    assert "p.txt 第 2 行「还3期」" in told.stderr
    assert not (tmp_path / "ear").exists()


def test_texts_that_cannot_be_counted_are_named(run: Run, tmp_path: Path) -> None:
    (tmp_path / "p.txt").write_text("我下周五还\n", encoding="utf-8")
    (tmp_path / "t.tsv").write_text("transcript\n我要还款\n", encoding="utf-8")
    told = run("adapt", "--phrases", f"{tmp_path}/p.txt", "--text", f"{tmp_path}/t.tsv", "--out", f"{tmp_path}/ear")
    assert (told.exit_code, "没有 text 一列" in told.output) == (1, True)


def test_nothing_is_overwritten_and_only_our_phones_are_adapted(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("keep", encoding="utf-8")
    with pytest.raises(CannotAdapt, match="新目录"):
        adapt(tmp_path, TRIAL, phrases=["是"])
    with pytest.raises(CannotAdapt, match="新目录"):
        adapt(TRIAL, TRIAL, phrases=["是"])
    with pytest.raises(CannotAdapt, match="缺 am"):
        adapt(tmp_path / "out", tmp_path, phrases=["是"])
    (tmp_path / "am").mkdir()
    (tmp_path / "conf").mkdir()
    (tmp_path / "conf" / "mfcc.conf").touch()
    (tmp_path / "am" / "final.mdl").write_bytes(b"\0B<TransitionModel> chain")
    with pytest.raises(CannotAdapt, match="别的类型"):
        adapt(tmp_path / "out", tmp_path, phrases=["是"])


def test_whose_ear_it_is(tmp_path: Path) -> None:
    own = ear_facts(SHIPPED)
    assert (own.origin, own.words > 7000, own.has_grammars) == ("随产品附带", True, True)
    assert own.model_card == SHIPPED.parent / "README.md"
    assert 5 < own.size_bytes / 1e6 < 15, "what may be shipped"
    official = tmp_path / "vosk-model-small-cn-0.22"
    (official / "graph").mkdir(parents=True)
    (official / "README").write_text("Chinese", encoding="utf-8")
    (official / "graph" / "HCLG.fst").touch()
    found = ear_facts(official)
    assert (found.origin, found.words, found.has_grammars, found.model_card) == (
        "Vosk 官方模型", 0, False, official / "README",
    )  # fmt: skip
    assert "自备模型" in str(ear_facts(tmp_path))
