"""When a second ear is asked, and which answer is believed; and the ear that answers from a script."""

from __future__ import annotations

import numpy as np
import pytest

from speech.engines.scripted_ear import ScriptedRecognizer, digest
from speech.fallback import FallbackRecognizer
from speech.ports import NOTHING, Heard, Pcm
from speech.second_pass import better, is_doubtful, is_sure
from tests.speech.test_vad import voice

SPOKEN = voice(0.6)
QUIET: Pcm = np.zeros(8000, np.int16)


@pytest.mark.parametrize(
    ("heard", "pcm", "doubtful"),
    [
        (Heard("是的", 0.9), SPOKEN, False),
        (Heard("是的", 0.4), SPOKEN, True),
        (Heard("是的", 0.9, is_rejected=True), SPOKEN, True),
        (Heard("我今天就还", 1.0), SPOKEN, True),
        (Heard("五五三零", 0.93), SPOKEN, False),
        (Heard("五五三零", 0.5), SPOKEN, True),
        (Heard("我不想活了", 1.0), SPOKEN, True),
        (Heard("再说一遍", 1.0), SPOKEN, False),
        (NOTHING, SPOKEN, True),
        (NOTHING, QUIET, False),
        (Heard("", 0.0, is_rejected=True), QUIET, True),
    ],
)
def test_doubt(heard: Heard, pcm: Pcm, doubtful: bool) -> None:
    assert is_doubtful(heard, pcm) is doubtful


def test_an_agreement_in_sound_keeps_the_grammars_words() -> None:
    best = better(Heard("我还款", 0.4, engine="vosk"), Heard("我环款", 0.7, engine="whisper"))
    assert (best.text, best.confidence, best.engine) == ("我还款", 0.7, "vosk+whisper")


def test_a_rejected_answer_that_another_ear_confirms_is_believed() -> None:
    best = better(Heard("是的我是好的", 0.44, is_rejected=True, engine="vosk"), Heard("是的我是好的", 0.3, engine="free"))
    assert (best.text, best.confidence, best.is_rejected) == ("是的我是好的", 0.44, False)


@pytest.mark.parametrize(
    ("first", "second", "text"),
    [
        (Heard("是的", 0.4), NOTHING, "是的"),
        (Heard("是的", 0.4), Heard("瞎说", 0.9, is_rejected=True), "是的"),
        (Heard("是的", 0.4), Heard("我不想活了", 0.8), "我不想活了"),
        (Heard("是的", 0.4), Heard("一些别的", 0.2), "是的"),
        (Heard("", 0.0, is_rejected=True), Heard("我不想活了", 0.2), "我不想活了"),
        (NOTHING, NOTHING, ""),
    ],
)
def test_the_better_answer(first: Heard, second: Heard, text: str) -> None:
    assert better(first, second).text == text


@pytest.mark.parametrize(
    ("alarm", "confidence", "second", "text"),
    [
        ("活不下去了", 0.56, Heard("我不想谈这个跟你没关系", 0.24), "我不想谈这个跟你没关系"),
        ("打错了不想活了", 0.5, Heard("那个一下午了", 0.17, is_rejected=True), "那个一下午了"),
        ("活不下去了", 0.7, Heard("我不想谈这个跟你没关系", 0.24), "活不下去了"),
        ("活不下去了", 0.4, Heard("活过去了", 0.17, is_rejected=True), "活不下去了"),
        ("活不下去了", 0.4, NOTHING, "活不下去了"),
    ],
)
def test_an_unsure_alarm_is_borne_out_by_the_other_ear(alarm: str, confidence: float, second: Heard, text: str) -> None:
    best = better(Heard(alarm, confidence), second)
    assert best.text == text
    assert text == alarm or best.alternatives == (alarm,), "what was not believed is kept beside it"


def test_what_needed_a_second_ear_was_not_believed_at_once() -> None:
    doubting, sure = (Heard("不是", confidence) for confidence in (0.2, 0.9))
    assert is_sure(FallbackRecognizer([ScriptedRecognizer([sure])]).transcribe(SPOKEN), SPOKEN)
    both = FallbackRecognizer([ScriptedRecognizer([doubting]), ScriptedRecognizer([sure])]).transcribe(SPOKEN)
    assert (both.text, both.confidence, is_sure(both, SPOKEN)) == ("不是", 0.9, False)


def test_the_chain_asks_the_second_only_in_doubt() -> None:
    first = ScriptedRecognizer([Heard("是的", 0.9), Heard("", 0.0, is_rejected=True)])
    second = ScriptedRecognizer(["我被裁员了"])
    chain = FallbackRecognizer([first, second])
    listener = chain.open()
    listener.expect(["是的"])
    listener.feed(SPOKEN)
    assert listener.finish().text == "是的"
    assert second.asked == []
    listener.feed(SPOKEN)
    assert listener.finish().text == "我被裁员了"
    assert second.asked == [("是的",)]


def test_everything_that_any_ear_made_of_the_sound_is_kept() -> None:
    first = ScriptedRecognizer([Heard("我要还", 0.4, is_rejected=True)])
    free, last = ScriptedRecognizer([Heard("我不想活了", 0.3)]), ScriptedRecognizer([Heard("乌云珊灵", 0.9)])
    heard = FallbackRecognizer([first, free, last]).transcribe(SPOKEN, ["我要还"])
    assert (heard.text, heard.alternatives, heard.rejected) == ("乌云珊灵", ("我不想活了",), ("我要还",))


def test_the_scripted_ear_answers_by_table_then_list_then_otherwise() -> None:
    ear = ScriptedRecognizer(["第一", "第二"], table={digest(SPOKEN): "查表"}, otherwise="其余")
    other = voice(0.5)
    assert [ear.transcribe(pcm).text for pcm in (SPOKEN, other, other, other)] == ["查表", "第一", "第二", "其余"]
    assert ear.transcribe(QUIET) == NOTHING
    assert ear.missing_words(["任何"]) == ()


def test_the_scripted_partial_is_the_coming_reply() -> None:
    ear = ScriptedRecognizer(["好的"])
    listener = ear.open()
    assert listener.feed(SPOKEN) == "好的"
    assert listener.finish().text == "好的"
    assert listener.finish() == NOTHING
    listener.close()
