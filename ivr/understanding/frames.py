"""Frames: ideas that must meet in one utterance, in any order, by characters or by sound. Knows no topic.

A rule of `rules` is one sequence of words; a frame is a few ideas near each other, each said in any of many ways, so that
a wording nobody wrote down is still heard when its ideas are known.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import pairwise, product

from ivr.understanding.normalise import Utterance
from ivr.understanding.rules import compiled
from ivr.understanding.sounds import syllables

_AROUND = 12
"""How far on both sides of a frame its forbidden part counts."""
_PLAIN = re.compile(r"[\u4e00-\u9fff]{3,}")
_LONGEST = 400
"""Characters that are looked at; of longer speech both ends."""

_INSIDE = re.compile(r"\([^()]*\)|\[[^\]]*\]")
_SPANS = 6
"""Places of one idea that are tried against the others: the first and the last ones."""
_KEPT = 8
"""Texts whose ideas are remembered: the frames and the weight of evidence ask for the same ones."""


@dataclass(frozen=True)
class Frame:
    """`parts` are names of ideas, all within `reach` characters of each other; `unless` must not be found around them.

    `least`: syllables that it must hold where an idea was only heard by its sound; shorter ones sound like too much else.
    """

    parts: tuple[str, ...]
    unless: str = ""
    reach: int = 8
    least: int = 4


@dataclass(frozen=True, slots=True)
class Span:
    """Where an idea was found; `is_sounded`: by its sound, not by its characters."""

    start: int
    end: int
    is_sounded: bool = False


class Frames:
    """A table of ideas (name -> alternatives, in the language of `rules`) and the frames over them."""

    def __init__(self, ideas: dict[str, str], frames: Iterable[Frame], never: str) -> None:
        self._ideas = ideas
        self._frames = tuple(frames)
        self._never = never
        self.spans = lru_cache(maxsize=_KEPT)(self._search)
        """Where each idea is in a text that `looked_at` gave: at most _SPANS places for each name."""

    def _search(self, text: str) -> dict[str, tuple[Span, ...]]:
        spelled = _spelled(text)
        return {name: _spans(compiled(idea), _sound_of(name, idea), text, spelled) for name, idea in self._ideas.items()}

    def found(self, said: Utterance) -> Iterator[str]:
        """The words of every frame that holds."""
        text = looked_at(said)
        spans = self.spans(text)
        for frame in self._frames:
            if all(map(spans.__getitem__, frame.parts)) and (words := self._holds(frame, text, spans)):
                yield words

    def _holds(self, frame: Frame, text: str, spans: dict[str, tuple[Span, ...]]) -> str:
        for chosen in product(*(spans[name] for name in frame.parts)):
            start, end = min(one.start for one in chosen), max(one.end for one in chosen)
            if _is_scattered(chosen, frame.reach) or not _is_audible(chosen, frame.least):
                continue
            around = text[max(0, start - _AROUND) : end + _AROUND]
            if frame.unless and compiled(frame.unless).search(around):
                continue
            if not compiled(self._never).search(around):
                return text[start:end]
        return ""


def looked_at(said: Utterance) -> str:
    """What is searched of an utterance, its breaks as commas: all of it, or both ends of a very long one."""
    core = said.core
    return core if len(core) <= _LONGEST else core[: _LONGEST // 2] + "," + core[-_LONGEST // 2 :]


def _is_scattered(chosen: tuple[Span, ...], reach: int) -> bool:
    """Whether two neighbours are further apart than `reach`, or one idea lies in another."""
    ordered = sorted(chosen, key=lambda one: one.start)
    return any(after.start - before.end > reach or after.start < before.end for before, after in pairwise(ordered))


def _is_audible(chosen: tuple[Span, ...], least: int) -> bool:
    is_sounded = any(one.is_sounded for one in chosen)
    return not is_sounded or sum(one.end - one.start for one in chosen) >= least


def _spans(idea: re.Pattern[str], sound: re.Pattern[str] | None, text: str, spelled: str) -> tuple[Span, ...]:
    found = [Span(*one.span()) for one in idea.finditer(text) if one.end() > one.start()]
    if sound:
        written = {(one.start, one.end) for one in found}
        found += [Span(*one.span(), is_sounded=True) for one in sound.finditer(spelled) if one.span() not in written]
    if len(found) <= _SPANS:
        return tuple(found)
    found.sort(key=lambda one: one.start)
    return (*found[: _SPANS // 2], *found[-_SPANS // 2 :])


@cache
def _sound_of(name: str, idea: str) -> re.Pattern[str] | None:
    """The idea's plain words of three syllables and more, by sound."""
    outside = idea
    while _INSIDE.search(outside):
        outside = _INSIDE.sub("#", outside)
    words = sorted({_spelled(word) for word in outside.split("|") if _PLAIN.fullmatch(word)}, key=len, reverse=True)
    return re.compile("|".join(map(re.escape, words))) if words else None


def _spelled(text: str) -> str:
    """The text with every character put as its toneless syllable; one private character a syllable, so places stay."""
    return "".join(map(_sign, text))


@cache
def _sign(char: str) -> str:
    if not "\u4e00" <= char <= "\u9fff":
        return char
    return chr(0xE000 + _number(min(syllables(char))))


_NUMBERS: dict[str, int] = {}


def _number(syllable: str) -> int:
    return _NUMBERS.setdefault(syllable, len(_NUMBERS))
