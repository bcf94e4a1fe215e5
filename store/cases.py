"""Questions about cases. What a move may be is the desk's to decide; here it is written down."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from kit.ids import new_id
from store import ledger
from store.models import Borrower, Case, CaseEntry

ROBOT = "robot"
"""Who made an entry when no person did."""


@dataclass(frozen=True, slots=True)
class NewCase:
    """A case as it is to be opened. `state` and `kind` are words of the desk."""

    borrower_id: str
    call_id: str | None
    kind: str
    risk: str | None
    severity: int
    state: str
    quote: str
    why: str
    what_to_do: str
    due_at: datetime


@dataclass(frozen=True, slots=True)
class NewEntry:
    """One move as it is to be kept."""

    by: str
    action: str
    from_state: str | None
    to_state: str
    note: str


def open_of_kind(session: Session, borrower_id: str, *, kind: str, risk: str | None) -> Case | None:
    """The borrower's case of this kind and risk that is not closed, if any: one is worked, not many."""
    query = select(Case).where(Case.borrower_id == borrower_id, Case.kind == kind, Case.risk == risk, Case.closed_at.is_(None))
    return session.scalars(query.order_by(Case.opened_at).limit(1).with_for_update()).first()


def put(session: Session, new: NewCase, *, now: datetime) -> Case:
    """Open the case; when one is open already, note the new words on it and make it graver and sooner, never less."""
    case = open_of_kind(session, new.borrower_id, kind=new.kind, risk=new.risk)
    if case is None:
        return _open(session, new, now)
    case.severity = min(case.severity, new.severity)
    case.due_at = min(case.due_at, new.due_at)
    add_entry(session, case, NewEntry(ROBOT, "again", case.state, case.state, new.quote), now=now)
    payload = {"case": case.id, "severity": case.severity, "call": new.call_id}
    ledger.append(session, "case.again", new.borrower_id, payload, now=now)
    return case


def _open(session: Session, new: NewCase, now: datetime) -> Case:
    case = Case(
        id=new_id("case"),
        borrower_id=new.borrower_id,
        call_id=new.call_id,
        kind=new.kind,
        risk=new.risk,
        severity=new.severity,
        state=new.state,
        quote=new.quote,
        why=new.why,
        what_to_do=new.what_to_do,
        opened_at=now,
        due_at=new.due_at,
    )
    session.add(case)
    session.flush()
    add_entry(session, case, NewEntry(ROBOT, "opened", None, new.state, new.why), now=now)
    payload = {"case": case.id, "kind": new.kind, "risk": new.risk, "severity": new.severity, "call": new.call_id}
    ledger.append(session, "case.opened", new.borrower_id, payload, now=now)
    return case


def add_entry(session: Session, case: Case, new: NewEntry, *, now: datetime) -> CaseEntry:
    """Keep one move. Hold the case's lock."""
    ordinal = session.scalars(select(func.count()).select_from(CaseEntry).where(CaseEntry.case_id == case.id)).one() + 1
    entry = CaseEntry(
        id=new_id("entry"),
        case_id=case.id,
        ordinal=ordinal,
        at=now,
        by=new.by,
        action=new.action,
        from_state=new.from_state,
        to_state=new.to_state,
        note=new.note,
    )
    session.add(entry)
    session.flush()
    return entry


def move(session: Session, case: Case, new: NewEntry, *, owner: str | None, is_closed: bool, now: datetime) -> None:
    """Write a legal move down."""
    case.state, case.owner = new.to_state, owner
    case.closed_at = now if is_closed else None
    add_entry(session, case, new, now=now)
    payload = {"case": case.id, "action": new.action, "to": new.to_state}
    ledger.append(session, "case.moved", case.borrower_id, payload, now=now)


def locked(session: Session, case_id: str) -> Case:
    """The case, kept from other writers until the transaction ends. LookupError when there is none."""
    case = session.scalars(select(Case).where(Case.id == case_id).with_for_update()).one_or_none()
    if case is None:
        raise LookupError("no such case")
    return case


def find(session: Session, case_id: str) -> tuple[Case, Borrower] | None:
    query = select(Case, Borrower).join(Borrower, Borrower.id == Case.borrower_id).where(Case.id == case_id)
    return session.execute(query).one_or_none()


def queue(
    session: Session, *, severity: int | None = None, state: str | None = None, limit: int = 200
) -> Sequence[tuple[Case, Borrower]]:
    """Cases with their borrowers: the gravest first, then the one due soonest. Closed ones only when asked for."""
    query = select(Case, Borrower).join(Borrower, Borrower.id == Case.borrower_id)
    query = query.where(Case.closed_at.is_(None)) if state is None else query.where(Case.state == state)
    if severity is not None:
        query = query.where(Case.severity == severity)
    return session.execute(query.order_by(Case.severity, Case.due_at, Case.id).limit(limit)).all()


def entries(session: Session, case_id: str) -> Sequence[CaseEntry]:
    return session.scalars(select(CaseEntry).where(CaseEntry.case_id == case_id).order_by(CaseEntry.ordinal)).all()
