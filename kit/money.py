"""Money in integer fen (1 yuan = 100 fen)."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation


class BadAmount(ValueError):
    """The text is not an amount of money; the message is for the person who typed it."""


def fen_from_yuan(text: str) -> int:
    """Fen from yuan as typed: `3,200`, `3200.50`, `￥3200`. Raises BadAmount for anything else, negatives included."""
    cleaned = text.strip().lstrip("￥¥").removesuffix("元").replace(",", "").replace("，", "").strip()
    try:
        yuan = Decimal(cleaned)
    except InvalidOperation:
        raise BadAmount(f"不是金额：{text!r}") from None
    if not yuan.is_finite() or yuan < 0 or yuan >= Decimal("1e12"):
        raise BadAmount(f"金额超出范围：{text!r}")
    fen = yuan * 100
    if fen != fen.to_integral_value():
        raise BadAmount(f"金额精确到分：{text!r}")
    return int(fen)


def yuan_text(fen: int) -> str:
    """Yuan for people: 320000 -> `3200元`, 320050 -> `3200.5元`, 5 -> `0.05元`. No thousands separators."""
    yuan = Decimal(fen) / 100
    text = f"{yuan:.2f}".rstrip("0").rstrip(".")
    return f"{text}元"
