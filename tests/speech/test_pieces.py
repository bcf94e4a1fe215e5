"""Pieces in a row read as the whole, and none lies outside the inventory."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from speech.mandarin import numbers
from speech.mandarin.pieces import (
    MAX_FEN,
    NotInInventory,
    amount_pieces,
    date_pieces,
    digits_pieces,
    inventory,
    moment_pieces,
    pieces_of,
)
from speech.mandarin.readings import readings
from speech.mandarin.writing import spoken

KNOWN = frozenset(inventory())
TODAY = date(2026, 11, 22)


def _read(pieces: tuple[str, ...]) -> tuple[str, ...]:
    assert set(pieces) <= KNOWN
    return tuple(syllable for piece in pieces for syllable in readings(piece))


def test_every_date_of_four_hundred_days_and_leap_day() -> None:
    days = [TODAY + timedelta(days=ahead) for ahead in range(401)] + [date(2028, 2, 29)]
    for day in days:
        assert _read(date_pieces(day)) == readings(f"{day.month}月{day.day}日")


@given(st.integers(0, MAX_FEN))
@example(0)
@example(MAX_FEN)
@example(2_222_222_22)
@example(1_010_101_01)
@example(110_110_10)
def test_any_amount(fen: int) -> None:
    pieces = amount_pieces(fen)
    assert "".join(pieces) == numbers.money(fen) == spoken(f"￥{fen // 100:,}.{fen % 100:02d}")
    assert _read(pieces) == readings(f"{fen // 100}.{fen % 100:02d}元")


def test_every_whole_amount_to_twenty_thousand_and_every_round_one_above() -> None:
    for yuan in [*range(20_001), *range(20_000, 10_000_000, 10_000), *range(20_007, 10_000_000, 9_973)]:
        pieces = amount_pieces(yuan * 100)
        assert "".join(pieces) == numbers.money(yuan * 100)
        assert set(pieces) <= KNOWN


@given(st.text("0123456789", min_size=1, max_size=20))
def test_any_digit_string(text: str) -> None:
    assert "".join(digits_pieces(text)) == numbers.digits(text)
    assert _read(digits_pieces(text)) == readings(f"尾号{text}")[2:]


@given(st.datetimes(datetime(2026, 1, 1), datetime(2028, 1, 1)))
def test_any_moment(moment: datetime) -> None:
    hour = f"{numbers.part_of_day(moment.hour)}{moment.hour if moment.hour <= 12 else moment.hour - 12}"
    whole = spoken(f"{moment.month}月{moment.day}日{hour}:{moment.minute:02d}")
    assert "".join(moment_pieces(moment)) == whole
    assert set(moment_pieces(moment)) <= KNOWN


def test_pieces_follow_the_kind_of_value() -> None:
    assert pieces_of(date(2026, 11, 28)) == ("十一月", "二十八日")
    assert pieces_of(datetime(2026, 11, 28, 15, 30)) == ("十一月", "二十八日", "下午三点半")
    assert pieces_of(datetime(2026, 11, 28, 9, 15)) == ("十一月", "二十八日", "上午九点", "十", "五分")
    assert pieces_of(325_600) == ("三千", "二百", "五十六元")
    assert pieces_of(1_200_000_00) == ("一百", "二十万元")
    assert pieces_of("6382") == ("六三", "八二")


@pytest.mark.parametrize("fen", [-1, MAX_FEN + 1])
def test_amounts_outside_are_refused(fen: int) -> None:
    with pytest.raises(NotInInventory):
        amount_pieces(fen)


@pytest.mark.parametrize("text", ["", "12a", "一二", "１２"])
def test_what_is_not_digits_is_refused(text: str) -> None:
    with pytest.raises(NotInInventory):
        digits_pieces(text)


def test_the_inventory_stays_small() -> None:
    assert len(KNOWN) == len(inventory()) <= 570
