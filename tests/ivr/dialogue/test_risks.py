"""Risk over a call: told once, again only when graver, and what must be said twice is graver."""

from __future__ import annotations

import pytest

from ivr.dialogue import risks
from ivr.dialogue.memory import State, from_dict, to_dict
from ivr.meaning import RiskFound
from kit.vocabulary import Risk, Severity


def found(category: Risk, severity: Severity) -> RiskFound:
    return RiskFound(category, severity, "听到的话")


@pytest.mark.parametrize("category", sorted(risks.TIMES_TO_P1))
def test_what_is_said_again_and_again_is_graver_and_told_once_more(category: Risk) -> None:
    state, times = State("start"), risks.TIMES_TO_P1[category]
    told = [risks.news(state, [found(category, Severity.P2)]) for _ in range(times + 1)]
    assert [one.severity for one in told[0]] == [Severity.P2]
    assert not any(told[1 : times - 1])
    assert [(one.severity, one.why) for one in told[times - 1]] == [(Severity.P1, f"听到的话；同一通电话里第{times}次说起")]
    assert told[times] == []
    assert state.risks == {category: Severity.P1}


def test_the_first_time_is_remembered_with_the_memory() -> None:
    state = State("start")
    risks.news(state, [found(Risk.STOP_CONTACT, Severity.P2)])
    state = from_dict(to_dict(state, "script", "digest"), "script", "digest")
    assert [one.severity for one in risks.news(state, [found(Risk.STOP_CONTACT, Severity.P2)])] == [Severity.P1]


def test_a_memory_from_before_is_taken_up() -> None:
    memory = to_dict(State("start"), "script", "digest")
    del memory["insisted"]
    assert from_dict(memory, "script", "digest").insisted == []


def test_two_risks_in_one_turn_are_no_repetition() -> None:
    state = State("start")
    told = risks.news(state, [found(Risk.DISPUTE, Severity.P2), found(Risk.STOP_CONTACT, Severity.P2)])
    assert [one.severity for one in told] == [Severity.P2, Severity.P2]


@pytest.mark.parametrize("category", [Risk.INCOME_LOSS, Risk.SERIOUS_ILLNESS, Risk.WANTS_HUMAN])
def test_what_is_no_graver_for_being_said_again_is_told_once(category: Risk) -> None:
    state = State("start")
    usual = risks.usual_severity(category)
    assert risks.news(state, [found(category, usual)])
    assert risks.news(state, [found(category, usual)]) == []


def test_a_graver_word_is_never_lowered() -> None:
    state = State("start")
    risks.news(state, [found(Risk.STOP_CONTACT, Severity.P1)])
    assert risks.news(state, [found(Risk.STOP_CONTACT, Severity.P2)]) == []
    assert state.risks[Risk.STOP_CONTACT] is Severity.P1
