"""Questions about promises, and the small things that a borrower said or asked for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from kit.ids import new_id
from store import ledger
from store.models import Borrower, Call, CallbackRequest, Loan, Note, Preference, Promise
from store.words import PromiseState


@dataclass(frozen=True, slots=True)
class Promised:
    """What was promised. `amount_fen` None: the whole."""

    pay_on: date
    amount_fen: int | None
    bound: str
    quote: str


def open_promises(session: Session, borrower_id: str, loan_id: str | None) -> Sequence[Promise]:
    """Promises on the loan that are not settled."""
    query = select(Promise).where(
        Promise.borrower_id == borrower_id,
        Promise.loan_id == loan_id,
        Promise.state.in_((PromiseState.OPEN, PromiseState.PARTIAL)),
    )
    return session.scalars(query.order_by(Promise.made_at)).all()


def add(session: Session, call: Call, promised: Promised, *, now: datetime) -> Promise:
    """A new open promise made on the call."""
    loan = session.get(Loan, call.loan_id) if call.loan_id else None
    promise = Promise(
        id=new_id("promise"),
        borrower_id=call.borrower_id,
        loan_id=call.loan_id,
        call_id=call.id,
        pay_on=promised.pay_on,
        amount_fen=promised.amount_fen,
        due_fen=loan.amount_due_fen if loan else None,
        bound=promised.bound,
        state=PromiseState.OPEN,
        quote=promised.quote,
        made_at=now,
    )
    session.add(promise)
    session.flush()
    payload = {"promise": promise.id, "pay_on": promised.pay_on.isoformat(), "fen": promised.amount_fen, "call": call.id}
    ledger.append(session, "promise.made", call.borrower_id, payload, now=now)
    return promise


def settle(session: Session, promise: Promise, state: PromiseState, *, by: str | None, now: datetime) -> None:
    """Write where the promise went. `by`: the promise that replaced it, if one did."""
    ledger.append(
        session,
        "promise.moved",
        promise.borrower_id,
        {"promise": promise.id, "from": promise.state.value, "to": state.value, "by": by},
        now=now,
    )
    promise.state, promise.superseded_by = state, by
    promise.closed_at = None if state in (PromiseState.OPEN, PromiseState.PARTIAL) else now
    session.flush()


def ask_callback(
    session: Session, call: Call, *, wanted_at: datetime | None, by_person: bool, quote: str, now: datetime
) -> CallbackRequest:
    """The borrower wants to be called back."""
    request = CallbackRequest(
        id=new_id("callback"),
        borrower_id=call.borrower_id,
        call_id=call.id,
        wanted_at=wanted_at,
        by_person=by_person,
        quote=quote,
        made_at=now,
    )
    session.add(request)
    payload = {"call": call.id, "by_person": by_person, "at": wanted_at.isoformat() if wanted_at else None}
    ledger.append(session, "callback.asked", call.borrower_id, payload, now=now)
    return request


def robots_callback(session: Session, call_id: str) -> CallbackRequest | None:
    """What the call agreed for the robot to do; None when nothing, or when a person took it over."""
    query = select(CallbackRequest).where(CallbackRequest.call_id == call_id)
    asked = session.scalars(query.order_by(CallbackRequest.made_at, CallbackRequest.id)).all()
    return asked[-1] if asked and not any(one.by_person for one in asked) else None


def answer_callbacks(session: Session, borrower_id: str, *, now: datetime) -> None:
    """The borrower is called now: what the robot owed them by now is done."""
    for request in callbacks_due(session, now=now, by_person=False):
        if request.borrower_id == borrower_id:
            request.done_at = now


def callbacks_due(session: Session, *, now: datetime, by_person: bool) -> Sequence[CallbackRequest]:
    """Requests whose time has come and that nobody answered; those without a time are due at once."""
    query = select(CallbackRequest).where(
        CallbackRequest.done_at.is_(None),
        CallbackRequest.by_person.is_(by_person),
        CallbackRequest.wanted_at.is_(None) | (CallbackRequest.wanted_at <= now),
    )
    return session.scalars(query.order_by(CallbackRequest.made_at)).all()


def note(session: Session, call: Call, *, topic: str, value: str, quote: str, now: datetime) -> None:
    """Keep an answer."""
    session.add(
        Note(
            id=new_id("note"),
            borrower_id=call.borrower_id,
            call_id=call.id,
            topic=topic,
            value=value,
            quote=quote,
            made_at=now,
        )
    )


def notes(session: Session, call_id: str) -> Sequence[Note]:
    return session.scalars(select(Note).where(Note.call_id == call_id).order_by(Note.id)).all()


def prefer(session: Session, call: Call, *, hours: str | None, channel: str | None, quote: str, now: datetime) -> None:
    """Keep a wish, and make it the borrower's current one."""
    session.add(
        Preference(
            id=new_id("preference"),
            borrower_id=call.borrower_id,
            call_id=call.id,
            hours=hours,
            channel=channel,
            quote=quote,
            made_at=now,
        )
    )
    borrower = session.get_one(Borrower, call.borrower_id)
    borrower.prefers_hours = hours or borrower.prefers_hours
    borrower.prefers_channel = channel or borrower.prefers_channel
    borrower.updated_at = now
