"""The law is asked before anything is rendered: nobody who may not be called has prompts made."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from campaigns.dialler import Dialler
from campaigns.preparation import RENDER_AGAIN_S, Preparation, Progress
from ivr.script.library import Library, RevisionLost
from ivr.script.model import Due, Script
from kit.settings import Settings
from law.policy import read_policy
from speech.prompts import RenderFailed
from store import borrowers, campaigns, cases, restraints, targets
from store.blobs import open_blobs
from store.cases import NewCase
from store.models import Campaign, Hold, Target
from store.words import CampaignState, DoNotCallScope, TargetState
from tests.campaigns.conftest import Floor
from tests.ivr.dialogue.small import small_script


@dataclass
class ToldRenderer:
    """Renders nothing; remembers what it was asked for about persons."""

    personal: list[str] = field(default_factory=list)
    broken: int = 0
    """How often it fails."""

    def render_all(self, texts: Sequence[str], *, is_personal: bool = False, on_progress: Progress | None = None) -> object:
        if self.broken:
            self.broken -= 1
            raise RenderFailed("引擎出错")
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
        return self.targets()

    def targets(self) -> list[Target]:
        with self.floor.store.reading() as session:
            return list(targets.of_campaign(session, self.campaign_id))


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
        for target in targets.of_campaign(session, campaign_id):
            target.prepared_at = None
    return Room(floor, renderer, preparation, library, campaign_id)


def borrower_of(room: Room) -> str:
    with room.floor.store.reading() as session:
        return targets.of_campaign(session, room.campaign_id)[0].borrower_id


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
        assert targets.count_by_state(session, room.campaign_id)[TargetState.BLOCKED] == 1


def test_prompts_of_another_day_are_made_anew_before_anybody_is_called(room: Room) -> None:
    room.prepare()
    missing = ["已经逾期6天，"]
    dialler = Dialler(replace(room.floor.exchange, unspoken=lambda texts: missing))
    assert dialler.tick() == 0
    (target,) = room.targets()
    assert (target.state, target.prepared_at, target.lease_owner) == (TargetState.WAITING, None, None)
    missing.clear()
    assert dialler.tick() == 0, "not before its prompts are there"
    room.prepare()
    assert dialler.tick() == 1


def test_a_day_that_belies_the_script_calls_nobody(room: Room) -> None:
    room.prepare()
    dialler = Dialler(replace(room.floor.exchange, scripts=lambda *_: replace(small_script(), due=Due.AHEAD)))
    assert dialler.tick() == 0
    (target,) = room.targets()
    assert (target.state, target.blocked_rule) == (TargetState.BLOCKED, "unfit_facts")
    assert "还款日已过" in (target.blocked_reason or "")


def test_a_script_that_is_gone_costs_its_own_campaign_only(room: Room, caplog: pytest.LogCaptureFixture) -> None:
    def lost(script_id: str, digest: str) -> Script:
        raise RevisionLost(script_id)

    room.prepare()
    assert Dialler(replace(room.floor.exchange, scripts=lost)).tick() == 0
    assert "script revision is gone" in caplog.text
    room.floor.clock.advance(60)
    room.floor.sweep.run()
    assert room.floor.dialler.tick() == 1


def test_what_cannot_be_spoken_keeps_nobody_else_waiting(floor: Floor, room: Room) -> None:
    room.renderer.broken = 1
    room.campaign_id = floor.campaign(2, name="乙")
    with floor.store.transaction() as session:
        for target in targets.of_campaign(session, room.campaign_id):
            target.prepared_at = None
    first, second = sorted(room.prepare(), key=lambda one: one.prepared_at is not None)
    assert (first.prepared_at, first.blocked_rule) == (None, "render_failed")
    assert second.prepared_at is not None
    floor.clock.advance(RENDER_AGAIN_S + 1)
    assert all(one.prepared_at for one in room.prepare())


def test_a_dated_hold_that_is_signed_off_lets_its_people_in_again_after_its_day(room: Room) -> None:
    now = room.floor.clock.now()
    risk = "self_harm"
    new = NewCase(borrower_of(room), None, "risk", risk, 0, "open", quote="", why="", what_to_do="", due_at=now)
    with room.floor.store.transaction() as session:
        case = cases.put(session, new, now=now)
        restraints.put_hold(
            session, case.borrower_id, rule=risk, case_id=case.id, days=7, is_permanent=False, lift_by="supervisor", now=now
        )
    (target,) = room.prepare()
    assert target.state is TargetState.BLOCKED
    with room.floor.store.transaction() as session:
        restraints.resolve_case(session, case.id, by="zheng", now=now)
    (target,) = room.prepare()
    assert (target.state, target.next_try_at) == (TargetState.WAITING, now + timedelta(days=7))


def test_a_campaign_that_cannot_be_prepared_keeps_no_other_waiting(floor: Floor, room: Room) -> None:
    other = floor.campaign(1, name="乙")
    script = room.library.keep("overdue_reminder")
    with floor.store.transaction() as session:
        campaigns.get(session, other).script_digest = script.digest
        for target in targets.of_campaign(session, other):
            target.prepared_at = None
    assert room.preparation.prepare_running() == 1, "the first campaign's revision was never kept"


def test_a_case_that_is_open_again_needs_its_sign_off_again(room: Room) -> None:
    now = room.floor.clock.now()
    new = NewCase(borrower_of(room), None, "risk", "self_harm", 0, "open", quote="", why="", what_to_do="", due_at=now)
    with room.floor.store.transaction() as session:
        case = cases.put(session, new, now=now)
        held = {"rule": "self_harm", "case_id": case.id, "days": 7, "is_permanent": False, "lift_by": "supervisor"}
        restraints.put_hold(session, case.borrower_id, **held, now=now)  # type: ignore[arg-type]
        restraints.resolve_case(session, case.id, by="zheng", now=now)
        restraints.hold_again(session, case.id, now=now)
    room.floor.clock.advance(8 * 86_400)
    (target,) = room.prepare()
    assert (target.state, target.blocked_rule) == (TargetState.BLOCKED, "hold:self_harm")
