"""A trigram of words, interpolated by Witten and Bell, as a weighted acceptor with back-off. Pure.

p(w | h) = (c(h, w) + T(h) p(w | h')) / (c(h) + T(h)), T(h) the number of different words seen after h, h' the history
without its oldest word. Below the single words lies a floor over the whole vocabulary, so every word can be reached.
Counts may be fractions: a source of text has a weight.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from math import log

from speech.kaldi.fst import Arc, Fst, Sort, fst

ORDER = 3
START, END = "<s>", "</s>"

History = tuple[str, ...]


class Ngram:
    """Counts sentences, then gives chances. `floor` are the relative weights of the words of the vocabulary."""

    def __init__(self, floor: Mapping[str, float], *, order: int = ORDER, least: float = 2.0) -> None:
        self._floor = {word: weight / sum(floor.values()) for word, weight in floor.items()}
        self._order = order
        self._least = least
        self._counts: dict[History, dict[str, float]] = defaultdict(lambda: defaultdict(float))
        self._totals: dict[History, float] = {}

    def count(self, sentences: Iterable[Sequence[str]], *, weight: float = 1.0) -> None:
        """Add sentences; their words must be in the vocabulary. Raises ValueError naming one that is not."""
        for sentence in sentences:
            if missing := next((word for word in sentence if word not in self._floor), None):
                raise ValueError(missing)
            row = (START, *sentence, END)
            for place in range(1, len(row)):
                for length in range(min(self._order, place + 1)):
                    self._counts[row[place - length : place]][row[place]] += weight
        self._totals = {history: sum(counts.values()) for history, counts in self._counts.items()}

    def chance(self, word: str, history: Sequence[str]) -> float:
        """p(word | history); `word` may be END, the history begins with START at the start of a sentence."""
        known = self.state(tuple(history))
        below = self.chance(word, known[1:]) if known else self._floor.get(word, 0.0)
        seen = self._counts[known].get(word, 0.0) if known in self._counts else 0.0
        return (seen + self._backing(known) * below) / (self._total(known) + self._backing(known))

    def state(self, history: History) -> History:
        """The longest end of a history that is kept: seen often enough, and shorter than the order."""
        kept = history[-(self._order - 1) :]
        while kept and not self._is_kept(kept):
            kept = kept[1:]
        return kept

    def acceptor(self, labels: Mapping[str, int]) -> Fst:
        """The trigram as an acceptor: state 0 is the start of a sentence, backing off is an epsilon arc."""
        kept = [self.state((START,)), *(history for history in self._counts if self._is_kept(history)), ()]
        states = {history: number for number, history in enumerate(dict.fromkeys(kept))}
        arcs: list[Arc] = []
        finals: dict[int, float] = {}
        for history, number in states.items():
            words = self._counts.get(history, {}) if history else {**self._floor, **self._counts.get((), {})}
            for word in words:
                cost = -log(self.chance(word, history))
                if word == END:
                    finals[number] = cost
                else:
                    arcs.append((number, states[self.state((*history, word))], labels[word], labels[word], cost))
            if history:
                backing = self._backing(history) / (self._total(history) + self._backing(history))
                arcs.append((number, states[self.state(history[1:])], 0, 0, -log(backing)))
        return fst(arcs, finals or {states[()]: 0.0}, sort=Sort.INPUT, start=states[kept[0]])

    def _is_kept(self, history: History) -> bool:
        total = self._totals.get(history, 0.0)
        return len(history) < self._order and (total >= self._least or (len(history) < 2 and total > 0))

    def _total(self, history: History) -> float:
        return self._totals.get(history, 0.0)

    def _backing(self, history: History) -> float:
        """T(h); at least one, so that nothing divides by zero before anything was counted."""
        return max(1.0, float(len(self._counts.get(history, ()))))
