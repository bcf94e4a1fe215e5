"""The law is asked before anything is rendered: nobody who may not be called has prompts made."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from campaigns.preparation import Preparation, Progress
from ivr.script.library import Library
from kit.settings import Settings
from law.policy import read_policy
from store import borrowers, campaigns, restraints
from store.blobs import open_blobs
from store.models import Campaign, Hold, Target
from store.words import CampaignState, DoNotCallScope, TargetState
from tests.campaigns.conftest import Floor


@dataclass
class ToldRenderer:
    """Renders nothing; remembers what it was asked for about persons."""

    personal: list[str] = field(default_factory=list)

    def render_all(self, texts: Sequence[str], *, is_personal: bool = False, on_progress: Progress | None = None) -> object:
        self.personal += texts if is_personal else ()
        return None


@dataclass
class Room:
    """A campaign whose targets are not prepared yet."""

    floor: Floor
    renderer: ToldRenderer
    preparation: Preparation
    library: Library
    campaign_id: str

    def prepare(self) -> list[Target]:
        with self.floor.store.reading() as session:
            campaign: Campaign = campaigns.get(session, self.campaign_id)
        self.preparation.prepare_targets(campaign, self.library.current(campaign.script_id))
        with self.floor.store.reading() as session:
            return list(campaigns.targets(session, self.campaign_id))


@pytest.fixture
def room(floor: Floor, tmp_path: Path) -> Room:
    settings = Settings(data_dir=tmp_path / "prepared", lender="某某汽车金融有限公司", caller_id="+12025550100")
    library = Library(settings.scripts_dir, open_blobs(settings))
    renderer = ToldRenderer()
    preparation = Preparation(
        settings,
        floor.store,
        floor.clock,
        library=library,
        renderer=renderer,
        inventory=(),
        policy=lambda: read_policy(settings.policy_file.read_text(encoding="utf-8")),
    )
    campaign_id = floor.campaign(1)
    with floor.store.transaction() as session:
        for target in campaigns.targets(session, campaign_id):
            target.prepared_at = None
    return Room(floor, renderer, preparation, library, campaign_id)


def borrower_of(room: Room) -> str:
    with room.floor.store.reading() as session:
        return campaigns.targets(session, room.campaign_id)[0].borrower_id


def test_who_may_be_called_is_made_ready(room: Room) -> None:
    (target,) = room.prepare()
    assert target.prepared_at == room.floor.clock.now()
    assert any("王小明" in text for text in room.renderer.personal)
    assert room.floor.dialler.tick() == 1


def test_who_wants_no_calls_has_no_prompts_made(room: Room) -> None:
    now = room.floor.clock.now()
    with room.floor.store.transaction() as session:
        restraints.stop_calling(session, borrower_of(room), scope=DoNotCallScope.ROBOT, call_id=None, quote="别打了", now=now)
    (target,) = room.prepare()
    assert (target.state, target.blocked_rule, target.prepared_at) == (TargetState.BLOCKED, "do_not_call_robot", None)
    assert room.renderer.personal == []


def test_who_may_be_called_later_is_ready_and_waits(room: Room) -> None:
    room.floor.clock.advance(11 * 3600)
    (target,) = room.prepare()
    assert target.prepared_at == room.floor.clock.now()
    assert (target.state, target.blocked_rule) == (TargetState.WAITING, "hours")
    assert target.next_try_at == room.floor.clock.now() + timedelta(hours=12)


def test_the_dialler_asks_again(room: Room) -> None:
    """What the law says at preparation is not what it says in the second of dialling."""
    room.prepare()
    now = room.floor.clock.now()
    with room.floor.store.transaction() as session:
        restraints.stop_calling(session, borrower_of(room), scope=DoNotCallScope.ROBOT, call_id=None, quote="别打了", now=now)
    assert room.floor.dialler.tick() == 0
    assert room.floor.carrier.rung == []


def _held(room: Room, now: datetime) -> Hold:
    with room.floor.store.transaction() as session:
        return restraints.put_hold(
            session, borrower_of(room), rule="illness", case_id=None, days=None, is_permanent=False, lift_by="", now=now
        )


def test_whom_a_hold_left_out_is_taken_in_again_when_it_is_lifted(room: Room) -> None:
    now = room.floor.clock.now()
    hold = _held(room, now)
    (target,) = room.prepare()
    assert (target.state, target.blocked_rule) == (TargetState.BLOCKED, "hold:illness")
    with room.floor.store.transaction() as session:
        restraints.lift_hold(session, restraints.open_holds(session, [hold.borrower_id], now=now)[0], by="zheng", now=now)
    (target,) = room.prepare()
    assert (target.state, target.blocked_rule, target.prepared_at) == (TargetState.WAITING, None, now)
    assert room.floor.dialler.tick() == 1


def test_who_is_held_twice_is_still_left_out_when_one_hold_is_lifted(room: Room) -> None:
    now = room.floor.clock.now()
    hold = _held(room, now)
    with room.floor.store.transaction() as session:
        restraints.put_hold(
            session, hold.borrower_id, rule="lawsuit", case_id=None, days=None, is_permanent=False, lift_by="", now=now
        )
    room.prepare()
    with room.floor.store.transaction() as session:
        restraints.lift_hold(session, restraints.open_holds(session, [hold.borrower_id], now=now)[0], by="zheng", now=now)
    (target,) = room.prepare()
    assert (target.state, target.blocked_rule) == (TargetState.BLOCKED, "hold:lawsuit")
    assert room.floor.dialler.tick() == 0


def test_whom_a_locked_number_left_out_is_taken_in_again_when_it_is_verified(room: Room) -> None:
    now = room.floor.clock.now()
    with room.floor.store.transaction() as session:
        number = borrowers.get(session, borrower_of(room)).number_digest
        restraints.lock_number(session, number, reason="wrong_person", call_id=None, now=now)
    (target,) = room.prepare()
    assert (target.state, target.blocked_rule) == (TargetState.BLOCKED, "number_lock")
    with room.floor.store.transaction() as session:
        assert restraints.reverify_number(session, number, by="zhou", now=now)
    (target,) = room.prepare()
    assert target.state is TargetState.WAITING


def test_a_campaign_that_is_over_stays_as_it_was(room: Room) -> None:
    now = room.floor.clock.now()
    hold = _held(room, now)
    room.prepare()
    with room.floor.store.transaction() as session:
        campaigns.step(session, room.campaign_id, CampaignState.STOPPED, now=now)
        restraints.lift_hold(session, restraints.open_holds(session, [hold.borrower_id], now=now)[0], by="zheng", now=now)
        assert campaigns.count_by_state(session, room.campaign_id)[TargetState.BLOCKED] == 1
