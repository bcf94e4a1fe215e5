"""On PostgreSQL, where transactions overlap: diallers at the same moment share the media slots; the sweep's questions work."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from campaigns.dialler import Dialler
from campaigns.retention import Retention
from ivr.carrier.rest import Placed
from kit.phone import invented_mainland
from store import campaigns
from store.blobs import open_blobs
from store.models import Attempt, Campaign
from store.words import CampaignState, TargetState
from tests.campaigns.conftest import Floor, floor, found
from tests.campaigns.test_dialler import counts
from tests.campaigns.test_parallel_ticks import together
from tests.store import cast
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
    assert Retention(floor.store, open_blobs(floor.store.settings), floor.exchange.policy, forget=lambda *_: None).run() == 0


def test_two_rows_of_one_number_at_once_ring_it_once(floor: Floor) -> None:
    campaign = cast.add_campaign(floor.store, "合用号码")
    phone = invented_mainland(900)
    rows = [cast.add_borrower(floor.store, seed, phone_e164=phone) for seed in (900, 901)]
    targets = [cast.add_target(floor.store, campaign, *row) for row in rows]

    def dial(target_id: str) -> Callable[[], int]:
        dialler = Dialler(floor.exchange)
        return lambda: int(dialler.dial(target_id, campaign))

    floor.carrier.answer = Placed("CA" + "7" * 32)
    assert sum(together(*(dial(target.id) for target in targets))) == 1
    assert floor.carrier.rung == [phone]


def test_a_pause_waits_for_the_intent_that_has_begun_and_is_seen_by_the_next(floor: Floor) -> None:
    campaign = cast.add_campaign(floor.store, "要暂停")
    with floor.store.transaction() as intending:
        assert campaigns.keep_running(intending, campaign.id)
        with pytest.raises(OperationalError, match="lock timeout"):
            _pause(floor, campaign.id)
    _pause(floor, campaign.id)
    with floor.store.transaction() as session:
        assert not campaigns.keep_running(session, campaign.id)


def _pause(floor: Floor, campaign_id: str) -> None:
    with floor.store.transaction() as session:
        session.execute(text("SET LOCAL lock_timeout = '100ms'"))
        campaigns.step(session, campaign_id, CampaignState.PAUSED, now=floor.clock.now())
