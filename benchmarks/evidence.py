"""Learns the weights of `ivr.understanding.evidence` from the labelled corpus and writes them; prints what folds left out say.

Logistic regression by gradient descent, in numpy alone; the same corpus gives the same file. Lines through the ear
(heard.tsv) are not learned from: they stay a test.

Run: nice -n 10 .venv/bin/python -m benchmarks.evidence
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from hashlib import sha256

import numpy as np
from numpy.typing import NDArray

from ivr.understanding.evidence import RISKS, SCALE, WEIGHTS, grams
from ivr.understanding.normalise import normalise
from ivr.understanding.risk import calmed
from kit.vocabulary import Risk, Severity
from tests.understanding import corpus

STEPS = 250
RATE = 0.1
DECAY = 1e-5
GRAVE_SHARE = 0.6
"""Weight of all grave lines together against all others."""
FALSE_ALARMS = 0.01
"""Share of harmless lines left out of learning that may pass the threshold."""
LEAST_WEIGHT = 0.12
FOLDS = 5

Weights = dict[str, float]


def main() -> None:
    """Learn a column for each risk, set its threshold on folds left out, write."""
    lines = [line for line in corpus.lines() if not line.expect and (Risk.VIOLENCE_THREAT, Severity.P1) not in line.risk]
    texts = [calmed(normalise(line.text)).joined for line in lines]
    columns = [_column(texts, np.array([(risk, Severity.P0) in line.risk for line in lines]), risk) for risk in RISKS]
    heavy = {gram for table in columns for gram, value in table.items() if abs(value) >= LEAST_WEIGHT or gram == "="}
    rows = [" ".join((gram, *(str(round(table.get(gram, 0.0) * SCALE)) for table in columns))) for gram in sorted(heavy)]
    WEIGHTS.write_text("\n".join(rows) + "\n", encoding="utf-8")
    print(f"{len(rows)} weights, {WEIGHTS.stat().st_size / 1000:.0f} kB")


def _column(texts: Sequence[str], is_grave: NDArray[np.bool_], risk: Risk) -> Weights:
    """Weights for one risk, with the threshold taken off the empty scales."""
    fold = np.array([sha256(text.encode()).digest()[0] % FOLDS for text in texts])
    left_out = np.zeros(len(texts))
    for number in range(FOLDS):
        inside = fold != number
        table = learned([text for text, is_in in zip(texts, inside, strict=True) if is_in], is_grave[inside])
        left_out[~inside] = [weighed(text, table) for text, is_in in zip(texts, inside, strict=True) if not is_in]
    threshold = float(np.quantile(left_out[~is_grave], 1 - FALSE_ALARMS))
    recall = float((left_out[is_grave] > threshold).mean())
    print(f"{risk}: {len(texts)} lines, {int(is_grave.sum())} grave; left out: recall {recall:.3f} at {FALSE_ALARMS:.3f} false")
    table = learned(texts, is_grave)
    table["="] -= threshold
    return table


def weighed(text: str, table: Weights) -> float:
    """Evidence of a text with weights that are not written yet."""
    found = grams(text)
    return table["="] + sum(table.get(gram, 0.0) for gram in found) / float(np.sqrt(max(1, len(found))))


def learned(texts: Sequence[str], is_grave: NDArray[np.bool_]) -> Weights:
    """Weights of every gram that two lines share, and of `=`, the empty scales."""
    found = [sorted(grams(text)) for text in texts]
    spread = Counter(gram for one in found for gram in one)
    places = {gram: place for place, gram in enumerate(sorted(gram for gram, lines in spread.items() if lines > 1))}
    rows, columns, values = [], [], []
    for row, one in enumerate(found):
        known = [places[gram] for gram in one if gram in places]
        rows += [row] * len(known)
        columns += known
        values += [1 / np.sqrt(max(1, len(one)))] * len(known)
    fitted = _fit(np.array(rows), np.array(columns), np.array(values), is_grave, len(places))
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
