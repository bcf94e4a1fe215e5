"""What a second hypothesis of the same sound may change: only what made no sense in the first."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ivr.meaning import Meaning
from kit.vocabulary import Intent, Risk, Severity, SlotName
from speech.ports import Heard
from tests.ivr.runtime.listening import talk_with
from tests.understanding.test_properties import HINTS

ASKED = replace(HINTS, expect_slots=frozenset({SlotName.DIGITS}))


def understood(heard: Heard) -> Meaning:
    """As a talk understands that waits for digits."""
    return talk_with(ASKED).understand(heard)


def test_digits_of_the_believed_ear_stand() -> None:
    meaning = understood(Heard("五五三零", 0.926, alternatives=("五三零",)))
    assert [slot.value for slot in meaning.slots] == ["5530"]


def test_another_ear_helps_where_the_first_made_no_sense() -> None:
    meaning = understood(Heard("乌云珊灵", 0.5, alternatives=("你打错了",)))
    assert meaning.intent is Intent.WRONG_PERSON


def test_mortal_danger_in_any_ear_counts_when_the_believed_one_made_no_sense() -> None:
    meaning = understood(Heard("我现在在火点站着", 0.5, alternatives=("三三六零", "我现在在河边站着")))
    assert [(found.category, found.severity) for found in meaning.risk] == [(Risk.SELF_HARM, Severity.P0)]
    assert [slot.value for slot in meaning.slots] == ["3360"], "what made sense is kept"
    assert "另一只耳朵听到“我现在在河边站着”" in meaning.why


def test_what_cannot_be_the_same_sound_alarms_nobody() -> None:
    assert understood(Heard("欢乐歌手提好", 0.5, alternatives=("我想死",))).risk == ()


def test_a_lesser_risk_of_another_ear_counts_only_with_its_sense() -> None:
    assert understood(Heard("乌云珊灵", 0.5, alternatives=("三三六零", "我要投诉你们"))).risk == ()


def test_of_two_that_make_sense_the_one_that_may_be_the_same_sound_is_meant() -> None:
    meaning = understood(Heard("豆漆纳金环", 0.5, alternatives=("哪天还", "到期那天还")))
    assert meaning.intent is Intent.PROMISE_TO_PAY


def test_what_no_ear_believed_binds_to_nothing_and_is_not_quoted() -> None:
    meaning = understood(Heard("我是本人下周五还三千", 0.3, is_rejected=True, rejected=("好的不行",)))
    assert (meaning.text, meaning.intents, meaning.slots, meaning.risk) == ("", (Intent.UNCLEAR,), (), ())
    assert meaning.why[0] == "没听准"


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("别再打了", Intent.STOP_CALLING),
        ("你打错了", Intent.WRONG_PERSON),
        ("转人工", Intent.REQUEST_HUMAN),
        ("你稍等一下", Intent.HOLD_ON),
    ],
)
def test_what_protects_the_callee_is_heeded_however_badly_heard(text: str, intent: Intent) -> None:
    meaning = understood(Heard(text, 0.3, is_rejected=True))
    assert (meaning.text, meaning.intent) == ("", intent)
    assert meaning.risk == understood(Heard(text, 0.9)).risk


def test_what_no_ear_believed_still_alarms() -> None:
    for heard in (
        Heard("我不想活了", 0.3, is_rejected=True),
        Heard("我不想火了", 0.3, is_rejected=True, rejected=("我不想活了",)),
        Heard("我不想还了", 0.9, rejected=("我不想活了",)),
    ):
        assert [found.category for found in understood(heard).risk] == [Risk.SELF_HARM]
    assert understood(Heard("你们再打我就报警", 0.3, is_rejected=True)).gravest == understood(Heard("你们再打我就报警")).gravest


def test_a_recorded_voice_is_known_by_its_words_however_badly_heard() -> None:
    text = "您好，您拨打的电话暂时无人接听，请稍后再拨"
    for heard in (Heard(text, 0.2, is_rejected=True), Heard("乌云珊灵", 0.9, rejected=(text,))):
        assert understood(heard).intent is Intent.ANNOUNCEMENT
        assert understood(heard).slots
