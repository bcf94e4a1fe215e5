"""Small word grammars: built from parts, they accept texts, give their pairs of words, and phrases that hold every pair. Pure.

A run-time grammar of Vosk is a back-off bigram over the phrases listed. A class of expressions (all dates, all amounts)
therefore needs no list of its members: a few phrases in which every legal pair of neighbours occurs span it (`cover`).
Since a bigram also strings pairs together that make no member, `accepts` judges what was heard.

A pattern is Glushkov's automaton: one position a word, which positions may open and close, and which may follow which.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import reduce

Pair = tuple[str, str]
EDGE = ""
"""Stands for the start and the end of a phrase in a pair."""


@dataclass(frozen=True, slots=True)
class Pattern:
    """Positions 0.. with their words; which open, which close, which pairs may follow; whether nothing at all fits too."""

    words: tuple[str, ...]
    opens: frozenset[int]
    closes: frozenset[int]
    follows: frozenset[tuple[int, int]]
    is_optional: bool = False
    onward: dict[int, tuple[int, ...]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        onward: dict[int, list[int]] = {}
        for before, after in sorted(self.follows):
            onward.setdefault(before, []).append(after)
        object.__setattr__(self, "onward", {at: tuple(found) for at, found in onward.items()})

    def accepts(self, text: str) -> bool:
        """Whether the text, written without spaces, is a member."""
        if not text:
            return self.is_optional
        reached: list[set[int]] = [set() for _ in range(len(text) + 1)]
        self._reach(text, 0, self.opens, reached)
        for end in range(1, len(text)):
            self._reach(text, end, {after for at in reached[end] for after in self.onward.get(at, ())}, reached)
        return not reached[-1].isdisjoint(self.closes)

    def _reach(self, text: str, start: int, positions: Iterable[int], reached: list[set[int]]) -> None:
        for at in positions:
            if text.startswith(self.words[at], start):
                reached[start + len(self.words[at])].add(at)

    def pairs(self) -> frozenset[Pair]:
        """Every pair of words that may be neighbours; EDGE stands before the first and after the last."""
        inner = {(self.words[before], self.words[after]) for before, after in self.follows}
        return frozenset(inner | {(EDGE, self.words[at]) for at in self.opens} | {(self.words[at], EDGE) for at in self.closes})

    def cover(self, longest: int = 12) -> tuple[tuple[str, ...], ...]:
        """Members in which every pair occurs, about as few as can be; each is led on through pairs still missing."""
        missing = set(self.pairs())
        found: list[tuple[str, ...]] = []
        while missing:
            path = self._lead_on(self._path_to_missing(missing), missing, longest)
            said = tuple(self.words[at] for at in path)
            missing -= set(zip((EDGE, *said), (*said, EDGE), strict=True))
            found.append(said)
        return tuple(found)

    def _path_to_missing(self, missing: set[Pair]) -> list[int]:
        """The shortest way from an opening position to where a missing pair has been said."""
        waiting: deque[list[int]] = deque([at] for at in sorted(self.opens))
        seen = set(self.opens)
        while waiting:
            path = waiting.popleft()
            before = self.words[path[-2]] if len(path) > 1 else EDGE
            if (before, self.words[path[-1]]) in missing or (self._is_close(path[-1], missing)):
                return path
            for after in self.onward.get(path[-1], ()):
                if after not in seen or (self.words[path[-1]], self.words[after]) in missing:
                    seen.add(after)
                    waiting.append([*path, after])
        raise ValueError("a pair lies on no path")

    def _is_close(self, at: int, missing: set[Pair]) -> bool:
        return at in self.closes and (self.words[at], EDGE) in missing

    def _lead_on(self, path: list[int], missing: set[Pair], longest: int) -> list[int]:
        """Go on through missing pairs while there are any and the path is short, then the shortest way to a close."""
        fresh = set(zip((self.words[at] for at in path), (self.words[at] for at in path[1:]), strict=False))
        while len(path) < longest and not self._is_close(path[-1], missing):
            pair = ((self.words[path[-1]], self.words[after], after) for after in self.onward.get(path[-1], ()))
            onward = next((p for p in pair if p[:2] in missing and p[:2] not in fresh), None)
            if onward is None:
                break
            fresh.add(onward[:2])
            path.append(onward[2])
        return path + self._way_out(path[-1])

    def _way_out(self, at: int) -> list[int]:
        waiting: deque[list[int]] = deque([[at]])
        seen = {at}
        while waiting:
            path = waiting.popleft()
            if path[-1] in self.closes:
                return path[1:]
            for after in self.onward.get(path[-1], ()):
                if after not in seen:
                    seen.add(after)
                    waiting.append([*path, after])
        raise ValueError("a position leads nowhere")

    def members(self, longest: int) -> Iterator[tuple[str, ...]]:
        """All members of at most `longest` words, shortest first. Endless patterns are cut there."""
        waiting: deque[tuple[int, ...]] = deque((at,) for at in sorted(self.opens))
        while waiting:
            path = waiting.popleft()
            if path[-1] in self.closes:
                yield tuple(self.words[at] for at in path)
            if len(path) < longest:
                waiting.extend((*path, after) for after in self.onward.get(path[-1], ()))


def one(*words: str) -> Pattern:
    """One of these words; several may stand in one argument, apart by spaces."""
    listed = tuple(dict.fromkeys(word for given in words for word in given.split()))
    every = frozenset(range(len(listed)))
    return Pattern(listed, every, every, frozenset())


def seq(*parts: Pattern) -> Pattern:
    """The parts one after the other."""
    return reduce(_then, parts)


def alt(*parts: Pattern) -> Pattern:
    """One of the parts."""
    return reduce(_or, parts)


def opt(*parts: Pattern) -> Pattern:
    """The parts one after the other, or nothing."""
    part = seq(*parts)
    return Pattern(part.words, part.opens, part.closes, part.follows, True)


def many(*parts: Pattern) -> Pattern:
    """The parts one after the other, once or more."""
    part = seq(*parts)
    again = {(end, start) for end in part.closes for start in part.opens}
    return Pattern(part.words, part.opens, part.closes, part.follows | again, part.is_optional)


def _then(first: Pattern, second: Pattern) -> Pattern:
    moved = _moved(second, len(first.words))
    joined = {(end, start) for end in first.closes for start in moved.opens}
    return Pattern(
        first.words + second.words,
        first.opens | (moved.opens if first.is_optional else frozenset()),
        moved.closes | (first.closes if second.is_optional else frozenset()),
        first.follows | moved.follows | joined,
        first.is_optional and second.is_optional,
    )


def _or(first: Pattern, second: Pattern) -> Pattern:
    moved = _moved(second, len(first.words))
    return Pattern(
        first.words + second.words,
        first.opens | moved.opens,
        first.closes | moved.closes,
        first.follows | moved.follows,
        first.is_optional or second.is_optional,
    )


def _moved(part: Pattern, by: int) -> Pattern:
    return Pattern(
        part.words,
        frozenset(at + by for at in part.opens),
        frozenset(at + by for at in part.closes),
        frozenset((before + by, after + by) for before, after in part.follows),
        part.is_optional,
    )
