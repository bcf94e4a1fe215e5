"""The benchmark's answers: what has been said by when, where pauses fall, and what endpointing makes of them in line time."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.answers import ANSWERS, LAG_S, answers, hums, named
from benchmarks.line_time import answered
from benchmarks.media import Following
from benchmarks.reply_latency import percentile
from speech.audio import decode_mulaw
from speech.standing import Standing, standing


@pytest.mark.parametrize("kind", sorted(ANSWERS))
def test_words_are_shown_in_order_and_never_before_they_were_said(kind: str) -> None:
    for answer in answers(kind, hums, 1):
        times = [at for at, _ in answer.partials]
        texts = [text for _, text in answer.partials]
        assert times == sorted(times)
        assert texts == [answer.text[:count] for count in range(1, len(answer.text) + 1)]
        assert LAG_S <= times[-1] - len(answer.sound) / 8000 <= LAG_S + 0.11
        assert 0 < answer.whole_s <= len(answer.sound) / 8000


def test_an_answer_names_itself_and_no_other_frame_does() -> None:
    for number, answer in enumerate(answers("date", hums, 2)):
        frames = decode_mulaw(answer.sound)[: len(answer.sound) // 160 * 160].reshape(-1, 160)
        assert named(frames[0]) == number
        assert all(named(frame) is None for frame in frames[1:])
    assert named(np.zeros(160, np.int16)) is None


def test_the_scripted_ear_shows_the_words_of_the_answer_that_it_is_given() -> None:
    given = answers("amount", hums, 1)
    ear = Following([list(answer.partials) for answer in given]).open()
    for answer in given[:3]:
        seen = [ear.feed(frame) for frame in np.resize(decode_mulaw(answer.sound), (200, 160))[: len(answer.sound) // 160]]
        assert seen[5] == ""
        assert ear.finish().text == answer.text


def test_answers_and_their_pauses_are_the_same_every_time() -> None:
    assert [answer.sound for answer in answers("date", hums, 1)] == [answer.sound for answer in answers("date", hums, 1)]


@pytest.mark.parametrize("kind", ["date", "amount"])
def test_a_bar_is_where_the_answer_may_go_on_and_a_slash_where_it_is_whole(kind: str) -> None:
    for shape in ANSWERS[kind]:
        for piece in shape.split("|")[:-1]:
            assert standing(piece.replace("/", ""), kind) not in {Standing.CLOSED, Standing.WHOLE}
        if "/" in shape:
            assert standing(shape.split("/")[0], kind) in {Standing.CLOSED, Standing.WHOLE, Standing.OPEN}


@pytest.mark.parametrize(("kind", "half_s", "most_s", "cuts_pct"), [("date", 0.45, 0.7, 4.0), ("amount", 0.45, 0.7, 6.0)])
def test_dates_and_amounts_are_ended_in_time_and_seldom_before(
    kind: str, half_s: float, most_s: float, cuts_pct: float
) -> None:
    found = answered(kind, answers(kind, hums, 4))
    turns = len(found.delays) + found.cuts + found.hasty
    assert found.deaf == 0
    assert percentile(found.delays, 50) <= half_s
    assert percentile(found.delays, 95) <= most_s
    assert 100 * found.cuts / turns <= cuts_pct
