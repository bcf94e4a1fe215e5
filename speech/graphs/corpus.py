"""Texts cut into words for the statistics of free hearing. Reads files; counts nothing.

A file holds an utterance a line, `#` begins a comment; of a table (`.tsv`) the column `text` is read. Lines with spaces are
taken as cut already; others are cut by the longest word of the vocabulary. Figures are taken as they are said; what holds
Latin letters is left out.
"""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence, Set
from functools import lru_cache
from pathlib import Path

from pypinyin.phrases_dict import phrases_dict

from speech import classes
from speech.mandarin.lexicon import PLAIN, WORDS
from speech.mandarin.writing import spoken
from speech.phrases import plain, words_of
from speech.textfile import BadText, text_of

LONGEST_NEW_WORD = 4
LEAST_COUNT = 3
"""A word of the dictionary is taken into the vocabulary when the texts hold it this often."""

_HANZI = re.compile(r"[一-龥]+")
_MARK = r"\s，。！？、；：,.!?;:·…—\-"
_QUOTES = re.compile(r"[\"'“”‘’（）()《》]")
_MARKS = re.compile(f"[{_MARK}]+")
_PLAIN = re.compile(f"[一-龥{_MARK}]+")
_NUMERAL = re.compile(r"[零一二两三四五六七八九十百千万亿]")


def lines(path: Path) -> list[str]:
    """Utterances of a file, clause by clause, in Hanzi; clauses already cut keep their spaces.

    Raises BadText: not UTF-8, or a table without a column `text`.
    """
    found: list[str] = []
    told = text_of(path).splitlines()
    for line in _column(path, told) if path.suffix == ".tsv" else told:
        line = _QUOTES.sub("", line).strip()
        if not line or line.startswith("#"):
            continue
        if " " in line and all(_HANZI.fullmatch(word) for word in line.split()):
            found.append(" ".join(line.split()))
        else:
            said = line if _PLAIN.fullmatch(line) else spoken(line)
            found.extend(clause for clause in _MARKS.split(said) if _HANZI.fullmatch(clause))
    return found


def _column(path: Path, told: Sequence[str]) -> list[str]:
    table = csv.DictReader(told, delimiter="\t", quoting=csv.QUOTE_NONE)
    if "text" not in (table.fieldnames or ()):
        raise BadText(f"{path} 的表头里没有 text 一列（列之间用制表符）")
    return [row["text"] or "" for row in table]


def common_words(clauses: Iterable[str]) -> set[str]:
    """Words of two characters or more that occur often enough, as the longest of the dictionary; no numbers."""
    known = _dictionary()
    counts: Counter[str] = Counter()
    for clause in clauses:
        counts.update(clause.split() if " " in clause else words_of(clause, known.__contains__)[0])
    return {
        word
        for word, count in counts.items()
        if count >= LEAST_COUNT and 2 <= len(word) <= LONGEST_NEW_WORD and _HANZI.fullmatch(word) and _is_whole(word)
    }


@lru_cache
def _dictionary() -> frozenset[str]:
    listed = (word for words in (WORDS, PLAIN, phrases_dict) for word in words)
    return frozenset(word for word in listed if 2 <= len(word) <= LONGEST_NEW_WORD and not _NUMERAL.search(word))


def cut(clauses: Iterable[str], vocabulary: Set[str]) -> Iterator[list[str]]:
    """Each clause as words of the vocabulary; one that holds anything else is left out."""
    for clause in clauses:
        if " " in clause:
            words, missing = tuple(clause.split()), tuple(word for word in clause.split() if word not in vocabulary)
        else:
            words, missing = words_of(plain(clause), vocabulary.__contains__)
        if words and not missing:
            yield list(words)


def _is_whole(word: str) -> bool:
    return word in classes.words() or not _NUMERAL.search(word)
