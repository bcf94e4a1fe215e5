"""Pacing and retries: never more than can be borne; every outcome has its rule."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from campaigns.pacing import Load, Pace, may_start
from campaigns.retries import RETRIES, next_try
from kit.vocabulary import Outcome

counts = st.integers(0, 300)


@given(counts, counts, counts, st.integers(0, 50), st.integers(1, 50), st.integers(1, 200))
def test_never_beyond_slots_lines_rate_or_agents(
    in_flight: int, free: int, started: int, agents: int, per_s: int, lines: int
) -> None:
    load = Load(in_flight, free, started, agents)
    start = may_start(load, Pace(per_s, lines))
    assert start >= 0
    assert start <= free
    assert start + in_flight <= max(lines, in_flight)
    assert start + started <= max(per_s, started)
    if agents == 0:
        assert start == 0


def test_more_agents_bear_more_calls() -> None:
    pace = Pace(calls_per_s=1000, max_in_flight=1000)
    bearable = [may_start(Load(0, 1000, 0, agents), pace) for agents in range(1, 20)]
    assert bearable == sorted(bearable)
    assert bearable[0] >= 3


def test_every_outcome_has_a_retry_rule() -> None:
    assert set(RETRIES) == set(Outcome)


def test_a_promise_is_not_retried_but_a_busy_line_is() -> None:
    now = datetime(2026, 11, 23, 2, tzinfo=UTC)
    assert next_try(Outcome.PROMISE, 1, now) is None
    assert next_try(Outcome.BUSY, 1, now) == now + timedelta(minutes=120)
    assert next_try(Outcome.BUSY, 4, now) is None
