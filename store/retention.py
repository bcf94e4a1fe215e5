"""What has been kept long enough: which calls are due to be erased, and the erasing. The ledger keeps the proof.

Sound goes first and its rows after it: a process that is killed in between does it again, and nothing is forgotten about
that still exists.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, or_, select
from sqlalchemy.orm import Session

from kit.vocabulary import Outcome
from store import calls, ledger
from store.blobs import Blobs
from store.models import Call, Case, Loan, RecordingPart, Turn, TurnSave
from store.session import Store

ERASED = "（已按保存期限删除）"
"""Stands where somebody's words stood."""


@dataclass(frozen=True, slots=True)
class Keeping:
    """How long calls are kept: after the loan was settled (the call, where there is no loan), or after a wrong number."""

    after_settling: timedelta
    wrong_number: timedelta


def expired(session: Session, keeping: Keeping, *, now: datetime, limit: int) -> Sequence[str]:
    """Ids of calls whose time is over, the oldest first. A call with an open case is kept until the case is closed."""
    settled = now - keeping.after_settling
    is_wrong_number = (Call.outcome == Outcome.WRONG_NUMBER) & (Call.ended_at <= now - keeping.wrong_number)
    is_unbound = Call.loan_id.is_(None) & (Call.ended_at <= settled)
    is_settled = (Loan.settled_at <= settled) & (Call.ended_at <= settled)
    has_open_case = select(Case.id).where(Case.call_id == Call.id, Case.closed_at.is_(None)).exists()
    query = (
        select(Call.id)
        .join(Loan, Loan.id == Call.loan_id, isouter=True)
        .where(Call.erased_at.is_(None), Call.ended_at.is_not(None), ~has_open_case)
        .where(or_(is_wrong_number, is_unbound, is_settled))
    )
    return session.scalars(query.order_by(Call.ended_at).limit(limit)).all()


def erase(store: Store, blobs: Blobs, call_id: str, *, rule: str) -> bool:
    """Delete the call's sound and blank its words; False when that was done before. Raises OSError: try again later."""
    for ref in _parts(store, call_id):
        blobs.remove(ref)
    now = store.clock.now()
    with store.transaction() as session:
        call = calls.locked(session, call_id)
        if call.erased_at is not None:
            return False
        parts = session.scalars(select(RecordingPart).where(RecordingPart.call_id == call_id).order_by(RecordingPart.part_no))
        proof = []
        for part in parts:
            proof.append(part.sha256)
            part.closed_at = part.closed_at or now
        turns = calls.transcript(session, call_id)
        for turn in turns:
            _blank(turn)
        session.execute(delete(TurnSave).where(TurnSave.call_id == call_id))
        call.facts, call.memory, call.erased_at = {}, None, now
        ledger.append(session, "call.erased", call_id, {"rule": rule, "turns": len(turns), "parts": proof}, now=now)
    return True


def _parts(store: Store, call_id: str) -> Sequence[str]:
    with store.reading() as session:
        return session.scalars(select(RecordingPart.ref).where(RecordingPart.call_id == call_id)).all()


def _blank(turn: Turn) -> None:
    """Who spoke when and at which step stays: figures are made of it."""
    turn.text, turn.keys, turn.meaning, turn.confidence = ERASED, "*" * len(turn.keys), None, None
