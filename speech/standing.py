"""How far an expression has come: is a partial text a whole date or amount, may it go on, or does it need more? Pure.

Judged by the class's own grammar (`speech.classes`) on the longest end of the text that the grammar knows, and by what
people trail off with: 嗯, 那个, 我想想. Says nothing about time; `speech.endpointing` turns a standing into patience.
"""

from __future__ import annotations

import re
from enum import StrEnum
from functools import lru_cache

from speech.classes import CLASSES, Class
from speech.patterns import Pattern

TRAILING = re.compile(
    r"(嗯|呃|额|唔|那个|这个|就是|就是说|怎么说|看看|看一下|想想|想一下|算算|算一下|等一下|稍等|大概|可能|应该|估计|最多|最少|争取|最晚|最迟"
    r"|但是|可是|不过|因为|所以|然后|如果|要是|或者|我|先|再|到|在|和|跟|那|得|等|就|(?<!不)[想要])$"
)
"""What nobody stops at."""

VAGUE = re.compile(r"((这个|下个|[本下一二三四五六七八九十])月|下个?(周|星期|礼拜)|下下个?(周|星期|礼拜)|[这本]周)$")
"""Whole by the grammar, yet a month or a week is mostly followed by its day."""

LEADING = re.compile(r"(发了?|开了?)(工资|薪水?|奖金)了?$")
"""Whole too, yet mostly followed by what will be done then."""

CLOSING = re.compile(
    r"([块元]钱?|[还付转]|还款|还上|还清|吧|行吗|可以吗|行不行|左右|[之以]?前|[之以]内|以后|全部|全款|全额|一半|最低)$"
)
"""Ends of an answer after which little can come: what was asked for has been said and rounded off."""

BESIDE = {"date": ("date", "amount"), "amount": ("amount", "date")}
"""People answer both questions at once, or the other one first."""


class Standing(StrEnum):
    """From the most to the least finished."""

    CLOSED = "closed"
    WHOLE = "whole"
    OPEN = "open"
    PART = "part"
    STRANGE = "strange"
    NOTHING = "nothing"


@lru_cache(4096)
def standing(text: str, kind: str) -> Standing:
    """How far the text has come as an answer of this class; a kind without a class knows only what trails off.

    CLOSED: whole and rounded off. WHOLE: nothing of the same expression can follow. OPEN: whole, and it may go on (三千,
    下周). PART: it must go on (十一月二, 先还, 嗯). STRANGE: not of the class. NOTHING: no text.
    """
    if not text:
        return Standing.NOTHING
    if TRAILING.search(text):
        return Standing.PART
    names = BESIDE.get(kind, (kind,) if kind in CLASSES else ())
    found = next(filter(None, (_tail(text, CLASSES[name]) for name in names)), None)
    if found in {Standing.WHOLE, Standing.OPEN} and CLOSING.search(text):
        return Standing.CLOSED
    if found is Standing.WHOLE and LEADING.search(text):
        return Standing.OPEN
    if found is Standing.OPEN and VAGUE.search(text):
        return Standing.PART
    return found or (Standing.PART if _leads_in(text, names) else Standing.STRANGE)


def _leads_in(text: str, names: tuple[str, ...]) -> bool:
    """Whether the text ends in words that go before a member. A single character is too little to tell by."""
    return any(text.endswith(word) for name in names for word in CLASSES[name].before if len(word) > 1 or text == word)


def _tail(text: str, wanted: Class) -> Standing | None:
    """Of the longest end of the text that is or begins a member; None when there is none."""
    found = (_judged(text[start:], wanted.core, wanted.after) for start in range(len(text)))
    return next(filter(None, found), None)


def _judged(text: str, core: Pattern, after: tuple[str, ...]) -> Standing | None:
    """The text as a member, as words after a member, or as its beginning."""
    can_close, can_go_on = _walk(core, text)
    if can_close:
        return Standing.OPEN if can_go_on else Standing.WHOLE
    if can_go_on:
        return Standing.PART
    return Standing.WHOLE if _is_followed(text, core, after) else None


def _is_followed(text: str, core: Pattern, after: tuple[str, ...]) -> bool:
    """Whether the text is a member and then words that follow members."""
    shorter = [text[: -len(word)] for word in after if text.endswith(word) and len(text) > len(word)]
    return any(_walk(core, rest)[0] or _is_followed(rest, core, after) for rest in shorter)


def _walk(pattern: Pattern, text: str) -> tuple[bool, bool]:
    """(whether the text is a member, whether a longer text is one): words begun and not ended count as going on."""
    reached: list[set[int]] = [set() for _ in range(len(text) + 1)]
    goes_on = False
    for end in range(len(text)):
        ways = pattern.opens if not end else {after for at in reached[end] for after in pattern.onward.get(at, ())}
        for at in ways:
            word = pattern.words[at]
            if text.startswith(word, end):
                reached[end + len(word)].add(at)
            elif word.startswith(text[end:]):
                goes_on = True
    last = reached[-1]
    return not last.isdisjoint(pattern.closes), goes_on or any(pattern.onward.get(at) for at in last)
