"""Money in integer fen (1 yuan = 100 fen)."""

from __future__ import annotations

import re
from decimal import Decimal

_YUAN = re.compile(r"(?:[0-9]+|[0-9]{1,3}(?:,[0-9]{3})+)(?:\.[0-9]{1,2})?")
_MAX_YUAN = Decimal("1e12")


class BadAmount(ValueError):
    """The text is not an amount of money; the message is for the person who typed it."""


def fen_from_yuan(text: str) -> int:
    """Fen from yuan as typed: `3,200`, `3200.50`, `￥3200元`. Raises BadAmount for anything else.

    Digits, commas between thousands and one point with at most two decimals: what could be read in two ways is refused.
    """
    cleaned = text.strip().removeprefix("￥").removeprefix("¥").removesuffix("元").replace("，", ",").strip()
    if not _YUAN.fullmatch(cleaned):
        raise BadAmount("不是金额：只能写数字、千分位逗号和最多两位小数")
    yuan = Decimal(cleaned.replace(",", ""))
    if yuan >= _MAX_YUAN:
        raise BadAmount("金额超出范围")
    return int(yuan * 100)


def yuan_text(fen: int) -> str:
    """Yuan for people: 320000 -> `3200元`, 320050 -> `3200.5元`, 5 -> `0.05元`. No thousands separators."""
    yuan = Decimal(fen) / 100
    text = f"{yuan:.2f}".rstrip("0").rstrip(".")
    return f"{text}元"
