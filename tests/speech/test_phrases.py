"""Segmentation into vocabulary words and the way back from a recognised text to a listed phrase."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from speech.phrases import MADE_UP, digit_loop, plain, snap, sounds, words_of

VOCABULARY = frozenset({"还款", "明天", "下午", "我", "还", "款", "hello", "world"})


def test_longest_words_come_first() -> None:
    assert words_of("我明天下午还款", VOCABULARY.__contains__) == (("我", "明天", "下午", "还款"), ())


def test_missing_parts_are_named_and_the_rest_is_kept() -> None:
    assert words_of("我A明天", VOCABULARY.__contains__) == (("我", "明天"), ("A",))


def test_words_with_spaces_stay_whole() -> None:
    assert words_of("hello, world", VOCABULARY.__contains__) == (("hello", "world"), ())


@pytest.mark.parametrize(
    ("text", "expected"),
    [("我 明天 还", "我明天还"), ("好的，再见。", "好的再见"), ("안녕 하세요", "안녕 하세요"), ("", ""), ("  。", "")],
)
def test_plain(text: str, expected: str) -> None:
    assert plain(text) == expected


@pytest.mark.parametrize(
    ("text", "phrases", "expected", "closeness"),
    [
        ("我已经环款了", ["我已经还款了", "没有"], "我已经还款了", 1.0),  # a homophone sounds the same
        ("我已经换了", ["我已经还了"], "我已经还了", 1.0),
        ("是", ["是", "不是"], "是", 1.0),
        ("是是是", ["是", "不是"], "是是是", 0.7),
        ("是的我是", ["是的", "我是"], "是的我是", 0.7),
        ("好的好的行好的", ["好的", "行"], "好的好的行好的", 0.7),  # what is said again is no third phrase
        ("好的不行不是", ["好的", "不行", "不是"], "好的不行不是", 0.49),
        ("三六零七", [*"三六零七"], "三六零七", 0.7),
        ("我要头诉", ["我要投诉你"], "我要投诉你", 0.8),
    ],
)
def test_a_near_result_becomes_the_listed_phrase(text: str, phrases: list[str], expected: str, closeness: float) -> None:
    snapped = snap(text, phrases)
    assert (snapped.text, round(snapped.closeness, 2)) == (expected, closeness)


@pytest.mark.parametrize(
    ("text", "phrases"),
    [
        ("可以", ["不可以"]),  # a negation never appears
        ("不可以的", ["可以的"]),  # nor vanishes
        ("我还三千五百", ["我还两千五百"]),
        ("我明天还", ["我后天还"]),
        ("我上个月还", ["我下个月还"]),
        ("完全不同", ["再说一遍"]),
    ],
)
def test_nothing_that_changes_the_sense_is_snapped(text: str, phrases: list[str]) -> None:
    assert snap(text, phrases).text == text
    assert snap(text, phrases).closeness == MADE_UP


def test_free_speech_is_left_alone() -> None:
    assert snap("随便什么", []).closeness == 1.0


@given(st.text("是不对我还三五明天", max_size=8), st.lists(st.text("是不对我还三五明天", min_size=1, max_size=5), max_size=6))
def test_snapping_gives_the_text_or_a_phrase_and_never_flips_a_negation(text: str, phrases: list[str]) -> None:
    snapped = snap(text, phrases)
    assert snapped.text == text or snapped.text in phrases
    assert snapped.text.count("不") == text.count("不")
    assert 0.0 < snapped.closeness <= 1.0


def test_toneless_sounds() -> None:
    assert sounds("还款幺") == ("huan", "kuan", "yi")
    assert sounds("还没有") == ("hai", "mei", "you")
    assert sounds("十五") == sounds("实务")


def test_digit_loop_holds_every_pair_once() -> None:
    row = digit_loop("零一二三")[0]
    pairs = [row[place : place + 2] for place in range(len(row) - 1)]
    assert len(pairs) == len(set(pairs)) == 16
