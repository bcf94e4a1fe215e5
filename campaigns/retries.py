"""What follows an outcome: try again, after how long, how often; or stop. A table; the gate still decides each time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from kit.vocabulary import RIGHT_PARTY, Outcome


@dataclass(frozen=True, slots=True)
class RetryRule:
    """`tries`: attempts in all that may end like this within one campaign; 1 means never again. `wait_min`: minutes."""

    tries: int
    wait_min: int = 0


_ONCE = RetryRule(1)

RETRIES: Mapping[Outcome, RetryRule] = {
    **dict.fromkeys(RIGHT_PARTY, _ONCE),
    Outcome.THIRD_PARTY: RetryRule(3, 24 * 60),
    Outcome.WRONG_NUMBER: _ONCE,
    Outcome.HUNG_UP_EARLY: RetryRule(2, 24 * 60),
    Outcome.HUNG_UP_DURING: _ONCE,
    Outcome.SILENT: RetryRule(2, 24 * 60),
    Outcome.BUSY: RetryRule(4, 120),
    Outcome.NO_ANSWER: RetryRule(4, 180),
    Outcome.OFF: RetryRule(3, 240),
    Outcome.UNREACHABLE: RetryRule(3, 240),
    Outcome.INVALID_NUMBER: _ONCE,
    Outcome.SUSPENDED: _ONCE,
    Outcome.VOICEMAIL: RetryRule(3, 240),
    Outcome.ASSISTANT: RetryRule(3, 240),
    Outcome.TRANSFERRED: _ONCE,
    Outcome.CALLBACK_BOOKED: RetryRule(4, 24 * 60),
    Outcome.CARRIER_ERROR: RetryRule(3, 30),
    Outcome.ABANDONED: RetryRule(2, 72 * 60),
    Outcome.UNKNOWN: _ONCE,
}
"""Waits are ours (no legal number); the gate adds the legal caps and cooldowns. 72 h after an abandoned call: Ofcom."""


def next_call_back(wanted_at: datetime | None, booked: int, now: datetime) -> datetime | None:
    """When to keep a promise to call back, the `booked`-th of a campaign: at the hour that was named, whatever else; without
    one another day, but not for ever."""
    return max(wanted_at, now) if wanted_at else next_try(Outcome.CALLBACK_BOOKED, booked, now)


def next_try(outcome: Outcome, tries: int, now: datetime) -> datetime | None:
    """When to try again after the `tries`-th attempt ended so; None when this campaign is done with the borrower."""
    rule = RETRIES[outcome]
    return now + timedelta(minutes=rule.wait_min) if tries < rule.tries else None
