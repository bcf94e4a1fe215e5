"""What an ear may have heard, weighed against what is expected: on results as Vosk gives them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from speech.nbest import KEPT, SILENCE, Hypothesis, Word, heard_among, hypotheses, joined
from speech.ports import NOTHING, Heard

LEAST = 0.48


def said(words: str, score: float = 0.0, *, confidence: float = 1.0) -> Hypothesis:
    return Hypothesis(tuple(Word(word, at, at + 0.5, confidence) for at, word in enumerate(words.split())), score)


def heard(found: Sequence[Hypothesis], *phrases: str, named: Sequence[str] = (), least: float = LEAST) -> Heard:
    return heard_among(found, phrases, named, engine="vosk", least=least)


def test_words_of_a_result_without_alternatives() -> None:
    result = {"result": [{"word": "是的", "start": 5.3, "end": 5.9, "conf": 1.00002}], "text": "是的"}
    assert hypotheses(json.dumps(result), before_s=5.0) == [Hypothesis((Word("是的", 0.3, 0.9, 1.0),))]
    assert hypotheses('{"text": ""}') == [SILENCE]


def test_alternatives_of_a_result() -> None:
    timed = {"word": "是的", "start": 0.3, "end": 0.9}
    result = {"alternatives": [{"confidence": 8.5, "result": [timed], "text": "是的"}, {"confidence": 7.0, "text": ""}]}
    assert hypotheses(json.dumps(result)) == [Hypothesis((Word("是的", 0.3, 0.9),), 8.5), Hypothesis((), 7.0)]


def test_parts_between_pauses_are_joined_likeliest_first() -> None:
    whole = joined([[said("我", 3.0), said("喂", 2.0)], [], [said("明天", 5.0), said("今天", 1.0)]])
    assert [(each.text, each.score) for each in whole] == [("我明天", 8.0), ("喂明天", 7.0), ("我今天", 4.0), ("喂今天", 3.0)]


@given(st.lists(st.lists(st.floats(-50, 50), min_size=1, max_size=KEPT), max_size=5))
def test_of_many_parts_the_likeliest_are_kept(parts: list[list[float]]) -> None:
    whole = joined([[said("是", score) for score in part] for part in parts])
    assert 1 <= len(whole) <= KEPT
    assert all(one.score >= next_.score for one, next_ in pairwise(whole))
    assert whole[0].score == pytest.approx(sum(map(max, parts)))


@pytest.mark.parametrize("found", [[], [SILENCE], [Hypothesis((), 5.0), said("是", 1.0)]])
def test_nothing_said(found: list[Hypothesis]) -> None:
    assert heard(found, "是") == NOTHING


def test_text_has_no_spaces_and_no_unknown() -> None:
    words = [Word("[unk]", 0.0, 0.2, 0.5), Word("我", 0.2, 0.4), Word("明天", 0.4, 1.0)]
    found = heard([Hypothesis(tuple(words))], "我明天")
    assert (found.text, found.is_rejected, found.confidence, found.start_s, found.end_s) == ("我明天", False, 0.8, 0.2, 1.0)


def test_rejected_where_unknown_takes_most_of_the_time() -> None:
    assert heard([Hypothesis((Word("[unk]", 0.0, 1.2), Word("是", 1.2, 1.5)))], "是").is_rejected


def test_all_unknown_is_an_empty_rejection() -> None:
    found = heard([Hypothesis((Word("[unk]", 0.1, 1.2),))], "是")
    assert (found.text, found.confidence, found.is_rejected, found.start_s, found.end_s) == ("", 0.0, True, 0.1, 1.2)


@pytest.mark.parametrize(("behind", "text"), [(1.0, "是"), (2.0, "")])
def test_a_word_far_behind_the_unknown_is_not_told(behind: float, text: str) -> None:
    found = heard([said("[unk]", behind), said("是")], "是")
    assert (found.text, found.is_rejected) == (text, True)
    assert found.confidence == (pytest.approx(0.269) if text else 0.0)


def test_among_many_like_readings_the_best_is_told_however_unsure() -> None:
    """A long number has many readings that differ in a word: each is unlikely, yet it is a number."""
    found = heard(
        [said(f"三千 {digit}百", score / 100) for score, digit in enumerate("一二三四五六七八九")][::-1],
        "转人工",
        named=["amount"],
    )
    assert (found.text, found.is_rejected) == ("三千九百", True)


def test_a_phrase_just_behind_a_mixture_is_taken() -> None:
    found = heard([said("款 金", 12.0), said("现金", 12.2)][::-1], "现金", "罚款")
    assert (found.text, found.is_rejected) == ("现金", False)
    found = heard([said("款 金", 12.2), said("现金", 12.0)], "现金", "罚款")
    assert (found.text, found.is_rejected) == ("现金", True)


def test_a_mixture_far_ahead_of_every_phrase_is_rejected() -> None:
    found = heard([said("我 报警", 9.0), said("我明天还款", 2.0)], "我明天还款", "再打就报警")
    assert (found.text, found.is_rejected) == ("我报警", True)


def test_words_that_sound_alike_speak_for_the_phrase() -> None:
    found = heard([said("气", 8.3), said("七", 8.3), said("支", 7.0)], "七", "生气", "支付")
    assert (found.text, found.is_rejected) == ("七", False)


def test_a_member_of_the_class_is_preferred_to_words_that_make_none() -> None:
    found = heard([said("三千 五千", 10.3), said("三千 五百", 10.0)], "转人工", named=["amount"])
    assert found.text == "三千五百"


def test_a_member_is_as_good_as_a_phrase() -> None:
    found = heard([said("三千 五百 块")], "转人工", named=["amount"])
    assert (found.text, found.confidence, found.is_rejected) == ("三千五百块", 1.0, False)


def test_a_phrase_and_a_member_in_a_row_are_taken_with_doubt() -> None:
    found = heard([said("转人工 明天")], "转人工", named=["date"])
    assert (found.confidence, found.is_rejected) == (0.7, False)


def test_what_the_back_off_made_up_is_rejected() -> None:
    assert heard([said("三千 五千 号")], "转人工", named=["amount"]).is_rejected


def test_the_confidence_is_shared_with_what_else_it_may_have_been() -> None:
    assert heard([said("是"), said("不是")], "是", "不是").confidence == 0.5
    assert heard([said("是", 3.0), said("不是")], "是", "不是").confidence == pytest.approx(0.953, abs=0.001)


@pytest.mark.parametrize(
    ("text", "confidence", "is_rejected"),
    [
        ("是的", 0.5, False),  # half of what sounds alike
        ("是的", 0.4, True),
        ("是的 我是", 0.8, False),
        ("是的 我是 好的", 0.9, True),
    ],
)
def test_what_is_less_likely_than_not_is_rejected(text: str, confidence: float, is_rejected: bool) -> None:
    found = heard([said(text, confidence=confidence)], "是的", "我是", "好的")
    assert (found.text, found.is_rejected) == (text.replace(" ", ""), is_rejected)


def test_what_is_heard_freely_is_rejected_below_what_the_model_allows() -> None:
    words = [said("是的", confidence=0.3)]
    assert [heard(words, least=least).is_rejected for least in (0.0, 0.3, 0.31)] == [False, False, True]
