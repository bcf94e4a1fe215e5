"""The twelve traps that other voice bots fell into, by number, each in virtual time over a whole socket."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from ivr.carrier.twiml import Dial, Gather, Hangup, Play, Say, Verb
from ivr.carrier.webhook import DialReport
from ivr.dialogue.effects import BookCallback, Piece, Promise
from ivr.meaning import Slot
from ivr.ports import Agent
from ivr.runtime import handover, pump, urls
from ivr.runtime.house_clips import ACCEPT, COMPANY
from kit.vocabulary import HangUpReason, Intent, Order, Outcome, SlotName
from speech.audio import decode_mulaw, encode_mulaw, line_clip, read_wav
from speech.onset import is_accompanying
from speech.ports import Pcm
from tests.ivr.dialogue.small import said
from tests.ivr.runtime.rig import (
    CALL,
    FRAME,
    LOUD,
    SID,
    EarFor,
    House,
    Phone,
    Plot,
    asks_for_a_person,
    despairs,
    promises,
    sheet,
)
from tests.ivr.runtime.test_call import HELLO


def wrong_number(phone: Phone) -> Plot:
    yield from phone.until_quiet()
    yield from phone.say("不是")
    yield from phone.wait(30)


def test_1_goodbye_is_played_to_its_last_mark() -> None:
    house = House()
    phone = house.phone(wrong_number)
    goodbye = house.notebook.turns[CALL][-1]
    assert goodbye.text == "打扰了，再见。"
    assert goodbye.ended_s - goodbye.started_s >= 0.1 * len(goodbye.text) - 0.05
    assert phone.events[-1] == "mark"


def test_1_a_goodbye_whose_mark_is_lost_still_ends() -> None:
    house = House()

    def plot(phone: Phone) -> Plot:
        phone.loses_marks = True
        yield from wrong_number(phone)

    house.phone(plot)
    assert house.notebook.finished[CALL][:2] == (Outcome.WRONG_NUMBER, HangUpReason.SCRIPT_ENDED)


def test_1_nothing_interrupts_goodbye_but_what_is_said_into_it_is_heard() -> None:
    house = House()

    def plot(phone: Phone) -> Plot:
        yield from phone.until_quiet()
        yield from phone.say("不是")
        while not phone.is_bot_speaking:
            yield
        yield from phone.say("别打了")
        yield from phone.wait(30)

    phone = house.phone(plot)
    assert "clear" not in phone.events
    assert house.spoken("callee") == ["不是", "别打了"]


def test_2_a_call_has_one_end() -> None:
    house = House()

    def plot(phone: Phone) -> Plot:
        yield from phone.until_quiet()
        phone.raw(json.dumps({"event": "stop", "stop": {}}))
        phone.raw(json.dumps({"event": "stop", "stop": {}}))
        yield from phone.wait(5)

    house.phone(plot)
    assert house.notebook.finished[CALL][:2] == (Outcome.HUNG_UP_EARLY, HangUpReason.CALLEE)
    assert house.carrier.completed == []


def test_3_a_voice_clears_the_sound_and_what_was_heard_is_kept() -> None:
    house = House()

    def plot(phone: Phone) -> Plot:
        yield from phone.wait(2.0)
        yield from phone.say("你是谁", 1.2)
        assert not phone.is_bot_speaking
        yield from phone.wait(1)

    phone = house.phone(plot)
    cleared = next(at for event, at in phone.times if event == "clear")
    assert cleared - 2.0 <= 0.36
    first = house.notebook.turns[CALL][0]
    assert not first.heard_whole
    assert first.text
    assert HELLO.startswith(first.text)
    assert len(first.text) == pytest.approx(cleared * 10, abs=2), "ten characters a second are played"
    assert house.spoken("callee") == ["你是谁"]


def test_3_a_key_clears_the_sound_too() -> None:
    house = House()

    def plot(phone: Phone) -> Plot:
        yield from phone.wait(1.0)
        phone.press("1")
        yield from phone.wait(0.1)
        assert phone.events.count("clear") == 1
        yield from phone.wait(0.5)

    house.phone(plot)
    assert [turn.keys for turn in house.notebook.turns[CALL] if turn.keys] == ["1"]
    assert house.spoken("bot")[1].startswith("为")


def test_4_no_media_for_half_a_minute_ends_the_call() -> None:
    house = House()
    house.notebook.sheets[CALL] = sheet(carrier_sid=SID)
    phone = house.phone(lambda phone: phone.stop_media(120))
    assert house.notebook.finished[CALL][1] is HangUpReason.NO_MEDIA
    assert 30 <= phone.seconds <= 31
    assert house.carrier.completed == [SID]


def test_4_a_call_has_a_longest_time() -> None:
    house = House()

    def plot(phone: Phone) -> Plot:
        yield from phone.until_quiet()
        while True:
            yield from phone.say("嗯", 0.4)
            yield from phone.wait(3)

    phone = house.phone(plot)
    assert house.notebook.finished[CALL][1] in (HangUpReason.SCRIPT_ENDED, HangUpReason.LENGTH_CAP)
    assert 300 <= phone.seconds <= 400
    assert any(text.startswith("时间到了") for text in house.spoken("bot"))


def test_4_a_peer_that_does_not_read_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pump, "SEND_TIMEOUT_S", 1)
    server = socket.create_server(("127.0.0.1", 0))
    with socket.create_connection(server.getsockname()) as ours, server.accept()[0], server:
        pump.limit_sending(ours)
        with pytest.raises(OSError):  # noqa: PT012
            while True:
                ours.send(b"x" * 1_000_000)


def test_5_nothing_is_said_before_the_stream_has_started() -> None:
    house = House()
    phone = Phone(house, house.live.issue_token(CALL), lambda phone: phone.wait(1))
    phone._inbox.pop()
    phone._plot = phone.wait(20)
    pump.carry(phone, house.line)
    assert phone.events == []


@pytest.mark.parametrize("token", ["", "guessed"])
def test_6_a_socket_without_a_good_token_carries_nothing(token: str) -> None:
    house = House()
    phone = Phone(house, token, lambda phone: phone.wait(1))
    pump.carry(phone, house.line)
    assert phone.events == []
    assert house.notebook.saves == 0


def test_6_a_token_works_once_and_not_for_long() -> None:
    house = House()
    token = house.live.issue_token(CALL)
    pump.carry(Phone(house, token, lambda phone: phone.wait(1)), house.line)
    again = Phone(house, token, lambda phone: phone.wait(1))
    pump.carry(again, house.line)
    late = house.live.issue_token(CALL)
    house.clock.advance(61)
    stale = Phone(house, late, lambda phone: phone.wait(1))
    pump.carry(stale, house.line)
    assert again.events == stale.events == []


def test_6_a_token_of_another_call_is_refused() -> None:
    house = House()
    house.notebook.sheets[CALL] = sheet(carrier_sid="CA9999")
    assert house.phone(lambda phone: phone.wait(1)).events == []


CLIP = Path(__file__).parents[2] / "speech" / "clips" / "zf_xiaoyi.不可以.wav"
_HEARD = line_clip(*read_wav(CLIP.read_bytes()))
SENTENCE = _HEARD[int(np.flatnonzero(np.abs(decode_mulaw(_HEARD)) > 800)[0]) :]


def _quieter(frame: bytes, factor: float) -> bytes:
    return encode_mulaw((decode_mulaw(frame) * factor).astype(np.int16))


def test_7_the_echo_of_our_own_prompt_does_not_interrupt() -> None:
    house = House()
    echo = _quieter(house.prompts.sound(Piece("长"))[:FRAME], 0.25)

    def plot(phone: Phone) -> Plot:
        yield from phone.wait(0.5)
        phone.house.ear.texts.append("回声")
        yield from phone.noise(2.0, _quieter(echo, 0.7))
        yield from phone.wait(1.0)

    phone = house.phone(plot)
    assert "clear" not in phone.events
    assert house.spoken("callee") == []


@pytest.mark.parametrize(("text", "seconds"), [("嗯", 0.3), ("对", 0.2), ("好的", 0.4)])
def test_7_backchannels_do_not_interrupt(text: str, seconds: float) -> None:
    house = House()

    def plot(phone: Phone) -> Plot:
        yield from phone.wait(1.0)
        yield from phone.say(text, seconds)
        yield from phone.wait(1.0)

    phone = house.phone(plot)
    assert "clear" not in phone.events
    assert house.spoken("callee") == [text]


@pytest.mark.parametrize("text", ["嗯", ""])
def test_7_what_stopped_us_for_nothing_lets_us_go_on(text: str) -> None:
    house = House()
    house.ear.has_partials = False
    house.ear.feed = lambda pcm: (EarFor.feed(house.ear, pcm), "")[1]  # type: ignore[method-assign]

    def plot(phone: Phone) -> Plot:
        yield from phone.wait(3.5)
        house.ear.texts.append(text)
        yield from phone.play(SENTENCE[:4000])
        yield from phone.wait(1.0)
        assert phone.events.count("clear") == 1
        assert phone.is_bot_speaking
        yield from phone.until_quiet()
        yield from phone.say("不是")
        yield from phone.wait(10)

    house.phone(plot)
    assert "".join(house.spoken("bot")) == HELLO + "打扰了，再见。"
    assert house.spoken("bot")[0] == HELLO, "one turn, heard whole"
    assert house.notebook.finished[CALL][0] is Outcome.WRONG_NUMBER


def test_7_a_sentence_interrupts_by_its_sound_alone_and_a_long_hum_does_not() -> None:
    house = House()
    house.ear.feed = lambda pcm: (EarFor.feed(house.ear, pcm), "")[1]  # type: ignore[method-assign]

    def plot(phone: Phone) -> Plot:
        yield from phone.wait(1.0)
        house.ear.texts.append("嗯")
        yield from phone.noise(0.8)
        yield from phone.wait(0.8)
        assert "clear" not in phone.events
        house.ear.texts.append("不可以")
        yield from phone.play(SENTENCE[:3200])
        assert "clear" in phone.events
        yield from phone.wait(10)

    house.phone(plot)


def test_7_a_cough_and_a_bang_do_not_interrupt() -> None:
    house = House()
    chance = np.random.default_rng(7)

    def plot(phone: Phone) -> Plot:
        yield from phone.wait(1.0)
        for _ in range(15):
            noise = encode_mulaw((chance.normal(0, 4000, FRAME)).clip(-32000, 32000).astype(np.int16))
            yield from phone.noise(0.02, noise)
        yield from phone.wait(1.0)

    assert "clear" not in house.phone(plot).events


def _spy(house: House, monkeypatch: pytest.MonkeyPatch) -> list[Pcm]:
    """Everything that the listener is fed from now on."""
    fed: list[Pcm] = []
    feed = house.ear.feed

    def spy(pcm: Pcm) -> str:
        fed.append(pcm)
        return feed(pcm)

    monkeypatch.setattr(house.ear, "feed", spy)
    return fed


def test_7_the_first_syllable_of_an_interruption_is_heard(monkeypatch: pytest.MonkeyPatch) -> None:
    house = House()
    fed = _spy(house, monkeypatch)

    def plot(phone: Phone) -> Plot:
        yield from phone.wait(1.0)
        yield from phone.say("你是谁", 1.0)
        yield from phone.wait(1.0)

    house.phone(plot)
    assert sum(int(np.abs(frame).max() > 500) for frame in fed) >= 50, (
        "one second of voice is 50 frames, and all of them are fed"
    )


def test_8_the_recogniser_gets_every_sample_once_and_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    house = House()
    fed = _spy(house, monkeypatch)

    def plot(phone: Phone) -> Plot:
        yield from phone.until_quiet()
        for level in range(1, 41):
            yield from phone.noise(0.02, _quieter(LOUD, 0.3 + level / 60))
        yield from phone.wait(1.0)

    house.phone(plot)
    peaks = [int(np.abs(frame).max()) for frame in fed if np.abs(frame).max() > 500]
    assert len(peaks) == 40
    assert peaks == sorted(peaks)
    assert {len(frame) for frame in fed} == {FRAME}


def test_9_characters_count_not_spaces() -> None:
    assert is_accompanying("好的")
    assert not is_accompanying("我不想活了")
    assert not is_accompanying("")


def test_10_a_machine_hears_nothing_private_and_is_told_nothing_more() -> None:
    house = House()

    def plot(phone: Phone) -> Plot:
        yield from phone.wait(1.5)
        house.live.give_order(CALL, Order.MACHINE_ANSWERED)
        yield from phone.wait(20)

    house.phone(plot)
    assert house.notebook.finished[CALL][:2] == (Outcome.VOICEMAIL, HangUpReason.MACHINE)


def test_10_an_announcement_in_words_is_told_by_its_kind() -> None:
    house = House()
    house.meanings["已关机"] = said("已关机", Intent.ANNOUNCEMENT, slots=(Slot(SlotName.KIND, "off", "已关机"),))

    def plot(phone: Phone) -> Plot:
        yield from phone.until_quiet()
        yield from phone.say("已关机", 1.5)
        yield from phone.wait(20)

    house.phone(plot)
    assert house.notebook.finished[CALL][:2] == (Outcome.OFF, HangUpReason.MACHINE)


AGENTS = (Agent("+12025550111", may_take_p0=False), Agent("+12025550112", may_take_p0=True))


def _to_a_person(plot: Callable[[Phone], Plot] = asks_for_a_person, *agents: Agent) -> House:
    """A call whose stream has ended so that people can be rung."""
    house = House(agents=agents or AGENTS)
    house.phone(plot)
    assert house.sheet.state == "transferring"
    return house


def _rung(verbs: list[Verb]) -> str:
    """The number that is rung, if one is."""
    return next((verb.number for verb in verbs if isinstance(verb, Dial)), "")


def _no_answer(house: House, place: int) -> list[Verb]:
    return handover.rang(house.line, house.sheet, place, DialReport("CA0002", "no-answer"))


def test_11_who_takes_the_call_knows_what_was_said() -> None:
    house = _to_a_person()
    assert _rung(handover.resume(house.line, house.sheet)) == AGENTS[0].number
    gather, otherwise = handover.whisper(house.line, house.sheet, 0)
    assert isinstance(gather, Gather)
    (summary,) = [verb.text for verb in gather.inner if isinstance(verb, Say)]
    assert "要求人工服务" in summary
    assert "“人工”" in summary
    assert gather.inner[0] == Play(urls.clip(house.line.settings, ACCEPT)), "the key is named first"
    assert otherwise == Hangup()


def test_11_people_who_talk_to_people_are_not_cut_by_the_robots_limit() -> None:
    house = _to_a_person()
    house.notebook.sheets[CALL] = replace(house.sheet, carrier_sid=SID)
    assert handover.accept(house.line, house.sheet, 0, "1") == []
    assert house.carrier.kept_open == [SID]


def test_11_the_borrower_has_company_while_the_next_one_is_rung() -> None:
    house = _to_a_person()
    verbs = _no_answer(house, 0)
    assert verbs[0] == Play(urls.clip(house.line.settings, COMPANY))
    assert _rung(verbs) == AGENTS[1].number


def test_11_an_answered_phone_takes_nothing_without_the_key() -> None:
    house = _to_a_person()
    assert handover.accept(house.line, house.sheet, 0, "") == [Hangup()]
    assert house.sheet.state == "transferring"
    assert handover.accept(house.line, house.sheet, 0, "1") == []
    assert house.sheet.state == "accepted"


def test_11_when_nobody_answers_a_call_back_by_a_person_is_booked() -> None:
    house = _to_a_person()
    _no_answer(house, 0)
    _no_answer(house, 1)
    assert house.sheet.state == "transfer_failed"
    house.phone(lambda phone: phone.wait(15))
    assert house.spoken("bot")[-1] == "人工稍后给您回电。再见。"
    assert [effect.by_person for effect in house.notebook.lasting[CALL] if isinstance(effect, BookCallback)] == [True]
    assert house.notebook.finished[CALL][:2] == (Outcome.CALLBACK_BOOKED, HangUpReason.SCRIPT_ENDED)


def test_11_whom_no_agent_takes_in_mortal_danger_the_duty_manager_is_rung_for() -> None:
    house = _to_a_person(despairs)
    house.shift.manager = Agent("+12025550119", may_take_p0=True)
    assert _rung(handover.resume(house.line, house.sheet)) == AGENTS[1].number, "who may take the gravest is rung first"
    assert _rung(_no_answer(house, 0)) == AGENTS[0].number
    assert house.shift.alarms == []
    assert _rung(_no_answer(house, 1)) == "+12025550119"
    assert house.shift.alarms == [(CALL, "self_harm")]


def test_11_nobody_in_mortal_danger_is_left_alone_on_the_line() -> None:
    house = _to_a_person(despairs, AGENTS[1])
    _no_answer(house, 0)
    assert house.sheet.outcome is None
    house.phone(lambda phone: phone.wait(6))
    assert house.spoken("bot")[-1] == "您可以拨打12356。"


def _listens_to_words(house: House) -> list[str]:
    return [text for text in house.spoken("callee") if text]


@pytest.mark.parametrize("pause_s", [0.0, 1.0], ids=["a hum", "a television"])
def test_12_a_phone_put_down_on_the_table_is_asked_and_then_ends(pause_s: float) -> None:
    """Sound for ten minutes, and no words in it: nobody is listening."""
    house = House()

    def plot(phone: Phone) -> Plot:
        yield from phone.until_quiet()
        while True:
            yield from phone.noise(1.0)
            yield from phone.wait(pause_s)

    phone = house.phone(plot)
    assert _listens_to_words(house) == []
    assert house.notebook.finished[CALL][:2] == (Outcome.SILENT, HangUpReason.SILENCE)
    assert phone.seconds < 120


def test_12_somebody_who_speaks_is_heard_out() -> None:
    """An answer that begins just before the silence would be over, and is long."""
    house = House()

    def plot(phone: Phone) -> Plot:
        yield from phone.until_quiet()
        yield from phone.wait(4.5)
        yield from phone.say("不是", 6.0)
        yield from phone.wait(10)

    house.phone(plot)
    assert house.spoken("bot") == [HELLO, "打扰了，再见。"]


def test_12_silence_is_asked_about_and_then_ends() -> None:
    house = House()
    house.phone(lambda phone: phone.wait(90))
    assert house.spoken("bot") == [
        HELLO,
        "喂，您好，请问是王小明吗？",
        "请您回答是或者不是。",
        "没有听到您的声音，再见。",
    ]
    assert house.notebook.finished[CALL][:2] == (Outcome.SILENT, HangUpReason.SILENCE)


def test_12_a_promise_cut_by_the_line_is_kept() -> None:
    house = House()

    def plot(phone: Phone) -> Plot:
        yield from phone.until_quiet()
        phone.press("1")
        yield from phone.until_quiet()
        phone.press("123")
        yield from phone.wait(0.2)
        phone.raw(json.dumps({"event": "dtmf", "dtmf": {"digit": "#"}}))
        yield from phone.wait(3)
        yield from phone.say("周五还", 0.9)

    house.phone(plot)
    assert house.spoken("callee")[-1] == "周五还"
    assert house.notebook.finished[CALL][1] is HangUpReason.CALLEE


def test_12_a_line_lost_in_the_middle_of_a_promise_loses_nothing_of_it() -> None:
    house = House()
    house.notebook.sheets[CALL] = sheet(facts={**sheet().facts, "id_last4": "1234"})

    def cut_while_it_is_read_back(phone: Phone) -> Plot:
        yield from promises(phone)
        yield from phone.wait(1.0)
        phone.closed_by_peer = True
        yield

    def back(phone: Phone) -> Plot:
        yield from phone.until_quiet()
        yield from phone.say("是我", 0.5)
        yield from phone.wait(10)

    house.phone(cut_while_it_is_read_back)
    assert house.spoken("bot")[-1] == "好的，您会", "the line was lost in the middle of the sentence"
    promised = [effect for effect in house.notebook.lasting[CALL] if isinstance(effect, Promise)]
    assert [(promise.pay_on, promise.quote) for promise in promised] == [(date(2026, 11, 27), "周五还")]
    house.phone(back)
    assert house.spoken("bot")[4:6] == ["抱歉，刚才线路断了。", "好的，您会在11月27日还款，对吗？"]
    assert [effect for effect in house.notebook.lasting[CALL] if isinstance(effect, Promise)] == promised, "promised once"
    assert house.notebook.finished[CALL][0] is Outcome.PROMISE


def test_12_the_promise_itself_is_written_before_the_answer_is_played() -> None:
    house = House()
    house.notebook.sheets[CALL] = sheet(facts={**sheet().facts, "id_last4": "1234"})

    def plot(phone: Phone) -> Plot:
        yield from promises(phone)
        yield from phone.until_quiet()
        yield from phone.say("是我", 0.5)

    house.phone(plot)
    assert [effect for effect in house.notebook.lasting[CALL] if isinstance(effect, Promise)]
    assert house.notebook.finished[CALL][0] is Outcome.PROMISE
    assert [turn.keys for turn in house.notebook.turns[CALL] if turn.keys] == ["1", "****"]
