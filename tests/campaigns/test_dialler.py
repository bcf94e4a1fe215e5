"""Dialling: never twice, never past the gate, never more than there are seats; everything is settled."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from campaigns.dialler import Dialler
from campaigns.retries import RETRIES
from campaigns.sweep import SKEW_S
from desk.intake import StoredNotebook
from ivr.carrier.rest import Refused, Unknown
from ivr.dialogue.effects import BookCallback
from ivr.ports import Agent
from kit.vocabulary import HangUpReason, Outcome, Purpose
from store import attempts, campaigns, promises, targets
from store.models import Attempt, Target
from store.words import AttemptState, CampaignState, TargetState
from tests.campaigns.conftest import Floor, found
from tests.fakes.notebook import FakeShift


def only_attempt(floor: Floor) -> Attempt:
    with floor.store.reading() as session:
        (attempt,) = session.query(Attempt).all()
    return attempt


def counts(floor: Floor, campaign_id: str) -> dict[TargetState, int]:
    with floor.store.reading() as session:
        return {state: n for state, n in targets.count_by_state(session, campaign_id).items() if n}


def test_a_tick_rings_everybody_once(floor: Floor) -> None:
    campaign = floor.campaign(5)
    assert floor.dialler.tick() == 5
    assert floor.dialler.tick() == 0
    assert len(set(floor.carrier.rung)) == len(floor.carrier.rung) == 5
    assert counts(floor, campaign) == {TargetState.CALLING: 5}


def test_every_attempt_keeps_its_verdict(floor: Floor) -> None:
    floor.campaign(1)
    floor.dialler.tick()
    verdict = only_attempt(floor).verdict
    assert verdict["rule"] == "allowed"
    assert len(str(verdict["policy_digest"])) == 64


def test_never_more_in_flight_than_media_slots(floor: Floor) -> None:
    floor.seats.total = 3
    floor.campaign(10)
    assert floor.dialler.tick() == 3
    assert floor.dialler.tick() == 0


def test_two_diallers_share_the_slots(floor: Floor) -> None:
    floor.seats.total = 4
    floor.campaign(10)
    due = floor.dialler._due()
    assert floor.dialler.tick() == 4
    assert all(not floor.dialler.dial(target_id, campaign) for target_id, campaign in due)
    assert len(floor.carrier.rung) == 4


def test_nothing_is_dialled_when_recording_is_impossible(floor: Floor) -> None:
    floor.campaign(2)
    floor.recorder.ready = False
    assert floor.dialler.tick() == 0
    assert floor.carrier.rung == []


def test_nothing_is_dialled_without_an_agent_for_the_gravest(floor: Floor) -> None:
    floor.campaign(2)
    dialler = Dialler(replace(floor.exchange, shift=FakeShift(Agent("+12025550101", may_take_p0=False))))
    assert dialler.tick() == 0
    assert floor.carrier.rung == []


def told(floor: Floor, status: str) -> str:
    """The carrier's report of the latest call; the call's id."""
    with floor.store.reading() as session:
        attempt = session.query(Attempt).order_by(Attempt.attempt_no.desc()).first()
        assert attempt is not None
        call_id, sid = attempts.call_of(session, attempt.id).id, attempt.carrier_sid or ""
    floor.callbacks.call_progressed(call_id, sid, status, {}, floor.clock.now())
    return call_id


def booked(floor: Floor, wanted: datetime | None, *, by_person: bool = False, campaign: str = "") -> Target:
    """A campaign of one, whose call ends with a call back agreed; the target afterwards."""
    campaign = campaign or floor.campaign(1)
    floor.dialler.tick()
    call_id = told(floor, "in-progress")
    notebook = StoredNotebook(floor.store)
    notebook.save_turn(call_id, [], {"n": 1}, [BookCallback(wanted, by_person, "晚点打")], floor.clock.now())
    notebook.finish(call_id, Outcome.CALLBACK_BOOKED, HangUpReason.SCRIPT_ENDED, floor.clock.now())
    told(floor, "completed")
    floor.sweep.run()
    with floor.store.reading() as session:
        (target,) = targets.of_campaign(session, campaign)
    return target


def test_who_asked_to_be_called_back_is_called_then_whatever_our_cooldown(floor: Floor) -> None:
    wanted = floor.clock.now() + timedelta(hours=5)
    target = booked(floor, wanted)
    assert (target.state, target.next_try_at) == (TargetState.WAITING, wanted)
    floor.clock.advance(5 * 3600 - 60)
    assert floor.dialler.tick() == 0
    floor.clock.advance(61)
    assert floor.dialler.tick() == 1, "though one connected call a day is the policy's most"
    with floor.store.reading() as session:
        assert promises.callbacks_due(session, now=floor.clock.now(), by_person=False) == []


def test_an_hour_that_was_named_is_kept_however_often_nobody_answered_before(floor: Floor) -> None:
    campaign = floor.campaign(1)
    for _ in range(3):
        floor.dialler.tick()
        told(floor, "no-answer")
        floor.sweep.run()
        floor.clock.advance(26 * 3600)
    target = booked(floor, floor.clock.now() + timedelta(hours=5), campaign=campaign)
    assert (target.state, target.tries) == (TargetState.WAITING, 4)


def test_a_call_that_the_carrier_refused_keeps_no_promise(floor: Floor) -> None:
    booked(floor, floor.clock.now() + timedelta(hours=5))
    floor.clock.advance(5 * 3600)
    floor.carrier.answer = Refused(20429, False, "busy")
    floor.dialler.tick()
    with floor.store.reading() as session:
        assert len(promises.callbacks_due(session, now=floor.clock.now(), by_person=False)) == 1


def test_who_named_no_hour_is_called_another_day(floor: Floor) -> None:
    now = floor.clock.now()
    assert booked(floor, None).next_try_at == now + timedelta(days=1)


def test_whom_a_person_will_call_the_robot_leaves_alone(floor: Floor) -> None:
    assert booked(floor, floor.clock.now() + timedelta(hours=5), by_person=True).state is TargetState.DONE


def test_an_hour_that_has_gone_by_is_no_request_any_more(floor: Floor) -> None:
    booked(floor, floor.clock.now() + timedelta(hours=2))
    floor.clock.advance(5 * 3600)
    assert floor.dialler.tick() == 0


def test_out_of_hours_the_target_waits_for_the_opening(floor: Floor) -> None:
    campaign = floor.campaign(1)
    floor.clock.advance(11 * 3600)
    assert floor.dialler.tick() == 0
    with floor.store.reading() as session:
        (target,) = targets.of_campaign(session, campaign)
    assert target.state is TargetState.WAITING
    assert target.blocked_rule == "hours"
    assert target.next_try_at == floor.clock.now() + timedelta(hours=12)


def test_the_same_person_is_not_rung_by_two_campaigns_at_once(floor: Floor) -> None:
    floor.campaign(1, name="甲")
    floor.campaign(1, name="乙")
    assert floor.dialler.tick() == 1
    assert len(floor.carrier.rung) == 1


def test_a_refused_number_is_final_and_counts_in_no_cap(floor: Floor) -> None:
    campaign = floor.campaign(1)
    floor.carrier.answer = Refused(code=21211, is_permanent=True)
    floor.dialler.tick()
    floor.dialler.tick()
    assert counts(floor, campaign) == {TargetState.DONE: 1}
    assert only_attempt(floor).outcome is Outcome.INVALID_NUMBER


def test_a_doubtful_call_is_found_at_the_carrier_and_never_rung_again(floor: Floor) -> None:
    floor.campaign(1)
    floor.carrier.answer = Unknown(reason="timeout")
    floor.dialler.tick()
    attempt = only_attempt(floor)
    assert attempt.state is AttemptState.UNKNOWN
    floor.carrier.known[floor.carrier.rung[0]] = [found("CA" + "9" * 32, "in-progress", floor.clock.now())]
    floor.clock.advance(60)
    floor.sweep.run()
    floor.dialler.tick()
    attempt = only_attempt(floor)
    assert (attempt.state, attempt.carrier_sid) == (AttemptState.IN_PROGRESS, "CA" + "9" * 32)
    assert len(floor.carrier.rung) == 1


@pytest.mark.parametrize("ahead_s", [2, 600])
def test_a_clock_that_runs_ahead_of_the_carriers_never_redials(floor: Floor, ahead_s: int) -> None:
    """The create's answer and every callback were lost; the carrier says when it made the call, by its own clock."""
    floor.campaign(1)
    floor.carrier.answer = Unknown(reason="timeout")
    floor.dialler.tick()
    made = floor.clock.now() - timedelta(seconds=ahead_s)
    floor.carrier.known[floor.carrier.rung[0]] = [found("CA" + "9" * 32, "no-answer", made)]
    for _ in range(120):
        floor.clock.advance(60)
        floor.sweep.run()
        floor.dialler.tick()
    assert only_attempt(floor).outcome is Outcome.NO_ANSWER
    assert len(floor.carrier.rung) == 1, "the wait after a call that nobody took is 180 minutes"


