"""Evidence of mortal danger, weighed: characters, pairs of them, runs of syllables and ideas, each with a learned weight.

The third look at the gravest risks, for wordings that no rule and no frame knows. Its weights are learned from the labelled
corpus by `benchmarks.evidence` and kept in lexicon/evidence.txt; this module only adds them up.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import combinations, pairwise
from math import sqrt
from pathlib import Path

from ivr.understanding.frames import Span, looked_at
from ivr.understanding.lexicon.assault import ASSAULT
from ivr.understanding.lexicon.despair import DESPAIR
from ivr.understanding.normalise import Utterance
from ivr.understanding.sounds import syllables
from kit.vocabulary import Risk

WEIGHTS = Path(__file__).parent / "lexicon" / "evidence.txt"
SCALE = 100
"""Weights are kept as whole hundredths."""

WINDOW = 24
STRIDE = 12
"""Long speech is weighed piece by piece: one sentence of despair in a long story is as grave as alone."""
MOST_CLAUSES = 3
_MOST = 12
LEAST = 7
"""Characters below which nothing is weighed."""
OF_IDEA = 0.3
OF_TWO_IDEAS = 0.1
"""How much an idea, and two of them that meet, count beside the letters, which share 1 / sqrt(their number)."""

RISKS = (Risk.SELF_HARM, Risk.VIOLENCE_THREAT)
"""The columns of the table."""
_NOTHING = (0.0, 0.0)
_IDEAS = (("d.", DESPAIR), ("a.", ASSAULT))


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of what was said, without breaks, and the names of the ideas in it, sorted."""

    text: str
    ideas: tuple[str, ...]


def outweighing(said: Utterance) -> Iterator[tuple[Risk, str]]:
    """The risks whose evidence passes the threshold, each with the piece of the utterance where it is heaviest."""
    weighed = [(weights(piece), piece.text) for piece in pieces(said)]
    for column, risk in enumerate(RISKS):
        heaviest = max(((both[column], text) for both, text in weighed), default=(0.0, ""))
        if heaviest[0] > 0:
            yield risk, heaviest[1]


@cache
def _table() -> dict[str, tuple[float, float]]:
    table = {}
    for line in WEIGHTS.read_text(encoding="utf-8").splitlines():
        feature, harm, threat = line.split(" ")
        table[feature] = (int(harm) / SCALE, int(threat) / SCALE)
    return table


def weights(piece: Piece) -> tuple[float, float]:
    """Evidence of each of RISKS in one piece; above zero is enough. The entry `=` is where the scales stand when empty."""
    table = _table()
    harm, threat = table["="]
    for feature, value in features(piece):
        one = table.get(feature, _NOTHING)
        harm, threat = harm + one[0] * value, threat + one[1] * value
    return harm, threat


def features(piece: Piece) -> list[tuple[str, float]]:
    """What is weighed of a piece, each with how much it counts."""
    found = _grams(piece.text)
    share = 1 / sqrt(max(1, len(found)))
    return [
        *((gram, share) for gram in found),
        *((idea, OF_IDEA) for idea in piece.ideas),
        *((f"{one}&{two}", OF_TWO_IDEAS) for one, two in combinations(piece.ideas, 2)),
    ]


def _grams(text: str) -> set[str]:
    sounds = [min(syllables(char)) for char in text]
    return {
        *text,
        *map("".join, pairwise(f"^{text}$")),
        *(f"{one}+{two}" for one, two in pairwise(sounds)),
        *(f"{one}+{two}+{three}" for one, two, three in zip(sounds, sounds[1:], sounds[2:], strict=False)),
    }


def pieces(said: Utterance) -> list[Piece]:
    """Runs of up to MOST_CLAUSES clauses and the whole, the longer ones cut into windows."""
    text = looked_at(said)
    places = _places(said, text)[-_MOST:]
    runs = {(places[i][0], places[i + n][1]) for n in range(MOST_CLAUSES) for i in range(len(places) - n)} | {(0, len(text))}
    ideas = _ideas(text)
    cut = (_piece(text, ideas, window) for window in sorted({window for run in runs for window in _windows(*run)}))
    return [*{piece: None for piece in cut if len(piece.text) >= LEAST}]


def whole(said: Utterance) -> Piece:
    """The utterance as one piece, as it is learned from."""
    text = looked_at(said)
    return _piece(text, _ideas(text), (0, len(text)))


def _ideas(text: str) -> list[tuple[str, Span]]:
    return [(prefix + name, one) for prefix, table in _IDEAS for name, spans in table.spans(text).items() for one in spans]


def _piece(text: str, ideas: list[tuple[str, Span]], window: tuple[int, int]) -> Piece:
    start, end = window
    inside = {name for name, one in ideas if start <= one.start and one.end <= end}
    return Piece(text[start:end].replace(",", "").replace("?", ""), tuple(sorted(inside)))


def _places(said: Utterance, text: str) -> list[tuple[int, int]]:
    """Where the clauses are in the text that is looked at; what a very long speech drops is left out."""
    places, after = [], 0
    for clause in said.clauses:
        start = text.find(clause.text, after)
        if start >= 0:
            after = start + len(clause.text)
            places.append((start, after))
    return places


def _windows(start: int, end: int) -> list[tuple[int, int]]:
    if end - start <= WINDOW:
        return [(start, end)]
    return [(one, min(one + WINDOW, end)) for one in range(start, end - WINDOW + STRIDE, STRIDE)]
