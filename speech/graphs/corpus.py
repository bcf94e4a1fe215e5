"""Texts cut into words for the statistics of free hearing. Reads files; counts nothing.

A file holds an utterance a line, `#` begins a comment. Lines with spaces are taken as cut already; others are cut by the
longest word of the vocabulary. Figures are taken as they are said; what holds Latin letters is left out.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Set
from pathlib import Path

from speech import classes
from speech.mandarin.readings import words as spoken_words
from speech.mandarin.writing import spoken
from speech.phrases import plain, words_of

LONGEST_NEW_WORD = 4
LEAST_COUNT = 3
"""A word of the dictionary is taken into the vocabulary when the texts hold it this often."""

_HANZI = re.compile(r"[一-龥]+")
_NUMERAL = re.compile(r"[零一二两三四五六七八九十百千万亿]")


def lines(path: Path) -> list[str]:
    """Utterances of a file, clause by clause, in Hanzi; clauses already cut keep their spaces."""
    found: list[str] = []
    for line in path.read_text(encoding="utf-8").splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        if " " in line.strip() and all(_HANZI.fullmatch(word) for word in line.split()):
            found.append(" ".join(line.split()))
        else:
            found.extend(clause for clause in re.split(r"[，。！？；：,.!?;:\s]+", spoken(line)) if _HANZI.fullmatch(clause))
    return found


def common_words(clauses: Iterable[str]) -> set[str]:
    """Words of two characters or more that occur often enough, as the dictionary cuts; numbers only as the classes cut."""
    counts: Counter[str] = Counter()
    for clause in clauses:
        counts.update(clause.split() if " " in clause else [word.text for word in spoken_words(clause)])
    return {
        word
        for word, count in counts.items()
        if count >= LEAST_COUNT and 2 <= len(word) <= LONGEST_NEW_WORD and _HANZI.fullmatch(word) and _is_whole(word)
    }


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
