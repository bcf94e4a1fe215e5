"""How far an answer has come: whole, whole but open, unfinished, or none of the class."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from speech.classes import CLASSES
from speech.standing import Standing, standing

AMOUNTS = {
    "三千": Standing.OPEN,
    "三千二": Standing.OPEN,
    "三千二百": Standing.OPEN,
    "三千二百块": Standing.CLOSED,
    "我先还三千二百块": Standing.CLOSED,
    "先还一半": Standing.CLOSED,
    "两千块钱吧": Standing.CLOSED,
    "三": Standing.PART,
    "两": Standing.PART,
    "我先还": Standing.PART,
    "最多": Standing.PART,
    "三千嗯": Standing.PART,
    "嗯我看看": Standing.PART,
    "手里没钱": Standing.STRANGE,
    "下周五还": Standing.CLOSED,
    "": Standing.NOTHING,
}
DATES = {
    "明天": Standing.OPEN,
    "明天下午": Standing.WHOLE,
    "二十八号": Standing.WHOLE,
    "下周五": Standing.WHOLE,
    "下周三之前": Standing.CLOSED,
    "月底还": Standing.CLOSED,
    "二十": Standing.PART,
    "下周": Standing.PART,
    "下个月": Standing.PART,
    "十一月": Standing.PART,
    "十一月二": Standing.OPEN,
    "大概": Standing.PART,
    "我也说不好": Standing.STRANGE,
    "不想": Standing.STRANGE,
    "我想": Standing.PART,
    "三千块": Standing.CLOSED,
}


@pytest.mark.parametrize(("text", "reached"), AMOUNTS.items())
def test_amounts(text: str, reached: Standing) -> None:
    assert standing(text, "amount") is reached


@pytest.mark.parametrize(("text", "reached"), DATES.items())
def test_dates(text: str, reached: Standing) -> None:
    assert standing(text, "date") is reached


def test_a_kind_without_a_class_knows_what_trails_off() -> None:
    assert standing("我跟你说那个", "open") is Standing.PART
    assert standing("我没有收到短信", "open") is Standing.STRANGE


MEMBERS = {kind: ["".join(words) for words in CLASSES[kind].core.members(3)] for kind in ("date", "amount")}


@given(st.data(), st.sampled_from(sorted(MEMBERS)))
def test_every_beginning_of_a_member_is_waited_for_and_a_member_is_whole(data: st.DataObject, kind: str) -> None:
    member = data.draw(st.sampled_from(MEMBERS[kind]))
    assert standing(member, kind) not in {Standing.STRANGE, Standing.NOTHING}
    for length in range(1, len(member)):
        assert standing(member[:length], kind) not in {Standing.STRANGE, Standing.NOTHING}
