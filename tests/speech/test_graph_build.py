"""Graphs are built in seconds in the process that hears with them, from texts and phrases, with non-speech or without."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest

from speech import classes
from speech.ears import CARD
from speech.engines.vosk import VoskRecognizer
from speech.graphs import corpus, phones
from speech.graphs.build import Decoding, build, main
from speech.graphs.fst import LexiconLoop
from speech.graphs.phones import NON_SPEECH, SILENCE, Transitions
from speech.hear import load as load_clip
from speech.kaldi import fst, model
from speech.models_zh import SHIPPED
from tests.speech.kaldi.plain import search
from tests.speech.trial import TRIAL

CLIPS = Path(__file__).parent / "clips"
SAID = ("不可以", "我已经还了", "我下周五还", "我失业了", "你打错了")


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("ear")
    text = folder / "said.txt"
    text.write_text("# 例句\n我的车抵押给了别人，车在修理厂\n" * 3 + "我 会 按时 还款\nOK我知道\n", encoding="utf-8")
    out = folder / "model"
    build(out, TRIAL, texts=[text], phrases=[*SAID, "恒信易贷"])
    return out


def test_one_process_builds_and_hears(built: Path) -> None:
    """kaldifst and vosk in one process hang (docs/ear.md); our own writer has no such neighbour."""
    ear = VoskRecognizer(built)
    heard = [ear.transcribe(load_clip(CLIPS / f"zf_xiaoyi.{said}.wav")[0], SAID).text for said in SAID]
    assert heard == list(SAID)
    assert ear.transcribe(np.zeros(8000, np.int16), SAID).text == ""


def test_phrases_texts_and_classes_give_words(built: Path) -> None:
    ear = VoskRecognizer(built)
    words = ("恒信易贷", "抵押", "按时", "三千", "十五号", "两点", "诸", "[unk]")
    assert [word for word in words if not ear.is_word(word)] == []
    assert classes.words() <= {line.split()[0] for line in (built / "graph/words.txt").read_text("utf-8").splitlines()}


def test_the_card_says_what_it_was_built_with(built: Path) -> None:
    card = json.loads((built / CARD).read_text("utf-8"))
    assert Decoding(**{each: card[each] for each in asdict(Decoding())}) == Decoding()
    assert card["has_non_speech"] is False
    assert card["sentences"] == 7, "two clauses three times and one cut by hand; Latin is left out"


def test_a_phrase_that_is_not_hanzi_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="按A键"):
        build(tmp_path, TRIAL, phrases=["按A键"])


def test_a_model_with_non_speech_gets_it_in_its_graphs(tmp_path: Path) -> None:
    shutil.copytree(TRIAL / "conf", tmp_path / "conf")
    network = model.Network(40)
    pdfs = phones.pdf_count(has_non_speech=True)
    network.finish(network.add("out", model.affine(np.zeros((pdfs, 40)), np.zeros(pdfs)), "input"))
    transitions = phones.transition_bytes(has_non_speech=True)
    model.write(tmp_path / "am/final.mdl", transitions, network, left_context=0, right_context=0)
    assert build(tmp_path, tmp_path, texts=[], phrases=[], decoding=Decoding(acoustic_scale=0.7)).has_non_speech
    options = (tmp_path / "conf/model.conf").read_text("utf-8").splitlines()
    assert {"--endpoint.silence-phones=1:238", "--acoustic-scale=0.7"} <= set(options)
    assert (tmp_path / "graph/phones.txt").read_text("utf-8").endswith("NSN 238\n")
    labels = {arc[2] for arc in fst.read(tmp_path / "graph/HCLr.fst").listed()}
    assert {Transitions().leave(NON_SPEECH, 0)[0], Transitions().stay(NON_SPEECH, 0)[0]} <= labels
    VoskRecognizer(tmp_path).transcribe(np.zeros(4000, np.int16), ["是"])


def test_pauses_take_silence_and_non_speech_in_any_order() -> None:
    loop = LexiconLoop(has_non_speech=True)
    loop.word(1, (("", "a"),))
    pdfs = [0] + [
        phones.pdf_of(phones.base_of(number), state)
        for number in phones.phones(has_non_speech=True).values()
        for state in range(phones.state_count(number))
        for _ in range(2)
    ]
    heard = [phones.pdf_of(base, state) for base, state in (("SIL", 0), ("NSN", 0), ("NSN", 0), ("a", 0), ("a", 1), ("NSN", 0))]
    scores = np.full((len(heard), 99), -20.0, np.float32)
    scores[np.arange(len(heard)), heard] = 0.0
    assert search(loop.transducer(), scores, pdfs) == [(1, 3)]
    assert phones.base_of(SILENCE) == "SIL"


def test_texts_are_cut_by_the_longest_word() -> None:
    clauses = ["我下个月还三千五百块", "我 会 还款", "没有这个词典"]
    assert list(corpus.cut(clauses, {"我", "下个月", "还", "三千", "五百", "块", "会", "还款"})) == [
        ["我", "下个月", "还", "三千", "五百", "块"],
        ["我", "会", "还款"],
    ]


def test_lines_are_clauses_of_hanzi(tmp_path: Path) -> None:
    (tmp_path / "t.txt").write_text("# 注释\n我还3500元，好吧。\n是 的\nWIFI坏了\n\n", encoding="utf-8")
    assert corpus.lines(tmp_path / "t.txt") == ["我还三千五百元", "好吧", "是 的"]


def test_of_a_table_the_texts_are_read(tmp_path: Path) -> None:
    (tmp_path / "t.tsv").write_text('intent\ttext\naffirm\t"好的，我还3500元\ndeny\t不行\n', encoding="utf-8")
    assert corpus.lines(tmp_path / "t.tsv") == ["好的", "我还三千五百元", "不行"]
    (tmp_path / "t.tsv").write_text("said\n好的\n", encoding="utf-8")
    with pytest.raises(ValueError, match="text"):
        corpus.lines(tmp_path / "t.tsv")


def test_the_command_line_builds(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main([str(tmp_path / "m"), "--beam", "9"])
    assert "words" in capsys.readouterr().out
    assert "--beam=9.0" in (tmp_path / "m/conf/model.conf").read_text("utf-8")


def test_the_product_never_loads_another_openfst() -> None:
    """kaldifst's and vosk's copies of OpenFst share a register of different shapes: vosk then waits for ever (docs/ear.md)."""
    script = "import sys, speech.graphs.build, speech.adapt, speech.commands, app; print('kaldifst' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=120, check=True)
    assert done.stdout.strip() == "False"
    root = Path(__file__).resolve().parents[2]
    sources = (file for room in ("speech", "ivr", "kit") for file in (root / room).rglob("*.py"))
    assert [file for file in sources if re.search(r"^\s*(import|from) kaldifst", file.read_text("utf-8"), re.MULTILINE)] == []


def test_built_again_an_ear_keeps_what_it_was_made_of(tmp_path: Path) -> None:
    shipped = json.loads((SHIPPED / CARD).read_text("utf-8"))
    (tmp_path / "more.txt").write_text("\ufeff嗯…我（明天）还\n", encoding="utf-8")
    main([str(tmp_path / "again"), "--text", str(tmp_path / "more.txt"), "--beam", "9"])
    card = json.loads((tmp_path / "again" / CARD).read_text("utf-8"))
    kept = ("name", "free_trust", "acoustic_scale", "unknown_cost")
    assert [card[name] for name in (*kept, "beam")] == [*(shipped[name] for name in kept), 9.0]
    said = (tmp_path / "again" / "said.txt").read_text("utf-8").splitlines()
    assert said == [*(SHIPPED / "said.txt").read_text("utf-8").splitlines(), "嗯", "我明天还"]
