"""Classes in a run-time grammar: which models take them, what is read out, what is rejected, and who hears it again."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from kit.settings import load_settings
from speech import catalogue, classes, ears
from speech.ears import UNKNOWN
from speech.engines import vosk
from speech.engines.vosk import VoskRecognizer
from speech.engines.vosk_free import FreeVosk
from speech.fallback import FallbackRecognizer
from speech.graphs.build import build
from speech.hear import load as load_clip
from speech.models_zh import SHIPPED
from speech.ports import NOTHING
from tests.speech.trial import TRIAL

CLIPS = Path(__file__).parent / "clips"


@pytest.fixture(scope="module")
def ear(tmp_path_factory: pytest.TempPathFactory) -> VoskRecognizer:
    out = tmp_path_factory.mktemp("classes")
    build(out, TRIAL, phrases=["我下周五还", "转人工"])
    return VoskRecognizer(out)


def test_a_model_whose_vocabulary_lacks_the_words_leaves_classes_out(ear: VoskRecognizer) -> None:
    assert ear.has_classes
    assert not VoskRecognizer(TRIAL).has_classes


def test_the_grammar_holds_the_phrases_and_the_whole_cover(ear: VoskRecognizer) -> None:
    rows = json.loads(ear._grammar(("转人工",), ("amount",)))
    assert rows[0] == "转人工"
    assert {" ".join(row) for row in classes.cover("amount")} <= set(rows)
    assert rows.count(UNKNOWN) == 1 + round(0.1 * (len(rows) - rows.count(UNKNOWN)))
    assert ear._grammar(("转人工",), ("amount",)) is ear._grammar(("转人工",), ("amount",)), "kept, not made again"


@pytest.mark.parametrize("kind", list(classes.CLASSES))
def test_every_word_of_a_class_reaches_the_decoder(kind: str, ear: VoskRecognizer, capfd: pytest.CaptureFixture[str]) -> None:
    listener = ear.open()
    listener.expect(classes.with_class(kind, ["转人工"]))
    listener.feed(np.zeros(1600, np.int16))
    assert listener.finish() == NOTHING
    assert capfd.readouterr().err == "", "Vosk warns of every word that it drops"


def test_markers_are_no_words(ear: VoskRecognizer) -> None:
    assert ear.missing_words(["转人工", "$amount", "按A键"]) == ("A",)


def test_a_phrase_is_heard_beside_a_class(ear: VoskRecognizer) -> None:
    sound, _ = load_clip(CLIPS / "zf_xiaoyi.我下周五还.wav")
    assert ear.transcribe(sound, ["我下周五还", "转人工", "$amount"]).text == "我下周五还"


def test_the_free_pass_shares_the_model_and_hears_what_the_grammar_rejects(ear: VoskRecognizer) -> None:
    sound, _ = load_clip(CLIPS / "zm_yunyang.我下周五还.wav")
    first = ear.transcribe(sound, ["转人工", "不同意录音"])
    assert first.is_rejected
    chain = FallbackRecognizer([ear, FreeVosk(ear)])
    heard = chain.transcribe(sound, ["转人工", "不同意录音"])
    assert heard.text
    assert (heard.is_rejected, heard.engine) == (False, "vosk-free")
    listener = chain.open()
    listener.expect(["转人工", "不同意录音"])
    listener.feed(sound)
    assert listener.finish().text == heard.text
    listener.close()


def test_the_free_ear_writes_what_sounds_the_same_as_expected(ear: VoskRecognizer) -> None:
    free = FreeVosk(ear)
    listener = free.open()
    listener.expect(["我下周五还", "$date"])
    assert listener.feed(load_clip(CLIPS / "zf_xiaoyi.我下周五还.wav")[0]) == ""
    assert listener.finish().engine == "vosk-free"
    assert listener.finish() == NOTHING
    listener.close()
    assert free.missing_words(["按A键"]) == ()


def test_both_engines_of_a_chain_load_one_model(monkeypatch: pytest.MonkeyPatch) -> None:
    vosk._loaded.cache_clear()
    chain = catalogue.recognizer(load_settings({}), "vosk,vosk-free")
    assert chain.name == "vosk+vosk-free"
    assert vosk._loaded.cache_info().misses == 1


def test_a_model_without_grammars_is_not_heard_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vosk, "load", lambda settings: SimpleNamespace(name="vosk", has_grammars=False, has_partials=True))
    assert catalogue.recognizer(load_settings({}), "vosk,vosk-free").name == "vosk"


def test_the_card_says_how_far_free_hearing_is_trusted(tmp_path: Path) -> None:
    assert (ears.free_trust(tmp_path), ears.free_least(tmp_path)) == (1.0, 0.0)
    (tmp_path / ears.CARD).write_text('{"free_trust": 0.7, "free_least": 0.6}')
    assert (ears.free_trust(tmp_path), ears.free_least(tmp_path)) == (0.7, 0.6)
    (tmp_path / ears.CARD).write_text("[]")
    assert ears.card(tmp_path) == {}


def test_the_settings_choose_the_model() -> None:
    assert ears.configured(load_settings({})) == SHIPPED
    assert ears.configured(load_settings({"VOSK_MODEL_PATH": "/elsewhere"})) == Path("/elsewhere")
