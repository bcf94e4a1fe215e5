"""Orders of other processes as events."""

from __future__ import annotations

from ivr.dialogue.events import Commanded, MachineAnswered
from ivr.runtime.orders import events_of
from kit.vocabulary import Announcement, Order


def test_a_machine_comes_first_and_listening_in_is_no_matter_of_the_dialogues() -> None:
    given = [Order.LISTEN_IN, Order.HAND_OVER, Order.MACHINE_ANSWERED, Order.HANG_UP]
    machine = MachineAnswered(Announcement.VOICEMAIL)
    assert events_of(given) == [machine, Commanded(Order.HAND_OVER), Commanded(Order.HANG_UP)]
    assert events_of([Order.LISTEN_IN]) == []
