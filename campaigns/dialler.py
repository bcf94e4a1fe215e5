"""Dials: seat, lease, law once more, INTENT, the carrier, the record. Never dials twice; never past the gate.

What is committed before the carrier is asked survives any death of this process: an INTENT without an end is asked about
at the carrier by the sweep (campaigns.sweep), never posted again.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from campaigns.decision import Decision, Dial, Later, Never, decide
from campaigns.facts import UNFIT_FACTS, call_facts, unfit
from campaigns.known import Known, known
from campaigns.pacing import Load, Pace, may_start
from campaigns.settling import settle_finished
from ivr.carrier.rest import Placed, Refused, Unknown
from ivr.dialogue.lines import personal_pieces
from ivr.ports import Recorder, Shift, has_p0_agent
from ivr.script.fields import Facts
from ivr.script.library import RevisionLost
from ivr.script.model import Script
from kit.clock import Clock, local_date
from kit.ids import new_id
from kit.settings import Settings
from kit.vocabulary import Outcome
from law.gate import Verdict
from law.policy import Policy
from store import attempts, borrowers, campaigns, promises, targets
from store.models import Campaign
from store.session import Session, Store

LOG = logging.getLogger(__name__)
LEASE_S = 30.0
"""How long a lease holds while law is asked and INTENT is written; nothing is dialled under an expired lease."""


class Carrier(Protocol):
    """The one thing that the dialler asks of the carrier."""

    def create_call(self, to: str, *, call_id: str, attempt_id: str) -> Placed | Refused | Unknown:
        """Place a call once."""


class Starts(Protocol):
    """The calls per second of all diallers together (store.live)."""

    def started_last_s(self) -> int:
        """Calls that were given leave to start within the last second."""

    def may_start(self, per_s: int) -> bool:
        """Take leave to start one call now; atomic across processes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """Everything that dialling needs, filled by app.py. `seats()`: media slots of all living, undraining media processes.

    `scripts(id, digest)` is a revision that was fixed at a campaign's start; `unspoken(texts)` those without a rendered clip.
    """

    settings: Settings
    clock: Clock
    store: Store
    policy: Policy
    carrier: Carrier
    seats: Callable[[], int]
    starts: Starts
    shift: Shift
    recorder: Recorder
    pace: Callable[[], Pace]
    scripts: Callable[[str, str], Script]
    unspoken: Callable[[Sequence[str]], Sequence[str]]


@dataclass(frozen=True, slots=True)
class Intended:
    """An attempt that is written down and may be placed. `phone` is E.164."""

    attempt_id: str
    call_id: str
    borrower_id: str
    phone: str


