"""A migrated store, a carrier that does what it is told, and a dialler over both."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from campaigns.dialler import Dialler, Exchange
from campaigns.intake import take_roster
from campaigns.pacing import Pace
from campaigns.roster import Roster, Row
from campaigns.sweep import Sweep
from desk.intake import StoredNotebook
from ivr.carrier.rest import Found, Placed, Refused, Unknown
from ivr.carrier.webhook import CallStatus
from ivr.ports import Agent, Recording
from ivr.runtime import answering
from ivr.runtime.line import Line
from kit.clock import ManualClock
from kit.phone import invented_mainland
from kit.settings import Settings
from kit.vocabulary import Purpose
from law.policy import read_policy
from store import campaigns, targets
from store.callbacks import StoredCallbacks
from store.session import Store
from store.words import CampaignState
from tests.fakes.notebook import FakeShift
from tests.fakes.starts import FakeStarts
from tests.ivr.dialogue.small import small_script
from tests.ivr.runtime.rig import House
from tests.store.conftest import clock, migrated, store

__all__ = ["clock", "migrated", "store"]


@dataclass
class ToldCarrier:
    """Answers as told; remembers who was rung."""

    answer: Placed | Refused | Unknown | Exception | None = None
    rung: list[str] = field(default_factory=list)
    known: dict[str, list[Found]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def create_call(self, to: str, *, call_id: str, attempt_id: str) -> Placed | Refused | Unknown:
        self.rung.append(to)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer or Placed(f"CA{len(self.rung):032d}")

    def find_calls(self, to: str, *, since: datetime) -> list[Found]:
        return [one for one in self.known.get(to, []) if one.created_at is None or one.created_at >= since]

    def fetch(self, sid: str) -> Found:
        self.asked.append(sid)
        return next(found for calls in self.known.values() for found in calls if found.sid == sid)


class ToldSeats:
    """As many media slots as told."""

    def __init__(self, total: int) -> None:
        self.total = total

    def __call__(self) -> int:
        return self.total


class ToldRecorder:
    """Says whether recording is possible."""

    ready = True

    def start(self, call_id: str) -> Recording:
        raise AssertionError("the dialler records nothing")

    def is_ready(self) -> bool:
        return self.ready


@dataclass
class Floor:
    """Everything that a dialling test touches. `line` carries calls over the same store, with the small script."""

    line: Line
    store: Store
    clock: ManualClock
    carrier: ToldCarrier
    seats: ToldSeats
    recorder: ToldRecorder
    exchange: Exchange
    dialler: Dialler
    sweep: Sweep
    callbacks: StoredCallbacks

    def campaign(self, size: int, *, name: str = "提醒", purpose: Purpose = Purpose.COLLECTION) -> str:
        """A running campaign of that many prepared targets."""
        now = self.clock.now()
        rows = tuple(
            Row(
                line=place + 2,
                name="王小明",
                phone=invented_mainland(place),
                id_last4=f"{1234 + place}",
                loan_no=f"{name}-{place}",
                amount_fen=320000,
                due_on=now.date() - timedelta(days=3),
                overdue_days=3,
            )
            for place in range(size)
        )
        with self.store.transaction() as session:
            campaign = campaigns.create(session, name, script_id="overdue_reminder", purpose=purpose, now=now)
        take_roster(self.store, campaign.id, Roster(rows, ()), source="test.csv", now=now)
        with self.store.transaction() as session:
            for target in targets.of_campaign(session, campaign.id):
                targets.mark_prepared(session, target.id, now=now)
            campaigns.step(session, campaign.id, CampaignState.RUNNING, now=now, script_digest="d" * 64)
        return campaign.id


@pytest.fixture
def floor(store: Store, clock: ManualClock) -> Floor:
    carrier, seats, recorder, callbacks = ToldCarrier(), ToldSeats(50), ToldRecorder(), StoredCallbacks(store)
    exchange = Exchange(
        settings=Settings(caller_id="+12025550100", carrier_api_base_url="http://127.0.0.1:1"),
        clock=clock,
        store=store,
        policy=read_policy(Path("law/policy.yaml").read_text(encoding="utf-8")),
        carrier=carrier,
        seats=seats,
        starts=FakeStarts(clock),
        shift=FakeShift(*(Agent(f"+120255501{n:02d}", True) for n in range(20))),
        recorder=recorder,
        pace=lambda: Pace(calls_per_s=100, max_in_flight=100),
        scripts=lambda script_id, digest: small_script(),
        unspoken=lambda texts: (),
    )
    line = replace(House().line, notebook=StoredNotebook(store), clock=clock)
    sweep = Sweep(
        store,
        clock,
        carrier=carrier,
        callbacks=callbacks,
        conclude=lambda call_id: answering.conclude_silent(line, call_id),
    )
    return Floor(line, store, clock, carrier, seats, recorder, exchange, Dialler(exchange), sweep, callbacks)


def found(sid: str, status: str, made: datetime) -> Found:
    """A call as the carrier reports it."""
    return Found(sid=sid, status=CallStatus(status), created_at=made, duration_s=None)
