"""Values that are known only during a call, said from a fixed set of clips: dates, moments, amounts, digit strings.

Law: the pieces in a row read exactly as `spoken` reads the whole; every piece is in `inventory()`, which is finite and
rendered before any call. Pieces are as long as the set allows (a month, 三千, 五十六元), since short clips sound chopped;
none is cut before a 一 whose tone depends on what precedes it.
"""

from __future__ import annotations

from datetime import date, datetime
from functools import lru_cache

from speech.mandarin import numbers

MAX_FEN = 999_999_999
"""9,999,999.99 yuan: the largest amount that the inventory can say."""

_HIGH = 10_000
_PAIRS_OF = 2


class NotInInventory(ValueError):
    """The value cannot be said from the inventory; the message says why, not what it was."""


def pieces_of(value: date | datetime | int | str) -> tuple[str, ...]:
    """The pieces of a date, a moment (local time), an amount in fen (int) or a digit string. Raises NotInInventory."""
    if isinstance(value, datetime):
        return moment_pieces(value)
    if isinstance(value, date):
        return date_pieces(value)
    return amount_pieces(value) if isinstance(value, int) else digits_pieces(value)


def date_pieces(day: date) -> tuple[str, ...]:
    """十一月 · 二十八日. The year is not said."""
    return (f"{numbers.integer(day.month)}月", f"{numbers.integer(day.day)}日")


def moment_pieces(moment: datetime) -> tuple[str, ...]:
    """十一月 · 二十八日 · 下午三点半; other minutes follow the hour: 下午三点 · 十五分. Give it local time."""
    hour, minute = numbers.spoken_hour(moment.hour), moment.minute
    if minute == 30:
        return (*date_pieces(moment), f"{hour}半")
    if not minute:
        return (*date_pieces(moment), hour)
    return (*date_pieces(moment), hour, *_minute_pieces(minute))


def amount_pieces(fen: int) -> tuple[str, ...]:
    """三千 · 二百五十六元 is 三千 · 二百 · 五十六元; 五角 · 六分 follow. Raises NotInInventory above MAX_FEN."""
    if not 0 <= fen <= MAX_FEN:
        raise NotInInventory("金额超出可播报的范围")
    yuan, rest = divmod(fen, 100)
    jiao, cents = divmod(rest, 10)
    pieces = _yuan_pieces(yuan) if yuan or not rest else []
    if jiao:
        pieces.append(_words(jiao, "角"))
    if cents:
        pieces.append(_cent_piece(cents, is_after_yuan=bool(yuan and not jiao), is_first=not pieces))
    return tuple(pieces)


def digits_pieces(text: str) -> tuple[str, ...]:
    """Pairs of digits, an odd one first: 6382 -> 六三 · 八二, 138 -> 幺 · 三八. Raises NotInInventory."""
    if not (text.isascii() and text.isdigit()):
        raise NotInInventory("只有数字串可以逐位播报")
    odd = len(text) % _PAIRS_OF
    cuts = [text[:odd]] if odd else []
    cuts += [text[at : at + _PAIRS_OF] for at in range(odd, len(text), _PAIRS_OF)]
    return tuple(numbers.digits(cut) for cut in cuts)


@lru_cache(maxsize=1)
def inventory() -> tuple[str, ...]:
    """Every piece there is, each once, in a stable order: what must be rendered for a voice before its first call."""
    found: dict[str, None] = {}
    for month in range(1, 13):
        found[f"{numbers.integer(month)}月"] = None
    for day in range(1, 32):
        found[f"{numbers.integer(day)}日"] = None
    for hour in range(24):
        found.update(dict.fromkeys((numbers.spoken_hour(hour), f"{numbers.spoken_hour(hour)}半")))
    for minute in range(1, 60):
        found.update(dict.fromkeys(_minute_pieces(minute)))
    for fen in _amounts_that_use_every_piece():
        found.update(dict.fromkeys(amount_pieces(fen)))
    for number in range(10):
        found[numbers.digits(str(number))] = None
    for number in range(100):
        found[numbers.digits(f"{number:02d}")] = None
    return tuple(found)


def _yuan_pieces(yuan: int) -> list[str]:
    """Whole yuan. The last piece carries 元."""
    if not yuan:
        return ["零元"]
    high, low = divmod(yuan, _HIGH)
    if not low:
        return _high_pieces(high, "万元")
    pieces = _high_pieces(high, "万") if high else []
    return pieces + _low_pieces(low, is_after_high=bool(high))


