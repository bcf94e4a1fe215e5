"""Working days: by the announced calendar, and by the statutory days where nothing is announced yet."""

from __future__ import annotations

from datetime import date, timedelta

import chinese_calendar
import pytest

from desk import workdays
from desk.workdays import is_workday, workday_after


def test_exchanged_days_count_and_holidays_do_not() -> None:
    assert is_workday(date(2026, 10, 10)), "a Saturday worked for the national holiday"
    assert not is_workday(date(2026, 10, 7))
    assert workday_after(date(2026, 9, 30), 1) == date(2026, 10, 8)


def announced() -> int:
    """The last year that chinesecalendar knows."""
    return int(max(chinese_calendar.constants.holidays).year)


@pytest.mark.parametrize(
    "day",
    [
        date(2031, 1, 1),
        date(2031, 1, 22),  # new year's eve
        date(2031, 1, 23),
        date(2031, 5, 1),
        date(2031, 6, 24),  # dragon boat
        date(2031, 10, 1),
    ],
)
def test_statutory_days_are_free_before_they_are_announced(day: date, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chinese_calendar, "is_workday", _unannounced)
    assert not is_workday(day)
    assert not is_workday(day + timedelta(days=(5 - day.weekday()) % 7)), "a Saturday"


def _unannounced(day: date) -> bool:
    raise NotImplementedError(day.year)


def test_the_statutory_days_agree_with_every_announced_year() -> None:
    """What is free by law is free in the announced calendar; new year's eve and 2 May are so since 2025."""
    for year in range(2025, announced() + 1):
        days = [date(year, 1, 1) + timedelta(days=n) for n in range(365)]
        free = {day for day in days if not chinese_calendar.is_workday(day)}
        assert {day for day in days if workdays._is_statutory(day)} <= free


@pytest.mark.parametrize(("year", "day"), [(2004, 4), (2019, 5), (2024, 4), (2026, 5), (2027, 5), (2028, 4)])
def test_clear_brightness(year: int, day: int) -> None:
    assert workdays._qingming(year) == date(year, 4, day)
