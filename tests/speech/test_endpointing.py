"""When an utterance is over: patience by question, early commit, and that every sequence of frames ends or waits."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from speech.endpointing import PROFILES, Decision, Endpointer, endpointer
from speech.ports import FRAME_S


def frames(seconds: float) -> int:
    return round(seconds / FRAME_S)


def seconds_to_end(ear: Endpointer, flags: list[bool], partial: str = "") -> float | None:
    for place, flag in enumerate(flags, start=1):
        if ear.push(flag, partial):
            return round(place * FRAME_S, 2)
    return None


@pytest.mark.parametrize(("kind", "patience"), [("yes_no", 0.32), ("open", 0.7), ("date", 0.9), ("digits", 0.8)])
def test_patience_after_speech(kind: str, patience: float) -> None:
    ear = Endpointer(PROFILES[kind])
    ended = seconds_to_end(ear, [True] * frames(1.0) + [False] * frames(2.0))
    assert ended == pytest.approx(1.0 + patience, abs=FRAME_S)
    assert ear.decision is Decision.ENDED_SILENCE


def test_silence_before_speech_is_waited_out() -> None:
    ear = Endpointer(PROFILES["yes_no"])
    assert seconds_to_end(ear, [False] * frames(60)) is None
    assert ear.decision is Decision.WAITING


def test_a_click_is_no_onset() -> None:
    ear = Endpointer(PROFILES["open"])
    assert seconds_to_end(ear, ([True] + [False] * 20) * 20) is None


def test_onset_is_told_once() -> None:
    ear = Endpointer(PROFILES["open"])
    decisions = [ear.decide(True) for _ in range(10)]
    assert decisions.count(Decision.ONSET) == 1
    assert decisions[-1] is Decision.SPEAKING


def test_a_decisive_phrase_ends_early_once_it_stands_still() -> None:
    ear = endpointer("yes_no")
    seconds_to_end(ear, [True] * frames(0.5), "是的")
    assert seconds_to_end(ear, [False] * frames(1.0), "是的") == pytest.approx(0.16, abs=FRAME_S)
    assert ear.decision is Decision.ENDED_DECISIVE


def test_a_partial_that_still_changes_is_not_decisive() -> None:
    ear = endpointer("yes_no")
    seconds_to_end(ear, [True] * frames(0.5), "")
    assert seconds_to_end(ear, [False] * frames(0.18), "是的") is None


def test_a_decisive_phrase_does_not_end_running_speech() -> None:
    ear = endpointer("yes_no")
    assert seconds_to_end(ear, [True] * frames(3.0), "对") is None


def test_steps_can_add_decisive_phrases() -> None:
    ear = endpointer("open", frozenset({"转人工"}))
    seconds_to_end(ear, [True] * frames(0.6), "转人工")
    assert seconds_to_end(ear, [False] * frames(1.0), "转人工") == pytest.approx(0.16, abs=FRAME_S)


@pytest.mark.parametrize(
    ("kind", "said", "patience"),
    [
        ("amount", "先还五百块", 0.3),
        ("date", "明天下午", 0.38),
        ("amount", "三千", 0.66),
        ("date", "我也说不好", 0.66),
        ("amount", "我想先", 1.2),
        ("date", "十一月", 1.2),
        ("date", "", 0.9),
    ],
)
def test_the_patience_with_dates_and_amounts_is_by_how_far_they_have_come(kind: str, said: str, patience: float) -> None:
    ear = endpointer(kind)
    seconds_to_end(ear, [True] * 40, said)
    assert seconds_to_end(ear, [False] * 200, said) == pytest.approx(patience, abs=FRAME_S)


def test_what_was_said_late_shortens_the_patience_when_it_is_seen() -> None:
    ear = endpointer("amount")
    seconds_to_end(ear, [True] * 40, "三千")
    assert seconds_to_end(ear, [False] * frames(0.4), "三千") is None
    assert seconds_to_end(ear, [False] * 10, "三千二百块") == pytest.approx(FRAME_S)


def test_a_pause_inside_a_number_is_no_end() -> None:
    ear = endpointer("amount")
    assert seconds_to_end(ear, [True] * 30 + [False] * frames(0.6) + [True] * 30, "三千") is None


def test_a_click_does_not_prolong_the_silence() -> None:
    ear = Endpointer(PROFILES["yes_no"])
    quiet = [False] * 8 + [True] + [False] * 20
    assert seconds_to_end(ear, [True] * 20 + quiet) == pytest.approx(0.4 + 0.32, abs=FRAME_S)


def test_an_opened_utterance_ends_even_when_no_more_voice_comes() -> None:
    assert seconds_to_end(endpointer("yes_no"), [True, False, True, False, True] + [False] * 100) is not None


def test_the_past_before_the_voice_is_no_silence() -> None:
    assert seconds_to_end(endpointer("yes_no"), [False] * 15 + [True] * 50) is None


def test_an_unknown_kind_is_open() -> None:
    assert endpointer("nonsense").profile is PROFILES["open"]


@given(
    st.sampled_from(sorted(PROFILES)),
    st.booleans(),
    st.lists(st.tuples(st.booleans(), st.sampled_from(["", "是", "是的", "我", "三千块"])), max_size=400),
)
def test_any_sequence_ends_or_waits_and_an_end_is_final(kind: str, has_begun: bool, fed: list[tuple[bool, str]]) -> None:
    ear = Endpointer(PROFILES[kind], has_begun=has_begun)
    ended = None
    for flag, partial in fed:
        decision = ear.decide(flag, partial)
        assert ended is None or decision is ended
        ended = decision if decision.is_end else ended
    if ended is None and ear.decision is not Decision.WAITING:
        assert seconds_to_end(ear, [False] * frames(3.0)) is not None


@given(st.sampled_from(sorted(PROFILES)), st.lists(st.booleans(), min_size=1, max_size=40))
def test_nothing_is_longer_than_its_profile(kind: str, pattern: list[bool]) -> None:
    flags = pattern * (1100 // len(pattern) + 1)
    assert seconds_to_end(endpointer(kind), flags) is not None
