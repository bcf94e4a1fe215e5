"""Calls without a stream: the same script by recordings and by keys, one request a turn."""

from __future__ import annotations

import io
import re
import wave
from html import unescape
from urllib.parse import urlsplit
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from werkzeug.test import TestResponse

from ivr.ports import Agent
from kit.vocabulary import CallState, HangUpReason, MediaMode, Order, Outcome
from speech.audio import decode_mulaw, read_wav, write_wav
from tests.ivr.runtime.rig import CALL, LOUD, SID, House, sheet
from tests.ivr.runtime.test_call import HELLO
from tests.webhooks.post import BASE, app_of, signed

VOICE = write_wav(np.tile(decode_mulaw(LOUD), 60), 8000)
QUIET = write_wav(np.zeros(16_000, dtype=np.int16), 8000)
AT = "http://127.0.0.1:4010/2010-04-01/Accounts/AC1/Recordings/RE1"


class Caller:
    """Follows documents as a carrier does, with a person who answers by voice or keys."""

    def __init__(self, mode: MediaMode) -> None:
        self.house = House(media_mode=mode)
        facts = {**sheet().facts, "id_last4": "1234"}
        self.house.notebook.sheets[CALL] = sheet(facts=facts)
        self.client = app_of(self.house).test_client()
        self.document = ""
        self.post(f"{BASE}/voice/answer?call_id={CALL}")

    def post(self, url: str, **fields: str) -> TestResponse:
        target = url.removeprefix(BASE)
        form = {"CallSid": SID, **fields}
        reply = self.client.post(target, data=form, headers={"X-Twilio-Signature": signed(url, form)}, base_url=BASE)
        assert reply.status_code == 200
        ElementTree.fromstring(reply.text)
        self.document = reply.text
        return reply

    @property
    def action(self) -> str:
        return unescape(re.findall(r'(?:Record|Gather)[^>]* action="([^"]+)"', self.document)[0])

    @property
    def verbs(self) -> list[str]:
        return [element.tag for element in ElementTree.fromstring(self.document)]

    def says(self, text: str, **fields: str) -> None:
        """Answer by voice."""
        self.house.ear.texts.append(text)
        self.house.carrier.recordings[AT] = VOICE
        self.post(self.action, RecordingUrl=AT, RecordingDuration="2", **fields)

    def is_silent(self) -> None:
        """Nothing came: the carrier goes on to the verb behind."""
        self.post(unescape(re.findall(r"<Redirect[^>]*>([^<]+)<", self.document)[-1]))

    def presses(self, digits: str) -> None:
        self.post(self.action, Digits=digits)

    def clips(self) -> list[float]:
        """Seconds of every clip of the document, as the carrier fetches them."""
        lengths = []
        for url in re.findall(r"<Play>([^<]+)<", self.document):
            parts = urlsplit(unescape(url))
            reply = self.client.get(f"{parts.path}?{parts.query}", base_url=BASE)
            assert (reply.status_code, reply.mimetype) == (200, "audio/wav")
            pcm, rate_hz = read_wav(reply.data)
            lengths.append(len(pcm) / rate_hz)
        return lengths


def test_a_call_by_recordings() -> None:
    caller = Caller(MediaMode.RECORD)
    assert caller.verbs == ["Play", "Record", "Redirect"]
    assert caller.clips() == [pytest.approx(0.1 * len(HELLO), abs=0.01)]
    caller.says("不是")
    assert caller.verbs == ["Play", "Hangup"]
    assert caller.house.notebook.finished[CALL][:2] == (Outcome.WRONG_NUMBER, HangUpReason.SCRIPT_ENDED)
    assert caller.house.spoken("bot") == [HELLO, "打扰了，再见。"]
    assert caller.house.spoken("callee") == ["不是"]


def test_a_call_by_keys() -> None:
    caller = Caller(MediaMode.KEYPAD)
    assert caller.verbs == ["Gather", "Redirect"]
    caller.presses("1")
    assert 'numDigits="4"' in caller.document
    caller.presses("1234")
    assert "3200元" in caller.house.notebook.sheets[CALL].memory["driver"]["turn"]["says"][0]["text"]  # type: ignore[index]
    assert [turn.keys for turn in caller.house.notebook.turns[CALL] if turn.keys] == ["1", "****"]


