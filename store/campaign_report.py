"""A campaign in figures: one outcome per borrower. Reads only; phone numbers leave masked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from kit.phone import mask
from kit.vocabulary import Outcome, Severity
from store.models import Attempt, Borrower, Call, Case, Loan, Note, Promise, Target
from store.words import PromiseState, TargetState


@dataclass(frozen=True, slots=True)
class TargetReport:
    """What came of one borrower. `severity` 0..3 and `risk` are of the gravest risk found, tags that opened no case
    included; `risk` is None when a case of another kind is all there is. `seconds` are of the last call.
    """

    target_id: str
    borrower_id: str
    name: str
    phone_masked: str
    loan_no: str
    state: TargetState
    tries: int
    outcome: Outcome | None
    blocked_rule: str
    blocked_reason: str
    next_try_at: datetime
    call_id: str | None
    seconds: float | None
    promised_on: date | None
    promised_fen: int | None
    severity: int | None
    risk: str | None
    case_ids: tuple[str, ...]


def report(session: Session, campaign_id: str) -> Sequence[TargetReport]:
    """One row a target, in the order of import."""
    query = (
        select(Target, Borrower, Loan)
        .join(Borrower, Borrower.id == Target.borrower_id)
        .join(Loan, Loan.id == Target.loan_id, isouter=True)
        .where(Target.campaign_id == campaign_id)
        .order_by(Target.id)
    )
    return [_row(session, *found) for found in session.execute(query)]


def _row(session: Session, target: Target, borrower: Borrower, loan: Loan | None) -> TargetReport:
    calls = _calls(session, target.id)
    last = calls[-1] if calls else None
    ids = [call.id for call, _ in calls]
    promise = _promise(session, ids)
    cases = _cases(session, ids)
    severity, risk = _gravest(cases, _tags(session, ids))
    return TargetReport(
        target_id=target.id,
        borrower_id=borrower.id,
        name=borrower.name,
        phone_masked=mask(borrower.phone_e164),
        loan_no=loan.loan_no if loan else "",
        state=target.state,
        tries=target.tries,
        outcome=target.last_outcome or (last[1].outcome if last else None),
        blocked_rule=target.blocked_rule or "",
        blocked_reason=target.blocked_reason or "",
        next_try_at=target.next_try_at,
        call_id=last[0].id if last else None,
        seconds=_seconds(*last) if last else None,
        promised_on=promise.pay_on if promise else None,
        promised_fen=(promise.amount_fen or promise.due_fen) if promise else None,
        severity=severity,
        risk=risk,
        case_ids=tuple(case.id for case in cases),
    )


def _calls(session: Session, target_id: str) -> list[tuple[Call, Attempt]]:
    query = select(Call, Attempt).join(Attempt, Attempt.id == Call.attempt_id).where(Attempt.target_id == target_id)
    return list(session.execute(query.order_by(Attempt.attempt_no)))


def _promise(session: Session, call_ids: Sequence[str]) -> Promise | None:
    query = select(Promise).where(Promise.call_id.in_(call_ids), Promise.state != PromiseState.SUPERSEDED)
    return session.scalars(query.order_by(Promise.made_at.desc(), Promise.id.desc()).limit(1)).first()


def _cases(session: Session, call_ids: Sequence[str]) -> Sequence[Case]:
    query = select(Case).where(Case.call_id.in_(call_ids)).order_by(Case.severity, Case.opened_at, Case.id)
    return session.scalars(query).all()


def _tags(session: Session, call_ids: Sequence[str]) -> Sequence[Note]:
    """Risks that were noted without a case: `risk:CODE` with the severity's name."""
    query = select(Note).where(Note.call_id.in_(call_ids), Note.topic.startswith("risk:", autoescape=True))
    return session.scalars(query).all()


def _gravest(cases: Sequence[Case], tags: Sequence[Note]) -> tuple[int | None, str | None]:
    found = [(case.severity, case.risk) for case in cases if case.risk]
    found += [(int(Severity[tag.value]), tag.topic.removeprefix("risk:")) for tag in tags]
    if found:
        return min(found)
    return (cases[0].severity, None) if cases else (None, None)


def _seconds(call: Call, attempt: Attempt) -> float | None:
    began, ended = call.started_at or attempt.answered_at, call.ended_at or attempt.ended_at
    return (ended - began).total_seconds() if began and ended else None
