"""The last resort for intents: what the utterance is most like, by characters and by sounds. Says nothing when in doubt."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from math import log, sqrt

from rapidfuzz import fuzz, process

from ivr.meaning import Hints
from ivr.understanding.lexicon.examples import EXAMPLES
from ivr.understanding.normalise import Utterance, normalise
from ivr.understanding.sounds import syllables
from kit.vocabulary import Intent

_NEAR = 0.28
"""Cosine below which nothing is said; measured by leaving one example out at a time."""
_EXPECTED = 1.2
_VOICES = 5


@dataclass(frozen=True, slots=True)
class Near:
    """The intent of the likest examples, the likest of them, and how like it is (0..1)."""

    intent: Intent
    example: str
    score: float


def nearest(said: Utterance, hints: Hints) -> Near | None:
    """The intent that the likest examples share, or None when none is near enough."""
    if not 2 <= len(said.joined) <= 40:
        return None
    return _twin(said.joined) or _vote(said, hints)


def _twin(text: str) -> Near | None:
    found = process.extractOne(text, _written(), scorer=fuzz.ratio, score_cutoff=82)
    if not found:
        found = process.extractOne(_spoken(text), _sounded(), scorer=fuzz.ratio, score_cutoff=90)
    if not found:
        return None
    example, intent = EXAMPLES[found[2]]
    return Near(intent, example, found[1] / 100)


def _vote(said: Utterance, hints: Hints) -> Near | None:
    index, norms = _index()
    likeness: dict[int, float] = defaultdict(float)
    grams = _grams(said.joined)
    norm = 0.0
    for gram, count in grams.items():
        rarity, places = index.get(gram, (log(len(EXAMPLES)), ()))
        norm += (count * rarity) ** 2
        for place, weight in places:
            likeness[place] += count * rarity * weight
    near = sorted(((score / (norms[place] * sqrt(norm)), place) for place, score in likeness.items()), reverse=True)
    votes: dict[Intent, float] = defaultdict(float)
    for score, place in near[:_VOICES]:
        intent = EXAMPLES[place][1]
        votes[intent] += score**2 * (_EXPECTED if intent in hints.expect else 1.0)
    if not near or near[0][0] < _NEAR:
        return None
    chosen = max(votes, key=lambda intent: votes[intent])
    score, place = next(one for one in near if EXAMPLES[one[1]][1] is chosen)
    return Near(chosen, EXAMPLES[place][0], score)


def _grams(text: str) -> Counter[str]:
    sounds = [min(syllables(char)) for char in text]
    return Counter([*text, *map("".join, pairwise(text)), *("+".join(pair) for pair in pairwise(sounds))])


@cache
def _index() -> tuple[dict[str, tuple[float, tuple[tuple[int, float], ...]]], list[float]]:
    """Gram -> (rarity, (example, weight)s), and the norm of every example."""
    counted = [_grams(text) for text in _written()]
    spread = Counter(gram for grams in counted for gram in grams)
    rarity = {gram: log((1 + len(counted)) / held) for gram, held in spread.items()}
    places: dict[str, list[tuple[int, float]]] = defaultdict(list)
    for place, grams in enumerate(counted):
        for gram, count in grams.items():
            places[gram].append((place, count * rarity[gram]))
    norms = [sqrt(sum((count * rarity[gram]) ** 2 for gram, count in grams.items())) for grams in counted]
    return {gram: (rarity[gram], tuple(found)) for gram, found in places.items()}, norms


def _spoken(text: str) -> str:
    return " ".join(min(syllables(char)) for char in text)


@cache
def _written() -> list[str]:
    return [normalise(example).joined for example, _ in EXAMPLES]


@cache
def _sounded() -> list[str]:
    return [_spoken(text) for text in _written()]
