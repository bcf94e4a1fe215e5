"""Floors on the corpus. They are raised when the figures rise, never lowered."""

from __future__ import annotations

import pytest

from kit.vocabulary import Intent, Risk, Severity
from tests.understanding import corpus

ACCURACY = 0.985
MACRO_F1 = 0.98
F1_OF_ANY_INTENT = 0.75
RISK_RECALL = {Severity.P0: 1.0, Severity.P1: 0.99, Severity.P2: 0.98, Severity.P3: 0.98}
RISK_PRECISION = {Severity.P0: 0.97, Severity.P1: 0.97, Severity.P2: 0.95, Severity.P3: 0.93}


@pytest.fixture(scope="module")
def judged() -> list[corpus.Judged]:
    return corpus.judge()


def test_is_large_and_covers_every_word() -> None:
    lines = corpus.lines()
    assert len(lines) >= 1900
    assert {line.intent for line in lines if line.intent} == set(Intent)
    assert {risk for line in lines for risk, _ in line.risk} == set(Risk)


def test_has_look_alikes_that_are_no_risk() -> None:
    assert sum(line.intent is None and not line.risk for line in corpus.lines()) >= 50


def test_accuracy(judged: list[corpus.Judged]) -> None:
    assert corpus.accuracy(judged) >= ACCURACY, _wrong(judged)


def test_f1(judged: list[corpus.Judged]) -> None:
    f1 = corpus.f1_by_intent(judged)
    assert sum(f1.values()) / len(f1) >= MACRO_F1
    assert {intent: value for intent, value in f1.items() if value < F1_OF_ANY_INTENT} == {}


@pytest.mark.parametrize("severity", list(Severity))
def test_risk(judged: list[corpus.Judged], severity: Severity) -> None:
    recall, precision, labels = corpus.risk_figures(judged)[severity]
    assert labels >= 15
    assert recall >= RISK_RECALL[severity]
    assert precision >= RISK_PRECISION[severity]


def test_slots(judged: list[corpus.Judged]) -> None:
    assert {one.line.text: one.wrong_slots for one in judged if one.wrong_slots} == {}


def test_every_judgement_says_why(judged: list[corpus.Judged]) -> None:
    assert [one.line.text for one in judged if not all(one.meaning.why) or not one.meaning.why] == []


def _wrong(judged: list[corpus.Judged]) -> str:
    return "\n".join(f"{one.line.text}: {one.meaning.intent}, not {one.line.intent}" for one in judged if not one.is_right)
