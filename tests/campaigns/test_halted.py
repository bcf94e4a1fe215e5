"""Between two calls of one tick: a campaign is paused, a lease runs out, a lock is not to be had."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from ivr.carrier.rest import Placed, Refused, Unknown
from kit.clock import SHANGHAI
from store import attempts, campaigns, targets
from store.session import WriterBusy
from store.words import CampaignState, TargetState
from tests.campaigns.conftest import Floor
from tests.campaigns.test_dialler import counts


def order(floor: Floor, campaign_id: str, to: CampaignState) -> None:
    with floor.store.transaction() as session:
        campaigns.step(session, campaign_id, to, now=floor.clock.now())


@pytest.mark.parametrize("to", [CampaignState.PAUSED, CampaignState.STOPPED])
def test_an_order_in_the_middle_of_a_tick_ends_its_calls(
    floor: Floor, monkeypatch: pytest.MonkeyPatch, to: CampaignState
) -> None:
    campaign = floor.campaign(10)
    other = floor.campaign(1, name="另一批")
    answer = floor.carrier.create_call

    def create_call(phone: str, *, call_id: str, attempt_id: str) -> Placed | Refused | Unknown:
        if not floor.carrier.rung:
            order(floor, campaign, to)
        return answer(phone, call_id=call_id, attempt_id=attempt_id)

    monkeypatch.setattr(floor.carrier, "create_call", create_call)
    rung = floor.dialler.tick()
    states = counts(floor, campaign)
    assert states[TargetState.CALLING] <= 1
    assert states[TargetState.WAITING] >= 9
    assert rung == len(floor.carrier.rung) == states[TargetState.CALLING] + counts(floor, other).get(TargetState.CALLING, 0)


def test_an_order_between_lease_and_intent_is_obeyed(floor: Floor, monkeypatch: pytest.MonkeyPatch) -> None:
    campaign = floor.campaign(3)
    leave = floor.exchange.starts.may_start

    def may_start(per_s: int) -> bool:
        with floor.store.reading() as session:
            if campaigns.get(session, campaign).state is CampaignState.RUNNING:
                order(floor, campaign, CampaignState.PAUSED)
        return leave(per_s)

    monkeypatch.setattr(floor.exchange.starts, "may_start", may_start)
    assert floor.dialler.tick() == 0
    assert floor.carrier.rung == []
    assert counts(floor, campaign) == {TargetState.WAITING: 3}
    order(floor, campaign, CampaignState.RUNNING)
    monkeypatch.undo()
    assert floor.dialler.tick() == 3


def slow_once(floor: Floor, monkeypatch: pytest.MonkeyPatch, seconds: float) -> None:
    """The first lock is given only after so long."""
    waits = [seconds]

    def keep_others_from_counting(session: Session) -> None:
        if waits:
            floor.clock.advance(waits.pop())

    monkeypatch.setattr(attempts, "keep_others_from_counting", keep_others_from_counting)


def test_a_slow_lock_loses_one_turn_not_the_tick(floor: Floor, monkeypatch: pytest.MonkeyPatch) -> None:
    campaign = floor.campaign(3)
    slow_once(floor, monkeypatch, 31)
    assert floor.dialler.tick() == 2
    assert counts(floor, campaign) == {TargetState.CALLING: 2, TargetState.WAITING: 1}
    assert floor.dialler.tick() == 1
    assert len(set(floor.carrier.rung)) == 3


def test_the_law_is_asked_after_the_lock(floor: Floor, monkeypatch: pytest.MonkeyPatch) -> None:
    """A lock asked for within hours and given after them rings nobody."""
    campaign = floor.campaign(1)
    closing = datetime(2026, 11, 23, 20, 0, tzinfo=SHANGHAI).astimezone(UTC)
    floor.clock.advance((closing - floor.clock.now()).total_seconds() - 1)
    slow_once(floor, monkeypatch, 2)
    assert floor.dialler.tick() == 0
    with floor.store.reading() as session:
        (target,) = targets.of_campaign(session, campaign)
    assert (target.state, target.blocked_rule) == (TargetState.WAITING, "hours")


@pytest.mark.parametrize("fault", [WriterBusy("busy"), OperationalError("SELECT 1", {}, Exception("database is locked"))])
def test_a_lock_that_is_not_to_be_had_loses_one_turn(floor: Floor, monkeypatch: pytest.MonkeyPatch, fault: Exception) -> None:
    floor.campaign(3)
    faults = [fault]

    def keep_others_from_counting(session: Session) -> None:
        if faults:
            raise faults.pop()

    monkeypatch.setattr(attempts, "keep_others_from_counting", keep_others_from_counting)
    assert floor.dialler.tick() == 2
    floor.clock.advance(31)
    floor.sweep.run()
    assert floor.dialler.tick() == 1
    assert len(set(floor.carrier.rung)) == 3
