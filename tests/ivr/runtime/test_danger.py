"""Whoever is in mortal danger is never let go by a fault of ours: people are rung, and the duty manager knows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from ivr.carrier.twiml import Dial, Play, Verb
from ivr.ports import Agent
from ivr.runtime import handover, house_clips, pump
from ivr.runtime.handover import MOST_REDIRECTS, MOST_REDIRECTS_IN_DANGER
from kit.vocabulary import CallState, HangUpReason, Outcome
from tests.ivr.runtime.rig import CALL, House, Phone, Plot, asks_for_a_person, breaks_off, despairs
from tests.webhooks.post import Posts

SENIOR = Agent("+12025550112", may_take_p0=True)
COMFORT = "我听到您说的了，马上请同事陪您说话。"


def _house() -> House:
    return House(agents=[Agent("+12025550111", may_take_p0=False), SENIOR])


def _rung(verbs: list[Verb]) -> list[str]:
    return [verb.number for verb in verbs if isinstance(verb, Dial)]


def _cut_off(phone: Phone) -> Plot:
    """The line breaks while we say that somebody will come."""
    yield from phone.until_quiet()
    yield from phone.say("不想活了", 1.2)
    while not phone.is_bot_speaking:
        yield
    phone.closed_by_peer = True
    yield


def _nobody_came() -> House:
    house = _house()
    house.phone(despairs)
    for place in range(2):
        house.notebook.set_state(CALL, CallState.TRANSFERRING, place + 1)
    handover.ring_next(house.line, house.sheet)
    assert house.sheet.state is CallState.TRANSFER_FAILED
    return house


def test_a_worker_lost_while_we_comfort_is_not_waited_for() -> None:
    house = _house()
    house.phone(_cut_off)
    assert house.sheet.state is CallState.DROPPED
    assert _rung(handover.resume(house.line, house.sheet)) == [SENIOR.number]


def test_a_recording_that_fails_while_we_comfort_stops_no_transfer() -> None:
    house = _house()

    def plot(phone: Phone) -> Plot:
        yield from phone.until_quiet()
        yield from phone.say("不想活了", 1.2)
        while not phone.is_bot_speaking:
            yield
        house.recorder.break_down()
        yield from phone.wait(20)

    house.phone(plot)
    assert house.sheet.state is CallState.TRANSFERRING
    assert house.spoken("bot")[-1] == COMFORT


def test_comfort_that_cannot_be_spoken_stops_no_transfer() -> None:
    house = _house()
    house.prompts.missing.add(COMFORT)
    house.phone(despairs)
    assert COMFORT not in house.spoken("bot")
    assert house.sheet.state is CallState.TRANSFERRING


def test_a_recording_that_fails_lets_nobody_go_who_is_on_the_line_in_danger() -> None:
    house = _nobody_came()

    def plot(phone: Phone) -> Plot:
        yield from phone.until_quiet()
        house.recorder.break_down()
        yield from phone.wait(4)
        assert house.sheet.outcome is None

    house.phone(plot)


def test_no_call_is_too_long_for_whoever_is_in_danger() -> None:
    house = _nobody_came()
    house.clock.advance(3600)

    def plot(phone: Phone) -> Plot:
        yield from phone.until_quiet()
        yield from phone.say("嗯", 0.4)
        yield from phone.wait(1)
        assert house.sheet.outcome is None

    house.phone(plot)
    assert "您可以拨打12356。" in house.spoken("bot")[-2:]


@pytest.mark.parametrize("redirects", [1, 3])
def test_people_are_rung_again_when_no_worker_comes_back(redirects: int) -> None:
    """The help lines are said, then everybody is tried once more; again and again, since nothing better is left."""
    house = _nobody_came()
    for _ in range(redirects):
        for _ in range(MOST_REDIRECTS_IN_DANGER):
            assert _rung(handover.resume(house.line, house.sheet)) == []
        verbs = handover.resume(house.line, house.sheet)
        assert isinstance(verbs[0], Play)
        assert f"/media/clip/{house_clips.HELP_LINES}.wav" in verbs[0].url
        assert _rung(verbs) == [SENIOR.number]
        house.notebook.set_state(CALL, CallState.TRANSFERRING, 2)
        handover.ring_next(house.line, house.sheet)
    assert house.sheet.outcome is None
    assert house.shift.alarms == [(CALL, "self_harm")]


def test_a_call_without_danger_is_given_up_when_no_worker_comes_back_after_a_transfer() -> None:
    house = House()
    house.phone(asks_for_a_person)
    handover.ring_next(house.line, house.sheet)
    for _ in range(MOST_REDIRECTS + 1):
        handover.resume(house.line, house.sheet)
    assert house.notebook.finished[CALL][:2] == (Outcome.ABANDONED, HangUpReason.FAULT)


def test_a_line_that_breaks_again_and_again_ends_nobodys_call_who_is_in_danger() -> None:
    house = _nobody_came()

    for _ in range(pump.MOST_RESUMES + 2):
        house.phone(breaks_off)
    assert house.sheet.outcome is None
    assert house.carrier.completed == []


def test_words_that_cannot_be_said_to_whoever_is_in_danger_bring_a_person() -> None:
    house = _nobody_came()
    house.prompts.missing.add("您可以拨打12356。")
    house.phone(lambda phone: phone.wait(6))
    assert house.sheet.state is CallState.TRANSFERRING
    assert _rung(handover.resume(house.line, house.sheet)) == [SENIOR.number]


def test_a_dead_stream_ends_nobodys_call_who_is_in_danger() -> None:
    house = _nobody_came()

    def plot(phone: Phone) -> Plot:
        yield from phone.until_quiet()
        yield from phone.stop_media(60)

    phone = house.phone(plot)
    assert phone.seconds < 60, "the socket is closed, so that the carrier comes back"
    assert (house.sheet.state, house.sheet.outcome) == (CallState.DROPPED, None)
    assert house.carrier.completed == []


def test_a_person_who_takes_the_call_later_has_taken_it() -> None:
    """People were rung anew though the dialogue had gone on."""

    house = _nobody_came()
    house.phone(breaks_off)
    handover._ring_anew(house.line, house.sheet)
    assert handover.accept(house.line, house.sheet, 0, "1") == []
    handover.resume(house.line, house.sheet)
    assert house.notebook.finished[CALL][:2] == (Outcome.TRANSFERRED, HangUpReason.TRANSFER_DONE)


@pytest.mark.parametrize("plot", [despairs, asks_for_a_person])
def test_a_webhook_that_fails_ends_no_call(plot: Callable[[Phone], Plot], monkeypatch: pytest.MonkeyPatch) -> None:
    house = _house()
    house.phone(plot)
    for place in range(2):
        house.notebook.set_state(CALL, CallState.TRANSFERRING, place + 1)

    def down(call_id: str, ttl_s: int = 60) -> str:
        raise ConnectionError("no Redis")

    monkeypatch.setattr(house.live, "issue_token", down)
    reply = Posts(house)("/voice/resume", {})
    assert reply.status_code == 200
    if plot is despairs:
        assert f"clip/{house_clips.HELP_LINES}.wav" in reply.text
        assert f">{SENIOR.number}</Number>" in reply.text
    else:
        assert "again=1</Redirect>" in reply.text
        assert "<Hangup" in Posts(house)("/voice/resume", {}, again=MOST_REDIRECTS).text


def test_danger_that_led_to_no_transfer_yet_is_rung_for_as_the_gravest() -> None:
    """The worker died in the instant between hearing it and noting whom to ring."""
    house = _nobody_came()
    memory = dict(house.sheet.memory or {})
    memory["driver"] = {name: kept for name, kept in memory["driver"].items() if name != "transfer"}
    house.notebook.sheets[CALL] = replace(house.sheet, memory=memory, state=CallState.LOST, redirects=MOST_REDIRECTS_IN_DANGER)
    assert _rung(handover.resume(house.line, house.sheet)) == [SENIOR.number]
    assert handover.transfer_of(house.sheet)["severity"] == "P0"
