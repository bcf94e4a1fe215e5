"""Orders from other processes, as what happens to the dialogue. Looks for them; gives none."""

from __future__ import annotations

from collections.abc import Sequence

from ivr.dialogue.events import Commanded, Event, MachineAnswered
from ivr.runtime.line import Line
from kit.metrics import TROUBLES
from kit.vocabulary import Announcement, Order


def waiting(line: Line, call_id: str) -> Sequence[Order]:
    """Orders given to this call since the last look; none when the channel is down, which no call suffers from."""
    try:
        return line.live.orders(call_id)
    except Exception:
        TROUBLES.labels("orders").inc()
        return ()


def events_of(orders: Sequence[Order]) -> list[Event]:
    """What they are to the dialogue, that a machine answered first: LISTEN_IN is nothing to it."""
    machine: list[Event] = [MachineAnswered(Announcement.VOICEMAIL)] if Order.MACHINE_ANSWERED in orders else []
    return machine + [Commanded(order) for order in orders if order in (Order.HAND_OVER, Order.HANG_UP)]
