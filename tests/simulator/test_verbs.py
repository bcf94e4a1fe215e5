"""The TwiML interpreter: each verb of the portable subset, its limits, and how faults are met."""

from __future__ import annotations

import asyncio

import pytest
from aiohttp import web

from simulator import audio
from simulator.twiml import BadTwiml, parse
from tests.simulator.world import AGENT, CALLEE, NOBODY, Document, notes, world


@pytest.mark.parametrize(
    ("body", "kind", "code"),
    [
        (b"<Response>", "text/xml", 12100),
        (b"<Answer/>", "text/xml", 12200),
        (b"<Response/>", "text/html", 12300),
        (b"<Response/>", "", 12300),
        (b"<Response>" + b" " * 65536 + b"</Response>", "text/xml", 11750),
    ],
)
def test_refused_documents(body: bytes, kind: str, code: int) -> None:
    with pytest.raises(BadTwiml) as refusal:
        parse(body, kind)
    assert refusal.value.code == code


def test_an_unknown_verb_ends_the_document() -> None:
    async def play() -> None:
        async with world({"/voice": "<Pause/><Redirect>/after</Redirect>"}) as here:
            call = await here.create()
            await here.over(call)
            assert [one["code"] for one in notes(call, "error")] == [12200]
            assert not here.customer.of("/after")

    asyncio.run(play())


def test_play_fetches_and_resamples_a_wav() -> None:
    async def play() -> None:
        async with world({"/voice": "<Play>/prompt.wav</Play>"}) as here:
            here.customer.wav = audio.wav([audio.babble(1.0)])
            call = await here.create()
            await here.over(call)
            assert call.line is not None
            assert audio.level(bytes(call.line.tape_played)[:8000]) > 0.05
            assert call.duration_s >= 1

    asyncio.run(play())


@pytest.mark.parametrize(
    ("gather", "digits"),
    [
        ('<Gather action="/keys" numDigits="2"><Say>请按键</Say></Gather>', "12"),
        ('<Gather action="/keys" timeout="2"><Say>请按键</Say></Gather>', "12"),
        ('<Gather action="/keys" finishOnKey="2"><Say>请按键</Say></Gather>', "1"),
        ('<Gather action="/keys" actionOnEmptyResult="true" timeout="1"/>', ""),
    ],
)
def test_gather_collects_keys(gather: str, digits: str) -> None:
    async def play() -> None:
        documents = {"/voice": f"{gather}<Redirect>/none</Redirect>", "/keys": "<Hangup/>", "/none": "<Hangup/>"}
        personas = {CALLEE: "presser" if digits else "listener"}
        async with world(documents, personas=personas) as here:
            await here.over(await here.create())
            assert [one.params["Digits"] for one in here.customer.of("/keys")] == [digits]

    asyncio.run(play())


def test_gather_without_keys_falls_through() -> None:
    async def play() -> None:
        documents = {"/voice": '<Gather timeout="1" action="/keys"/><Redirect>/none</Redirect>', "/none": "<Hangup/>"}
        async with world(documents) as here:
            await here.over(await here.create())
            assert here.customer.of("/none")
            assert not here.customer.of("/keys")

    asyncio.run(play())


def test_record_keeps_what_was_said_until_silence() -> None:
    async def play() -> None:
        documents: dict[str, Document] = {
            "/voice": '<Say>请</Say><Record action="/kept" timeout="1" playBeep="false" recordingStatusCallback="/ready"/>',
            "/kept": "<Hangup/>",
            "/ready": "",
        }
        async with world(documents, personas={CALLEE: "talker"}) as here:
            await here.over(await here.create())
            kept = here.customer.of("/kept")[0].params
            assert kept["RecordingDuration"] == "1"
            assert "Digits" not in kept
            async with here.client.get(kept["RecordingUrl"]) as response:
                samples, rate_hz = audio.read_wav(await response.read())
            assert rate_hz == 8000
            assert 1.0 <= len(samples) / rate_hz <= 1.6
            await here.until(lambda: bool(here.customer.of("/ready")))
            assert here.customer.of("/ready")[0].params["RecordingSid"] == kept["RecordingSid"]

    asyncio.run(play())


def test_record_in_which_the_subscriber_hangs_up() -> None:
    async def play() -> None:
        documents = {"/voice": '<Record action="/kept" timeout="30" playBeep="false"/>'}
        async with world(documents) as here:
            call = await here.create()
            await here.until(lambda: any(one["name"] == "Record" for one in notes(call, "verb")))
            await asyncio.sleep(0.05)
            await here.control(f"/calls/{call.sid}/hang_up")
            await here.over(call)
            asked = here.customer.of("/kept")[0].params
            assert (asked["Digits"], asked["CallStatus"]) == ("hangup", "completed")

    asyncio.run(play())


def test_fallback_url_hears_of_the_error() -> None:
    async def play() -> None:
        async with world({"/fallback": "<Hangup/>"}) as here:
            call = await here.create(path="/missing", FallbackUrl=here.customer.base + "/fallback")
            await here.over(call)
            asked = here.customer.of("/fallback")[0].params
            assert asked["ErrorCode"] == "11200"
            assert asked["ErrorUrl"].endswith("/missing")

    asyncio.run(play())


