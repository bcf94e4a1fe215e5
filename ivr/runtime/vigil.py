"""Watches over one call from outside the conversation: orders from other processes, a dead line, the length cap."""

from __future__ import annotations

from ivr.carrier.rest import CarrierTrouble
from ivr.dialogue.events import Event, TimeUp
from ivr.runtime import orders
from ivr.runtime.line import Line
from ivr.runtime.talk import Talk
from kit.metrics import TROUBLES
from kit.vocabulary import HangUpReason, Order

NO_MEDIA_S = 30.0
ORDERS_EVERY_S = 1.0
OVERTIME_S = 90.0
"""After the length cap's goodbye began: the call is cut."""


class Vigil:
    """What may befall one call. `is_overheard` once somebody has asked to listen in."""

    def __init__(self, line: Line, talk: Talk, now: float) -> None:
        self._line, self._talk = line, talk
        self._asked_at = now
        self._is_time_up = False
        self.is_overheard = False

    def orders(self, now: float) -> list[Event]:
        """Orders since the last look, at most once a second, as events."""
        if now - self._asked_at < ORDERS_EVERY_S:
            return []
        self._asked_at = now
        waiting = orders.waiting(self._line, self._talk.sheet.call_id)
        self.is_overheard = self.is_overheard or Order.LISTEN_IN in waiting
        return orders.events_of(waiting)

    def end(self, no_media_s: float) -> HangUpReason | None:
        """Why the call must be cut now, if it must. No call is too long for whoever is in mortal danger."""
        if no_media_s >= NO_MEDIA_S:
            return HangUpReason.NO_MEDIA
        is_too_long = self._overtime_s >= OVERTIME_S and not self._talk.dialogue.mortal_danger
        return HangUpReason.LENGTH_CAP if is_too_long else None

    def time_up(self) -> TimeUp | None:
        """Once, when the length cap is reached; to be asked when nobody speaks."""
        if self._overtime_s < 0 or self._is_time_up:
            return None
        self._is_time_up = True
        return TimeUp()

    @property
    def _overtime_s(self) -> float:
        return self._talk.seconds - self._talk.dialogue.script.max_call_s


def hang_up(line: Line, carrier_sid: str | None) -> None:
    """End the call at the carrier; one that is over already is fine, a carrier in trouble has its own time limit."""
    if carrier_sid:
        try:
            line.carrier.complete(carrier_sid)
        except CarrierTrouble:
            TROUBLES.labels("hang_up").inc()
