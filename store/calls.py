"""Questions about calls: the sheet, saving a turn, the end, the transcript."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from kit.ids import new_id
from kit.vocabulary import CallState, HangUpReason, Outcome
from store import ledger
from store.models import Attempt, Borrower, Call, Case, Turn, TurnSave


@dataclass(frozen=True, slots=True)
class TurnRow:
    """One exchange as it is to be kept. `meaning` is JSON or None."""

    speaker: str
    text: str
    step: str
    started_s: float
    ended_s: float
    heard_whole: bool
    keys: str
    meaning: Mapping[str, Any] | None
    confidence: float | None
    engine: str


def state_to_text(state: CallState, redirects: int = 0) -> str:
    """As the table keeps it: the word, and with LOST how often the carrier came back for nothing (`lost:3`)."""
    return f"{state.value}:{redirects}" if state is CallState.LOST else state.value


def state_from_text(text: str) -> tuple[CallState, int]:
    """The inverse of state_to_text."""
    word, _, redirects = text.partition(":")
    return CallState(word), int(redirects or 0)


def find(session: Session, call_id: str) -> tuple[Call, Attempt] | None:
    """The call and its attempt, read afresh; None when there is no such call."""
    query = select(Call, Attempt).join(Attempt, Attempt.id == Call.attempt_id).where(Call.id == call_id)
    return session.execute(query).one_or_none()


def locked(session: Session, call_id: str) -> Call:
    """The call, kept from other writers until the transaction ends. LookupError when there is none."""
    call = session.scalars(select(Call).where(Call.id == call_id).with_for_update()).one_or_none()
    if call is None:
        raise LookupError("no such call")
    return call


def borrower_of(session: Session, call: Call) -> Borrower:
    return session.get_one(Borrower, call.borrower_id)


def save_digest(*parts: Any) -> str:
    """The digest by which a repeated save is known: canonical JSON of everything that is saved."""
    text = json.dumps(parts, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def is_first_save(session: Session, call_id: str, digest: str, *, now: datetime) -> bool:
    """Whether this very save is new; remembers it with the transaction. Hold the call's lock."""
    if session.get(TurnSave, (call_id, digest)) is not None:
        return False
    session.add(TurnSave(call_id=call_id, digest=digest, saved_at=now))
    session.flush()
    return True


def add_turns(session: Session, call: Call, turns: Sequence[TurnRow], *, now: datetime) -> None:
    """Append to the transcript. Hold the call's lock: ordinals follow one another."""
    query = select(func.coalesce(func.max(Turn.ordinal), 0)).where(Turn.call_id == call.id)
    ordinal = session.scalars(query).one()
    for number, row in enumerate(turns, start=ordinal + 1):
        session.add(
            Turn(
                id=new_id("turn"),
                call_id=call.id,
                ordinal=number,
                speaker=row.speaker,
                text=row.text,
                step=row.step,
                started_s=row.started_s,
                ended_s=row.ended_s,
                heard_whole=row.heard_whole,
                keys=row.keys,
                meaning=dict(row.meaning) if row.meaning is not None else None,
                confidence=row.confidence,
                engine=row.engine,
                saved_at=now,
            )
        )
    session.flush()


def finish(session: Session, call: Call, *, outcome: Outcome, reason: HangUpReason, now: datetime) -> bool:
    """The call is over; False when it already was: the first outcome stands, unless it was UNKNOWN."""
    if call.outcome not in (None, Outcome.UNKNOWN):
        return False
    call.outcome, call.hang_up_reason, call.state = outcome, reason, CallState.ENDED.value
    call.ended_at = call.ended_at or now
    attempt = session.get_one(Attempt, call.attempt_id)
    if attempt.outcome in (None, Outcome.UNKNOWN):
        attempt.outcome = outcome
    payload = {"outcome": outcome.value, "reason": reason.value, "script": call.script_digest}
    ledger.append(session, "call.finished", call.id, payload, now=now)
    session.flush()
    return True


def transcript(session: Session, call_id: str) -> Sequence[Turn]:
    """All turns in order."""
    return session.scalars(select(Turn).where(Turn.call_id == call_id).order_by(Turn.ordinal)).all()


def gravest(session: Session, call_id: str) -> Case | None:
    """The gravest case that the call opened, if any."""
    query = select(Case).where(Case.call_id == call_id).order_by(Case.severity, Case.opened_at)
    return session.scalars(query.limit(1)).first()