def test_an_earlier_call_to_the_number_is_not_taken_for_this_one(floor: Floor) -> None:
    """A requested call minutes ago has its name: the attempt in doubt is not settled by it."""
    floor.campaign(1)
    floor.dialler.tick()
    first = only_attempt(floor)
    with floor.store.reading() as session:
        call = attempts.call_of(session, first.id)
    made = floor.clock.now()
    floor.callbacks.call_progressed(call.id, str(first.carrier_sid), "completed", {}, made)
    with floor.store.transaction() as session:
        session.get_one(Attempt, first.id).purpose = Purpose.REQUESTED_BY_BORROWER
    floor.clock.advance(300)
    floor.campaign(1, name="另一批")
    floor.carrier.answer = Unknown(reason="timeout")
    assert floor.dialler.tick() == 1
    floor.carrier.known[floor.carrier.rung[1]] = [found(str(first.carrier_sid), "completed", made)]
    for _ in range(20):
        floor.clock.advance(15)
        floor.sweep.run()
    with floor.store.reading() as session:
        states = {one.id: (one.carrier_sid, one.outcome) for one in session.query(Attempt)}
    states.pop(first.id)
    assert list(states.values()) == [(None, Outcome.CARRIER_ERROR)]


def test_a_doubtful_call_that_the_carrier_never_saw_is_settled_in_five_minutes(floor: Floor) -> None:
    campaign = floor.campaign(1)
    floor.carrier.answer = Unknown(reason="timeout")
    floor.dialler.tick()
    for _ in range(20):
        floor.clock.advance(15)
        floor.sweep.run()
    attempt = only_attempt(floor)
    assert attempt.state is AttemptState.FAILED
    assert attempt.outcome is Outcome.CARRIER_ERROR
    assert counts(floor, campaign) == {TargetState.WAITING: 1}


