"""Chinese text -> words -> numbered pinyin. Lexicon first, then the general dictionary, then single characters. Pure.

Law: the reading that a person would use, in citation tones; only 一 and 不 carry their sandhi, since engines know the
third-tone rule by themselves. Tone 5 is the light tone; ü is written v.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from pypinyin import Style, lazy_pinyin
from pypinyin.contrib.tone_convert import to_tone3
from pypinyin.phrases_dict import phrases_dict

from speech.mandarin.lexicon import LETTERS, PLAIN, SINGLE, SURNAMES, WORDS
from speech.mandarin.writing import spoken

MARKS = {
    "，": ",", "、": ",", "：": ":", "；": ";", "。": ".", "！": "!", "？": "?", "…": "…", ",": ",", ".": ".", "!": "!",
    "?": "?", ":": ":", ";": ";", "—": "—", "\n": ".",
}  # fmt: skip
"""Punctuation that is heard (as a pause or a tune), and what it is for the engines. All other marks are silent."""

_MAX_WORD = 8
_HAN = re.compile(r"[㐀-鿿]")
_NUMERALS = "零一二三四五六七八九十百千万亿两点幺"
_TITLES = "先生|女士|小姐|太太|师傅|老师|经理|总|本人|老板|同志"
_BEFORE_NAME = "(?:(?<=^)|(?<=[，。！？、：；,.!?\\s是找叫姓和跟与问您好位请])|(?<=本人))"
_SURNAME = re.compile(
    rf"{_BEFORE_NAME}(?P<name>{'|'.join(sorted(SURNAMES, key=len, reverse=True))})(?=[㐀-鿿]{{0,2}}(?:{_TITLES})|氏)"
    rf"|(?<=姓)(?P<named>{'|'.join(sorted(SURNAMES, key=len, reverse=True))})"
)
_PAYS = re.compile(rf"还(?=[{_NUMERALS}]+[元块万千百期笔个]|[了过的吗呢吧啊呀清款钱贷]|[，。！？、；：,.!?:;”’」』）)》\"]|$)")
"""还 as a verb: before an amount, an aspect particle or the end of the clause."""
_MUST = re.compile(r"(?<=[我你您他她们咱])得(?![到知出以])")
"""得 after a pronoun: must."""


@dataclass(frozen=True, slots=True)
class Word:
    """A word and its syllables (`huan2`), or a mark (no syllables) such as `,`."""

    text: str
    syllables: tuple[str, ...]

    @property
    def is_mark(self) -> bool:
        return not self.syllables


def readings(text: str) -> tuple[str, ...]:
    """The syllables of a text as a person writes it: `还款3200元` -> huan2 kuan3 san1 qian1 er4 bai3 yuan2."""
    return tuple(syllable for word in words(text) for syllable in word.syllables)


def words(text: str) -> tuple[Word, ...]:
    """The words and heard marks of a text as a person writes it."""
    said = spoken(text)
    fixed = _fixed_readings(said)
    found: list[Word] = []
    for start, end in _cut(said, fixed):
        piece = said[start:end]
        if piece in MARKS:
            found.append(Word(MARKS[piece], ()))
        elif piece.upper() in LETTERS:
            found.append(Word(piece, tuple(LETTERS[piece.upper()].split())))
        elif _HAN.match(piece):
            named = fixed.get(start, ())
            found.append(Word(piece, named if len(named) == len(piece) else _word_reading(piece)))
    return tuple(_with_sandhi(_without_double_marks(found)))


def _fixed_readings(said: str) -> dict[int, tuple[str, ...]]:
    """Start -> reading of what only context decides: surnames, 还 as a verb, 得 as must."""
    fixed: dict[int, tuple[str, ...]] = {}
    for match in _SURNAME.finditer(said):
        if match["named"] or not _starts_word(said, match.start()):
            fixed[match.start()] = tuple(SURNAMES[match[0]].split())
    for match in _PAYS.finditer(said):
        fixed.setdefault(match.start(), ("huan2",))
    for match in _MUST.finditer(said):
        fixed.setdefault(match.start(), ("dei3",))
    return fixed


def _starts_word(said: str, at: int) -> bool:
    """Whether a word of the lexicon starts here: 单位经理 is no Mr Shan."""
    return any(said[at:end] in WORDS or said[at:end] in PLAIN for end in range(at + 2, at + 5))


def _cut(said: str, fixed: dict[int, tuple[str, ...]]) -> list[tuple[int, int]]:
    """Word bounds: fewest words, lexicon words preferred; a position with a fixed reading is a word of its own
    unless a lexicon word starts there."""
    best: list[tuple[float, int]] = [(0.0, 0)]
    for end in range(1, len(said) + 1):
        options = []
        for start in range(max(0, end - _MAX_WORD), end):
            cost = _cost(said, start, end, fixed)
            if cost is not None:
                cost += 3.0 * _is_inside_number(said, start)
                options.append((best[start][0] + cost, start))
        best.append(min(options))
    bounds = []
    end = len(said)
    while end:
        start = best[end][1]
        bounds.append((start, end))
        end = start
    return bounds[::-1]


def _cost(said: str, start: int, end: int, fixed: dict[int, tuple[str, ...]]) -> float | None:
    """What a word costs; None when there is no such word. Longer and better known is cheaper."""
    piece = said[start:end]
    if start in fixed and len(fixed[start]) == end - start:
        return 0.5
    if end - start == 1:
        return 1.2
    if piece in WORDS:
        return 0.6
    if any(start <= at < end for at in fixed):
        return None
    if _is_number(piece):
        return 0.8
    return 1.0 if piece in PLAIN or piece in phrases_dict else None


def _is_inside_number(said: str, at: int) -> bool:
    """Whether a word bound here would cut a number in two."""
    return at > 0 and said[at - 1] in _NUMERALS and said[at] in _NUMERALS


def _is_number(piece: str) -> bool:
    """Numerals with the unit of money or date that they belong to are one word."""
    return all(char in _NUMERALS for char in piece.rstrip("元角分月日号年期天半")) and piece[0] in _NUMERALS


def _word_reading(piece: str) -> tuple[str, ...]:
    if piece in WORDS:
        return WORDS[piece]
    if len(piece) == 1:
        return (SINGLE.get(piece) or _dictionary(piece)[0],)
    if _is_number(piece):
        return tuple(_NUMBER_READING.get(char) or _dictionary(char)[0] for char in piece)
    return _dictionary(piece)


_NUMBER_READING = {"分": "fen1", "角": "jiao3", "点": "dian3", "两": "liang3", "幺": "yao1", "百": "bai3", "号": "hao4"}


@lru_cache(maxsize=8192)
def _dictionary(piece: str) -> tuple[str, ...]:
    """The general dictionary's reading; 不 and 一 inside it in citation tone, for our own sandhi."""
    if piece in phrases_dict and len(phrases_dict[piece]) == len(piece):
        said = [to_tone3(reading[0], neutral_tone_with_five=True, v_to_u=False) for reading in phrases_dict[piece]]
    else:
        said = lazy_pinyin(piece, style=Style.TONE3, neutral_tone_with_five=True, v_to_u=False)
    return tuple(syllable.replace("ü", "v") for syllable in said)