def _high_pieces(high: int, unit: str) -> list[str]:
    """1..999 before 万: 九百 · 九十 · 九万; up to nineteen and round tens are one piece."""
    hundreds, rest = divmod(high, 100)
    if not rest:
        return [_words(hundreds * 100, unit)]
    pieces = [numbers.integer(hundreds * 100)] if hundreds else []
    tens, ones = divmod(rest, 10)
    if hundreds and not tens:
        return [*pieces, f"零{numbers.DIGITS[ones]}{unit}"]
    if hundreds and tens == 1:
        return [*pieces, f"一{numbers.integer(rest)}{unit}"]
    if tens <= 1 or not ones:
        return [*pieces, _words(rest, unit)]
    return [*pieces, f"{numbers.DIGITS[tens]}十", f"{numbers.DIGITS[ones]}{unit}"]


def _low_pieces(low: int, *, is_after_high: bool) -> list[str]:
    """1..9999 yuan: 三千 · 二百 · 五十六元, with 零 where a place is skipped."""
    thousands, rest = divmod(low, 1000)
    hundreds, tail = divmod(rest, 100)
    is_first, needs_zero = not is_after_high, is_after_high and not thousands
    pieces = []
    if thousands:
        pieces.append(_place(thousands, "千", is_first=is_first) + ("" if rest else "元"))
        is_first, needs_zero = False, not hundreds
    if hundreds:
        zero = "零" if needs_zero else ""
        pieces.append(zero + _place(hundreds, "百", is_first=is_first) + ("" if tail else "元"))
        is_first, needs_zero = False, tail < 10
    if tail:
        pieces += _tail_pieces(tail, is_first=is_first, needs_zero=needs_zero)
    return pieces


def _tail_pieces(tail: int, *, is_first: bool, needs_zero: bool) -> list[str]:
    """1..99 yuan at the end of an amount. After a skipped place the tens carry the 零: 零三十 · 四元."""
    if is_first:
        return [_words(tail, "元")]
    tens, ones = divmod(tail, 10)
    if not tens:
        return [f"零{numbers.DIGITS[ones]}元"]
    if not needs_zero:
        return [f"{'一' if tens == 1 else ''}{numbers.integer(tail)}元"]
    if ones <= 1:
        return [f"零{numbers.DIGITS[tens]}十{'一' * ones}元"]
    return [f"零{numbers.DIGITS[tens]}十", f"{numbers.DIGITS[ones]}元"]


def _place(digit: int, unit: str, *, is_first: bool) -> str:
    return ("两" if digit == 2 and is_first else numbers.DIGITS[digit]) + unit


def _words(number: int, unit: str) -> str:
    return numbers.integer(number, is_counting=True) + unit


def _cent_piece(cents: int, *, is_after_yuan: bool, is_first: bool) -> str:
    return ("零" if is_after_yuan else "") + (_words(cents, "分") if is_first else f"{numbers.DIGITS[cents]}分")


def _minute_pieces(minute: int) -> list[str]:
    tens, ones = divmod(minute, 10)
    if not tens:
        return [f"零{numbers.DIGITS[ones]}分"]
    if ones <= 1:
        return [f"{numbers.integer(minute)}分"]
    return [numbers.integer(tens * 10), f"{numbers.DIGITS[ones]}分"]


def _amounts_that_use_every_piece() -> list[int]:
    """Amounts in fen that together use every piece of any amount: each part alone, first and after another part."""
    whole = [0, *range(1, 100), *(place * digit for place in (100, 1000) for digit in range(1, 10))]
    whole += [1000 + hundred * 100 + 1 for hundred in range(1, 10)] + [100 * digit + 1 for digit in range(1, 10)]
    whole += [1000 * digit + 1 for digit in range(1, 10)] + [1000 + tail for tail in range(1, 100)]
    whole += [100 + tail for tail in range(1, 100)] + [1000 + 100 * digit for digit in range(1, 10)]
    after = [0, 1, *range(100, 1000, 100), *range(101, 1000, 100), *range(1000, 10_000, 1000), *range(1001, 10_000, 1000)]
    whole += [_HIGH + low for low in after]
    whole += [_HIGH * high + low for high in range(1, 1000) for low in (0, 1)]
    rests = [*range(10, 100, 10), *range(1, 10), *range(11, 20)]
    return [yuan * 100 for yuan in whole] + rests + [100 + rest for rest in rests]
