"""Spoken days against Monday 23 November 2026: value, bound and problem of each."""

from __future__ import annotations

from datetime import date

import pytest

from ivr.meaning import Bound, Hints, SlotProblem
from ivr.understanding import understand
from ivr.understanding.calendar import after_festival
from ivr.understanding.dates import days, first_of
from kit.vocabulary import Intent, SlotName
from tests.understanding import corpus

TODAY = date(2026, 11, 23)
ON, BY, FROM = Bound.ON, Bound.BY, Bound.FROM

RESOLVED: tuple[tuple[str, str, Bound], ...] = (
    ("今天", "2026-11-23", ON),
    ("明天", "2026-11-24", ON),
    ("明儿", "2026-11-24", ON),
    ("明晚", "2026-11-24", ON),
    ("后天", "2026-11-25", ON),
    ("大后天", "2026-11-26", ON),
    ("今晚", "2026-11-23", ON),
    ("马上", "2026-11-23", ON),
    ("待会儿就去", "2026-11-23", ON),
    ("下午去存", "2026-11-23", ON),
    ("现在就还", "2026-11-23", ON),
    ("明天之前", "2026-11-24", BY),
    ("后天以后", "2026-11-25", FROM),
    ("明后天", "2026-11-25", BY),
    ("三天后", "2026-11-26", ON),
    ("三天之后", "2026-11-26", ON),
    ("再过五天", "2026-11-28", ON),
    ("过三天", "2026-11-26", ON),
    ("三天之内", "2026-11-26", BY),
    ("五天内", "2026-11-28", BY),
    ("10天以内", "2026-12-03", BY),
    ("十天后", "2026-12-03", ON),
    ("十五天之后", "2026-12-08", ON),
    ("两天后", "2026-11-25", ON),
    ("一周后", "2026-11-30", ON),
    ("一个星期以后", "2026-11-30", ON),
    ("一个礼拜之后", "2026-11-30", ON),
    ("两周之内", "2026-12-07", BY),
    ("两个礼拜后", "2026-12-07", ON),
    ("半个月后", "2026-12-08", ON),
    ("半个月之内", "2026-12-08", BY),
    ("一个月后", "2026-12-23", ON),
    ("一个月之内", "2026-12-23", BY),
    ("两个月以后", "2027-01-23", ON),
    ("三个月后", "2027-02-23", ON),
    ("再给我一个星期时间", "2026-11-30", BY),
    ("给我三天时间", "2026-11-26", BY),
    ("宽限我五天", "2026-11-28", BY),
    ("缓我半个月", "2026-12-08", BY),
    ("周三", "2026-11-25", ON),
    ("星期四", "2026-11-26", ON),
    ("礼拜五", "2026-11-27", ON),
    ("周一", "2026-11-23", ON),
    ("这周五", "2026-11-27", ON),
    ("本周日", "2026-11-29", ON),
    ("下周一", "2026-11-30", ON),
    ("下周五", "2026-12-04", ON),
    ("下个星期三", "2026-12-02", ON),
    ("下礼拜天", "2026-12-06", ON),
    ("下下周二", "2026-12-08", ON),
    ("周五之前", "2026-11-27", BY),
    ("下周三前", "2026-12-02", BY),
    ("下周五以后", "2026-12-04", FROM),
    ("周末", "2026-11-28", ON),
    ("下周末", "2026-12-05", ON),
    ("这周之内", "2026-11-29", BY),
    ("下周之内", "2026-12-06", BY),
    ("25号", "2026-11-25", ON),
    ("二十五号", "2026-11-25", ON),
    ("三十号", "2026-11-30", ON),
    ("五号", "2026-12-05", ON),
    ("十五号", "2026-12-15", ON),
    ("15日", "2026-12-15", ON),
    ("二十三号", "2026-11-23", ON),
    ("31号", "2026-12-31", ON),
    ("十号之前", "2026-12-10", BY),
    ("二十八号前", "2026-11-28", BY),
    ("25号以后", "2026-11-25", FROM),
    ("这个月28号", "2026-11-28", ON),
    ("本月二十六号", "2026-11-26", ON),
    ("下个月五号", "2026-12-05", ON),
    ("下个月十五号", "2026-12-15", ON),
    ("下月10号", "2026-12-10", ON),
    ("下下个月一号", "2027-01-01", ON),
    ("下个月十号之前", "2026-12-10", BY),
    ("十二月五号", "2026-12-05", ON),
    ("12月20号", "2026-12-20", ON),
    ("12月3日", "2026-12-03", ON),
    ("十一月三十号", "2026-11-30", ON),
    ("一月十五号", "2027-01-15", ON),
    ("明年一月五号", "2027-01-05", ON),
    ("2026年12月8日", "2026-12-08", ON),
    ("12月5号之前", "2026-12-05", BY),
    ("月底", "2026-11-30", ON),
    ("月末", "2026-11-30", ON),
    ("这个月底", "2026-11-30", ON),
    ("本月底", "2026-11-30", ON),
    ("月底之前", "2026-11-30", BY),
    ("月底前", "2026-11-30", BY),
    ("下个月底", "2026-12-31", ON),
    ("下月底", "2026-12-31", ON),
    ("月中", "2026-12-15", ON),
    ("下个月中", "2026-12-15", ON),
    ("月初", "2026-12-01", ON),
    ("下个月初", "2026-12-01", ON),
    ("下月初", "2026-12-01", ON),
    ("十二月底", "2026-12-31", ON),
    ("一月初", "2027-01-01", ON),
    ("12月中", "2026-12-15", ON),
    ("这个月之内", "2026-11-30", BY),
    ("下个月之内", "2026-12-31", BY),
    ("这个月内", "2026-11-30", BY),
    ("年底", "2026-12-31", ON),
    ("年底之前", "2026-12-31", BY),
    ("年前", "2027-02-05", BY),
    ("过年前", "2027-02-05", BY),
    ("春节之前", "2027-02-05", BY),
    ("除夕", "2027-02-05", ON),
    ("大年三十", "2027-02-05", ON),
    ("春节", "2027-02-06", ON),
    ("过完年", "2027-02-13", FROM),
    ("年后", "2027-02-13", FROM),
    ("春节后", "2027-02-13", FROM),
    ("元旦", "2027-01-01", ON),
    ("元旦之前", "2026-12-31", BY),
    ("元旦以后", "2027-01-02", FROM),
    ("元宵节", "2027-02-20", ON),
    ("正月十五", "2027-02-20", ON),
    ("腊月二十三", "2027-01-30", ON),
    ("腊月初八", "2027-01-15", ON),
    ("大年初五", "2027-02-10", ON),
    ("初八", "2027-02-13", ON),
    ("圣诞节", "2026-12-25", ON),
    ("双十二", "2026-12-12", ON),
    ("五一", "2027-05-01", ON),
    ("清明节前", "2027-04-04", BY),
    ("月底发了工资", "2026-11-30", ON),
    ("十五号发工资", "2026-12-15", ON),
    ("晚三天", "2026-11-26", BY),
)