def test_a_writer_that_dies_between_intent_and_carrier_is_not_repeated(floor: Floor) -> None:
    floor.campaign(1)
    floor.carrier.answer = KeyboardInterrupt()  # type: ignore[assignment]
    with pytest.raises(KeyboardInterrupt):
        _die(floor)
    assert only_attempt(floor).state is AttemptState.INTENT
    floor.carrier.answer = None
    floor.clock.advance(30)
    floor.sweep.run()
    assert only_attempt(floor).state is AttemptState.UNKNOWN
    assert floor.dialler.tick() == 0
    assert len(floor.carrier.rung) == 1


def _die(floor: Floor) -> None:
    def create_call(to: str, *, call_id: str, attempt_id: str) -> object:
        floor.carrier.rung.append(to)
        raise KeyboardInterrupt

    floor.carrier.create_call = create_call  # type: ignore[method-assign, assignment]
    floor.dialler.tick()


def test_a_lease_without_intent_goes_back_to_waiting(floor: Floor) -> None:
    campaign = floor.campaign(1)
    with floor.store.transaction() as session:
        (target,) = targets.of_campaign(session, campaign)
        assert targets.lease(session, target.id, owner="gone", now=floor.clock.now(), for_s=30)
    floor.clock.advance(31)
    floor.sweep.run()
    assert floor.dialler.tick() == 1


def test_a_busy_line_is_tried_again_within_the_cooldown_and_caps(floor: Floor) -> None:
    campaign = floor.campaign(1)
    floor.dialler.tick()
    attempt = only_attempt(floor)
    with floor.store.reading() as session:
        call = attempts.call_of(session, attempt.id)
    floor.callbacks.call_progressed(call.id, str(attempt.carrier_sid), "busy", {}, floor.clock.now())
    floor.dialler.tick()
    with floor.store.reading() as session:
        (target,) = targets.of_campaign(session, campaign)
    assert target.state is TargetState.WAITING
    assert target.next_try_at == floor.clock.now() + timedelta(minutes=120)
    floor.clock.advance(121 * 60)
    assert floor.dialler.tick() == 1


def test_a_campaign_closes_when_nobody_is_left(floor: Floor) -> None:
    campaign_id = floor.campaign(1)
    floor.carrier.answer = Refused(code=21211, is_permanent=True)
    floor.dialler.tick()
    with floor.store.reading() as session:
        assert campaigns.get(session, campaign_id).state is CampaignState.DONE


def test_what_the_sweep_finds_is_never_an_earlier_try() -> None:
    """It looks back so far before an attempt; every wait before a new try is longer."""
    waits = [rule.wait_min * 60 for rule in RETRIES.values() if rule.tries > 1]
    assert min(waits) > SKEW_S >= 600
