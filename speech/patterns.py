"""Small word grammars: built from parts, they accept texts, give their pairs of words, and phrases that hold every pair. Pure.

A run-time grammar of Vosk is a back-off bigram over the phrases listed. A class of expressions (all dates, all amounts)
therefore needs no list of its members: a few phrases in which every legal pair of neighbours occurs span it (`cover`).
Since a bigram also strings pairs together that make no member, `accepts` judges what was heard.

A pattern is Glushkov's automaton: one position a word, which positions may open and close, and which may follow which.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
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
        """Members in which every pair occurs; each is led on through pairs still missing. Positions must lie on a way.

        What fills a member up is always what was used least: a grammar made of the members counts words as often as they
        stand there, and one that counts 一万 a hundred times and 六万 once hears 一万.
        """
        ways_in, ways_out = _Ways.into(self), _Ways.out_of(self)
        missing = set(self.pairs())
        found: list[tuple[str, ...]] = []
        used: Counter[str] = Counter()

        def keep(path: Sequence[int]) -> None:
            said = tuple(self.words[at] for at in path)
            missing.difference_update(zip((EDGE, *said), (*said, EDGE), strict=True))
            used.update(said)
            found.append(said)

        for before, after in self._starts(ways_in):
            if (self.words[before] if before is not None else EDGE, self.words[after]) in missing:
                start = [after] if before is None else [*ways_in.way(before, used)[::-1], after]
                path = self._lead_on(start, missing, longest)
                keep([*path, *ways_out.way(path[-1], used)[1:]])
        for at in sorted(self.closes):
            if (self.words[at], EDGE) in missing:
                keep(ways_in.way(at, used)[::-1])
        return tuple(found)

    def _starts(self, ways_in: _Ways) -> Iterator[tuple[int | None, int]]:
        """Every pair of positions but the closing ones, None before an opening one; those near the start first."""
        yield from ((None, at) for at in sorted(self.opens))
        for before in sorted(ways_in.far, key=lambda at: (ways_in.far[at], at)):
            yield from ((before, after) for after in self.onward.get(before, ()))

    def _pair(self, way: tuple[int, ...]) -> Pair:
        return (self.words[way[-2]] if len(way) > 1 else EDGE), self.words[way[-1]]

    def _lead_on(self, path: list[int], missing: set[Pair], longest: int) -> list[int]:
        """Go on through missing pairs while there are any and the path is short."""
        fresh = {self._pair(tuple(path))}
        while len(path) < longest and not (path[-1] in self.closes and (self.words[path[-1]], EDGE) in missing):
            here = self.words[path[-1]]
            onward = ((here, self.words[after], after) for after in self.onward.get(path[-1], ()))
            step = next((found for found in onward if found[:2] in missing and found[:2] not in fresh), None)
            if step is None:
                break
            fresh.add(step[:2])
            path.append(step[2])
        return path

    def members(self, longest: int) -> Iterator[tuple[str, ...]]:
        """All members of at most `longest` words, shortest first. Endless patterns are cut there."""
        waiting: deque[tuple[int, ...]] = deque((at,) for at in sorted(self.opens))
        while waiting:
            path = waiting.popleft()
            if path[-1] in self.closes:
                yield tuple(self.words[at] for at in path)
            if len(path) < longest:
                waiting.extend((*path, after) for after in self.onward.get(path[-1], ()))


@dataclass(frozen=True, slots=True)
class _Ways:
    """Shortest ways from every position to an edge of the pattern: how far it is, and by which neighbours."""

    words: tuple[str, ...]
    far: dict[int, int]
    nearer: dict[int, tuple[int, ...]]

    @classmethod
    def into(cls, pattern: Pattern) -> _Ways:
        """Backwards, to the opening positions."""
        return cls._to(pattern, pattern.opens, pattern.onward)

    @classmethod
    def out_of(cls, pattern: Pattern) -> _Ways:
        """Forwards, to the closing positions."""
        back: dict[int, list[int]] = {}
        for before, after in sorted(pattern.follows):
            back.setdefault(after, []).append(before)
        return cls._to(pattern, pattern.closes, back)

    @classmethod
    def _to(cls, pattern: Pattern, edge: Iterable[int], onward: Mapping[int, Sequence[int]]) -> _Ways:
        far = dict.fromkeys(sorted(edge), 0)
        nearer: dict[int, list[int]] = {}
        waiting = deque(far)
        while waiting:
            at = waiting.popleft()
            for after in onward.get(at, ()):
                if after not in far:
                    far[after] = far[at] + 1
                    waiting.append(after)
                if far[after] == far[at] + 1:
                    nearer.setdefault(after, []).append(at)
        return cls(pattern.words, far, {at: tuple(found) for at, found in nearer.items()})

    def way(self, at: int, used: Mapping[str, int]) -> list[int]:
        """From the position to the edge, through the words used least."""
        path = [at]
        while self.far[path[-1]]:
            path.append(min(self.nearer[path[-1]], key=lambda near: (used[self.words[near]], near)))
        return path


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
