"""What is known of a borrower when law is asked. Counts only; decides nothing.

Read inside the transaction that will write the attempt, after `attempts.keep_others_from_counting`: parallel diallers then
cannot overshoot. A list may name one person, or one number, in several rows: wishes and holds bind through all of them
(`borrowers.bound_together`), contacts count for the person and for the number alike, whichever row they were made for.
Attempts that are not over yet (INTENT and UNKNOWN included) count as connected and as unanswered alike.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import phonenumbers
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from kit.clock import SHANGHAI
from kit.vocabulary import Purpose
from store import attempts, borrowers, restraints
from store.models import Attempt, CallbackRequest, Hold, Loan, Promise
from store.words import Attention, DoNotCallScope, PromiseState

REQUESTED_FOR = timedelta(hours=2)
"""How long after the hour that the borrower named a call is still the one that was asked for."""
UNCOUNTED = frozenset({Purpose.REQUESTED_BY_BORROWER, Purpose.ANSWER})
"""Calls that the borrower began or asked for: GB/T 45251 counts what the institution initiates."""


@dataclass(frozen=True, slots=True)
class HeldBy:
    """One hold that binds. `until` None: until it is resolved. `is_elsewhere`: of another row of the person or number."""

    rule: str
    until: datetime | None
    is_elsewhere: bool = False


@dataclass(frozen=True, slots=True)
class KnownFacts:
    """Field for field what law.gate.GateFacts asks for, so far as tables know it."""

    country: str
    dialled_today: int
    connected_today: int
    unanswered_number_today: int
    connected_7d: int
    followup_connected_30d: int
    last_connected_at: datetime | None
    last_unanswered_at: datetime | None
    holds: tuple[HeldBy, ...]
    is_robot_stopped: bool
    is_all_stopped: bool
    is_number_locked: bool
    is_settled: bool
    promised_until: datetime | None
    is_requested: bool


def facts_for_gate(
    session: Session, borrower_id: str, *, now: datetime, loan_id: str | None = None, zone: ZoneInfo = SHANGHAI
) -> KnownFacts:
    """The facts at `now`. `loan_id`: whose settlement is asked; without, all of the borrower's loans. LookupError."""
    borrower = borrowers.get(session, borrower_id)
    person = borrowers.same_person(session, borrower)
    bound = borrowers.bound_together(session, borrower, person)
    tried = _attempts_of_month(session, person, borrower.number_digest, now)
    today = _midnight(now.astimezone(zone).date(), zone)
    number = [one for one in tried if one.number_digest == borrower.number_digest]
    scopes = {wish.scope for wish in restraints.do_not_call(session, bound)}
    followups = [one for one in tried if one.purpose is Purpose.FOLLOWUP]
    return KnownFacts(
        country=str(phonenumbers.parse(borrower.phone_e164).country_code),
        dialled_today=sum(one.created_at >= today for one in tried),
        connected_today=_count(tried, today, Attention.CONNECTED),
        unanswered_number_today=_count(number, today, Attention.UNANSWERED),
        connected_7d=_count(tried, now - timedelta(days=7), Attention.CONNECTED),
        followup_connected_30d=_count(followups, now - timedelta(days=30), Attention.CONNECTED),
        last_connected_at=_last(tried, Attention.CONNECTED),
        last_unanswered_at=_last(number, Attention.UNANSWERED),
        holds=tuple(_held_by(hold, borrower_id) for hold in restraints.open_holds(session, bound, now=now)),
        is_robot_stopped=bool(scopes),
        is_all_stopped=DoNotCallScope.ALL in scopes,
        is_number_locked=restraints.number_lock(session, borrower.number_digest) is not None,
        is_settled=_is_settled(session, borrower_id, loan_id),
        promised_until=_promised_until(session, person, zone),
        is_requested=_is_requested(session, person, now),
    )


def _held_by(hold: Hold, borrower_id: str) -> HeldBy:
    """A hold that needs a sign-off has no day on which it ends by itself."""
    return HeldBy(hold.rule, None if hold.needs_sign_off else hold.until_at, hold.borrower_id != borrower_id)


def _attempts_of_month(session: Session, person: Collection[str], number_digest: str, now: datetime) -> Sequence[Attempt]:
    """Counted attempts of 31 days to the person at any number, or to the number under whatever name."""
    query = select(Attempt).where(
        Attempt.borrower_id.in_(person) | (Attempt.number_digest == number_digest),
        Attempt.created_at >= now - timedelta(days=31),
        Attempt.purpose.not_in(UNCOUNTED),
    )
    found = session.scalars(query.order_by(Attempt.created_at)).all()
    return [one for one in found if attempts.attention(one) is not Attention.NOT_PLACED]


def _count(tried: Sequence[Attempt], since: datetime, kind: Attention) -> int:
    counted = (kind, Attention.PENDING)
    return sum(one.created_at >= since and attempts.attention(one) in counted for one in tried)


def _last(tried: Sequence[Attempt], kind: Attention) -> datetime | None:
    moments = [one.ended_at or one.answered_at or one.created_at for one in tried if attempts.attention(one) is kind]
    return max(moments, default=None)


def _is_requested(session: Session, person: Collection[str], now: datetime) -> bool:
    """Whether the person asked the robot to call about now."""
    query = select(CallbackRequest.id).where(
        CallbackRequest.borrower_id.in_(person),
        CallbackRequest.by_person.is_(False),
        CallbackRequest.done_at.is_(None),
        CallbackRequest.wanted_at.between(now - REQUESTED_FOR, now),
    )
    return session.scalars(query.limit(1)).first() is not None


def _is_settled(session: Session, borrower_id: str, loan_id: str | None) -> bool:
    query = select(func.count(Loan.id), func.count(Loan.settled_at)).where(Loan.borrower_id == borrower_id)
    if loan_id is not None:
        query = query.where(Loan.id == loan_id)
    total, settled = session.execute(query).one()
    return bool(total and total == settled)


def _promised_until(session: Session, person: Collection[str], zone: ZoneInfo) -> datetime | None:
    """The midnight that ends the day of the person's latest open promise: until then nobody duns."""
    query = select(func.max(Promise.pay_on)).where(Promise.borrower_id.in_(person), Promise.state == PromiseState.OPEN)
    pay_on = session.scalar(query)
    return None if pay_on is None else _midnight(pay_on + timedelta(days=1), zone)


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time.min, zone)
