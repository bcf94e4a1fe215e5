"""Diallers that tick at the same moment keep the calls per second together, and ring nobody twice."""

from __future__ import annotations

import threading
from dataclasses import replace

import pytest

from campaigns.dialler import Dialler, Starts
from campaigns.pacing import Pace
from kit.clock import ManualClock
from kit.settings import Settings
from store.live import RedisLiveCalls
from store.words import TargetState
from tests.campaigns.conftest import Floor
from tests.campaigns.test_dialler import counts
from tests.fakes.starts import FakeStarts
from tests.store.conftest import embedded

__all__ = ["embedded"]
PER_S = 3


@pytest.fixture(params=["fake", pytest.param("valkey", marks=pytest.mark.servers)])
def starts(request: pytest.FixtureRequest, clock: ManualClock) -> Starts:
    if request.param == "fake":
        return FakeStarts(clock)
    settings: Settings = request.getfixturevalue("embedded")
    return RedisLiveCalls(settings, clock)


def _tick_together(diallers: list[Dialler]) -> list[int]:
    """Let all tick at once; how many calls each placed."""
    gate = threading.Barrier(len(diallers))
    placed = [-1] * len(diallers)

    def tick(place: int) -> None:
        due = diallers[place]._due()
        gate.wait()
        placed[place] = sum(diallers[place].dial(*one) for one in due)

    threads = [threading.Thread(target=tick, args=(place,)) for place in range(len(diallers))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return placed


def test_two_ticks_at_once_keep_the_calls_per_second(floor: Floor, starts: Starts) -> None:
    campaign = floor.campaign(12)
    exchange = replace(floor.exchange, starts=starts, pace=lambda: Pace(calls_per_s=PER_S, max_in_flight=100))
    placed = _tick_together([Dialler(exchange), Dialler(exchange)])
    assert sum(placed) == len(floor.carrier.rung) == PER_S
    assert len(set(floor.carrier.rung)) == PER_S
    assert counts(floor, campaign) == {TargetState.WAITING: 12 - PER_S, TargetState.CALLING: PER_S}


def test_the_next_second_begins_anew(floor: Floor) -> None:
    floor.campaign(12)
    dialler = Dialler(replace(floor.exchange, pace=lambda: Pace(calls_per_s=PER_S, max_in_flight=100)))
    placed = [dialler.tick(), dialler.tick()]
    floor.clock.advance(1.0)
    assert [*placed, dialler.tick(), dialler.tick()] == [PER_S, 0, PER_S, 0]
