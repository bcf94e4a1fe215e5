"""What to do with one borrower whose turn it is: dial, try later, or never. Decides; writes nothing and dials nobody."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from kit.vocabulary import Purpose
from law.gate import GateFacts, Verdict, may_call
from law.policy import Policy


@dataclass(frozen=True, slots=True)
class Dial:
    """Write INTENT and place the call; `verdict` is kept with the attempt."""

    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Later:
    """Give the lease back until `at`. Without a rule nothing forbids the call: there was no room for it."""

    at: datetime
    rule: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Never:
    """The law forbids this borrower for good in this campaign."""

    rule: str
    reason: str


Decision = Dial | Later | Never


def decide(policy: Policy, facts: GateFacts, purpose: Purpose, *, room: int, now: datetime) -> Decision:
    """The law first, then whether there is room. `room`: calls that may still be begun."""
    verdict = may_call(policy, facts, purpose, now=now)
    if not verdict.is_allowed:
        if verdict.not_before is None:
            return Never(verdict.rule, verdict.reason)
        return Later(verdict.not_before, verdict.rule, verdict.reason)
    return Dial(verdict) if room > 0 else Later(now)
