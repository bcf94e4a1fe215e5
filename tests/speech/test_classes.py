"""Word patterns, and the classes of expressions: what they accept, and that their covers span them."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from speech import classes
from speech.classes import CLASSES, cover, fits, split, with_class
from speech.mandarin import numbers
from speech.patterns import EDGE, Pattern, alt, many, one, opt, seq

WORD = st.sampled_from("甲乙丙").map(one)
PATTERNS = st.recursive(
    WORD,
    lambda inner: st.one_of(
        st.tuples(inner, inner).map(lambda parts: seq(*parts)),
        st.tuples(inner, inner).map(lambda parts: alt(*parts)),
        st.tuples(inner, inner).map(lambda parts: seq(parts[0], opt(parts[1]))),
        inner.map(many),
    ),
    max_leaves=6,
)


def pairs_of(row: tuple[str, ...]) -> set[tuple[str, str]]:
    return set(zip((EDGE, *row), (*row, EDGE), strict=True))


@settings(deadline=None)
@given(PATTERNS)
def test_a_cover_holds_every_pair_and_nothing_else(pattern: Pattern) -> None:
    rows = pattern.cover()
    assert set().union(*map(pairs_of, rows)) == pattern.pairs()
    assert all(pattern.accepts("".join(row)) for row in rows)


@settings(deadline=None)
@given(PATTERNS)
def test_members_are_accepted_and_lie_in_the_bigram_closure(pattern: Pattern) -> None:
    for member, _ in zip(pattern.members(4), range(50), strict=False):
        assert pattern.accepts("".join(member))
        assert pairs_of(member) <= pattern.pairs()


def test_what_is_no_member_is_not_accepted() -> None:
    pattern = seq(one("甲"), opt(one("乙")), many(one("丙 丁")))
    assert [text for text in ("甲丙", "甲乙丁丙", "甲乙", "丙", "", "甲丙乙", "甲丙x") if pattern.accepts(text)] == [
        "甲丙",
        "甲乙丁丙",
    ]
    assert opt(one("甲")).accepts("")


PAIRS = {name: set().union(*map(pairs_of, cover(name))) for name in CLASSES}


def is_spanned(text: str, name: str) -> bool:
    """Whether the class's grammar reaches a text through pairs of its cover alone, without backing off."""
    pairs = PAIRS[name]
    reached: list[set[str]] = [{EDGE}, *(set() for _ in text)]
    for start in range(len(text)):
        for before, word in pairs:
            if word and before in reached[start] and text.startswith(word, start):
                reached[start + len(word)].add(word)
    return any((word, EDGE) in pairs for word in reached[-1])


@settings(deadline=None)
@given(st.integers(10, 99_999), st.sampled_from(["", "块", "元", "块钱"]))
def test_every_amount_is_spanned_and_accepted(yuan: int, unit: str) -> None:
    said = numbers.integer(yuan, is_counting=True) + unit
    assert fits(said, ["amount"])
    assert is_spanned(said, "amount")


@settings(deadline=None)
@given(st.integers(1, 9), st.integers(1, 9), st.sampled_from("百千万"))
def test_an_amount_may_leave_its_last_unit_out(first: int, second: int, unit: str) -> None:
    said = numbers.DIGITS[first] + unit + numbers.DIGITS[second]
    assert fits(said, ["amount"])
    assert is_spanned(said, "amount")


@settings(deadline=None)
@given(st.integers(0, 365))
def test_every_day_is_accepted_and_days_of_a_month_are_spanned(after: int) -> None:
    day = date(2026, 1, 1) + timedelta(after)
    assert fits(f"{numbers.integer(day.month)}月{numbers.integer(day.day)}日", ["date"])
    assert fits(f"大概{numbers.integer(day.month)}月{numbers.integer(day.day)}号之前还", ["date"])
    assert is_spanned(f"下个月{numbers.integer(day.day)}号", "date")
    assert is_spanned(f"下星期{'一二三四五六日'[day.weekday()]}", "date")


@settings(deadline=None)
@given(st.integers(0, 23), st.sampled_from(["", "半"]))
def test_every_hour_is_spanned(hour: int, half: str) -> None:
    said = numbers.spoken_hour(hour) + half
    if said.startswith("凌晨"):
        return
    assert fits(f"明天{said}", ["date"])
    assert is_spanned(said, "date")


@settings(deadline=None)
@given(st.text("0123456789", min_size=1, max_size=18))
def test_every_digit_string_is_spanned_and_accepted(digits: str) -> None:
    said = numbers.digits(digits)
    assert fits(said, ["digits"])
    assert is_spanned(said, "digits")


@pytest.mark.parametrize(
    ("name", "text", "is_member"),
    [
        ("amount", "三千五千", False),
        ("amount", "先还两千左右吧", True),
        ("amount", "四百二十三块五毛六", True),
        ("amount", "明天", False),
        ("date", "下周五下午三点半还", True),
        ("date", "过两天吧", True),
        ("date", "三千", False),
        ("date", "三十二号", False),
        ("date", "九月十五", True),
        ("date", "一九八五年三月八号", True),
        ("date", "二十三天以后", True),
        ("date", "这个星期六中午十一点以后", True),
        ("date", "八五年", False),
        ("digits", "三千", False),
        ("score", "我打五分", True),
        ("score", "一百分", False),
        ("yes_no", "嗯是的是的", True),
        ("yes_no", "是不是", False),
        ("yes_no", "不是是", False),
    ],
)
def test_members(name: str, text: str, is_member: bool) -> None:
    assert fits(text, [name]) is is_member


def test_a_step_names_its_class_by_a_marker() -> None:
    assert with_class("date", ["明天"]) == ("明天", "$date")
    assert with_class("open", ["明天"]) == with_class("yes_no", ["明天"]) == ("明天",)
    assert split(["明天", "$date", "$date", "$unheard", "明天"]) == (("明天",), ("date",))


def test_covers_stay_small() -> None:
    """A grammar is read at the start of every answer: about 2 ms for a thousand rows."""
    assert {name: len(cover(name)) for name in CLASSES if len(cover(name)) > 1500} == {}
    assert len(classes.words()) < 600
