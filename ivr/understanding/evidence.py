"""Evidence of mortal danger, weighed: characters, pairs of them and runs of syllables, each with a learned weight.

The third look at the gravest risks, for wordings that no rule and no frame knows. Its weights are learned from the labelled
corpus by `benchmarks.evidence` and kept in lexicon/evidence.txt; this module only adds them up.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache, lru_cache
from itertools import pairwise
from math import sqrt
from pathlib import Path

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


RISKS = (Risk.SELF_HARM, Risk.VIOLENCE_THREAT)
"""The columns of the table."""
_NOTHING = (0.0, 0.0)


def outweighing(said: Utterance) -> Iterator[tuple[Risk, str]]:
    """The risks whose evidence passes the threshold, each with the piece of the utterance where it is heaviest."""
    pieces = _pieces(said)
    for column, risk in enumerate(RISKS):
        heaviest = max(((weights(piece)[column], piece) for piece in pieces), default=(0.0, ""))
        if heaviest[0] > 0:
            yield risk, heaviest[1]


@cache
def _table() -> dict[str, tuple[float, float]]:
    table = {}
    for line in WEIGHTS.read_text(encoding="utf-8").splitlines():
        gram, harm, threat = line.split(" ")
        table[gram] = (int(harm) / SCALE, int(threat) / SCALE)
    return table


@lru_cache(maxsize=256)
def weights(text: str) -> tuple[float, float]:
    """Evidence of each of RISKS in one piece; above zero is enough. The entry `=` is where the scales stand when empty."""
    found, table = grams(text), _table()
    harm, threat = 0.0, 0.0
    for gram in found:
        one = table.get(gram, _NOTHING)
        harm, threat = harm + one[0], threat + one[1]
    empty, share = table["="], sqrt(max(1, len(found)))
    return empty[0] + harm / share, empty[1] + threat / share


def grams(text: str) -> set[str]:
    """What is weighed of a piece of text without breaks."""
    sounds = [min(syllables(char)) for char in text]
    return {
        *text,
        *map("".join, pairwise(f"^{text}$")),
        *(f"{one}+{two}" for one, two in pairwise(sounds)),
        *(f"{one}+{two}+{three}" for one, two, three in zip(sounds, sounds[1:], sounds[2:], strict=False)),
    }


def _pieces(said: Utterance) -> set[str]:
    """Runs of up to MOST_CLAUSES clauses, the longer ones cut into windows."""
    clauses = [clause.text.replace("?", "") for clause in said.clauses]
    clauses = [*dict.fromkeys(clauses)][-_MOST:]
    runs = {"".join(clauses[i : i + n]) for n in range(1, MOST_CLAUSES + 1) for i in range(len(clauses))} | {said.joined[:400]}
    return {piece for run in runs if len(run) >= LEAST for piece in _windows(run)}


def _windows(run: str) -> list[str]:
    if len(run) <= WINDOW:
        return [run]
    return [run[start : start + WINDOW] for start in range(0, len(run) - WINDOW + STRIDE, STRIDE)]
