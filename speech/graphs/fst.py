"""Decoding graphs as text that kaldifst compiles: the lexicon loop HCLr and the bigram Gr. Pure.

HCLr is in reordered form (a state's forward transition first, its self-loop on the state reached), the word's label
on its first arc, tails shared by all words that end alike; arcs are sorted by output label when written.
`[unk]` is one word that eats any run of legal syllables, so a run-time grammar can reject what it does not list.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from math import log

from speech.graphs.phones import SILENCE, Syllable, Transitions, phone, state_count, word_phones

SILENCE_PROBABILITY = 0.3
"""Chance of silence after a word."""
START_SILENCE_PROBABILITY = 0.7

Arc = tuple[int, int, int, int, float]


class LexiconLoop:
    """Collects words into one transducer from transition-ids to words, looping at state 1. State 0 starts."""

    def __init__(self) -> None:
        self.arcs: list[Arc] = []
        self._transitions = Transitions()
        self._tails: dict[tuple[int, int, tuple[int, ...]], int] = {}
        self._states = 3
        self._loop, self._silence = 1, 2
        self._add(0, self._loop, 0, 0, -log(1 - START_SILENCE_PROBABILITY))
        self._add(0, self._silence, 0, 0, -log(START_SILENCE_PROBABILITY))
        self._link(self._silence, SILENCE, self._loop)

    def word(self, label: int, syllables: tuple[Syllable, ...]) -> None:
        """Add one pronunciation of a word."""
        phones = word_phones(syllables)
        transition, cost = self._transitions.leave(phones[0], 0)
        self._add(self._loop, self._tail(phones[0], 0, phones[1:]), transition, label, cost)

    def garbage(self, label: int, syllables: Iterable[Syllable], *, cost: float) -> None:
        """Add the word that is any run of these syllables, at a cost for each."""
        legal = sorted(set(syllables))
        between = self._state()
        for initial, final in legal:
            for opening, source, labelled in (("B", self._loop, label), ("I", between, 0)):
                alone = "S" if opening == "B" else "E"
                if initial:
                    middle = self._initial_state(source, phone(initial, opening), labelled, cost)
                    self._enter(middle, phone(final, "I"), between)
                    self._finish(middle, phone(final, "E"))
                else:
                    self._enter(source, phone(final, opening), between, labelled, cost)
                    self._finish(source, phone(final, alone), labelled, cost)

    def text(self) -> str:
        """The transducer in OpenFst's text form, start state first."""
        lines = [f"{a} {b} {i} {o} {w:.5f}\n" for a, b, i, o, w in sorted(self.arcs, key=lambda arc: arc[0])]
        return "".join(lines) + "0 0\n1 0\n"

    def _initial_state(self, source: int, number: int, label: int, cost: float) -> int:
        key = (number, 1000 + source, ())
        if key not in self._tails:
            state = self._tails[key] = self._state()
            transition, weight = self._transitions.leave(number, 0)
            self._add(source, state, transition, label, weight + cost)
            self._stay(state, number, 0)
        return self._tails[key]

    def _enter(self, source: int, number: int, target: int, label: int = 0, cost: float = 0.0) -> None:
        first = self._hmm(source, number, label, cost)
        self._add(first, target, 0, 0, 0.0)

    def _finish(self, source: int, number: int, label: int = 0, cost: float = 0.0) -> None:
        transition, weight = self._transitions.leave(number, 0)
        self._add(source, self._tail(number, 0, ()), transition, label, weight + cost)

    def _hmm(self, source: int, number: int, label: int, cost: float) -> int:
        for state in range(state_count(number)):
            transition, weight = self._transitions.leave(number, state)
            target = self._state()
            self._add(source, target, transition, label, weight + cost)
            self._stay(target, number, state)
            source, label, cost = target, 0, 0.0
        return source

    def _tail(self, number: int, state: int, rest: tuple[int, ...]) -> int:
        """The state reached by leaving `state` of a phone, when the word goes on with `rest`."""
        key = (number, state, rest)
        if key in self._tails:
            return self._tails[key]
        here = self._tails[key] = self._state()
        self._stay(here, number, state)
        if state + 1 < state_count(number):
            transition, cost = self._transitions.leave(number, state + 1)
            self._add(here, self._tail(number, state + 1, rest), transition, 0, cost)
        elif rest:
            transition, cost = self._transitions.leave(rest[0], 0)
            self._add(here, self._tail(rest[0], 0, rest[1:]), transition, 0, cost)
        else:
            self._add(here, self._loop, 0, 0, -log(1 - SILENCE_PROBABILITY))
            self._add(here, self._silence, 0, 0, -log(SILENCE_PROBABILITY))
        return here

    def _link(self, source: int, number: int, target: int) -> None:
        self._add(self._hmm(source, number, 0, 0.0), target, 0, 0, 0.0)

    def _stay(self, state: int, number: int, hmm_state: int) -> None:
        transition, cost = self._transitions.stay(number, hmm_state)
        self._add(state, state, transition, 0, cost)

    def _state(self) -> int:
        self._states += 1
        return self._states - 1

    def _add(self, source: int, target: int, transition: int, label: int, cost: float) -> None:
        self.arcs.append((source, target, transition, label, cost))


def bigram_text(sentences: Sequence[Sequence[str]], labels: Mapping[str, int], *, floor: float = 0.02) -> str:
    """A back-off bigram (absolute discounting, 0.6) in OpenFst's text form; `floor` counts for every unseen word.

    State 0 is the start of a sentence, state 1 backs off to single words.
    """
    follows: dict[str, Counter[str]] = defaultdict(Counter)
    single: Counter[str] = Counter()
    for sentence in sentences:
        for before, word in zip(["<s>", *sentence], [*sentence, "</s>"], strict=True):
            follows[before][word] += 1
            single[word] += 1
    chance = _unigram(single, labels, floor)
    states = {"<s>": 0, **{word: number for number, word in enumerate(sorted(set(follows) - {"<s>"}), start=2)}}
    lines = [_arc(1, states.get(word, 1), word, labels, cost) for word, cost in chance.items()]
    for before, counts in follows.items():
        total, backing = sum(counts.values()), 0.6 * len(counts) / sum(counts.values())
        lines.append(f"{states[before]} 1 0 0 {-log(backing):.4f}")
        for word, count in counts.items():
            cost = -log((count - 0.6) / total + backing * 2.718281828 ** -chance[word])
            lines.append(_arc(states[before], states.get(word, 1), word, labels, cost))
    return "".join(f"{line}\n" for line in sorted(lines, key=lambda line: int(line.split()[0])))


def _unigram(single: Counter[str], labels: Mapping[str, int], floor: float) -> dict[str, float]:
    counts = dict.fromkeys(labels, floor) | {word: float(count) for word, count in single.items()}
    total = sum(counts.values())
    return {word: -log(count / total) for word, count in counts.items()}


def _arc(source: int, target: int, word: str, labels: Mapping[str, int], cost: float) -> str:
    if word == "</s>":
        return f"{source} {cost:.4f}"
    return f"{source} {target} {labels[word]} {labels[word]} {cost:.4f}"
