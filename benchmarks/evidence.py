"""Learns the weights of `ivr.understanding.evidence` from the labelled corpus and writes them; prints what folds left out say.

Logistic regression by gradient descent, in numpy alone; the same corpus gives the same file. Lines through the ear
(heard.tsv) are not learned from: they stay a test. Left-out lines are weighed as at work, by their heaviest piece.

Run: nice -n 10 .venv/bin/python -m benchmarks.evidence
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

import numpy as np
from numpy.typing import NDArray

from ivr.understanding.evidence import RISKS, SCALE, WEIGHTS, Piece, features, pieces, whole
from ivr.understanding.normalise import normalise
from ivr.understanding.risk import calmed
from ivr.understanding.sounds import repaired
from kit.vocabulary import Risk, Severity
from tests.understanding import corpus

STEPS = 250
RATE = 0.1
DECAY = 1e-5
GRAVE_SHARE = 0.6
"""Weight of all grave lines together against all others."""
FALSE_ALARMS = 0.002
"""Share of ordinary lines left out of learning that may pass the threshold of one risk."""
LOOK_ALIKES = ("p0:", "near:")
"""Notes of lines that were written to be grave or to sound so; the others are ordinary."""
LEAST_WEIGHT = 0.25
"""Weights below it, as they count, are dropped."""
FOLDS = 5

Weights = dict[str, float]
Features = tuple[tuple[str, float], ...]


@dataclass(frozen=True, slots=True)
class Sample:
    """A line of the corpus ready to weigh: the whole of it, and the pieces it is weighed by at work."""

    line: corpus.Line
    whole: Features
    pieces: tuple[Features, ...]
    fold: int

    @property
    def is_ordinary(self) -> bool:
        return not self.line.risk and not self.line.note.startswith(LOOK_ALIKES)


def main() -> None:
    """Learn a column for each risk, set its threshold on folds left out, write."""
    lines = [line for line in corpus.lines() if not line.expect and (Risk.VIOLENCE_THREAT, Severity.P1) not in line.risk]
    samples = [_sample(line) for line in lines]
    columns = [_column(samples, risk) for risk in RISKS]
    heavy = {feature for table in columns for feature, value in table.items() if abs(value) >= LEAST_WEIGHT or feature == "="}
    rows = [" ".join((one, *(str(round(table.get(one, 0.0) * SCALE)) for table in columns))) for one in sorted(heavy)]
    WEIGHTS.write_text("\n".join(rows) + "\n", encoding="utf-8")
    print(f"{len(rows)} weights, {WEIGHTS.stat().st_size / 1000:.0f} kB")


def _sample(line: corpus.Line) -> Sample:
    said = normalise(line.text)
    calm, sounded = calmed(said), repaired(said)
    parts = pieces(calm) + (pieces(calmed(sounded)) if sounded else [])
    fold = sha256(calm.joined.encode()).digest()[0] % FOLDS
    return Sample(line, _features(whole(calm)), tuple(map(_features, parts)), fold)


def _features(piece: Piece) -> Features:
    """In one order, so that sums are the same in every run."""
    return tuple(sorted(features(piece)))


def _column(samples: Sequence[Sample], risk: Risk) -> Weights:
    """Weights for one risk, with the threshold taken off the empty scales."""
    is_grave = np.array([(risk, Severity.P0) in one.line.risk for one in samples])
    fold = np.array([one.fold for one in samples])
    left_out = np.zeros(len(samples))
    for number in range(FOLDS):
        inside = fold != number
        table = learned([one.whole for one in samples if one.fold != number], is_grave[inside])
        for place in map(int, np.flatnonzero(fold == number)):
            left_out[place] = weighed(samples[place], table)
    threshold = _threshold(samples, left_out)
    _report(risk, samples, is_grave, left_out > threshold)
    table = learned([one.whole for one in samples], is_grave)
    table["="] -= threshold
    return table


def _threshold(samples: Sequence[Sample], left_out: NDArray[np.float64]) -> float:
    """Where FALSE_ALARMS of the ordinary lines pass, and of those written to be ordinary talk no more."""
    ordinary = np.array([one.is_ordinary for one in samples])
    written = np.array([one.line.note.startswith("ordinary:") for one in samples])
    return max(float(np.quantile(left_out[which], 1 - FALSE_ALARMS)) for which in (ordinary, written))


def _report(risk: Risk, samples: Sequence[Sample], is_grave: NDArray[np.bool_], passes: NDArray[np.bool_]) -> None:
    ordinary = np.array([one.is_ordinary for one in samples])
    near = np.array([one.line.note.startswith("near:") for one in samples])
    print(
        f"{risk}: {len(samples)} lines, {int(is_grave.sum())} grave; left out: recall {passes[is_grave].mean():.3f}, "
        f"false of ordinary {passes[ordinary].mean():.4f}, of look-alikes {passes[near].mean():.3f}"
    )


def weighed(sample: Sample, table: Weights) -> float:
    """Evidence of a line's heaviest piece, as at work, with weights that are not written yet; -inf where all are too short."""
    sums = (sum(table.get(one, 0.0) * value for one, value in piece) for piece in sample.pieces)
    return table["="] + max(sums, default=-np.inf)


def learned(found: Sequence[Features], is_grave: NDArray[np.bool_]) -> Weights:
    """Weights of every feature that two lines share, and of `=`, the empty scales."""
    spread = Counter(feature for one in found for feature, _ in one)
    places = {feature: place for place, feature in enumerate(sorted(one for one, lines in spread.items() if lines > 1))}
    known = [(row, places[name], value) for row, one in enumerate(found) for name, value in one if name in places]
    rows, columns, values = (np.array(column) for column in zip(*known, strict=True))
    fitted = _fit(rows, columns, values, is_grave, len(places))
    return {**dict(zip(places, map(float, fitted[:-1]), strict=True)), "=": float(fitted[-1])}


def _fit(
    rows: NDArray[np.int64],
    columns: NDArray[np.int64],
    values: NDArray[np.float64],
    is_grave: NDArray[np.bool_],
    width: int,
) -> NDArray[np.float64]:
    """Weights [width + 1] by Adam; the last is the constant."""
    share = np.where(is_grave, GRAVE_SHARE / is_grave.sum(), (1 - GRAVE_SHARE) / (~is_grave).sum())
    weights, mean, square = np.zeros(width + 1), np.zeros(width + 1), np.zeros(width + 1)
    for step in range(1, STEPS + 1):
        sums = np.bincount(rows, weights=values * weights[columns], minlength=len(is_grave)) + weights[-1]
        error = (1 / (1 + np.exp(-np.clip(sums, -30, 30))) - is_grave) * share
        slope = np.append(np.bincount(columns, weights=values * error[rows], minlength=width), error.sum()) + DECAY * weights
        mean = 0.9 * mean + 0.1 * slope
        square = 0.99 * square + 0.01 * slope**2
        weights -= RATE * (mean / (1 - 0.9**step)) / (np.sqrt(square / (1 - 0.99**step)) + 1e-8)
    return weights


if __name__ == "__main__":
    main()
