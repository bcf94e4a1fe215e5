"""The one seam from machine to people: what a call learnt becomes cases, holds and promises, in the call's transaction.

Fits ivr.ports.Notebook. A turn and everything lasting in it are written together or not at all; the same save repeated
changes nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime

from desk import lasting as consequences
from ivr.dialogue.effects import Lasting, Memory
from ivr.ports import CallSheet, Turn
from kit.vocabulary import CallState, HangUpReason, Outcome
from store import calls, facts, ledger
from store.calls import TurnRow
from store.session import Store


class StoredNotebook:
    """Call memory in SQL, with the desk's cases beside it."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def open_call(self, call_id: str) -> CallSheet | None:
        """The sheet, read afresh; None when there is no such call."""
        with self._store.reading() as session:
            found = calls.find(session, call_id)
            if found is None:
                return None
            call, attempt = found
            state, redirects = calls.state_from_text(call.state)
            return CallSheet(
                call_id=call.id,
                attempt_id=attempt.id,
                script_id=call.script_id,
                script_digest=call.script_digest,
                facts=facts.from_json(call.facts),
                carrier_sid=attempt.carrier_sid,
                memory=call.memory,
                state=state,
                agents_tried=call.agents_tried,
                outcome=call.outcome,
                redirects=redirects,
            )

    def save_turn(self, call_id: str, turns: Sequence[Turn], memory: Memory, lasting: Sequence[Lasting], now: datetime) -> None:
        """Write turns, memory and everything lasting in ONE transaction. LookupError when there is no such call."""
        digest = _digest(turns, memory, lasting)
        with self._store.transaction(is_synced=bool(lasting)) as session:
            call = calls.locked(session, call_id)
            if not calls.is_first_save(session, call_id, digest, now=now):
                return
            call.memory = dict(memory)
            call.started_at = call.started_at or now
            calls.add_turns(session, call, [_row(turn) for turn in turns], now=now)
            payload = {"turns": len(turns), "lasting": [type(one).__name__ for one in lasting], "digest": digest}
            ledger.append(session, "turn.saved", call_id, payload, now=now)
            for effect in lasting:
                consequences.take_in(session, call, effect, now=now)

    def set_state(self, call_id: str, state: CallState, agents_tried: int = 0, *, redirects: int = 0) -> None:
        """Note what the driver is doing. LookupError when there is no such call."""
        with self._store.transaction(is_synced=False) as session:
            call = calls.locked(session, call_id)
            call.state, call.agents_tried = calls.state_to_text(state, redirects), agents_tried
            call.started_at = call.started_at or self._store.clock.now()

    def finish(self, call_id: str, outcome: Outcome, reason: HangUpReason, now: datetime) -> None:
        """The call is over. Idempotent: the first outcome stands, unless it was UNKNOWN."""
        with self._store.transaction() as session:
            calls.finish(session, calls.locked(session, call_id), outcome=outcome, reason=reason, now=now)


def _digest(turns: Sequence[Turn], memory: Memory, lasting: Sequence[Lasting]) -> str:
    effects = [[type(one).__name__, asdict(one)] for one in lasting]
    return calls.save_digest([asdict(turn) for turn in turns], memory, effects)


def _row(turn: Turn) -> TurnRow:
    return TurnRow(
        speaker=turn.speaker,
        text=turn.text,
        step=turn.step,
        started_s=turn.started_s,
        ended_s=turn.ended_s,
        heard_whole=turn.heard_whole,
        keys=turn.keys,
        meaning=turn.meaning,
        confidence=turn.confidence,
        engine=turn.engine,
    )
