"""The queue of cases, one case in full, and the moves on it. Every move is checked by desk.cases and kept for ever."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from desk import cases as moves
from desk import wording
from desk.cases import CaseAction, CaseNow, CaseState, Person
from kit.phone import mask
from kit.vocabulary import Severity
from store import calls, cases, restraints
from store.cases import NewEntry
from store.models import Borrower, Case, CaseEntry, Hold, Turn
from store.session import Session, Store


class NoSuchCase(LookupError):
    """There is no case of this id."""


@dataclass(frozen=True, slots=True)
class CaseLine:
    """One case as it stands in the queue. Phone numbers are masked."""

    id: str
    severity: Severity
    state: CaseState
    kind: str
    risk: str | None
    title: str
    borrower_id: str
    name: str
    phone_masked: str
    call_id: str | None
    owner: str | None
    opened_at: datetime
    due_at: datetime
    is_late: bool
    quote: str
    why: str
    what_to_do: str


@dataclass(frozen=True, slots=True)
class CaseFile:
    """One case with everything that led to it."""

    line: CaseLine
    turns: Sequence[Turn]
    entries: Sequence[CaseEntry]
    holds: Sequence[Hold]


def queue(
    store: Store, *, severity: Severity | None = None, state: CaseState | None = None, now: datetime
) -> Sequence[CaseLine]:
    """Open cases, the gravest first, then the one due soonest."""
    with store.reading() as session:
        found = cases.queue(
            session, severity=None if severity is None else int(severity), state=None if state is None else state.value
        )
        return [_line(case, borrower, now) for case, borrower in found]


def case_file(store: Store, case_id: str, *, now: datetime) -> CaseFile:
    """Raises NoSuchCase."""
    with store.reading() as session:
        found = cases.find(session, case_id)
        if found is None:
            raise NoSuchCase(case_id)
        case, borrower = found
        return CaseFile(
            line=_line(case, borrower, now),
            turns=calls.transcript(session, case.call_id) if case.call_id else (),
            entries=cases.entries(session, case.id),
            holds=restraints.holds_of_case(session, case.id),
        )


def act(store: Store, case_id: str, action: CaseAction, *, by: Person, note: str, now: datetime) -> CaseState:
    """Make a move; the state reached. Raises NoSuchCase or desk.cases.IllegalMove."""
    with store.transaction() as session:
        try:
            case = cases.locked(session, case_id)
        except LookupError:
            raise NoSuchCase(case_id) from None
        move = moves.move(_now_of(session, case), action, by, now)
        entry = NewEntry(move.by, move.action.value, move.from_state.value, move.to_state.value, note)
        is_closed = move.to_state is CaseState.CLOSED
        cases.move(session, case, entry, owner=move.owner, is_closed=is_closed, now=now)
        if action is CaseAction.CLOSE:
            restraints.resolve_case(session, case_id, by=by.name, now=now)
        if action is CaseAction.REOPEN:
            restraints.hold_again(session, case_id, now=now)
        return move.to_state


def _now_of(session: Session, case: Case) -> CaseNow:
    needs_manager = any(map(restraints.awaits_sign_off, restraints.holds_of_case(session, case.id)))
    return CaseNow(CaseState(case.state), case.owner, lift_by_manager=needs_manager)


def _line(case: Case, borrower: Borrower, now: datetime) -> CaseLine:
    return CaseLine(
        id=case.id,
        severity=Severity(case.severity),
        state=CaseState(case.state),
        kind=case.kind,
        risk=case.risk,
        title=wording.case_name(case.kind, case.risk),
        borrower_id=borrower.id,
        name=borrower.name,
        phone_masked=mask(borrower.phone_e164),
        call_id=case.call_id,
        owner=case.owner,
        opened_at=case.opened_at,
        due_at=case.due_at,
        is_late=case.closed_at is None and now > case.due_at,
        quote=case.quote,
        why=case.why,
        what_to_do=case.what_to_do,
    )
