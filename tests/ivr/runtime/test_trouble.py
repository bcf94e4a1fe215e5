"""Lines lost, recordings failing, orders from afar, full houses, nonsense on the wire: the call goes on or ends lawfully."""

from __future__ import annotations

import base64
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ivr.ports import Agent
from ivr.runtime import handover, pump
from ivr.runtime.line import Full, Slots
from ivr.runtime.pulse import Pulse
from ivr.script.model import Line as Words
from kit.vocabulary import CallState, HangUpReason, Order, Outcome
from speech.ports import EngineUnavailable
from tests.ivr.dialogue.small import small_script
from tests.ivr.runtime.rig import CALL, QUIET, House, Phone, Plot, breaks_off, despairs, sheet
from tests.ivr.runtime.test_call import HELLO


def _broken_off(phone: Phone) -> Plot:
    yield from phone.until_quiet()
    phone.press("1")
    yield from breaks_off(phone)


def test_a_lost_line_resumes_at_the_same_step_with_an_apology() -> None:
    house = House()
    house.phone(_broken_off)
    assert house.sheet.state == "dropped"
    assert house.sheet.outcome is None

    def back(phone: Phone) -> Plot:
        yield from phone.until_quiet()
        yield

    house.phone(back)
    assert house.spoken("bot")[-1] == "抱歉，刚才线路断了。为了保护您的隐私，请说出或按键输入身份证后四位。"
    assert len(house.recorder.parts[CALL]) == 2


def test_a_call_that_keeps_losing_its_line_is_ended() -> None:
    house = House()
    for _ in range(pump.MOST_RESUMES + 2):
        house.phone(breaks_off)
    assert house.notebook.finished[CALL][:2] == (Outcome.ABANDONED, HangUpReason.FAULT)


def test_when_nothing_can_be_recorded_nothing_is_said() -> None:
    house = House()
    house.recorder.break_down()
    house.notebook.sheets[CALL] = sheet(carrier_sid="CA0001")
    phone = house.phone(lambda phone: phone.wait(5))
    assert phone.events == []
    assert house.notebook.finished[CALL][:2] == (Outcome.ABANDONED, HangUpReason.FAULT)
    assert house.carrier.completed == ["CA0001"]


def test_when_the_recording_fails_in_the_call_it_ends_with_an_apology() -> None:
    house = House()

    def plot(phone: Phone) -> Plot:
        yield from phone.until_quiet()
        house.recorder.break_down()
        yield from phone.wait(20)

    phone = house.phone(plot)
    assert house.spoken("bot")[-1] == "抱歉，系统出了点问题，稍后由同事联系您。"
    assert house.notebook.finished[CALL][1] is HangUpReason.FAULT
    assert not phone.is_bot_speaking


def test_a_prompt_that_was_not_rendered_ends_the_call_with_the_words_for_a_fault() -> None:
    house = House()
    house.prompts.missing.add("打扰了，再见。")

    def plot(phone: Phone) -> Plot:
        yield from phone.until_quiet()
        yield from phone.say("不是")
        yield from phone.wait(20)

    house.phone(plot)
    assert house.spoken("bot")[-1] == "抱歉，系统出了点问题，稍后由同事联系您。"
    assert house.notebook.finished[CALL][1] is HangUpReason.FAULT