VAGUE = (
    "这两天",
    "过两天",
    "过几天",
    "近期",
    "最近",
    "尽快",
    "三五天",
    "两三天",
    "下周",
    "下个月",
    "发工资那天",
    "发了工资",
    "等工资到账",
    "过段时间",
    "到时候",
    "回头",
    "晚几天",
    "二十几号",
    "几天之内",
    "过阵子",
    "这几天",
    "下半年",
)

NOTHING = (
    "三号楼",
    "我住五号院",
    "八百年没联系",
    "一分钱都没有",
    "有一点困难",
    "二手车",
    "地铁十号线",
    "三天两头打",
    "没什么好说的",
    "一百个不愿意",
    "我是一号店的",
)


@pytest.mark.parametrize(("said", "on", "bound"), RESOLVED)
def test_resolves(said: str, on: str, bound: Bound) -> None:
    day = first_of(days(said, TODAY), past=False)
    assert day is not None
    assert (day.on, day.bound) == (date.fromisoformat(on), bound)


@pytest.mark.parametrize("said", VAGUE)
def test_stays_vague(said: str) -> None:
    day = first_of(days(said, TODAY), past=False)
    assert day is not None
    assert (day.on, day.problem) == (None, SlotProblem.VAGUE)


@pytest.mark.parametrize("said", NOTHING)
def test_hears_no_day(said: str) -> None:
    assert first_of(days(said, TODAY), past=False) is None