def test_the_rest_of_a_number_is_gathered_before_the_dialogue_hears_of_it() -> None:
    caller = Caller(MediaMode.RECORD)
    caller.presses("1")
    first = caller.action
    caller.presses("1")
    assert caller.verbs == ["Gather", "Redirect"]
    assert 'numDigits="3"' in caller.document
    document = caller.document
    caller.post(first, Digits="1")
    assert caller.document == document, "a repeated request adds no digit"
    caller.presses("234")
    assert [turn.keys for turn in caller.house.notebook.turns[CALL] if turn.keys] == ["1", "****"]


def test_lost_keys_make_the_question_be_asked_once_more_for_keys_alone() -> None:
    caller = Caller(MediaMode.RECORD)
    caller.presses("1")
    question = caller.clips()
    caller.presses("2")
    caller.is_silent()
    assert caller.verbs == ["Gather", "Redirect"]
    assert 'numDigits="4"' in caller.document
    assert caller.clips() == question
    caller.presses("1234")
    assert caller.verbs[-2:] == ["Record", "Redirect"]
    assert [turn.keys for turn in caller.house.notebook.turns[CALL] if turn.keys] == ["1", "****"]


@pytest.mark.parametrize("mode", [MediaMode.RECORD, MediaMode.KEYPAD])
def test_silence_is_asked_about_and_then_ends(mode: MediaMode) -> None:
    caller = Caller(mode)
    for _ in range(12):
        if caller.verbs[-1] == "Hangup":
            break
        caller.is_silent()
    assert caller.house.notebook.finished[CALL][:2] == (Outcome.SILENT, HangUpReason.SILENCE)
    assert caller.house.spoken("bot")[-1] == "没有听到您的声音，再见。"


def test_a_recording_without_a_voice_is_silence() -> None:
    caller = Caller(MediaMode.RECORD)
    caller.house.carrier.recordings[AT] = QUIET
    caller.house.ear.texts.append("谢谢观看")
    caller.post(caller.action, RecordingUrl=AT)
    assert caller.verbs == ["Record", "Redirect"], "three seconds are not yet five: it listens on without a word"
    caller.post(caller.action, RecordingUrl=AT)
    assert caller.house.spoken("callee") == []
    assert caller.clips() != []


def test_a_recording_that_is_not_ready_is_waited_for() -> None:
    caller = Caller(MediaMode.RECORD)
    caller.house.ear.texts.append("不是")
    caller.post(caller.action, RecordingUrl=AT)
    assert caller.verbs == ["Play", "Redirect"]
    assert caller.clips() == [pytest.approx(1.0)]
    caller.house.carrier.recordings[AT] = VOICE
    caller.is_silent()
    assert caller.house.notebook.finished[CALL][0] is Outcome.WRONG_NUMBER


def test_the_last_words_before_hanging_up_are_heard() -> None:
    caller = Caller(MediaMode.RECORD)
    caller.says("别打了", Digits="hangup")
    assert caller.house.spoken("callee") == ["别打了"]
    assert caller.house.notebook.finished[CALL][1] is HangUpReason.CALLEE


@pytest.mark.parametrize("mode", [MediaMode.RECORD, MediaMode.KEYPAD])
def test_a_repeated_request_gets_the_same_document_and_changes_nothing(mode: MediaMode) -> None:
    caller = Caller(mode)
    first = caller.action
    caller.presses("1")
    after, saves = caller.document, caller.house.notebook.saves
    caller.post(first, Digits="1")
    caller.post(first, Digits="9")
    assert caller.document == after
    assert caller.house.notebook.saves == saves
    caller.post(f"{BASE}/voice/answer?call_id={CALL}")
    assert caller.document == after


def test_a_person_is_brought_and_the_call_goes_on_when_nobody_comes() -> None:
    caller = Caller(MediaMode.RECORD)
    caller.says("人工")
    assert caller.verbs == ["Play", "Redirect"]
    caller.is_silent()
    assert caller.verbs == ["Play", "Hangup"], "nobody is on shift: it says so and ends"
    assert caller.house.notebook.finished[CALL][0] is Outcome.CALLBACK_BOOKED


