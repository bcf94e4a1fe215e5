"""Questions about attempts. An attempt is committed as INTENT before the carrier is asked; it only ever moves forward."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from kit.ids import new_id
from kit.vocabulary import CallState, Outcome, Purpose
from store import borrowers, campaigns, facts, ledger
from store.facts import FactValue
from store.models import Attempt, Call, Target
from store.session import WriterBusy
from store.words import FINAL_ATTEMPTS, UNANSWERED_OUTCOMES, AttemptState, Attention, TargetState

UNSTORED: tuple[type[Exception], ...] = (WriterBusy, OperationalError)
"""What a transaction raises to which the database gave no lock, no connection or no room: no call follows from it."""


class LeaseLost(RuntimeError):
    """The target is no longer leased by this owner: dial nothing."""


class CampaignHalted(RuntimeError):
    """The target's campaign was paused or stopped meanwhile: dial nothing."""


class AlreadyOnTheLine(RuntimeError):
    """Another attempt to this borrower or number is not over yet: dial nothing."""


@dataclass(frozen=True, slots=True)
class Intention:
    """What the attempt is to be. `verdict` is JSON of what law said, with the policy's digest."""

    purpose: Purpose
    verdict: Mapping[str, Any]
    script_id: str
    script_digest: str
    facts: Mapping[str, FactValue]
    owner: str


def intend(session: Session, target_id: str, intention: Intention, *, now: datetime) -> tuple[Attempt, Call]:
    """Write the attempt and its call, under a valid lease, in the transaction that asked the law.

    Raises LeaseLost, CampaignHalted or AlreadyOnTheLine; then nothing is written and nothing may be dialled. Call
    `keep_others_from_counting` and `borrowers.lock` before reading the facts.
    """
    target = session.scalars(select(Target).where(Target.id == target_id).with_for_update()).one()
    until = target.lease_until
    if target.state is not TargetState.LEASED or target.lease_owner != intention.owner or until is None or until <= now:
        raise LeaseLost(target_id)
    if not campaigns.keep_running(session, target.campaign_id):
        raise CampaignHalted(target.campaign_id)
    borrower = borrowers.lock(session, target.borrower_id)
    person = borrowers.same_person(session, borrower)
    if open_attempts(session, person=person, number_digest=borrower.number_digest):
        raise AlreadyOnTheLine(borrower.id)
    target.state = TargetState.CALLING
    target.tries += 1
    target.blocked_rule = target.blocked_reason = None
    attempt = Attempt(
        id=new_id("attempt"),
        target_id=target.id,
        campaign_id=target.campaign_id,
        borrower_id=borrower.id,
        attempt_no=target.tries,
        state=AttemptState.INTENT,
        purpose=intention.purpose,
        number_digest=borrower.number_digest,
        owner=intention.owner,
        verdict=dict(intention.verdict),
        created_at=now,
    )
    session.add(attempt)
    session.flush()
    call = _add_call(session, attempt, target.loan_id, intention, now=now)
    ledger.append(session, "attempt.intended", attempt.id, _proof(attempt, intention), now=now)
    return attempt, call


def _add_call(session: Session, attempt: Attempt, loan_id: str | None, intention: Intention, *, now: datetime) -> Call:
    call = Call(
        id=new_id("call"),
        attempt_id=attempt.id,
        borrower_id=attempt.borrower_id,
        loan_id=loan_id,
        script_id=intention.script_id,
        script_digest=intention.script_digest,
        facts=facts.to_json(intention.facts),
        state=CallState.NEW.value,
        agents_tried=0,
        created_at=now,
    )
    session.add(call)
    session.flush()
    return call


def _proof(attempt: Attempt, intention: Intention) -> dict[str, Any]:
    return {
        "purpose": attempt.purpose.value,
        "number": attempt.number_digest,
        "attempt_no": attempt.attempt_no,
        "rule": str(intention.verdict.get("rule", "")),
        "policy": str(intention.verdict.get("policy_digest", "")),
        "script": intention.script_digest,
    }


