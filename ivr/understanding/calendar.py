"""The Chinese calendar that spoken dates lean on: festivals, lunar days, ends of holidays. Pure; no clock."""

from __future__ import annotations

from datetime import date, timedelta

import chinese_calendar
from lunardate import LunarDate

FESTIVALS: dict[str, tuple[int, int, bool, int]] = {
    # name: month, day, lunar?, length of the holiday in days when the official table does not know the year
    "元旦": (1, 1, False, 1),
    "新年": (1, 1, True, 7),
    "春节": (1, 1, True, 7),
    "过年": (1, 1, True, 7),
    "大年初一": (1, 1, True, 7),
    "元宵": (1, 15, True, 1),
    "情人节": (2, 14, False, 1),
    "清明": (4, 5, False, 1),
    "五一": (5, 1, False, 5),
    "劳动节": (5, 1, False, 5),
    "儿童节": (6, 1, False, 1),
    "端午": (5, 5, True, 1),
    "七夕": (7, 7, True, 1),
    "中秋": (8, 15, True, 1),
    "国庆": (10, 1, False, 7),
    "十一": (10, 1, False, 7),
    "重阳": (9, 9, True, 1),
    "双十一": (11, 11, False, 1),
    "双十二": (12, 12, False, 1),
    "圣诞": (12, 25, False, 1),
    "冬至": (12, 22, False, 1),
    "腊八": (12, 8, True, 1),
    "小年": (12, 23, True, 1),
}
LUNAR_MONTHS = {"正月": 1, "冬月": 11, "腊月": 12}


def lunar(year: int, month: int, day: int) -> date | None:
    """The solar date of a lunar day, or None when that month has no such day."""
    try:
        solar: date = LunarDate(year, month, day).to_solar_date()
    except ValueError:
        return None
    return solar


def festival(name: str, today: date) -> date:
    """The next beginning of a festival, today included."""
    month, day, is_lunar, _ = FESTIVALS[name]
    for year in (today.year - 1, today.year, today.year + 1):
        found = lunar(year, month, day) if is_lunar else date(year, month, day)
        if found and found >= today:
            return found
    return today


def new_years_eve(today: date) -> date:
    """The next eve of the lunar New Year, today included."""
    return festival("春节", today + timedelta(days=1)) - timedelta(days=1)


def lunar_day(month: int, day: int, today: date) -> date | None:
    """The next solar date of a lunar month and day."""
    for year in (today.year - 1, today.year, today.year + 1):
        found = lunar(year, month, day)
        if found and found >= today:
            return found
    return None


def after_festival(name: str, today: date) -> date:
    """The first day after the festival's holiday: by the official table, by its usual length where the table ends."""
    first = festival(name, today)
    length = FESTIVALS[name][3]
    day = first + timedelta(days=1)
    while length > 1 and _is_holiday(day, first, length):
        day += timedelta(days=1)
    return day


def _is_holiday(day: date, first: date, length: int) -> bool:
    usual = day < first + timedelta(days=length)
    if (day - first).days > 12:
        return False
    try:
        off, name = chinese_calendar.get_holiday_detail(day)
    except NotImplementedError:
        return usual
    return bool(off) and name is not None
