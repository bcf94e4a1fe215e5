"""Dials: seat, lease, law once more, INTENT, the carrier, the record. Never dials twice; never past the gate.

What is committed before the carrier is asked survives any death of this process: an INTENT without an end is asked about
at the carrier by the sweep (campaigns.sweep), never posted again.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Protocol

from campaigns.facts import call_facts
from campaigns.pacing import Load, Pace, may_start
from campaigns.retries import next_try
from ivr.carrier.rest import Placed, Refused, Unknown
from ivr.ports import Recorder, Shift
from kit.clock import Clock
from kit.ids import new_id
from kit.settings import Settings
from kit.vocabulary import Outcome
from law.gate import GateFacts, Hold, Verdict, may_call
from law.policy import Policy
from store import attempts, borrowers, campaigns, gate_facts
from store.gate_facts import KnownFacts
from store.models import Campaign
from store.session import Store
from store.words import CampaignState, TargetState

LOG = logging.getLogger(__name__)
LEASE_S = 30.0
"""How long a lease holds while law is asked and INTENT is written; nothing is dialled under an expired lease."""


class Carrier(Protocol):
    """The one thing that the dialler asks of the carrier."""

    def create_call(self, to: str, *, call_id: str, attempt_id: str) -> Placed | Refused | Unknown:
        """Place a call once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """Everything that dialling needs, filled by app.py. `seats()`: media slots of all living, undraining media processes."""

    settings: Settings
    clock: Clock
    store: Store
    policy: Policy
    carrier: Carrier
    seats: Callable[[], int]
    shift: Shift
    recorder: Recorder
    pace: Callable[[], Pace]


@dataclass(frozen=True, slots=True)
class Intended:
    """An attempt that is written down and may be placed. `phone` is E.164."""

    attempt_id: str
    call_id: str
    phone: str


class Dialler:
    """One tick at a time. Several may run at once on any machine: leases and INTENT rows keep them apart."""

    def __init__(self, exchange: Exchange) -> None:
        self._on = exchange
        self._owner = new_id("dialler")

    def tick(self) -> int:
        """Start what may be started now; the number of calls placed."""
        if not self._on.recorder.is_ready():
            LOG.error("nothing is dialled: recording is not possible")
            return 0
        placed = 0
        for target_id, campaign in self._due():
            intended = self._intend(target_id, campaign)
            if intended is not None:
                self._place(intended)
                placed += 1
        settle_finished(self._on.store, self._on.clock.now())
        return placed

    def _due(self) -> list[tuple[str, Campaign]]:
        """Targets to try in this tick, campaigns in turn, as many as pacing bears."""
        now = self._on.clock.now()
        with self._on.store.reading() as session:
            running = campaigns.running(session)
            bearable = self._bearable(attempts.in_flight(session))
            queues = [
                [(target_id, one) for target_id in campaigns.due_targets(session, one.id, now=now, limit=bearable)]
                for one in running
            ]
        longest = max(map(len, queues), default=0)
        in_turn = [queue[place] for place in range(longest) for queue in queues if place < len(queue)]
        return in_turn[:bearable]

    def _bearable(self, in_flight: int) -> int:
        free = self._on.seats() - in_flight
        agents = len(self._on.shift.on_shift())
        return may_start(Load(in_flight, max(0, free), 0, agents), self._on.pace())

    def _intend(self, target_id: str, campaign: Campaign) -> Intended | None:
        """Lease, ask the law and write INTENT: None when this target is not dialled now."""
        now = self._on.clock.now()
        with self._on.store.transaction() as session:
            if not campaigns.lease(session, target_id, owner=self._owner, now=now, for_s=LEASE_S):
                return None
        with self._on.store.transaction() as session:
            target = campaigns.target(session, target_id)
            borrower = borrowers.lock(session, target.borrower_id)
            loan = borrowers.loan(session, target.loan_id) if target.loan_id else None
            known = gate_facts.facts_for_gate(session, borrower.id, now=now, loan_id=target.loan_id)
            verdict = may_call(self._on.policy, as_gate_facts(known), campaign.purpose, now=now)
            if not verdict.is_allowed:
                self._postpone(session, target_id, verdict)
                return None
            if self._bearable(attempts.in_flight(session)) < 1:
                campaigns.release(session, target_id, owner=self._owner, next_try_at=now)
                return None
            intention = attempts.Intention(
                purpose=campaign.purpose,
                verdict=verdict_record(verdict),
                script_id=campaign.script_id,
                script_digest=campaign.script_digest or "",
                facts=call_facts(self._on.settings, borrower, loan),
                owner=self._owner,
            )
            try:
                attempt, call = attempts.intend(session, target_id, intention, now=now)
            except attempts.AlreadyOnTheLine:
                campaigns.release(session, target_id, owner=self._owner, next_try_at=now)
                return None
            return Intended(attempt.id, call.id, borrower.phone_e164)

    def _postpone(self, session: Any, target_id: str, verdict: Verdict) -> None:
        rule, reason, later = verdict.rule, verdict.reason, verdict.not_before
        if later is None:
            campaigns.block(session, target_id, rule=rule, reason=reason)
        else:
            campaigns.release(session, target_id, owner=self._owner, next_try_at=later, rule=rule, reason=reason)

    def _place(self, intended: Intended) -> None:
        """Ask the carrier, once, and write down what it said."""
        result = self._on.carrier.create_call(intended.phone, call_id=intended.call_id, attempt_id=intended.attempt_id)
        now = self._on.clock.now()
        with self._on.store.transaction() as session:
            match result:
                case Placed(sid):
                    attempts.placed(session, intended.attempt_id, carrier_sid=sid, now=now)
                case Refused():
                    outcome = refusal_outcome(result)
                    attempts.refused(session, intended.attempt_id, fault_code=str(result.code), outcome=outcome, now=now)
                case Unknown():
                    attempts.doubted(session, intended.attempt_id)
        LOG.info("call placed", extra={"attempt": intended.attempt_id, "result": type(result).__name__})