def get(session: Session, attempt_id: str) -> Attempt:
    """Raises LookupError when there is none."""
    attempt = session.get(Attempt, attempt_id)
    if attempt is None:
        raise LookupError("no such attempt")
    return attempt


def call_of(session: Session, attempt_id: str) -> Call:
    """The attempt's call; every attempt has one."""
    return session.scalars(select(Call).where(Call.attempt_id == attempt_id)).one()


def placed(session: Session, attempt_id: str, *, carrier_sid: str, now: datetime) -> None:
    """The carrier took the call and named it."""
    attempt = _locked(session, attempt_id)
    attempt.carrier_sid = attempt.carrier_sid or carrier_sid
    attempt.placed_at = attempt.placed_at or now
    advance(attempt, AttemptState.PLACED)


def refused(session: Session, attempt_id: str, *, fault_code: str, outcome: Outcome, now: datetime) -> None:
    """The carrier certainly did not take the call: it never rang and counts in no cap."""
    attempt = _locked(session, attempt_id)
    if advance(attempt, AttemptState.FAILED):
        attempt.fault_code, attempt.outcome, attempt.ended_at = fault_code[:64], outcome, now


def doubted(session: Session, attempt_id: str) -> None:
    """Nobody knows whether the carrier took the call (time-out, 5xx): never post it again, ask."""
    advance(_locked(session, attempt_id), AttemptState.UNKNOWN)


def advance(attempt: Attempt, to: AttemptState) -> bool:
    """Move to a state of higher rank; False (and nothing changed) otherwise. The first final state stands."""
    if to.rank <= attempt.state.rank:
        return False
    attempt.state = to
    return True


def attention(attempt: Attempt) -> Attention:
    """How the attempt counts in the caps."""
    if attempt.state is AttemptState.FAILED and attempt.placed_at is None:
        return Attention.NOT_PLACED
    if attempt.outcome in UNANSWERED_OUTCOMES:
        return Attention.UNANSWERED
    if attempt.answered_at is not None:
        return Attention.CONNECTED
    return Attention.UNANSWERED if attempt.state in FINAL_ATTEMPTS else Attention.PENDING


def open_attempts(session: Session, *, person: Collection[str], number_digest: str) -> Sequence[Attempt]:
    """Attempts to any of the person's rows, or to the number, that are not over."""
    query = select(Attempt).where(
        Attempt.borrower_id.in_(person) | (Attempt.number_digest == number_digest),
        Attempt.state.not_in(FINAL_ATTEMPTS),
    )
    return session.scalars(query).all()


def count_of_outcome(session: Session, target_id: str | None, outcome: Outcome) -> int:
    """How many of a target's attempts came to this."""
    query = select(func.count()).select_from(Attempt).where(Attempt.target_id == target_id, Attempt.outcome == outcome)
    return session.scalar(query) or 0


def in_flight(session: Session) -> int:
    """How many attempts are not over: INTENT and UNKNOWN hold a seat too."""
    query = select(func.count()).select_from(Attempt).where(Attempt.state.not_in(FINAL_ATTEMPTS))
    return session.scalar(query) or 0


def keep_others_from_counting(session: Session) -> None:
    """Until this transaction ends, nobody else passes here: what is counted in flight stays true until INTENT is written.

    SQLite's write transactions are one at a time anyway.
    """
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _COUNTING})


_COUNTING = 7_203_412


def unsettled(session: Session, *, limit: int = 200) -> Sequence[Attempt]:
    """Attempts that are over and have an outcome, and whose target waits to be moved on."""
    query = select(Attempt).where(Attempt.state.in_(FINAL_ATTEMPTS), Attempt.settled_at.is_(None), Attempt.outcome.is_not(None))
    return session.scalars(query.order_by(Attempt.ended_at).limit(limit)).all()


def _locked(session: Session, attempt_id: str) -> Attempt:
    return session.scalars(select(Attempt).where(Attempt.id == attempt_id).with_for_update()).one()
