"""The small language that lexicon tables are written in, and how one rule meets one clause. Knows no topic."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import cache, cached_property
from typing import TypeVar

from ivr.understanding.lexicon.words import WORDS
from ivr.understanding.normalise import Clause, Utterance, is_question

_WORD = re.compile(r"\{([A-Z_]+)\}")
_REACH = 16
"""How far from what matched a forbidden part counts: recognisers write no commas, and clauses run on."""
_GAP = re.compile(r"~(1[0-2]|\d)")


class Asked(StrEnum):
    """Whether a rule holds in clauses worded as questions."""

    ANY = "any"
    NO = "no"
    ONLY = "only"


@dataclass(frozen=True)
class Rule:
    """`need` must be found in a clause and `unless` must not. In both `{WORD}` is a class of words, `~5` a gap of up to 5.

    `whole` matches over the utterance without breaks instead of clause by clause.
    """

    code: str
    need: str
    unless: str = ""
    weight: int = 50
    asked: Asked = Asked.ANY
    whole: bool = False

    @cached_property
    def _need(self) -> re.Pattern[str]:
        return compiled(self.need)

    @cached_property
    def _unless(self) -> re.Pattern[str] | None:
        return compiled(self.unless) if self.unless else None

    def match(self, text: str, *, asks: bool) -> str:
        """What matched, or an empty string."""
        if not asks and self.asked is Asked.ONLY:
            return ""
        found = self._need.search(text)
        if not found:
            return ""
        if asks and self.asked is Asked.NO and is_question(text[max(0, found.start() - 6) : found.end() + 3]):
            return ""
        around = text[max(0, found.start() - _REACH) : found.end() + _REACH]
        if self._unless and self._unless.search(around):
            return ""
        return found.group() or text


@dataclass(frozen=True, slots=True)
class Hit:
    """One rule that held: where (0.0 first clause to 1.0 last) and on which words."""

    rule: Rule
    at: float
    heard: str


R = TypeVar("R", bound=Rule)


def hits(rules: Iterable[R], said: Utterance) -> Iterator[tuple[R, Hit]]:
    """Every rule that holds, once for its last clause."""
    whole = Clause(said.joined, any(clause.asks for clause in said.clauses), 1.0)
    backwards = said.clauses[::-1]
    for rule in rules:
        for clause in (whole,) if rule.whole else backwards:
            if heard := rule.match(clause.text, asks=clause.asks):
                yield rule, Hit(rule, clause.at, heard)
                break


@cache
def compiled(pattern: str) -> re.Pattern[str]:
    """The regular expression of a table's pattern. Unknown words raise KeyError when the table is first used."""
    expanded = pattern
    while _WORD.search(expanded):
        expanded = _WORD.sub(lambda found: f"(?:{WORDS[found.group(1)]})", expanded)
    return re.compile(_GAP.sub(lambda found: f"[^,?]{{0,{found.group(1)}}}?", expanded))
