"""Settles what nobody reported: asks the carrier about every attempt that has been silent too long. Never dials.

An attempt whose writer died, whose create timed out, whose callbacks were lost, or whose media worker and line died
together is found here: every one is settled within SETTLE_S of the sweep's running.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from campaigns.settling import settle_finished
from ivr.carrier.rest import CarrierTrouble, Found
from ivr.ports import Callbacks
from kit.clock import Clock
from kit.vocabulary import Outcome
from store import attempts, borrowers, loose_ends, targets
from store.session import Store

LOG = logging.getLogger(__name__)
ABANDONED_S = 20.0
"""An INTENT older than this has lost its writer: the carrier's answer takes 10 s at most."""
ASK_AFTER_S = 45.0
"""A call is asked about when neither it nor the carrier gave a sign of life for so long; asking harms nothing."""
SETTLE_S = 240.0
"""A call that the carrier does not know after so long was never placed (its list is eventually consistent)."""
SKEW_S = 900.0
"""How far our clock may run ahead of the carrier's: a call placed "before" its attempt is still found. Less than the shortest
wait before a new try of the same borrower (campaigns.retries), so what is found is this try's."""
SILENT_S = 20.0
"""How long after the line ended a driver may still write the outcome."""


class Registry(Protocol):
    """What the sweep asks of the carrier."""

    def find_calls(self, to: str, *, since: datetime) -> list[Found]:
        """Calls to the number since the instant, newest first. Raises CarrierTrouble."""

    def fetch(self, sid: str) -> Found:
        """One call. Raises CarrierTrouble."""


@dataclass(frozen=True, slots=True)
class _Doubt:
    attempt_id: str
    call_id: str
    sid: str | None
    phone: str
    created_at: datetime


class Sweep:
    """One pass over everything that is not settled."""

    def __init__(
        self, store: Store, clock: Clock, *, carrier: Registry, callbacks: Callbacks, conclude: Callable[[str], None]
    ) -> None:
        """`conclude(call_id)` lets the call's own dialogue say what it came to; one that cannot leaves no outcome."""
        self._store = store
        self._clock = clock
        self._carrier = carrier
        self._callbacks = callbacks
        self._conclude = conclude

    def run(self) -> int:
        """Settle what can be settled; how many attempts were asked about."""
        now = self._clock.now()
        with self._store.transaction() as session:
            targets.expire_leases(session, now=now)
            loose_ends.doubt_abandoned(session, now=now, older_than_s=ABANDONED_S)
        self._conclude_ended(now)
        doubts = self._doubts(now)
        for doubt in doubts:
            self._ask(doubt, now)
        settle_finished(self._store, now)
        return len(doubts)

    def _conclude_ended(self, now: datetime) -> None:
        """Calls that are over and that no driver finished: by their dialogue, else by what is on record."""
        with self._store.reading() as session:
            unconcluded = loose_ends.unconcluded(session, now=now, older_than_s=SILENT_S)
        for call_id in unconcluded:
            try:
                self._conclude(call_id)
            except Exception:  # one call that cannot be made sense of must not keep the others waiting
                LOG.exception("a call's dialogue could not be concluded", extra={"call_id": call_id})
        with self._store.transaction() as session:
            loose_ends.conclude_silent(session, now=now, older_than_s=SILENT_S)

    def _doubts(self, now: datetime) -> list[_Doubt]:
        with self._store.reading() as session:
            return [
                _Doubt(
                    attempt_id=attempt.id,
                    call_id=attempts.call_of(session, attempt.id).id,
                    sid=attempt.carrier_sid,
                    phone=borrowers.get(session, attempt.borrower_id).phone_e164,
                    created_at=attempt.created_at,
                )
                for attempt in loose_ends.to_ask_about(session, now=now, older_than_s=ABANDONED_S, silent_s=ASK_AFTER_S)
            ]

    def _ask(self, doubt: _Doubt, now: datetime) -> None:
        try:
            found = self._carrier.fetch(doubt.sid) if doubt.sid else self._find(doubt)
        except CarrierTrouble as trouble:
            LOG.warning("the carrier could not be asked", extra={"attempt": doubt.attempt_id, "code": trouble.code})
            return
        if found is not None:
            self._callbacks.call_progressed(doubt.call_id, found.sid, found.status.value, {}, now)
        elif now - doubt.created_at > timedelta(seconds=SETTLE_S):
            with self._store.transaction() as session:
                attempts.refused(session, doubt.attempt_id, fault_code="not_found", outcome=Outcome.CARRIER_ERROR, now=now)

    def _find(self, doubt: _Doubt) -> Found | None:
        """The carrier's call for an attempt without a name: the oldest one to the number that no other attempt has.

        Another attempt to this number is not in flight (store.attempts.AlreadyOnTheLine); those before it have their calls'
        names, so a clock that differs from the carrier's by minutes confuses nothing.
        """
        calls = self._carrier.find_calls(doubt.phone, since=doubt.created_at - timedelta(seconds=SKEW_S))
        with self._store.reading() as session:
            taken = loose_ends.named_among(session, [call.sid for call in calls])
        free = [call for call in calls if call.sid not in taken]
        return free[-1] if free else None