def settle_finished(store: Store, now: datetime) -> int:
    """Give every finished attempt's target its end or its next try, and close campaigns in which nothing is left to do.

    The number of targets moved.
    """
    with store.transaction() as session:
        moved = 0
        for attempt in attempts.unsettled(session):
            outcome = attempt.outcome or Outcome.UNKNOWN
            again = next_try(outcome, attempt.attempt_no, now)
            moved += campaigns.settle(session, attempt.id, outcome=outcome, next_try_at=again, now=now)
        for campaign in campaigns.running(session):
            if not _is_open(campaigns.count_by_state(session, campaign.id)):
                campaigns.step(session, campaign.id, CampaignState.DONE, now=now)
    return moved


def _is_open(counts: dict[TargetState, int]) -> bool:
    return any(counts[state] for state in (TargetState.WAITING, TargetState.LEASED, TargetState.CALLING))


def refusal_outcome(refused: Refused) -> Outcome:
    """What a refused call came to: a number that the carrier will never take is invalid, all else is its fault."""
    return Outcome.INVALID_NUMBER if refused.is_permanent and refused.code in _BAD_NUMBER else Outcome.CARRIER_ERROR


_BAD_NUMBER = frozenset({21211, 21217, 21401, 21421, 13224})
"""Codes by which Twilio says that the number itself is bad (telephony.md section 4)."""


def as_gate_facts(known: KnownFacts, *, by_robot: bool = True) -> GateFacts:
    """What the tables know, as the gate asks for it."""
    same = {name: value for name, value in asdict(known).items() if name != "holds"}
    return GateFacts(**same, holds=tuple(Hold(held.rule, held.until) for held in known.holds), by_robot=by_robot)


def verdict_record(verdict: Verdict) -> dict[str, str | bool]:
    """The verdict as the attempt keeps it."""
    return {
        "allowed": verdict.is_allowed,
        "rule": verdict.rule,
        "reason": verdict.reason,
        "policy_digest": verdict.policy_digest,
    }


def default_pace(settings: Settings) -> Pace:
    """The pace that settings allow."""
    return Pace(calls_per_s=settings.calls_per_s, max_in_flight=settings.max_in_flight)
