"""Questions about what stops calls: holds, wishes not to be called, locked numbers."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from kit.ids import new_id
from store import borrowers, ledger, targets
from store.models import DoNotCall, Hold, NumberLock
from store.words import DoNotCallScope


def open_holds(session: Session, borrower_ids: Collection[str], *, now: datetime) -> Sequence[Hold]:
    """Holds of any of these rows that bind now; all that bind a call: of borrowers.bound_together.

    One that needs a sign-off (`lift_by`) binds beyond its day until it gets it.
    """
    is_unsigned = and_(Hold.lift_by != "", Hold.lifted_by.is_(None))
    still = or_(Hold.until_at.is_(None), Hold.until_at > now, is_unsigned)
    query = select(Hold).where(Hold.borrower_id.in_(borrower_ids), Hold.lifted_at.is_(None), still)
    return session.scalars(query.order_by(Hold.from_at)).all()


def put_hold(
    session: Session,
    borrower_id: str,
    *,
    rule: str,
    case_id: str | None,
    days: int | None,
    is_permanent: bool,
    lift_by: str,
    now: datetime,
) -> Hold:
    """Stop dunning for `days`, or until lifted. An open hold of the same rule and case is prolonged, never shortened."""
    until = None if days is None else now + timedelta(days=days)
    for hold in open_holds(session, [borrower_id], now=now):
        if hold.rule == rule and hold.case_id == case_id:
            if hold.until_at is not None:
                hold.until_at = None if until is None else max(hold.until_at, until)
            return hold
    hold = Hold(
        id=new_id("hold"),
        borrower_id=borrower_id,
        rule=rule,
        from_at=now,
        until_at=until,
        is_permanent=is_permanent,
        lift_by=lift_by,
        case_id=case_id,
    )
    session.add(hold)
    session.flush()
    payload = {"rule": rule, "until": until.isoformat() if until else None, "case": case_id}
    ledger.append(session, "hold.put", borrower_id, payload, now=now)
    return hold


def holds_of_case(session: Session, case_id: str) -> Sequence[Hold]:
    return session.scalars(select(Hold).where(Hold.case_id == case_id).order_by(Hold.from_at)).all()


def ends_with_case(hold: Hold) -> bool:
    """Whether the hold binds until its case is closed, and no longer."""
    return hold.until_at is None and hold.lifted_at is None and not hold.is_permanent


def awaits_sign_off(hold: Hold) -> bool:
    """Whether closing the case signs the hold off: a dated one that needs it and has not got it."""
    return hold.needs_sign_off and not hold.is_permanent and hold.lifted_at is None


def resolve_case(session: Session, case_id: str, *, by: str, now: datetime) -> None:
    """The case is closed: holds until resolved are lifted, dated ones run on signed off, permanent ones stay."""
    for hold in holds_of_case(session, case_id):
        if ends_with_case(hold):
            lift_hold(session, hold, by=by, now=now)
        elif awaits_sign_off(hold):
            hold.lifted_by = by
            _take_in_again(session, hold)
            ledger.append(session, "hold.signed_off", hold.borrower_id, {"rule": hold.rule, "case": case_id}, now=now)


def hold_again(session: Session, case_id: str, *, now: datetime) -> None:
    """The case is open again: what its closing lifted binds again, until resolved; what it signed off needs that again."""
    for hold in holds_of_case(session, case_id):
        if hold.lifted_at is None:
            hold.lifted_by = None
        if hold.lifted_at is not None:
            put_hold(
                session,
                hold.borrower_id,
                rule=hold.rule,
                case_id=case_id,
                days=None,
                is_permanent=False,
                lift_by=hold.lift_by,
                now=now,
            )


def lift_hold(session: Session, hold: Hold, *, by: str, now: datetime) -> None:
    """End a hold: campaigns that left its people out take them in again. Nothing is deleted."""
    if hold.lifted_at is None:
        hold.lifted_at, hold.lifted_by = now, by
        ledger.append(session, "hold.lifted", hold.borrower_id, {"rule": hold.rule, "case": hold.case_id}, now=now)
        _take_in_again(session, hold)


def _take_in_again(session: Session, hold: Hold) -> None:
    borrower = borrowers.get(session, hold.borrower_id)
    bound = borrowers.bound_together(session, borrower, borrowers.same_person(session, borrower))
    targets.unblock_all(session, bound, rule=f"hold:{hold.rule}")


def stop_calling(
    session: Session, borrower_id: str, *, scope: DoNotCallScope, call_id: str | None, quote: str, now: datetime
) -> DoNotCall:
    """The borrower wants no more calls. The same wish twice is one wish."""
    for wish in do_not_call(session, [borrower_id]):
        if wish.scope is scope:
            return wish
    wish = DoNotCall(id=new_id("dnc"), borrower_id=borrower_id, scope=scope, call_id=call_id, quote=quote, since_at=now)
    session.add(wish)
    session.flush()
    ledger.append(session, "calls.stopped", borrower_id, {"scope": scope.value, "call": call_id}, now=now)
    return wish


def do_not_call(session: Session, borrower_ids: Collection[str]) -> Sequence[DoNotCall]:
    """Wishes of any of these rows that bind; all that bind a call: of borrowers.bound_together."""
    query = select(DoNotCall).where(DoNotCall.borrower_id.in_(borrower_ids), DoNotCall.lifted_at.is_(None))
    return session.scalars(query).all()


def lock_number(session: Session, number_digest: str, *, reason: str, call_id: str | None, now: datetime) -> NumberLock:
    """Nobody dials this number until somebody re-verifies it."""
    lock = number_lock(session, number_digest)
    if lock is None:
        lock = NumberLock(id=new_id("lock"), number_digest=number_digest, reason=reason, call_id=call_id, since_at=now)
        session.add(lock)
        session.flush()
        ledger.append(session, "number.locked", number_digest, {"reason": reason, "call": call_id}, now=now)
    return lock


def number_lock(session: Session, number_digest: str) -> NumberLock | None:
    """The lock that binds, if any."""
    query = select(NumberLock).where(NumberLock.number_digest == number_digest, NumberLock.reverified_at.is_(None))
    return session.scalars(query.limit(1)).first()


def reverify_number(session: Session, number_digest: str, *, by: str, now: datetime) -> bool:
    """Somebody proved that the number is the borrower's again; False when it was not locked."""
    lock = number_lock(session, number_digest)
    if lock is None:
        return False
    lock.reverified_at, lock.reverified_by = now, by
    ledger.append(session, "number.reverified", number_digest, {}, now=now)
    targets.unblock_all(session, borrowers.listed_at(session, number_digest), rule="number_lock")
    return True
