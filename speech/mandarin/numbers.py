"""Integers, digits, money, dates and times as Chinese words. Pure: values in, words out.

Law of 二 and 两: a leading 2 before 百 千 万 亿, and a lone 2 before a measure word, is 两; every other 2 is 二.
Law of 一 and 幺: in strings that are read digit by digit (telephones, tails, plates) 1 is 幺; in years it is 一.
"""

from __future__ import annotations

DIGITS = "零一二三四五六七八九"
_UNITS = ("", "十", "百", "千")
_GROUPS = ("", "万", "亿", "万亿")
MAX_INTEGER = 10**16 - 1


def integer(number: int, *, is_counting: bool = False) -> str:
    """3200 -> 三千二百, 12 -> 十二, 20000 -> 两万; `is_counting`: a measure word follows, so 2 -> 两."""
    if not 0 <= number <= MAX_INTEGER:
        raise ValueError("number out of range")
    if number == 0:
        return "零"
    if number == 2 and is_counting:
        return "两"
    groups = []
    rest = number
    while rest:
        rest, low = divmod(rest, 10_000)
        groups.append(low)
    words = ""
    for power in range(len(groups) - 1, -1, -1):
        if not groups[power]:
            continue
        if words and (groups[power] < 1000 or groups[power + 1] == 0):
            words += "零"
        words += _group(groups[power], is_leading=not words, is_last=power == 0) + _GROUPS[power]
    return words


def _group(number: int, *, is_leading: bool, is_last: bool) -> str:
    """1..9999 without its 万; a leading 1x is 十x."""
    words = ""
    is_gap = False
    for place in range(3, -1, -1):
        digit = number // 10**place % 10
        if not digit:
            is_gap = bool(words)
            continue
        is_first = is_leading and not words
        if is_gap:
            words += "零"
            is_gap = False
        words += _digit_in_place(digit, place, is_first=is_first, is_last=is_last) + _UNITS[place]
    return words


def _digit_in_place(digit: int, place: int, *, is_first: bool, is_last: bool) -> str:
    if digit == 1 and place == 1 and is_first:
        return ""
    if digit == 2 and is_first and (place >= 2 or (place == 0 and not is_last)):
        return "两"
    return DIGITS[digit]


def decimal(whole: str, fraction: str) -> str:
    """("1", "50") -> 一点五零: the part after the point is read digit by digit, 1 as 一."""
    return f"{integer(int(whole))}点{digits(fraction, one='一')}"


def digits(text: str, *, one: str = "幺") -> str:
    """Digit by digit: 6382 -> 六三八二, 1380 -> 幺三八零. Raises ValueError for anything but 0-9."""
    if not (text.isascii() and text.isdigit()):
        raise ValueError("only digits are read digit by digit")
    return "".join(one if digit == "1" else DIGITS[int(digit)] for digit in text)


def money(fen: int) -> str:
    """Fen as yuan, jiao, fen: 320000 -> 三千二百元, 123450 -> 一千二百三十四元五角, 106 -> 一元零六分."""
    if fen < 0:
        return "负" + money(-fen)
    yuan, rest = divmod(fen, 100)
    jiao, cents = divmod(rest, 10)
    words = f"{integer(yuan, is_counting=True)}元" if yuan or not rest else ""
    if jiao:
        words += f"{_counted(jiao)}角"
    if cents:
        words += ("零" if yuan and not jiao else "") + f"{DIGITS[cents] if words else _counted(cents)}分"
    return words


def year(number: int | str) -> str:
    """2026 -> 二零二六年."""
    return f"{digits(str(number), one='一')}年"


def clock_time(hour: int, minute: int, second: int = 0) -> str:
    """9:05 -> 九点零五分, 14:30 -> 十四点半, 2:00 -> 两点. The hour is said as given, 0..24."""
    words = f"{integer(hour, is_counting=True)}点"
    if second:
        return words + f"{_padded(minute)}分{_padded(second)}秒"
    if minute == 30:
        return words + "半"
    return words + (f"{_padded(minute)}分" if minute else "")


def part_of_day(hour: int) -> str:
    """What precedes a clock time in speech: 凌晨 (0-5) 早上 (6-8) 上午 (9-11) 中午 (12) 下午 (13-17) 晚上 (18-23)."""
    for before, name in ((6, "凌晨"), (9, "早上"), (12, "上午"), (13, "中午"), (18, "下午"), (24, "晚上")):
        if hour < before:
            return name
    raise ValueError("hour must lie in 0..23")


def spoken_hour(hour: int) -> str:
    """15 -> 下午三点, 12 -> 中午十二点, 0 -> 凌晨零点."""
    return f"{part_of_day(hour)}{integer(hour if hour <= 12 else hour - 12, is_counting=True)}点"


def _counted(digit: int) -> str:
    return integer(digit, is_counting=True)


def _padded(number: int) -> str:
    return ("零" if 0 < number < 10 else "") + integer(number)
