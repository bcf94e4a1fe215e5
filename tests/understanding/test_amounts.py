"""Spoken money: fen, shares of the debt, ranges, and numbers that are no money."""

from __future__ import annotations

import pytest

from ivr.meaning import SlotProblem
from ivr.understanding.amounts import amounts
from speech.mandarin.numbers import integer

YUAN: tuple[tuple[str, float], ...] = (
    ("五百块", 500),
    ("五百", 500),
    ("五百五", 550),
    ("一百二", 120),
    ("三百零五", 305),
    ("三千", 3000),
    ("三千五", 3500),
    ("三千五百", 3500),
    ("三千五百二", 3520),
    ("三千零五十", 3050),
    ("三千零五", 3005),
    ("一千零五十", 1050),
    ("一千零五块", 1005),
    ("一千二", 1200),
    ("两千", 2000),
    ("两千二百五十块", 2250),
    ("两万", 20000),
    ("两万三", 23000),
    ("两万三千", 23000),
    ("两万三千五", 23500),
    ("一万二", 12000),
    ("一万零三百", 10300),
    ("一万零三", 10003),
    ("一万三千五百六十二", 13562),
    ("十万", 100000),
    ("十五万", 150000),
    ("十二万三", 123000),
    ("一百二十万", 1200000),
    ("三十块", 30),
    ("十块钱", 10),
    ("八百八十八", 888),
    ("九百九十九块九", 999.9),
    ("三块五", 3.5),
    ("三块五毛", 3.5),
    ("十二块三毛", 12.3),
    ("一千二百块五毛", 1200.5),
    ("三千二百元", 3200),
    ("3200", 3200),
    ("3200元", 3200),
    ("3200块", 3200),
    ("3200.50元", 3200.5),
    ("1200.5", 1200.5),
    ("3千5", 3500),
    ("3千", 3000),
    ("2万", 20000),
    ("2万3", 23000),
    ("3.5万", 35000),
    ("三点五万", 35000),
    ("1.2万元", 12000),
    ("5k", 5000),
    ("2w", 20000),
    ("一千来块", 1000),
    ("三千多", 3000),
    ("两千多块", 2000),
    ("六百六", 660),
    ("四千八", 4800),
    ("七千九百五", 7950),
    ("八千零八十", 8080),
    ("九千九", 9900),
    ("一万", 10000),
    ("一万块钱", 10000),
    ("六万五千", 65000),
    ("二百五", 250),
    ("两百块", 200),
    ("俩千", 2000),
    ("一百零一", 101),
    ("五千元整", 5000),
    ("还你三千五", 3500),
    ("先打两千五过去", 2500),
)

SHARES = (
    ("一半", 160000),
    ("先还一半", 160000),
    ("全部", 320000),
    ("全款", 320000),
    ("一次性还清", 320000),
    ("三分之一", 106666),
    ("百分之五十", 160000),
    ("三成", 96000),
    ("百分之二十", 64000),
    ("50%", 160000),
)

RANGES = (
    "一两千",
    "三五百",
    "几百块",
    "几千块",
    "万把块",
    "千把块",
    "千儿八百",
    "两三千",
    "好几万",
    "上万块",
    "百八十块",
    "最低还款额",
)

NOTHING = (
    "千万别这样",
    "万一不行呢",
    "八百年没联系",
    "一百个不愿意",
    "一分钱都没有",
    "一毛钱都没有",
    "百分之百没问题",
    "三号楼",
    "十分抱歉",
    "说了八百遍",
    "三个月",
    "二十号",
    "第三次了",
    "我三十岁",
    "一百公里",
    "三点钟",
    "乱七八糟",
    "两万公里",
)


@pytest.mark.parametrize(("said", "yuan"), YUAN)
def test_money(said: str, yuan: float) -> None:
    found = amounts(said)
    assert [money.fen for money in found] == [round(yuan * 100)]


@pytest.mark.parametrize(("said", "fen"), SHARES)
def test_share_of_a_known_debt(said: str, fen: int) -> None:
    assert [money.fen for money in amounts(said, 320000)] == [fen]


@pytest.mark.parametrize(("said", "fen"), SHARES)
def test_share_of_an_unknown_debt_is_asked_again(said: str, fen: int) -> None:
    assert [(money.fen, money.problem) for money in amounts(said)] == [(None, SlotProblem.VAGUE)]


@pytest.mark.parametrize("said", RANGES)
def test_a_range_is_not_an_amount(said: str) -> None:
    assert [(money.fen, money.problem) for money in amounts(said)] == [(None, SlotProblem.VAGUE)]


@pytest.mark.parametrize("said", NOTHING)
def test_no_money(said: str) -> None:
    assert [money for money in amounts(said) if money.strong] == []


def test_more_than_the_debt_is_marked_and_kept() -> None:
    (money,) = amounts("五千块", 320000)
    assert (money.fen, money.problem) == (500000, SlotProblem.ABOVE_DEBT)


def test_every_number_said_in_full_is_that_amount() -> None:
    """三百八十块 is no 百八十块 and 一万一千 holds no 万一: idioms never take a part of a number."""
    said = {yuan: f"我还{integer(yuan, is_counting=True)}块" for yuan in [*range(1, 3000), *range(3000, 100_000, 61)]}
    wrong = {text: found for yuan, text in said.items() if (found := [m.fen for m in amounts(text)]) != [yuan * 100]}
    assert not wrong
