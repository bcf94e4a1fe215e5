"""What the carrier reports: every callback once, in any order. Fits ivr.ports.Callbacks by shape."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from kit.vocabulary import Outcome
from store import attempts
from store.models import Attempt, Call, CallbackSeen
from store.session import Store
from store.words import AttemptState

_STATES = {
    "queued": AttemptState.PLACED,
    "initiated": AttemptState.PLACED,
    "ringing": AttemptState.RINGING,
    "in-progress": AttemptState.IN_PROGRESS,
    "answered": AttemptState.IN_PROGRESS,
    "completed": AttemptState.ENDED,
    "busy": AttemptState.ENDED,
    "no-answer": AttemptState.ENDED,
    "canceled": AttemptState.ENDED,
    "failed": AttemptState.FAILED,
}
_OUTCOMES = {
    "busy": Outcome.BUSY,
    "no-answer": Outcome.NO_ANSWER,
    "canceled": Outcome.NO_ANSWER,
    "failed": Outcome.CARRIER_ERROR,
}
_SIP_OUTCOMES = {
    "404": Outcome.INVALID_NUMBER,
    "410": Outcome.INVALID_NUMBER,
    "484": Outcome.INVALID_NUMBER,
    "604": Outcome.INVALID_NUMBER,
    "480": Outcome.UNREACHABLE,
    "486": Outcome.BUSY,
    "600": Outcome.BUSY,
}


class StoredCallbacks:
    """Callbacks in SQL."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def is_first(self, source: str, key: str, now: datetime) -> bool:
        """Whether this callback was never seen before; remembers it durably."""
        mark = CallbackSeen(source=source, key=hashlib.sha256(key.encode()).hexdigest(), seen_at=now)
        try:
            with self._store.transaction() as session:
                session.add(mark)
        except IntegrityError:
            return False
        return True

    def call_progressed(self, call_id: str, carrier_sid: str, status: str, details: Mapping[str, str], now: datetime) -> None:
        """Move the attempt forward. Unknown calls and statuses change nothing; late news fills in missing times only."""
        with self._store.transaction() as session:
            attempt = _attempt_of(session, call_id)
            if attempt is None or (attempt.carrier_sid or carrier_sid) != carrier_sid:
                return
            attempt.carrier_sid = carrier_sid
            attempt.answered_by = details.get("AnsweredBy") or attempt.answered_by
            state = _STATES.get(status)
            if state is None:
                return
            _note_times(attempt, status, state, now)
            if attempts.advance(attempt, state):
                attempt.carrier_status = status
                attempt.fault_code = details.get("ErrorCode") or details.get("SipResponseCode") or attempt.fault_code
                attempt.ended_at = now if state.is_final else attempt.ended_at
                attempt.outcome = attempt.outcome or _outcome(attempt, status, details)


def _attempt_of(session: Session, call_id: str) -> Attempt | None:
    query = select(Attempt).join(Call, Call.attempt_id == Attempt.id).where(Call.id == call_id)
    return session.scalars(query.with_for_update(of=Attempt)).one_or_none()


def _note_times(attempt: Attempt, status: str, state: AttemptState, now: datetime) -> None:
    attempt.placed_at = attempt.placed_at or now
    if state is AttemptState.RINGING:
        attempt.rang_at = attempt.rang_at or now
    if state is AttemptState.IN_PROGRESS or status == "completed":
        attempt.answered_at = attempt.answered_at or now


def _outcome(attempt: Attempt, status: str, details: Mapping[str, str]) -> Outcome | None:
    """What a call that was never answered came to; a conversation's outcome is its driver's to say."""
    if attempt.answered_at is not None:
        return None
    if status in ("failed", "canceled"):
        return _SIP_OUTCOMES.get(details.get("SipResponseCode", ""), _OUTCOMES[status])
    return _OUTCOMES.get(status)