@pytest.mark.parametrize("fault", [EngineUnavailable("vosk"), OSError()])
def test_an_ear_that_cannot_be_opened_ends_the_call(fault: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    house = House()

    def broken() -> None:
        raise fault

    monkeypatch.setattr(house.ear, "open", broken)
    assert house.phone(lambda phone: phone.wait(1)).events == []
    assert house.notebook.finished[CALL][0] is Outcome.ABANDONED


def test_an_ear_that_fails_in_the_call_hears_nothing_and_harms_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    house = House()

    def plot(phone: Phone) -> Plot:
        yield from phone.until_quiet()
        yield from phone.say("不是")
        yield from phone.wait(8)

    class Lazy:
        def submit(self, fn: object) -> object:
            from concurrent.futures import Future

            future: Future[object] = Future()
            future.set_exception(RuntimeError("decoder"))
            return future

    object.__setattr__(house.line, "hearing", Lazy())
    house.phone(plot)
    assert house.spoken("callee") == []
    assert house.spoken("bot")[1] == "喂，您好，请问是王小明吗？"


def test_orders_from_another_process_are_obeyed() -> None:
    house = House(agents=[Agent("+12025550111", may_take_p0=True)])

    def plot(phone: Phone) -> Plot:
        house.live.give_order(CALL, Order.LISTEN_IN)
        yield from phone.wait(3)
        assert len(house.overheard) > 8000
        house.live.give_order(CALL, Order.HAND_OVER)
        yield from phone.wait(10)

    house.phone(plot)
    assert house.sheet.state == "transferring"


def test_an_order_to_hang_up_ends_the_call() -> None:
    house = House()

    def plot(phone: Phone) -> Plot:
        yield from phone.wait(1)
        house.live.give_order(CALL, Order.HANG_UP)
        yield from phone.wait(60)

    phone = house.phone(plot)
    assert house.notebook.finished[CALL][1] is HangUpReason.COMMAND
    assert phone.seconds < 20


def test_a_channel_that_is_down_costs_no_call(monkeypatch: pytest.MonkeyPatch) -> None:
    house = House()

    def down(*given: object) -> None:
        raise RuntimeError("redis")

    monkeypatch.setattr(house.live, "orders", down)

    def plot(phone: Phone) -> Plot:
        yield from phone.until_quiet()
        yield from phone.say("不是")
        yield from phone.wait(10)

    house.phone(plot)
    assert house.notebook.finished[CALL][0] is Outcome.WRONG_NUMBER


NONSENSE = ["{", "[]", '{"event": 3}', '{"event": "media", "media": {"payload": "§"}}', '{"event":"unheard_of"}', "x" * 70_000]


@pytest.mark.parametrize(
    "nonsense", [*NONSENSE, '{"event":"dtmf","dtmf":{"digit":"12"}}', '{"event":"mark","mark":{"name":"9.9.9"}}']
)
def test_nonsense_on_the_wire_does_not_harm_the_call(nonsense: str) -> None:
    house = House()

    def plot(phone: Phone) -> Plot:
        yield from phone.wait(0.5)
        phone.raw(nonsense)
        yield from phone.until_quiet()
        yield from phone.say("不是")
        yield from phone.wait(10)

    house.phone(plot)
    assert house.notebook.finished[CALL][0] is Outcome.WRONG_NUMBER
    assert all(turn.heard_whole for turn in house.notebook.turns[CALL])


def test_one_broken_chunk_number_deafens_nobody_for_long() -> None:
    """A frame that claims to be the millionth: what follows is not taken for its replay for more than a second."""
    house = House()

    def plot(phone: Phone) -> Plot:
        yield from phone.until_quiet()
        payload = base64.b64encode(QUIET).decode()
        media = {"track": "inbound", "chunk": "1000000", "timestamp": "1000", "payload": payload}
        phone.raw(json.dumps({"event": "media", "streamSid": "MZ1", "media": media}))
        yield from phone.wait(1.5)
        yield from phone.say("不是")
        yield from phone.wait(10)

    house.phone(plot)
    assert house.spoken("callee") == ["不是"]


def test_media_that_is_replayed_or_late_is_recorded_once() -> None:
    house = House()

    def plot(phone: Phone) -> Plot:
        for _ in range(50):
            if phone._inbox:
                phone.raw(phone._inbox[-1])
            yield
        yield from phone.wait(1)

    phone = house.phone(plot)
    recorded = len(house.recorder.parts[CALL][0].callee) / 8000
    assert recorded == pytest.approx(phone.seconds, abs=0.1)


def test_lost_frames_become_silence_in_the_recording() -> None:
    house = House()

    def plot(phone: Phone) -> Plot:
        yield from phone.wait(1)
        yield from phone.stop_media(1.5)
        yield from phone.wait(1)

    phone = house.phone(plot)
    part = house.recorder.parts[CALL][0]
    assert len(part.callee) / 8000 == pytest.approx(phone.seconds, abs=0.1)
    assert len(part.callee) == len(part.ours)


def test_what_we_played_stands_beside_what_was_said() -> None:
    house = House()

    def plot(phone: Phone) -> Plot:
        yield from phone.until_quiet()
        yield from phone.say("是我", 1.0)
        yield from phone.wait(0.3)

    house.phone(plot)
    part = house.recorder.parts[CALL][0]
    turn = next(turn for turn in house.notebook.turns[CALL] if turn.speaker == "callee")
    inside = slice(round(turn.started_s * 8000) + 800, round(turn.ended_s * 8000) - 800)
    assert set(bytes(part.ours[inside])) == {0xFF}
    assert len(set(bytes(part.callee[inside]))) > 10
    assert len(set(bytes(part.ours[: 8000 * 2]))) > 10


def test_a_full_or_draining_house_takes_no_more_calls() -> None:
    slots = Slots(1)
    with slots.one(), pytest.raises(Full), slots.one():
        pass
    assert slots.live == 0
    with slots.one():
        slots.drain()
        assert slots.offered - slots.live == 0
    with pytest.raises(Full), slots.one():
        pass


def test_a_draining_house_finishes_its_calls() -> None:
    house = House()

    def plot(phone: Phone) -> Plot:
        yield from phone.wait(1)
        house.line.slots.drain()
        yield from phone.until_quiet()
        yield from phone.say("不是")
        yield from phone.wait(10)

    house.phone(plot)
    assert house.notebook.finished[CALL][0] is Outcome.WRONG_NUMBER
    assert house.phone(lambda phone: phone.wait(1)).events == []


def test_beats_tell_what_may_be_given() -> None:
    house = House(slots=3)
    pulse = Pulse(house.line)
    with house.line.slots.one():
        pulse.beat()
    assert house.live.beats == [(pulse.worker, 1, 3)]


def test_the_gravest_go_to_who_may_take_them_first_and_the_manager_hears_of_failure() -> None:
    house = House(agents=[Agent("+12025550111", may_take_p0=False), Agent("+12025550112", may_take_p0=True)])
    phone = house.phone(despairs)
    assert house.sheet.state == "transferring"
    assert house.spoken("bot")[-1] == "我听到您说的了，马上请同事陪您说话。"
    assert phone.seconds < 20
    first = handover.ring_next(house.line, house.sheet)
    assert [verb.number for verb in first if hasattr(verb, "number")] == ["+12025550112"]
    house.notebook.set_state(CALL, CallState.TRANSFERRING, 2)
    handover.ring_next(house.line, house.sheet)
    assert house.shift.alarms == [(CALL, "self_harm")]

    def stays(phone: Phone) -> Plot:
        yield from phone.until_quiet()
        yield

    house.phone(stays)
    assert house.spoken("bot")[-1] == "您可以拨打12356。"


def test_private_words_wait_for_the_borrower_even_when_the_script_errs() -> None:
    broken = small_script()
    steps = dict(broken.steps)
    hello = steps["hello"]
    steps["wrong"] = type(hello)(
        **{**{name: getattr(steps["wrong"], name) for name in hello.__slots__}, "say": (Words("您欠款。", hello.place, True),)}
    )
    house = House(script=small_script(steps=steps))

    def plot(phone: Phone) -> Plot:
        yield from phone.until_quiet()
        yield from phone.say("不是")
        yield from phone.wait(10)

    house.phone(plot)
    assert "您欠款。" not in "".join(house.spoken("bot"))


@settings(max_examples=15, deadline=None)
@given(
    st.lists(
        st.sampled_from(["是我", "不是", "人工", "你是谁", "嗯", "noise", "key:1", "key:#", "wait", "json", "mark", "drop"]),
        max_size=6,
    )
)
def test_any_call_ends_or_waits_and_everything_said_is_on_the_record(doings: list[str]) -> None:
    house = House()

    def plot(phone: Phone) -> Plot:
        for doing in doings:
            yield from phone.wait(0.7)
            if doing.startswith("key:"):
                phone.press(doing[4:])
            elif doing == "noise":
                yield from phone.noise(0.4)
            elif doing == "wait":
                yield from phone.wait(4)
            elif doing == "json":
                phone.raw(json.dumps({"event": "media"}))
            elif doing == "mark":
                phone.raw(json.dumps({"event": "mark", "mark": {"name": "0.1.0"}}))
            elif doing == "drop":
                phone.closed_by_peer = True
                yield
            else:
                yield from phone.say(doing, 0.6)

    phone = house.phone(plot)
    assert house.sheet.outcome is not None or house.sheet.state in ("transferring", "dropped")
    assert HELLO.startswith("".join(house.spoken("bot")[:1]))
    assert len(house.recorder.parts[CALL][0].callee) / 8000 == pytest.approx(phone.seconds, abs=0.2)
