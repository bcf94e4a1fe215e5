"""Diallers that tick at the same moment keep the calls per second together, and ring nobody twice."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from campaigns.dialler import Dialler, Starts
from campaigns.pacing import Pace
from kit.clock import ManualClock
from kit.settings import Settings
from store.live import RedisLiveCalls
from store.models import Campaign
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
    live = RedisLiveCalls(settings, clock)
    live.client.flushall()
    return live


def together(*work: Callable[[], int]) -> list[int]:
    """Do all at once; what each gave."""
    gate = threading.Barrier(len(work))

    def begin(one: Callable[[], int]) -> int:
        gate.wait()
        return one()

    with ThreadPoolExecutor(len(work)) as pool:
        return [each.result() for each in [pool.submit(begin, one) for one in work]]


def test_two_diallers_at_once_keep_the_calls_per_second(floor: Floor, starts: Starts) -> None:
    """Each has seen other borrowers due, as two machines do: only the leave to start keeps them together."""
    campaign = floor.campaign(12)
    due = floor.dialler._due()
    exchange = replace(floor.exchange, starts=starts, pace=lambda: Pace(calls_per_s=PER_S, max_in_flight=100))

    def dial(own: list[tuple[str, Campaign]]) -> Callable[[], int]:
        dialler = Dialler(exchange)
        return lambda: sum(dialler.dial(*one) for one in own)

    began = time.monotonic()
    placed = sum(together(dial(due[:6]), dial(due[6:])))
    seconds = 0 if isinstance(starts, FakeStarts) else int(time.monotonic() - began)
    assert len(due) == 12
    assert PER_S <= placed <= PER_S * (1 + seconds)
    assert placed == len(floor.carrier.rung) == len(set(floor.carrier.rung))
    assert counts(floor, campaign) == {TargetState.WAITING: 12 - placed, TargetState.CALLING: placed}


def test_two_ticks_at_once_ring_nobody_twice(floor: Floor, starts: Starts) -> None:
    floor.campaign(12)
    exchange = replace(floor.exchange, starts=starts, pace=lambda: Pace(calls_per_s=PER_S, max_in_flight=100))
    placed = together(Dialler(exchange).tick, Dialler(exchange).tick)
    assert sum(placed) == len(floor.carrier.rung) == len(set(floor.carrier.rung)) > 0


def test_the_next_second_begins_anew(floor: Floor) -> None:
    floor.campaign(12)
    dialler = Dialler(replace(floor.exchange, pace=lambda: Pace(calls_per_s=PER_S, max_in_flight=100)))
    placed = [dialler.tick(), dialler.tick()]
    floor.clock.advance(1.0)
    assert [*placed, dialler.tick(), dialler.tick()] == [PER_S, 0, PER_S, 0]
