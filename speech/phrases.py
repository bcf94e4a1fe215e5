"""What a step expects to hear, and how close a recognised text comes to it. Compares characters and sounds; hears nothing.

A grammar of a Vosk recogniser is a back-off bigram over the phrases: it may join pieces of two of them. `snap` takes a
result back to a listed phrase where that is safe: never across a negation, a number or a day.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from pypinyin import Style, lazy_pinyin
from rapidfuzz.distance import Levenshtein

LONGEST_WORD = 6
"""Characters tried for one vocabulary word; longer words do not occur in the models used."""

LONGEST_MEMBER = 20
"""Characters of a date or amount with the words around it."""

NEAR = 0.34
"""Largest share of syllables that may differ from a listed phrase for it to be taken as meant."""

ROW = 0.7
"""Closeness of listed phrases in a row, and of each different one from the third on: people say two or three in a breath, a
grammar that makes the best of other words strings together more."""

MADE_UP = 0.45
"""Closeness of a text that is neither a phrase nor near one."""

ALARMS = (
    "我不想活了", "不想活了", "活不下去了", "我活不下去了", "我想死", "不如死了算了", "死了算了", "我要跳楼", "我想自杀",
    "活着没意思", "没有活路了", "我要报警", "我要自杀",
)  # fmt: skip
"""In every grammar, whatever the step: a grammar that lacks 我不想活了 hears 我不想还 instead."""

_SENSITIVE = re.compile(r"[不没别无未勿零一二两三四五六七八九十百千万亿半幺今明昨前后上下初底]")
_ONE_DIGIT = dict.fromkeys("零一二三四五六七八九幺", "零")
_NOISE = re.compile(r"[\s\ufffd，。！？、；：,.!?;:·…—\-\"'“”‘’（）()《》]+")


@dataclass(frozen=True, slots=True)
class Snapped:
    """A text brought to the grammar: `closeness` is 1.0 for a listed phrase, less for a near one, ROW or less for listed ones
    in a row, MADE_UP when it is none of them (the text is then left as it was)."""

    text: str
    closeness: float


def plain(text: str) -> str:
    """The text without spaces and punctuation; spaces between words not written in Hanzi are kept."""
    spaced = _NOISE.sub(" ", text).strip()
    return re.sub(r"(?<=[㐀-鿿]) | (?=[㐀-鿿])", "", spaced)


@lru_cache(maxsize=8192)
def sounds(text: str) -> tuple[str, ...]:
    """Toneless pinyin syllables for comparing; 幺 counts as 一, 还 is hai before 没 有 是 在 不 行 only."""
    comparable = re.sub(r"还(?=[^没有是在不行])", "环", text.replace("幺", "一"))
    return tuple(lazy_pinyin(comparable, style=Style.NORMAL))


def likeness(one: str, other: str) -> float:
    """How alike two texts sound: 1 less the edits of syllables for each syllable of the longer."""
    return Levenshtein.normalized_similarity(sounds(one), sounds(other))


def snap(text: str, phrases: Sequence[str], is_member: Callable[[str], bool] = lambda text: False) -> Snapped:
    """Bring a recognised text to the nearest of the phrases, where that cannot change its sense.

    `is_member` says of a text whether it belongs to a class that is expected too: it is then as good as listed.
    """
    if not phrases or text in phrases or is_member(text):
        return Snapped(text, 1.0)
    if (same := same_sound(text, phrases)) != text:
        return Snapped(same, 1.0)
    if row := _row_of(text, frozenset(phrases), is_member):
        return Snapped(text, ROW ** max(1, len(row) - 1))
    nearest = min(phrases, key=lambda phrase: _distance(text, phrase))
    away = _distance(text, nearest)
    if away <= NEAR and _SENSITIVE.findall(text) == _SENSITIVE.findall(nearest):
        return Snapped(nearest, 1.0 - away)
    return Snapped(text, MADE_UP)


def same_sound(text: str, phrases: Sequence[str]) -> str:
    """The listed phrase that sounds exactly like the text (还款 for 环款), else the text itself."""
    if text in phrases:
        return text
    return next((phrase for phrase in phrases if sounds(phrase) == sounds(text)), text)


def _distance(text: str, phrase: str) -> float:
    return Levenshtein.normalized_distance(sounds(text), sounds(phrase))


def _row_of(text: str, phrases: frozenset[str], is_member: Callable[[str], bool]) -> frozenset[str]:
    """The fewest different phrases, and members of the classes expected, that make the text in a row; none if it is no row.

    Digits are as one: a model without classes is given them as phrases.
    """
    longest = max(LONGEST_MEMBER, *map(len, phrases))
    rows: list[frozenset[str] | None] = [frozenset(), *[None] * len(text)]
    for end in range(1, len(text) + 1):
        starts = range(max(0, end - longest), end)
        found = ((row, text[start:end]) for start in starts if (row := rows[start]) is not None)
        fitting = (row | {_ONE_DIGIT.get(part, part)} for row, part in found if part in phrases or is_member(part))
        rows[end] = min(fitting, key=len, default=None)
    return rows[-1] or frozenset()


def words_of(phrase: str, is_word: Callable[[str], bool]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The phrase as vocabulary words, longest match first, and the parts that the vocabulary lacks."""
    words: list[str] = []
    missing: list[str] = []
    for token in plain(phrase).split():
        for word, is_known in _match(token, is_word):
            (words if is_known else missing).append(word)
    return tuple(words), tuple(missing)


def _match(token: str, is_word: Callable[[str], bool]) -> list[tuple[str, bool]]:
    if is_word(token):
        return [(token, True)]
    found: list[tuple[str, bool]] = []
    place = 0
    while place < len(token):
        ends = range(min(len(token), place + LONGEST_WORD), place, -1)
        end = next((end for end in ends if is_word(token[place:end])), None)
        found.append((token[place : end or place + 1], end is not None))
        place = end or place + 1
    return found


def digit_loop(digits: str = "零一二三四五六七八九幺") -> tuple[str, ...]:
    """Phrases that make a grammar in which any digit may follow any digit at the same cost.

    One phrase holds every ordered pair once (a de Bruijn sequence), so the bigram never has to back off.
    """
    row = digits[0]
    pairs = {(a, b) for a in digits for b in digits}
    stack, path = [digits[0]], []
    while stack:
        onward = next((b for b in digits if (stack[-1], b) in pairs), None)
        if onward is None:
            path.append(stack.pop())
        else:
            pairs.discard((stack[-1], onward))
            stack.append(onward)
    row = "".join(reversed(path))
    return (row, *digits)
