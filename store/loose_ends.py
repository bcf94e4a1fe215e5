"""Questions of the sweep: attempts that nobody can vouch for, and calls whose end nobody wrote down."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import Session

from kit.vocabulary import CallState, Outcome
from store.models import Attempt, Call, CallbackRequest, NumberLock, Promise, Turn, TurnSave
from store.words import FINAL_ATTEMPTS, AttemptState, PromiseState


def to_ask_about(session: Session, *, now: datetime, older_than_s: float, silent_s: float) -> Sequence[Attempt]:
    """Attempts whose end somebody must ask the carrier for, the oldest first: in doubt, or silent for too long.

    A turn that was saved is a sign of life, as is every report of the carrier's.
    """
    since = now - timedelta(seconds=silent_s)
    spoken = select(TurnSave.call_id).join(Call, Call.id == TurnSave.call_id)
    spoken = spoken.where(Call.attempt_id == Attempt.id, TurnSave.saved_at > since)
    reported = (Attempt.created_at, Attempt.rang_at, Attempt.answered_at)
    is_silent = and_(*(or_(moment.is_(None), moment <= since) for moment in reported), ~spoken.exists())
    query = select(Attempt).where(
        Attempt.state.not_in(FINAL_ATTEMPTS),
        Attempt.created_at <= now - timedelta(seconds=older_than_s),
        or_(Attempt.state.in_((AttemptState.INTENT, AttemptState.UNKNOWN)), is_silent),
    )
    return session.scalars(query.order_by(Attempt.created_at)).all()


def named_among(session: Session, sids: Collection[str]) -> frozenset[str]:
    """Those of the carrier's names that attempts have already."""
    return frozenset(filter(None, session.scalars(select(Attempt.carrier_sid).where(Attempt.carrier_sid.in_(sids)))))


def doubt_abandoned(session: Session, *, now: datetime, older_than_s: float) -> Sequence[str]:
    """INTENT rows whose writer is gone become UNKNOWN, never ready; their ids."""
    query = select(Attempt).where(
        Attempt.state == AttemptState.INTENT, Attempt.created_at <= now - timedelta(seconds=older_than_s)
    )
    found = session.scalars(query.with_for_update()).all()
    for attempt in found:
        attempt.state = AttemptState.UNKNOWN
    return [attempt.id for attempt in found]


def unconcluded(session: Session, *, now: datetime, older_than_s: float) -> Sequence[str]:
    """Calls that the carrier ended, that had begun to talk, and whose outcome nobody wrote; their ids."""
    query = select(Call.id).join(Attempt, Attempt.id == Call.attempt_id)
    query = query.where(*_ended_in_silence(now, older_than_s), Call.memory.is_not(None), Call.outcome.is_(None))
    return session.scalars(query.order_by(Attempt.ended_at)).all()


def conclude_silent(session: Session, *, now: datetime, older_than_s: float) -> Sequence[str]:
    """Give an outcome to calls that the carrier ended and no driver finished (its worker died at the end); their ids."""
    query = select(Attempt).where(*_ended_in_silence(now, older_than_s))
    found = session.scalars(query.with_for_update()).all()
    for attempt in found:
        _conclude(session, attempt)
    return [attempt.id for attempt in found]


def _ended_in_silence(now: datetime, older_than_s: float) -> tuple[ColumnElement[bool], ...]:
    return (
        Attempt.state.in_(FINAL_ATTEMPTS),
        Attempt.outcome.is_(None),
        Attempt.ended_at <= now - timedelta(seconds=older_than_s),
    )


def _conclude(session: Session, attempt: Attempt) -> None:
    call = session.scalars(select(Call).where(Call.attempt_id == attempt.id)).one_or_none()
    if call is not None and call.outcome not in (None, Outcome.UNKNOWN):
        attempt.outcome = call.outcome
    elif (attempt.answered_by or "").startswith("machine"):
        attempt.outcome = Outcome.VOICEMAIL
    else:
        attempt.outcome = _outcome_on_record(session, call) if call else Outcome.HUNG_UP_EARLY
    if call is not None:
        call.outcome, call.state, call.ended_at = attempt.outcome, CallState.ENDED.value, call.ended_at or attempt.ended_at


def _outcome_on_record(session: Session, call: Call) -> Outcome:
    """What was written down during the call stays true, though nobody wrote its end."""
    evidence = (
        (select(NumberLock.id).where(NumberLock.call_id == call.id), Outcome.WRONG_NUMBER),
        (select(Promise.id).where(Promise.call_id == call.id, Promise.state == PromiseState.OPEN), Outcome.PROMISE),
        (select(CallbackRequest.id).where(CallbackRequest.call_id == call.id), Outcome.CALLBACK_BOOKED),
        (select(Turn.id).where(Turn.call_id == call.id, Turn.speaker == "callee"), Outcome.HUNG_UP_DURING),
    )
    return next((outcome for query, outcome in evidence if session.scalars(query.limit(1)).first()), Outcome.HUNG_UP_EARLY)
