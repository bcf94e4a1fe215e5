"""What holds for any text: no crash, the same answer twice, and risk that nothing harmless hides."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ivr.meaning import Hints, meaning_to_dict, slot_from_dict, slot_to_dict
from ivr.understanding import understand
from kit.vocabulary import Intent, Risk, Severity, SlotName
from tests.understanding import corpus

HINTS = Hints(now=corpus.NOW)
NAMED = Hints(now=corpus.NOW, callee_name=corpus.CALLEE)
WORDS = sorted({line.text for line in corpus.lines()})
HARMLESS = (
    "喂你好",
    "嗯我知道了",
    "今天天气不错",
    "你先听我说",
    "我刚下班到家",
    "这个月有点忙",
    "车子好好的",
    "我跟你讲一件事情",
    "这边信号还可以",
)
GRAVE = sorted(
    line.text for line in corpus.lines() if line.risk and not line.expect and min(severity for _, severity in line.risk) <= 1
)
BY_RULE = sorted({line.text for line in corpus.lines() if not line.note.startswith("p0:")} & set(GRAVE))
"""Wordings that rules know; what only the weight of evidence knows is not promised to be heard in any company."""

ANY_TEXT = st.text(alphabet=st.characters(min_codepoint=0, max_codepoint=0x10FFFF), max_size=300)
FREE = settings(max_examples=100, derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@given(ANY_TEXT)
@FREE
def test_any_text_is_understood_somehow(text: str) -> None:
    meaning = understand(text, HINTS)
    assert meaning.text == text
    assert meaning.intents[0] is meaning.intent
    assert meaning.why


@given(
    st.lists(st.sampled_from(WORDS), min_size=1, max_size=4),
    st.sets(st.sampled_from(list(Intent)), max_size=6),
    st.sets(st.sampled_from(list(SlotName)), max_size=4),
    st.datetimes(min_value=datetime(2024, 1, 1), max_value=datetime(2040, 12, 31)),
)
@FREE
def test_borrowers_words_never_break_it(
    parts: list[str], expect: set[Intent], expect_slots: set[SlotName], now: datetime
) -> None:
    hints = Hints(now.replace(tzinfo=UTC), frozenset(expect), frozenset(expect_slots), debt_fen=320000, pay_day=31)
    text = "，".join(parts)
    first, second = understand(text, hints), understand(text, hints)
    assert first == second
    assert [slot_from_dict(slot_to_dict(slot)) for slot in first.slots] == list(first.slots)
    assert meaning_to_dict(first)["risk"] == meaning_to_dict(second)["risk"]


@given(st.sampled_from(HARMLESS), st.sampled_from(BY_RULE), st.sampled_from(["，", "。", "，但是", "！"]))
@FREE
def test_harmless_words_before_never_hide_a_risk(harmless: str, grave: str, between: str) -> None:
    alone = {found.category for found in understand(grave, HINTS).risk if found.severity <= 1}
    both = {found.category for found in understand(harmless + between + grave, HINTS).risk}
    by_relation = {Risk.WRONG_PERSON, Risk.THIRD_PARTY}
    assert alone - by_relation <= both


def test_sentences_run_together_hide_hardly_anything() -> None:
    """Recognisers write no stops. A few pairs make another sentence (忙 + 死了倒清净); the others must be heard."""
    by_relation = {Risk.WRONG_PERSON, Risk.THIRD_PARTY}
    lost = 0
    for grave in BY_RULE:
        alone = {found.category for found in understand(grave, HINTS).risk if found.severity <= 1} - by_relation
        lost += sum(not alone <= {found.category for found in understand(before + grave, HINTS).risk} for before in HARMLESS)
    assert lost <= len(BY_RULE) * len(HARMLESS) * 0.002


@given(st.sampled_from(GRAVE))
@FREE
def test_a_long_harmless_story_hides_nothing(grave: str) -> None:
    assert understand("我刚才在路上开车，" * 200 + grave, HINTS).risk


@pytest.mark.parametrize(
    "text", ["", " ", "\x00\x07", "\ud800", "，，。", "？？", "嗯" * 5000, "还" * 20000, "1" * 9000, "年" * 3000]
)
def test_odd_text(text: str) -> None:
    assert understand(text, HINTS).risk == ()


def test_a_naive_reading_of_the_day_uses_shanghai() -> None:
    late = datetime(2026, 11, 22, 17, 0, tzinfo=UTC)
    slot = understand("我明天还", Hints(now=late)).slot(SlotName.PAY_ON)
    assert slot is not None
    assert slot.value == (late + timedelta(hours=8, days=1)).date()


def test_papers_at_hand_are_no_danger() -> None:
    for text in ("都在我自己手里", "证件在自己手上", "大本在我自己手里呢"):
        assert not [found for found in understand(text, HINTS).risk if found.severity <= 1], text
    assert understand("我要死在自己手里", HINTS).risk


@pytest.mark.parametrize("figures", ["1234", "7788", "3607", "0"])
def test_figures_alone_resemble_no_sentence(figures: str) -> None:
    meaning = understand(figures, HINTS)
    assert (meaning.intent, meaning.risk) == (Intent.UNCLEAR, ())


@pytest.mark.parametrize("text", ["王小明去世了", "王小明已经过世了", "王小明上个月病故了", "王小明死了"])
def test_the_death_of_whom_we_ask_for_is_understood_by_name(text: str) -> None:
    assert [found.category for found in understand(text, NAMED).risk] == [Risk.BORROWER_DECEASED]


@pytest.mark.parametrize(
    "text",
    [
        "王小明不在",
        "王小明刚走了",
        "王小明走了，去上班了",
        "王小明先走了你晚点打",
        "王小明的爸爸去世了",
        "王小明老婆去世了",
        "王小明家里老人去世了",
        "王小明去世的消息是谣言吧他好好的",
    ],
)
def test_who_is_out_or_bereaved_is_not_dead(text: str) -> None:
    found = [risk.category for risk in understand(text, NAMED).risk]
    assert found == [] or found == [Risk.FAMILY_BEREAVEMENT] or "谣言" in text


def test_who_has_taken_all_the_pills_is_in_danger_and_who_is_ill_is_not() -> None:
    assert [found.severity for found in understand("我把药都吃了", HINTS).risk] == [Severity.P0]
    assert understand("我感冒了把药都吃了", HINTS).risk == ()
    assert understand("我妈把药都吃了", HINTS).risk == ()
    assert understand("医生开的药都吃完了", HINTS).risk == ()


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("您好您拨打的用户暂时无法接听", "voicemail"),
        ("您拨打的用户暂时无法接听请稍后再拨", "unreachable"),
        ("您拨打的用户正忙暂时无法接听", "busy"),
        ("机主暂时不方便接听您的电话", "assistant"),
    ],
)
def test_a_greeting_is_a_voicemails_unless_the_carrier_gives_the_call_up(text: str, kind: str) -> None:
    assert [slot.value for slot in understand(text, HINTS).slots] == [kind]
