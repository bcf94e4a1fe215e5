"""The lexicon loop HCLr, from transition-ids to words. Pure.

It is in reordered form (a state's forward transition first, its self-loop on the state reached), the word's label on its
first arc, tails shared by all words that end alike. Between words there may be silence, and non-speech where the acoustic
model knows it, both without a label. `[unk]` is one word that eats any run of legal syllables, so a run-time grammar can
reject what it does not list.
"""

from __future__ import annotations

from collections.abc import Iterable
from math import log

from speech.graphs.phones import NON_SPEECH, SILENCE, Syllable, Transitions, phone, state_count, word_phones
from speech.kaldi.fst import Arc, Fst, Sort, fst

SILENCE_PROBABILITY = 0.3
"""Chance of silence after a word."""
START_SILENCE_PROBABILITY = 0.7
NON_SPEECH_PROBABILITY = 0.1
"""Chance that a pause holds non-speech and not silence, and that one follows the other."""


class LexiconLoop:
    """Collects words into one transducer from transition-ids to words, looping at state 1. State 0 starts."""

    def __init__(
        self, transitions: Transitions | None = None, *, has_non_speech: bool = False, syllable_bonus: float = 0.0
    ) -> None:
        """`syllable_bonus` (-log) is taken off the cost of every syllable of a word, never of [unk]."""
        self.arcs: list[Arc] = []
        self._transitions = transitions or Transitions()
        self._bonus = syllable_bonus
        self._tails: dict[tuple[int, int, tuple[int, ...]], int] = {}
        self._states = 3
        self._loop, self._silence = 1, 2
        self._add(0, self._loop, 0, 0, -log(1 - START_SILENCE_PROBABILITY))
        self._add(0, self._silence, 0, 0, -log(START_SILENCE_PROBABILITY))
        self._pause(has_non_speech)

    def _pause(self, has_non_speech: bool) -> None:
        """From the pause state back to the loop: silence, or silence and non-speech in any order."""
        if not has_non_speech:
            self._add(self._hmm(self._silence, SILENCE, 0, 0.0), self._loop, 0, 0, 0.0)
            return
        for number, chance in ((SILENCE, 1 - NON_SPEECH_PROBABILITY), (NON_SPEECH, NON_SPEECH_PROBABILITY)):
            end = self._hmm(self._silence, number, 0, -log(chance))
            self._add(end, self._loop, 0, 0, -log(1 - NON_SPEECH_PROBABILITY))
            self._add(end, self._silence, 0, 0, -log(NON_SPEECH_PROBABILITY))

    def word(self, label: int, syllables: tuple[Syllable, ...]) -> None:
        """Add one pronunciation of a word."""
        phones = word_phones(syllables)
        transition, cost = self._transitions.leave(phones[0], 0)
        cost -= self._bonus * len(syllables)
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

    def transducer(self) -> Fst:
        """HCLr as the decoder composes it: arcs sorted by word, states 0 (start) and 1 (loop) final."""
        return fst(self.arcs, {0: 0.0, self._loop: 0.0}, sort=Sort.OUTPUT)

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

    def _stay(self, state: int, number: int, hmm_state: int) -> None:
        transition, cost = self._transitions.stay(number, hmm_state)
        self._add(state, state, transition, 0, cost)

    def _state(self) -> int:
        self._states += 1
        return self._states - 1

    def _add(self, source: int, target: int, transition: int, label: int, cost: float) -> None:
        self.arcs.append((source, target, transition, label, cost))
