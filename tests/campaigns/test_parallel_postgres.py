"""On PostgreSQL, where transactions overlap: diallers at the same moment share the media slots; the sweep's questions work."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from campaigns.dialler import Dialler
from campaigns.retention import Retention
from store.blobs import open_blobs
from store.models import Attempt, Campaign
from store.words import TargetState
from tests.campaigns.conftest import Floor, floor, found
from tests.campaigns.test_dialler import counts
from tests.campaigns.test_parallel_ticks import together
from tests.store.test_postgres import server, store

__all__ = ["floor", "server", "store"]
pytestmark = pytest.mark.postgres
SLOTS = 3


def test_diallers_at_once_share_the_slots_and_the_sweep_asks_about_all(floor: Floor) -> None:
    campaign = floor.campaign(16)
    due = floor.dialler._due()
    floor.seats.total = SLOTS

    def dial(own: list[tuple[str, Campaign]]) -> Callable[[], int]:
        dialler = Dialler(floor.exchange)
        return lambda: sum(dialler.dial(*one) for one in own)

    placed = together(*(dial(due[place::8]) for place in range(8)))
    assert len(due) == 16
    assert sum(placed) == len(floor.carrier.rung) == SLOTS
    assert counts(floor, campaign) == {TargetState.WAITING: 16 - SLOTS, TargetState.CALLING: SLOTS}
    with floor.store.reading() as session:
        sids = {str(attempt.carrier_sid) for attempt in session.query(Attempt)}
    floor.carrier.known["all"] = [found(sid, "in-progress", floor.clock.now()) for sid in sids]
    floor.clock.advance(46)
    assert floor.sweep.run() == SLOTS
    assert set(floor.carrier.asked) == sids
    assert Retention(floor.store, open_blobs(floor.store.settings), floor.exchange.policy).run() == 0
