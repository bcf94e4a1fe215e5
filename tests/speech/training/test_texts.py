"""The sentences: every syllable occurs, numbers are said as people say them, the same seed gives the same text."""

from __future__ import annotations

from random import Random

import pytest
from pypinyin import lazy_pinyin

from ivr.understanding.amounts import amounts
from speech.graphs.phones import syllable_of
from speech.mandarin.readings import readings
from speech.training import texts


def test_all_toneless_syllables_occur_in_context() -> None:
    random = Random(1)
    heard = {sound for _ in range(9000) for sound in lazy_pinyin(texts.general(random))}
    legal = set(texts._by_syllable())
    assert len(legal) >= 395
    assert len(legal & heard) >= len(legal) - 3


def test_more_than_five_thousand_different_sentences() -> None:
    random = Random(2)
    assert len({texts.draw(random) for _ in range(12_000)}) > 5000


@pytest.mark.parametrize("kind", texts.KINDS)
def test_every_sentence_can_be_said(kind: str) -> None:
    random = Random(3)
    for _ in range(300):
        text = texts.KINDS[kind][1](random)
        assert "{" not in text
        assert "[" not in text
        if text:
            assert all(syllable_of(sound.rstrip("12345")) for sound in readings(text) if not sound.startswith("r"))


def test_the_same_seed_says_the_same() -> None:
    assert [texts.draw(Random(5)) for _ in range(3)] == [texts.draw(Random(5)) for _ in range(3)]


def test_a_template_chooses_and_fills() -> None:
    said = {texts.expand("[我|]{date}[还|]", Random(seed)) for seed in range(200)}
    assert any(text.startswith("我") and text.endswith("还") for text in said)
    assert any(not text.startswith("我") for text in said)


@pytest.mark.parametrize("value", [7, 10, 15, 20, 100, 105, 110, 250, 1000, 1050, 3200, 3256, 10_000, 15_000, 20_500, 99_999])
def test_an_amount_is_understood_as_what_it_says(value: int) -> None:
    for seed in range(6):
        text = texts.spoken_number(value, Random(seed)) + "块钱"
        assert [money.fen for money in amounts(f"我还{text}")] == [value * 100], text
