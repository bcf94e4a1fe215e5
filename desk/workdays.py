"""Working days of mainland China: weekends and public holidays do not count, days worked in exchange do. Pure.

The State Council announces a year's exchanges in the November before: chinesecalendar carries them. For years that are
not announced yet, weekends and the statutory days themselves are free (全国年节及纪念日放假办法, State Council order 795).
"""

from __future__ import annotations

from datetime import date, timedelta

import chinese_calendar
from lunardate import LunarDate

_SOLAR = frozenset({(1, 1), (5, 1), (5, 2), (10, 1), (10, 2), (10, 3)})
_LUNAR = frozenset({(1, 1), (1, 2), (1, 3), (5, 5), (8, 15)})


def is_workday(day: date) -> bool:
    """Whether people work on that day."""
    try:
        return bool(chinese_calendar.is_workday(day))
    except NotImplementedError:
        return day.weekday() < 5 and not _is_statutory(day)


def workday_after(day: date, count: int) -> date:
    """The `count`-th working day after that day."""
    while count:
        day += timedelta(days=1)
        count -= is_workday(day)
    return day


def _is_statutory(day: date) -> bool:
    return (day.month, day.day) in _SOLAR or _is_lunar_holiday(day) or day == _qingming(day.year)


def _is_lunar_holiday(day: date) -> bool:
    """New year's eve is free since 2025: the day before the first of the first month."""
    lunar, tomorrow = LunarDate.from_solar_date(*_parts(day)), LunarDate.from_solar_date(*_parts(day + timedelta(days=1)))
    is_eve = (tomorrow.month, tomorrow.day) == (1, 1)
    return is_eve or ((lunar.month, lunar.day) in _LUNAR and not lunar.is_leap_month)


def _parts(day: date) -> tuple[int, int, int]:
    return day.year, day.month, day.day


def _qingming(year: int) -> date:
    """The solar term of clear brightness in this century (the usual interpolation; right for 2001 to 2099)."""
    place = year % 100
    return date(year, 4, int(place * 0.2422 + 4.81) - place // 4)