def test_a_redirecting_server_loses_the_data() -> None:
    async def play() -> None:
        moved = web.Response(status=302, headers={"Location": "/moved?a=1"})
        async with world({"/voice": moved, "/moved": "<Hangup/>"}) as here:
            await here.over(await here.create())
            asked = here.customer.of("/moved")[0]
            assert (asked.method, asked.params) == ("GET", {"a": "1"})

    asyncio.run(play())


def test_a_relative_action_in_inline_twiml_is_an_error() -> None:
    async def play() -> None:
        async with world() as here:
            twiml = '<Response><Gather action="/keys" timeout="0" actionOnEmptyResult="true"/></Response>'
            call = await here.create(path="", Url="", Twiml=twiml)
            await here.over(call)
            assert [one["code"] for one in notes(call, "error")] == [11100]

    asyncio.run(play())


def test_only_loopback_is_ever_called() -> None:
    async def play() -> None:
        async with world() as here:
            call = await here.create(Url="http://example.test/voice")
            await here.over(call)
            assert notes(call, "error")[0]["code"] == 11200

    asyncio.run(play())


_DIAL = '<Dial action="/joined" timeout="5" record="record-from-answer-dual"><Number url="/whisper">{agent}</Number></Dial>'


def _dialling(whisper: str) -> dict[str, Document]:
    return {
        "/voice": _DIAL.format(agent=AGENT),
        "/whisper": whisper,
        "/accept": lambda params: "" if params.get("Digits") == "1" else "<Hangup/>",
        "/joined": "<Hangup/>",
    }


_WHISPER = '<Gather action="/accept" numDigits="1" timeout="3"><Say>按一接听</Say></Gather><Hangup/>'


def test_dial_joins_two_legs_after_the_whisper() -> None:
    async def play() -> None:
        personas = {CALLEE: "borrower_with_agent", AGENT: "agent_accepts"}
        async with world(_dialling(_WHISPER), personas=personas) as here:
            call = await here.create()
            await here.over(call)
            child = next(one for one in here.exchange.calls.values() if one.parent_sid == call.sid)
            assert (call.bridged_sid, child.bridged_sid) == (child.sid, call.sid)
            assert here.customer.of("/accept")[0].params["Digits"] == "1"
            assert [one["text"] for one in notes(child, "says")] == ["您好我是人工客服", "好的我来处理"]
            assert [one["text"] for one in notes(call, "says")] == ["你好", "谢谢"]
            assert call.line is not None
            assert call.bridged_at is not None
            bridged = bytes(call.line.tape_played)[round((call.bridged_at - (call.answered_at or 0)) * 8000) :]
            assert max(audio.level(bridged[at : at + 8000]) for at in range(0, len(bridged), 8000)) > 0.05
            asked = here.customer.of("/joined")[0].params
            assert (asked["DialCallStatus"], asked["DialBridged"], asked["DialCallSid"]) == ("completed", "true", child.sid)
            assert asked["RecordingUrl"]

    asyncio.run(play())


@pytest.mark.parametrize(
    ("persona", "status", "is_asked"),
    [("agent_voicemail", "completed", True), ("no_answer", "no-answer", False), ("busy", "busy", False)],
)
def test_dial_that_joins_nobody(persona: str, status: str, is_asked: bool) -> None:
    async def play() -> None:
        async with world(_dialling(_WHISPER), personas={CALLEE: "listener", AGENT: persona}) as here:
            call = await here.create()
            await here.over(call)
            asked = here.customer.of("/joined")[0].params
            assert (asked["DialCallStatus"], asked["DialBridged"]) == (status, "false")
            assert bool(here.customer.of("/whisper")) == is_asked
            assert call.bridged_at is None

    asyncio.run(play())


def test_the_first_to_answer_wins_and_the_others_are_canceled() -> None:
    async def play() -> None:
        dial = f"<Dial action='/joined'><Number>{AGENT}</Number><Number>{NOBODY}</Number></Dial>"
        personas = {CALLEE: "borrower_with_agent", AGENT: "agent_accepts", NOBODY: "no_answer"}
        async with world({"/voice": dial, "/joined": "<Hangup/>"}, personas=personas) as here:
            call = await here.create()
            await here.over(call)
            statuses = {one.to: one.status for one in here.exchange.calls.values() if one.parent_sid == call.sid}
            assert statuses == {AGENT: "completed", NOBODY: "canceled"}
            assert here.customer.of("/joined")[0].params["DialBridged"] == "true"

    asyncio.run(play())


def test_the_borrower_hangs_up_while_the_agent_is_rung() -> None:
    async def play() -> None:
        async with world(_dialling(_WHISPER), personas={CALLEE: "listener", AGENT: "no_answer"}) as here:
            call = await here.create()
            await here.until(lambda: bool(notes(call, "dialling")))
            await here.control(f"/calls/{call.sid}/hang_up")
            await here.over(call)
            child = next(one for one in here.exchange.calls.values() if one.parent_sid == call.sid)
            assert child.status == "canceled"
            assert here.customer.of("/joined")[0].params["DialCallStatus"] == "canceled"

    asyncio.run(play())
