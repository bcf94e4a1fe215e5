"""The graphs' phones, readings and lexicon loop agree with the acoustic model that is shipped."""

from __future__ import annotations

from pathlib import Path

import pytest

from speech.graphs.fst import LexiconLoop
from speech.graphs.lexicon import hanzi, readings, script_phrases, sentences, vocabulary
from speech.graphs.phones import FINALS, INITIALS, POSITIONS, NotASyllable, Transitions, phone, syllable_of, word_phones
from tests.speech.trial import TRIAL


def test_phone_numbers_are_the_acoustic_models() -> None:
    lines = (TRIAL / "graph" / "phones.txt").read_text(encoding="utf-8").splitlines()
    listed = {name: int(number) for name, number in (line.split() for line in lines)}
    ours = {f"{base}_{at}": phone(base, at) for base in INITIALS + FINALS for at in POSITIONS}
    assert {**ours, "<eps>": 0, "SIL": 1} == listed
    assert Transitions().count == 778 + 2, "non-speech is numbered last"


@pytest.mark.parametrize(
    ("pinyin", "expected"),
    [("zhi", ("zh", "iii")), ("zi", ("z", "ii")), ("yuan", ("", "van")), ("xue", ("x", "ve")), ("lü", ("l", "v")),
     ("dui", ("d", "uei")), ("liu", ("l", "iou")), ("wo", ("", "uo")), ("er", ("", "er")), ("n", ("", "en"))],
)  # fmt: skip
def test_syllables(pinyin: str, expected: tuple[str, str]) -> None:
    assert syllable_of(pinyin) == expected


@pytest.mark.parametrize("pinyin", ["hng", "xyz", "", "ong"])
def test_what_is_no_syllable_is_refused(pinyin: str) -> None:
    with pytest.raises(NotASyllable):
        syllable_of(pinyin)


def test_word_positions() -> None:
    assert word_phones((("", "a"),)) == (phone("a", "S"),)
    assert word_phones((("sh", "iii"), ("d", "e"))) == (
        phone("sh", "B"), phone("iii", "I"), phone("d", "I"), phone("e", "E"),
    )  # fmt: skip


def test_readings_of_the_trade() -> None:
    assert set(readings("还")) == {(("h", "uan"),), (("h", "ai"),)}
    assert readings("还款") == ((("h", "uan"), ("k", "uan")),)
    assert readings("还有") == ((("h", "ai"), ("", "iou")),)
    assert readings("还没") == ((("h", "ai"), ("m", "ei")),)


def test_every_word_has_a_reading_and_the_shipped_list_holds_them() -> None:
    words = vocabulary(sentences(), ["按时还款"])
    assert len(hanzi()) == 6763
    assert all(readings(word) for word in words)
    lines = (TRIAL / "graph" / "words.txt").read_text(encoding="utf-8").splitlines()
    listed = [line.split()[0] for line in lines]
    assert (listed[0], listed[-1]) == ("<eps>", "[unk]")
    assert {word for text in sentences() for word in text} | set(hanzi()) <= set(listed)
    assert listed[1:-1] == sorted(set(listed[1:-1]))


def test_the_scripts_phrases_are_words(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("ask: {phrases: [我没钱, 三A, 是]}\nsay: 您好\nmore:\n- [转人工]\n", encoding="utf-8")
    assert script_phrases(tmp_path) == {"我没钱", "转人工"}


def test_tails_are_shared() -> None:
    loop = LexiconLoop()
    loop.word(1, (("sh", "iii"),))
    before = len(loop.arcs)
    loop.word(2, (("sh", "iii"),))
    assert len(loop.arcs) == before + 1


def test_a_bonus_makes_words_cheaper_by_the_syllable_and_never_garbage() -> None:
    costs: list[dict[int, float]] = []
    for bonus in (0.0, 0.5):
        loop = LexiconLoop(syllable_bonus=bonus)
        loop.word(1, (("sh", "iii"),))
        loop.word(2, (("h", "uan"), ("k", "uan")))
        loop.garbage(3, [("sh", "iii")], cost=5.0)
        costs.append({label: cost for _, _, _, label, cost in loop.arcs if label})
    assert [round(costs[0][label] - costs[1][label], 5) for label in (1, 2, 3)] == [0.5, 1.0, 0.0]