class Dialler:
    """One tick at a time. Several may run at once on any machine: leases and INTENT rows keep them apart."""

    def __init__(self, exchange: Exchange) -> None:
        self._on = exchange
        self._owner = new_id("dialler")

    def tick(self) -> int:
        """Start what may be started now; the number of calls placed."""
        if hindrance := self._hindrance():
            LOG.error("nothing is dialled: %s", hindrance)
            placed = 0
        else:
            placed = sum(self.dial(target_id, campaign) for target_id, campaign in self._due())
        settle_finished(self._on.store, self._on.clock.now())
        return placed

    def _hindrance(self) -> str:
        """What forbids every call now."""
        if not self._on.recorder.is_ready():
            return "recording is not possible"
        return "" if has_p0_agent(self._on.shift) else "no agent on shift may take a P0 call"

    def dial(self, target_id: str, campaign: Campaign) -> bool:
        """Call this target, if that may be done now; whether the carrier was asked.

        A database that refuses, or a script that is gone, costs this target's turn only. After the carrier was asked, the
        sweep finds the call.
        """
        intended = None
        try:
            intended = self._intend(target_id, campaign)
            if intended is not None:
                self._place(intended)
        except RevisionLost:
            LOG.error("a campaign's script revision is gone", extra={"target": target_id})
        except attempts.UNSTORED as fault:
            LOG.warning("the database refused a transaction", extra={"target": target_id, "fault": type(fault).__name__})
        return intended is not None

    def _due(self) -> list[tuple[str, Campaign]]:
        """Targets to try in this tick, campaigns in turn, as many as pacing bears."""
        now = self._on.clock.now()
        with self._on.store.reading() as session:
            running = campaigns.running(session)
            bearable = self._bearable(attempts.in_flight(session))
            queues = [
                [(target_id, one) for target_id in targets.due(session, one.id, now=now, limit=bearable)] for one in running
            ]
        longest = max(map(len, queues), default=0)
        in_turn = [queue[place] for place in range(longest) for queue in queues if place < len(queue)]
        return in_turn[:bearable]

    def _bearable(self, in_flight: int) -> int:
        return may_start(self._load(self._on.starts.started_last_s()).with_in_flight(in_flight), self._on.pace())

    def _load(self, started_last_s: int) -> Load:
        return Load(0, self._on.seats(), started_last_s, len(self._on.shift.on_shift()))

    def _intend(self, target_id: str, campaign: Campaign) -> Intended | None:
        """Lease, get leave to start, decide, write: None when this target is not dialled now."""
        if not self._take(target_id, self._on.clock.now()):
            return None
        load, pace = self._load(0), self._on.pace()
        with self._on.store.transaction() as session:
            attempts.keep_others_from_counting(session)
            target = targets.get(session, target_id)
            borrower = borrowers.lock(session, target.borrower_id)
            now = self._on.clock.now()  # the locks may have been long in coming: law is asked in the second of dialling
            asked = known(session, target, borrower, now=now)
            room = may_start(load.with_in_flight(attempts.in_flight(session)), pace)
            decision = decide(self._on.policy, asked.facts, campaign.purpose, room=room, now=now)
            return self._write(session, decision, asked, campaign=campaign, now=now)

    def _take(self, target_id: str, now: datetime) -> bool:
        """The lease, and leave to start a call in this second; a lease without leave is given back."""
        with self._on.store.transaction() as session:
            if not targets.lease(session, target_id, owner=self._owner, now=now, for_s=LEASE_S):
                return False
        if self._on.starts.may_start(self._on.pace().calls_per_s):
            return True
        with self._on.store.transaction() as session:
            self._give_back(session, target_id, Later(now))
        return False

    def _write(
        self, session: Session, decision: Decision, asked: Known, *, campaign: Campaign, now: datetime
    ) -> Intended | None:
        """Write the decision down; only an INTENT is followed by a call."""
        match decision:
            case Never(rule, reason):
                targets.block(session, asked.target_id, rule=rule, reason=reason)
            case Later():
                self._give_back(session, asked.target_id, decision)
            case Dial(verdict):
                script = self._on.scripts(campaign.script_id, campaign.script_digest or "")
                facts = call_facts(self._on.settings, asked.borrower, asked.loan, on=local_date(now))
                if reason := unfit(script, facts):
                    targets.block(session, asked.target_id, rule=UNFIT_FACTS, reason=reason)
                elif self._on.unspoken(sorted(personal_pieces(script, facts))):
                    targets.prepare_anew(session, asked.target_id, owner=self._owner)
                else:
                    return self._write_intent(session, asked, self._intention(verdict, campaign, facts), now=now)
        return None

    def _write_intent(self, session: Session, asked: Known, intention: attempts.Intention, *, now: datetime) -> Intended | None:
        try:
            attempt, call = attempts.intend(session, asked.target_id, intention, now=now)
        except (attempts.LeaseLost, attempts.CampaignHalted, attempts.AlreadyOnTheLine) as lost:
            LOG.info("not dialled after all", extra={"target": asked.target_id, "reason": type(lost).__name__})
            self._give_back(session, asked.target_id, Later(now))
            return None
        return Intended(attempt.id, call.id, asked.borrower.id, asked.borrower.phone_e164)

    def _intention(self, verdict: Verdict, campaign: Campaign, facts: Facts) -> attempts.Intention:
        return attempts.Intention(
            purpose=campaign.purpose,
            verdict=verdict_record(verdict),
            script_id=campaign.script_id,
            script_digest=campaign.script_digest or "",
            facts=facts,
            owner=self._owner,
        )

    def _give_back(self, session: Session, target_id: str, later: Later) -> None:
        targets.release(session, target_id, owner=self._owner, next_try_at=later.at, rule=later.rule, reason=later.reason)

    def _place(self, intended: Intended) -> None:
        """Ask the carrier, once, and write down what it said."""
        result = self._on.carrier.create_call(intended.phone, call_id=intended.call_id, attempt_id=intended.attempt_id)
        now = self._on.clock.now()
        with self._on.store.transaction() as session:
            if not isinstance(result, Refused):
                promises.answer_callbacks(session, intended.borrower_id, now=now)
            match result:
                case Placed(sid):
                    attempts.placed(session, intended.attempt_id, carrier_sid=sid, now=now)
                case Refused():
                    outcome = refusal_outcome(result)
                    attempts.refused(session, intended.attempt_id, fault_code=str(result.code), outcome=outcome, now=now)
                case Unknown():
                    attempts.doubted(session, intended.attempt_id)
        LOG.info("call placed", extra={"attempt": intended.attempt_id, "result": type(result).__name__})


def refusal_outcome(refused: Refused) -> Outcome:
    """What a refused call came to: a number that the carrier will never take is invalid, all else is its fault."""
    return Outcome.INVALID_NUMBER if refused.is_permanent and refused.code in _BAD_NUMBER else Outcome.CARRIER_ERROR


_BAD_NUMBER = frozenset({21211, 21217, 21401, 21421, 13224})
"""Codes by which Twilio says that the number itself is bad (https://www.twilio.com/docs/api/errors)."""


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