def test_orders_are_obeyed_at_the_next_turn() -> None:
    caller = Caller(MediaMode.KEYPAD)
    caller.house.live.give_order(CALL, Order.MACHINE_ANSWERED)
    caller.is_silent()
    assert caller.verbs == ["Hangup"]
    assert caller.house.notebook.finished[CALL][:2] == (Outcome.VOICEMAIL, HangUpReason.MACHINE)


def test_the_carriers_recording_is_kept_as_ours_once() -> None:
    """The first report comes before the recording can be had."""
    caller = Caller(MediaMode.RECORD)
    both = np.stack([np.tile(decode_mulaw(LOUD), 10), np.zeros(1600, dtype=np.int16)], axis=1)
    wav = io.BytesIO()
    with wave.open(wav, "wb") as file:
        file.setparams((2, 2, 8000, 0, "NONE", ""))
        file.writeframes(both.tobytes())
    for tried in range(3):
        if tried:
            caller.house.carrier.recordings[AT] = wav.getvalue()
        form = {"CallSid": SID, "RecordingSid": "RE1", "RecordingStatus": "completed", "RecordingUrl": AT}
        target = f"/voice/recording?call_id={CALL}"
        reply = caller.client.post(
            target, data=form, headers={"X-Twilio-Signature": signed(BASE + target, form)}, base_url=BASE
        )
        assert reply.status_code == 204
    (part,) = caller.house.recorder.parts[CALL]
    assert part.is_closed
    assert len(part.callee) == 1600
    assert set(bytes(part.ours)) == {0xFF}


@pytest.mark.parametrize("name", ["silence", f"{CALL}.1.0"])
def test_clips_are_for_who_was_told_their_names(name: str) -> None:
    caller = Caller(MediaMode.RECORD)
    assert caller.client.get(f"/media/clip/{name}.wav", base_url=BASE).status_code == 403
    assert caller.client.get(f"/media/clip/{name}.wav?key=汉", base_url=BASE).status_code == 403
    assert "3200" not in caller.document


@hypothesis_settings(max_examples=20, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(["1", "0", "1234", "#"]), st.integers(1, 3)), max_size=5))
def test_repetition_of_requests_changes_nothing(presses: list[tuple[str, int]]) -> None:
    once, often = Caller(MediaMode.KEYPAD), Caller(MediaMode.KEYPAD)
    for digits, times in presses:
        for caller, count in ((once, 1), (often, times)):
            if "Gather" not in caller.document:
                continue
            action = caller.action
            for _ in range(count):
                caller.post(action, Digits=digits)
    assert once.document == often.document
    assert once.house.spoken("bot") == often.house.spoken("bot")
    assert once.house.notebook.lasting[CALL] == often.house.notebook.lasting[CALL]


def test_a_transfers_report_that_comes_twice_deafens_nobody() -> None:
    caller = Caller(MediaMode.RECORD)
    caller.house.shift.agents = (Agent("+12025550111", may_take_p0=True),)
    caller.says("不想活了")
    caller.post(f"{BASE}/voice/resume?call_id={CALL}")
    assert caller.verbs == ["Dial"]
    for _ in range(2):
        caller.post(f"{BASE}/voice/transfer?call_id={CALL}&agent=0", DialCallStatus="busy")
        assert caller.verbs == ["Play", "Record", "Redirect"]
        assert caller.house.sheet.state is CallState.TALKING
    caller.says("是我")
    assert caller.house.spoken("callee")[-1] == "是我"


def test_an_order_that_means_nothing_now_takes_nobodys_turn() -> None:
    """A machine was reported late, to a verified borrower: what they say is heard all the same."""
    caller = Caller(MediaMode.RECORD)
    caller.presses("1")
    caller.presses("1234")
    caller.house.live.give_order(CALL, Order.MACHINE_ANSWERED)
    caller.says("不想活了")
    assert caller.house.spoken("callee")[-1] == "不想活了"
    assert caller.house.sheet.state is CallState.TRANSFERRING