def _without_double_marks(found: list[Word]) -> list[Word]:
    """No mark at the start and never two in a row: the stronger (later) one stays."""
    kept: list[Word] = []
    for word in found:
        if word.is_mark and (not kept or kept[-1].is_mark):
            if kept:
                kept[-1] = word
            continue
        kept.append(word)
    return kept


def _with_sandhi(found: list[Word]) -> list[Word]:
    """一 and 不 at the start of a word (or alone) by the tone that follows; inside words the lexicon's word stands."""
    flat = [(at, i) for at, word in enumerate(found) for i in range(max(1, len(word.syllables)))]
    tones = [found[at].syllables[i][-1] if found[at].syllables else "" for at, i in flat]
    chars = [found[at].text[i] if _HAN.match(found[at].text) and i < len(found[at].text) else "" for at, i in flat]
    changed = {at: list(word.syllables) for at, word in enumerate(found)}
    for position, (at, i) in enumerate(flat):
        following = tones[position + 1] if position + 1 < len(flat) else ""
        if not following or found[at].text in WORDS:
            continue
        if chars[position] == "不" and changed[at][i] == "bu4" and following == "4":
            changed[at][i] = "bu2"
        if chars[position] == "一" and changed[at][i] == "yi1" and _is_quantity(chars, position):
            changed[at][i] = "yi2" if following == "4" else "yi4"
    return [Word(word.text, tuple(changed[at])) for at, word in enumerate(found)]


def _is_quantity(chars: list[str], position: int) -> bool:
    """Whether 一 counts something (sandhi) rather than names a digit, an ordinal or a date."""
    before = chars[position - 1] if position else ""
    after, beyond = (chars[at] if at < len(chars) else "" for at in (position + 1, position + 2))
    if after and after in "百千万亿":
        return True
    if after == "点":
        return not beyond or beyond not in _NUMERALS
    is_named = bool(before) and before in _NUMERALS + "第初周期拜之唯统按"
    return bool(after) and after not in _NUMERALS + "月日号" and not is_named