@pytest.mark.parametrize(
    ("said", "problem"),
    [
        ("昨天", SlotProblem.PAST),
        ("这个月五号", SlotProblem.PAST),
        ("上周五", SlotProblem.PAST),
        ("32号", None),
        ("二月三十号", SlotProblem.IMPOSSIBLE),
        ("13月5号", None),
        ("这个月31号", SlotProblem.IMPOSSIBLE),
        ("四十五号", SlotProblem.IMPOSSIBLE),
        ("明年十月一号", SlotProblem.TOO_FAR),
        ("两年后", SlotProblem.TOO_FAR),
        ("十年以后", SlotProblem.TOO_FAR),
        ("八个月后", SlotProblem.TOO_FAR),
    ],
)
def test_marks_what_cannot_be(said: str, problem: SlotProblem | None) -> None:
    day = first_of(days(said, TODAY), past=False)
    if problem is None:
        assert day is None or day.problem is not None
    else:
        assert day is not None
        assert day.problem is problem


@pytest.mark.parametrize(
    ("said", "on"),
    [
        ("昨天", "2026-11-22"),
        ("前天", "2026-11-21"),
        ("上周五", "2026-11-20"),
        ("周五", "2026-11-20"),
        ("十五号", "2026-11-15"),
        ("二十八号", "2026-10-28"),
        ("上个月五号", "2026-10-05"),
        ("十一月十号", "2026-11-10"),
        ("十二月一号", "2025-12-01"),
        ("三天前", "2026-11-20"),
    ],
)
def test_reads_backwards_what_was_paid(said: str, on: str) -> None:
    day = first_of(days(said, TODAY, past=True), past=True)
    assert day is not None
    assert day.on == date.fromisoformat(on)


def test_pay_day_resolves_wages() -> None:
    day = first_of(days("发工资那天", TODAY, pay_day=10), past=False)
    assert day is not None
    assert day.on == date(2026, 12, 10)


def test_pay_day_beyond_a_short_month_is_its_last_day() -> None:
    day = first_of(days("下个月发工资", date(2027, 1, 5), pay_day=31), past=False)
    assert day is not None
    assert day.on == date(2027, 2, 28)


def test_holidays_follow_the_official_table_while_it_lasts() -> None:
    assert after_festival("国庆", date(2026, 9, 1)) == date(2026, 10, 8)


def test_holidays_past_the_table_take_their_usual_length() -> None:
    assert after_festival("国庆", date(2028, 9, 1)) == date(2028, 10, 8)


@pytest.mark.parametrize(
    "text", ["到期那天还", "到期那天我再还", "还款日那天还", "到期的时候还", "等到期再还", "到期我就还", "到那天还", "当天还"]
)
def test_the_due_day_is_a_day_whatever_was_asked(text: str) -> None:
    meaning = understand(text, Hints(now=corpus.NOW, due_on=date(2026, 11, 25)))
    assert meaning.intent is Intent.PROMISE_TO_PAY
    assert [(slot.name, slot.value) for slot in meaning.slots] == [(SlotName.PAY_ON, date(2026, 11, 25))]


@pytest.mark.parametrize("text", ["哪天还", "到期要还多少", "到时候还不上", "到期那天能还吗", "那天我还了", "到期了吗"])
def test_what_is_asked_denied_or_past_about_the_due_day_is_no_promise(text: str) -> None:
    assert understand(text, Hints(now=corpus.NOW, due_on=date(2026, 11, 25))).intent is not Intent.PROMISE_TO_PAY
