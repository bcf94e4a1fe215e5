"""A media worker and its line die together: the sweep asks the carrier, and the call's own dialogue says what it came to."""

from __future__ import annotations

from dataclasses import replace

import pytest

from campaigns.sweep import Sweep
from ivr.dialogue.events import Understood
from ivr.meaning import RiskFound
from ivr.ports import Turn
from ivr.runtime import answering
from ivr.runtime.talk import Talk
from ivr.script.model import Script
from kit.vocabulary import CallState, Outcome, Risk, Severity
from store import attempts
from store.words import TargetState
from tests.campaigns.conftest import Floor, found
from tests.campaigns.test_dialler import counts, only_attempt
from tests.ivr.dialogue.small import said

DISPUTE = said("利息不对", risk=(RiskFound(Risk.DISPUTE, Severity.P1, "利息不对"),))


def left_talking(floor: Floor) -> str:
    """A call that disputes, and whose worker and line are gone; its id."""
    floor.campaign(1)
    floor.dialler.tick()
    attempt = only_attempt(floor)
    with floor.store.reading() as session:
        call_id = attempts.call_of(session, attempt.id).id
    floor.callbacks.call_progressed(call_id, str(attempt.carrier_sid), "in-progress", {}, floor.clock.now())
    sheet = floor.line.notebook.open_call(call_id)
    assert sheet is not None
    talk, _ = Talk.begin(floor.line, sheet)
    floor.line.notebook.set_state(call_id, CallState.TALKING, 0)
    talk.tell(Understood(DISPUTE), [Turn("callee", "利息不对", "hello", 1.0, 2.0)])
    return call_id


def outcome(floor: Floor, call_id: str) -> Outcome | None:
    sheet = floor.line.notebook.open_call(call_id)
    assert sheet is not None
    return sheet.outcome


def over(floor: Floor, status: str = "completed") -> None:
    """The carrier will say this about the call when it is asked."""
    sid = str(only_attempt(floor).carrier_sid)
    floor.carrier.known["x"] = [found(sid, status, floor.clock.now())]


def test_a_call_that_speaks_is_not_asked_about(floor: Floor) -> None:
    left_talking(floor)
    over(floor, "in-progress")
    floor.clock.advance(44)
    floor.sweep.run()
    assert floor.carrier.asked == []
    floor.clock.advance(2)
    floor.sweep.run()
    assert len(floor.carrier.asked) == 1


def test_a_call_left_talking_is_concluded_by_its_dialogue(floor: Floor) -> None:
    call_id = left_talking(floor)
    over(floor)
    floor.clock.advance(46)
    floor.sweep.run()
    assert outcome(floor, call_id) is None, "a driver that lives may still write it"
    floor.clock.advance(21)
    floor.sweep.run()
    assert outcome(floor, call_id) is Outcome.DISPUTE
    assert only_attempt(floor).outcome is Outcome.DISPUTE
    assert counts(floor, str(only_attempt(floor).campaign_id)) == {TargetState.DONE: 1}


def test_a_call_whose_line_lives_is_left_alone(floor: Floor) -> None:
    call_id = left_talking(floor)
    over(floor, "in-progress")
    for _ in range(10):
        floor.clock.advance(30)
        floor.sweep.run()
    assert outcome(floor, call_id) is None


def _gone(script_id: str, digest: str) -> Script:
    raise LookupError(script_id)


def _broken(call_id: str) -> None:
    raise ZeroDivisionError(call_id)


@pytest.mark.parametrize("fault", ["script gone", "ours"])
def test_a_call_that_cannot_be_restored_is_concluded_by_what_is_on_record(floor: Floor, fault: str) -> None:
    call_id = left_talking(floor)
    over(floor)
    line = replace(floor.line, scripts=_gone)
    conclude = _broken if fault == "ours" else lambda one: answering.conclude_silent(line, one)
    sweep = Sweep(floor.store, floor.clock, carrier=floor.carrier, callbacks=floor.callbacks, conclude=conclude)
    for _ in range(2):
        floor.clock.advance(46)
        sweep.run()
    assert outcome(floor, call_id) is Outcome.HUNG_UP_DURING
