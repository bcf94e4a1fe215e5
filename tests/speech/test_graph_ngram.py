"""The trigram is a distribution for every history, and its acceptor says the same as its chances."""

from __future__ import annotations

from collections.abc import Sequence
from math import exp

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from speech.graphs.ngram import END, START, Ngram
from speech.kaldi.fst import Fst

WORDS = "我你还款不是的"
SENTENCES = st.lists(st.lists(st.sampled_from(WORDS[:5]), min_size=1, max_size=5), min_size=1, max_size=12)


def counted(sentences: Sequence[Sequence[str]], weight: float = 1.0) -> Ngram:
    ngram = Ngram(dict.fromkeys(WORDS, 1.0))
    ngram.count(sentences, weight=weight)
    return ngram


@settings(deadline=None)
@given(SENTENCES, st.lists(st.sampled_from(WORDS), max_size=3), st.sampled_from([0.3, 1.0, 4.0]))
def test_chances_after_any_history_sum_to_one(sentences: list[list[str]], before: list[str], weight: float) -> None:
    ngram = counted(sentences, weight)
    history = [START, *before]
    assert sum(ngram.chance(word, history) for word in (*WORDS, END)) == pytest.approx(1.0)
    assert all(ngram.chance(word, history) > 0 for word in WORDS)


def walked(acceptor: Fst, word: int, state: int) -> tuple[float, int]:
    """Chance of a word as the decoder finds it where its arc exists: its own arc, else by backing off; where it leads."""
    here = [arc for arc in acceptor.listed() if arc[0] == state]
    direct = [arc for arc in here if arc[2] == word]
    if direct:
        return exp(-direct[0][4]), direct[0][1]
    (back,) = [arc for arc in here if arc[2] == 0]
    chance, target = walked(acceptor, word, back[1])
    return exp(-back[4]) * chance, target


@settings(deadline=None)
@given(SENTENCES, st.lists(st.sampled_from(WORDS), min_size=1, max_size=5))
def test_the_acceptor_says_what_the_chances_say(sentences: list[list[str]], said: list[str]) -> None:
    ngram = counted(sentences)
    acceptor = ngram.acceptor({word: number for number, word in enumerate(WORDS, start=1)})
    state = acceptor.start
    for place, word in enumerate(said):
        chance, state = walked(acceptor, 1 + WORDS.index(word), state)
        assert chance == pytest.approx(ngram.chance(word, [START, *said[:place]]), rel=1e-5)
    assert acceptor.start == 0


def test_what_was_said_often_is_likely() -> None:
    ngram = counted([["我", "还", "款"]] * 5 + [["你", "还"]])
    assert ngram.chance("款", ["我", "还"]) > 0.8 > ngram.chance("款", ["你", "还"]) > ngram.chance("的", ["你", "还"])


def test_a_rare_history_is_not_kept() -> None:
    ngram = counted([["我", "还", "款"]])
    assert ngram.state(("我", "还")) == ("还",)
    assert counted([["我", "还", "款"]] * 2).state(("我", "还")) == ("我", "还")


def test_a_word_outside_the_vocabulary_is_named() -> None:
    with pytest.raises(ValueError, match="车"):
        counted([["车"]])
