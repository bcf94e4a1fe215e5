"""Spoken numerals to integers: 三千五, 两万三, 3千5, 十五. Knows no money and no calendar."""

from __future__ import annotations

import re

_DIGIT = {char: index for index, char in enumerate("零一二三四五六七八九")} | {"两": 2, "俩": 2, "〇": 0, "幺": 1, "洞": 0}
_UNIT = {"十": 10, "百": 100, "千": 1000, "k": 1000}
_BIG = {"万": 10_000, "w": 10_000, "亿": 100_000_000}
_VALID = re.compile(r"[零〇一二三四五六七八九十百千万亿两俩幺洞\dkw]+")
_PLAIN = re.compile(r"\d+")


def numeral(text: str) -> int | None:
    """The integer that a numeral says, or None. A digit left over takes the next lower unit: 三千五 is 3500."""
    if _PLAIN.fullmatch(text):
        return int(text) if len(text) <= 12 else None
    if not _VALID.fullmatch(text):
        return None
    for big in ("亿", "万", "w"):
        if big in text:
            return _around(text, big)
    return _small(text)


def _around(text: str, big: str) -> int | None:
    head, _, tail = text.partition(big)
    high = _small(head) if head else 1
    if high is None:
        return None
    if not tail:
        return high * _BIG[big]
    if len(tail) == 1 and tail not in "零〇0十百千":
        return high * _BIG[big] + (_small(tail) or 0) * _BIG[big] // 10
    low = numeral(tail.lstrip("零〇")) if tail.strip("零〇") else 0
    return None if low is None or low >= _BIG[big] else high * _BIG[big] + low


def _small(text: str) -> int | None:
    total, pending, unit, zero = 0, -1, 10_000, False
    for token in re.findall(r"\d+|.", text):
        if token in _UNIT:
            if _UNIT[token] >= unit:
                return None
            unit = _UNIT[token]
            total += (1 if pending < 0 else pending) * unit
            pending, zero = -1, False
        elif token in "零〇":
            zero, pending = True, (0 if pending < 0 and not total else -1)
        elif pending > 0:
            return _string(text)
        else:
            pending = int(token) if token.isdigit() and token not in _DIGIT else _DIGIT.get(token, -1)
    if pending < 0:
        return total
    if total and not zero and unit > 10 and pending < 10:
        return total + pending * unit // 10
    return total + pending


def _string(text: str) -> int | None:
    """Digits said one by one: 二零二六."""
    digits = "".join(char if char.isascii() else str(_DIGIT.get(char, "")) for char in text)
    return int(digits) if digits.isdigit() and len(digits) <= 12 and not set(text) & set(_UNIT) else None
