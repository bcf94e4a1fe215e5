"""What each lasting effect of a call does to the tables: one function a kind, all inside the caller's transaction."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from desk import promises as promise_moves
from desk import responses
from desk.opening import open_case
from desk.promises import PromiseAction
from desk.responses import CaseKind, Response, Restraint
from ivr.dialogue.effects import (
    BookCallback,
    Complaint,
    Escalate,
    Lasting,
    LockNumber,
    Note,
    Prefer,
    Promise,
    StopCalling,
    Visit,
    WithdrawPromise,
)
from kit.vocabulary import Risk, Severity
from store import calls, ledger, promises, restraints
from store.models import Call, Case
from store.promises import Promised
from store.session import Session
from store.words import DoNotCallScope


def take_in(session: Session, call: Call, effect: Lasting, *, now: datetime) -> None:
    """Write down what the effect means for people."""
    _TAKERS[type(effect)](session, call, effect, now)


def _take_promise(session: Session, call: Call, effect: Promise, now: datetime) -> None:
    """A later promise on the same loan replaces the earlier ones."""
    earlier = promises.open_promises(session, call.borrower_id, call.loan_id)
    new = promises.add(session, call, Promised(effect.pay_on, effect.amount_fen, effect.bound.value, effect.quote), now=now)
    for promise in earlier:
        state = promise_moves.move(promise.state, PromiseAction.SUPERSEDE)
        promises.settle(session, promise, state, by=new.id, now=now)


def _take_withdrawal(session: Session, call: Call, effect: WithdrawPromise, now: datetime) -> None:
    """What this call promised is void; a promise of an earlier call is the borrower's word still."""
    for promise in promises.open_promises(session, call.borrower_id, call.loan_id):
        if promise.call_id == call.id:
            promises.settle(session, promise, promise_moves.move(promise.state, PromiseAction.CANCEL), by=None, now=now)


def _take_complaint(session: Session, call: Call, effect: Complaint, now: datetime) -> None:
    response = responses.COMPLAINT
    case = open_case(session, call, CaseKind.COMPLAINT, response, quote=effect.quote, why="客户投诉", now=now)
    _hold(session, call, case, responses.COMPLAINT_HOLD, response, now)


def _take_visit(session: Session, call: Call, effect: Visit, now: datetime) -> None:
    when = effect.at.isoformat() if effect.at else "未约定时间"
    why = f"客户同意上门走访（{when}）"
    open_case(session, call, CaseKind.VISIT, responses.VISIT, quote=effect.quote, why=why, now=now)


def _take_escalation(session: Session, call: Call, effect: Escalate, now: datetime) -> None:
    """Restrain first; open a case when a person must act. P3 stays a tag on the turn and in the ledger."""
    response = responses.RESPONSES[effect.risk]
    severity = responses.severity_of(effect.risk, effect.severity)
    payload = {"risk": effect.risk.value, "severity": severity.name, "call": call.id}
    ledger.append(session, "risk.found", call.borrower_id, payload, now=now)
    if response.restraint is Restraint.LOCK_NUMBER:
        _lock(session, call, now)
    if response.restraint is Restraint.STOP_ROBOT:
        _stop_robot(session, call, effect.quote, now)
    if not response.opens_case or severity is Severity.P3:
        promises.note(session, call, topic=f"risk:{effect.risk.value}", value=severity.name, quote=effect.quote, now=now)
        return
    case = open_case(
        session,
        call,
        CaseKind.RISK,
        response,
        risk=effect.risk,
        severity=severity,
        quote=effect.quote,
        why=effect.why,
        now=now,
    )
    if response.restraint is Restraint.HOLD and severity <= response.holds_from:
        _hold(session, call, case, effect.risk.value, response, now)


def _take_stop_calling(session: Session, call: Call, effect: StopCalling, now: datetime) -> None:
    _stop_robot(session, call, effect.quote, now)


def _take_lock_number(session: Session, call: Call, effect: LockNumber, now: datetime) -> None:
    _lock(session, call, now)


def _take_callback(session: Session, call: Call, effect: BookCallback, now: datetime) -> None:
    promises.ask_callback(session, call, wanted_at=effect.at, by_person=effect.by_person, quote=effect.quote, now=now)
    if not effect.by_person:
        return
    due = effect.at or responses.due_at(Severity.P2, now)
    why = "客户要人工回电"
    open_case(session, call, CaseKind.CALLBACK, responses.CALLBACK, quote=effect.quote, why=why, now=now, due=due)


def _take_preference(session: Session, call: Call, effect: Prefer, now: datetime) -> None:
    promises.prefer(session, call, hours=effect.hours, channel=effect.channel, quote=effect.quote, now=now)


def _take_note(session: Session, call: Call, effect: Note, now: datetime) -> None:
    promises.note(session, call, topic=effect.topic, value=effect.value, quote=effect.quote, now=now)


_TAKERS: dict[type, Callable[[Session, Call, Any, datetime], None]] = {
    Promise: _take_promise,
    WithdrawPromise: _take_withdrawal,
    Complaint: _take_complaint,
    Visit: _take_visit,
    Escalate: _take_escalation,
    StopCalling: _take_stop_calling,
    LockNumber: _take_lock_number,
    BookCallback: _take_callback,
    Prefer: _take_preference,
    Note: _take_note,
}


def _hold(session: Session, call: Call, case: Case, rule: str, response: Response, now: datetime) -> None:
    restraints.put_hold(
        session,
        call.borrower_id,
        rule=rule,
        case_id=case.id,
        days=response.hold_days,
        is_permanent=response.is_permanent,
        lift_by="supervisor" if response.lift_by_manager or response.is_permanent else "",
        now=now,
    )


def _lock(session: Session, call: Call, now: datetime) -> None:
    number = calls.borrower_of(session, call).number_digest
    restraints.lock_number(session, number, reason=Risk.WRONG_PERSON.value, call_id=call.id, now=now)


def _stop_robot(session: Session, call: Call, quote: str, now: datetime) -> None:
    restraints.stop_calling(session, call.borrower_id, scope=DoNotCallScope.ROBOT, call_id=call.id, quote=quote, now=now)
