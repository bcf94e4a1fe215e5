"""Calls over REST: created, rung, answered, told about, ended; every answer fits the published contract."""

from __future__ import annotations

import asyncio
import base64
from email.utils import parsedate_to_datetime

import aiohttp
import pytest

from simulator import openapi
from simulator.signature import sign
from tests.simulator.world import CALLEE, NOBODY, OURS, TOKEN, World, notes, world

_ALL = ["initiated", "ringing", "answered", "completed"]


async def _create_with_events(here: World, to: str = CALLEE, **more: str) -> str:
    fields = [("To", to), ("From", OURS), ("Url", here.customer.base + "/voice")]
    fields += [("StatusCallback", here.customer.base + "/status"), *(("StatusCallbackEvent", one) for one in _ALL)]
    async with here.client.post(here.url("/Calls.json"), data=[*fields, *more.items()]) as response:
        assert response.status == 201
        return str((await response.json())["sid"])


def test_a_call_is_created_answered_and_told_about_in_order() -> None:
    async def play() -> None:
        async with world({"/voice": "<Say>您好</Say><Hangup/>", "/status": ""}) as here:
            call = here.exchange.calls[await _create_with_events(here)]
            await here.over(call)
            told = [one.params for one in here.customer.of("/status")]
            assert [one["CallStatus"] for one in told] == ["initiated", "ringing", "in-progress", "completed"]
            assert [one["SequenceNumber"] for one in told] == ["0", "1", "2", "3"]
            assert {one["CallbackSource"] for one in told} == {"call-progress-events"}
            assert parsedate_to_datetime(told[0]["Timestamp"]).tzinfo is not None
            assert told[3]["CallDuration"] in {"1", "2", "3"}
            assert told[3]["SipResponseCode"] == "200"
            assert here.customer.of("/voice")[0].params["CallStatus"] == "in-progress"
            assert call.ended_by == "bot"

    asyncio.run(play())


def test_webhooks_are_signed_over_all_parameters() -> None:
    async def play() -> None:
        async with world({"/voice": "<Hangup/>"}) as here:
            await here.over(await here.create(path="/voice?x=%E4%BD%A0"))
            asked = here.customer.of("/voice")[0]
            form = {name: value for name, value in asked.params.items() if name != "x"}
            expected = sign(TOKEN, here.customer.base + "/voice?x=%E4%BD%A0", form.items())
            assert asked.headers["X-Twilio-Signature"] == expected
            assert asked.headers["I-Twilio-Idempotency-Token"]

    asyncio.run(play())


@pytest.mark.parametrize(
    ("persona", "status", "sip"),
    [("busy", "busy", "486"), ("rejects", "busy", "603"), ("no_answer", "no-answer", "487"), (None, "failed", "404")],
)
def test_calls_that_nobody_takes(persona: str | None, status: str, sip: str) -> None:
    async def play() -> None:
        personas = {CALLEE: persona} if persona else {OURS: "listener"}
        async with world({"/status": ""}, personas=personas) as here:
            call = here.exchange.calls[await _create_with_events(here, Timeout="5")]
            await here.over(call)
            last = here.customer.of("/status")[-1].params
            assert (last["CallStatus"], last["SipResponseCode"], last["CallDuration"]) == (status, sip, "0")
            assert not here.customer.of("/voice")

    asyncio.run(play())


def test_fetch_and_list_fit_the_contract_and_filter() -> None:
    async def play() -> None:
        async with world({"/voice": "<Hangup/>"}) as here:
            call = await here.create()
            await here.over(call)
            await here.over(await here.create(to=NOBODY))
            async with here.client.get(here.url(f"/Calls/{call.sid}.json")) as response:
                body = await response.json()
            assert openapi.faults_of_answer("/Calls/{Sid}.json", "get", 200, body) == []
            assert (body["status"], body["direction"]) == ("completed", "outbound-api")
            assert body["duration"] in {"1", "2", "3"}
            query = {"To": CALLEE, "StartTime>": call.clock.wall(call.dialled_at).date().isoformat()}
            async with here.client.get(here.url("/Calls.json"), params=query) as response:
                page = await response.json()
            assert openapi.faults_of_answer("/Calls.json", "get", 200, page) == []
            assert [one["sid"] for one in page["calls"]] == [call.sid]
            assert page["next_page_uri"] is None

    asyncio.run(play())


@pytest.mark.parametrize(
    ("fields", "status", "code"),
    [
        ({"To": ""}, 400, 21211),
        ({"To": "not-a-number"}, 400, 21211),
        ({"From": "12"}, 400, 21212),
        ({"Url": ""}, 400, 21205),
        ({"Timeout": "soon"}, 400, 20001),
        ({"Timeout": "601"}, 400, 20001),
        ({"Method": "PATCH"}, 400, 20001),
        ({"AsyncAmd": "yes"}, 400, 20001),
        ({"Url": "", "Twiml": "x" * 4001}, 400, 32018),
    ],
)
def test_bad_requests_are_refused_with_a_code(fields: dict[str, str], status: int, code: int) -> None:
    async def play() -> None:
        async with world() as here:
            sent = {"To": CALLEE, "From": OURS, "Url": here.customer.base, **fields}
            async with here.client.post(here.url("/Calls.json"), data=sent) as response:
                body = await response.json()
            assert (response.status, body["code"], body["status"]) == (status, code, status)
            assert set(body) == {"code", "message", "more_info", "status"}
            assert not here.exchange.calls

    asyncio.run(play())


def test_wrong_credentials_and_accounts_are_refused() -> None:
    async def play() -> None:
        async with world() as here:
            wrong = {"Authorization": "Basic " + base64.b64encode(b"AC:x").decode()}
            async with here.client.get(here.url("/Calls.json"), headers=wrong) as response:
                assert (response.status, (await response.json())["code"]) == (401, 20003)
            async with here.client.get(here.url("/Calls/CA00.json")) as response:
                assert (response.status, (await response.json())["code"]) == (404, 20404)

    asyncio.run(play())


def test_a_live_call_is_redirected_and_ended_and_then_refuses() -> None:
    async def play() -> None:
        documents = {"/voice": "<Say>" + "长" * 400 + "</Say>", "/other": "<Say>" + "长" * 400 + "</Say>"}
        async with world(documents) as here:
            call = await here.create()
            await here.until(lambda: bool(here.customer.of("/voice")))
            where = here.url(f"/Calls/{call.sid}.json")
            async with here.client.post(where, data={"Url": here.customer.base + "/other"}) as response:
                assert response.status == 200
                assert openapi.faults_of_answer("/Calls/{Sid}.json", "post", 200, await response.json()) == []
            await here.until(lambda: bool(here.customer.of("/other")))
            async with here.client.post(where, data={"Status": "completed"}) as response:
                assert response.status == 200
            await here.over(call)
            assert (call.status, call.ended_by) == ("completed", "customer")
            async with here.client.post(where, data={"Status": "completed"}) as response:
                assert (response.status, (await response.json())["code"]) == (400, 21220)

    asyncio.run(play())


@pytest.mark.parametrize("raised", [False, True])
def test_a_time_limit_ends_a_call_unless_it_was_raised(raised: bool) -> None:
    async def play() -> None:
        async with world({"/voice": "<Say>" + "长" * 100 + "</Say>"}) as here:
            call = await here.create(TimeLimit="10")
            await here.until(lambda: call.is_live)
            if raised:
                async with here.client.post(here.url(f"/Calls/{call.sid}.json"), data={"TimeLimit": "600"}) as response:
                    assert response.status == 200
            await here.over(call)
            assert (call.ended_by == "time_limit") is not raised

    asyncio.run(play())


def test_a_ringing_call_is_canceled() -> None:
    async def play() -> None:
        async with world(personas={CALLEE: "no_answer"}) as here:
            call = await here.create()
            await here.until(lambda: call.status == "ringing")
            async with here.client.post(here.url(f"/Calls/{call.sid}.json"), data={"Status": "canceled"}) as response:
                assert response.status == 200
            await here.over(call)
            assert call.status == "canceled"

    asyncio.run(play())


def test_calls_beyond_the_rate_wait_in_the_queue() -> None:
    async def play() -> None:
        async with world({"/voice": "<Hangup/>"}, cps="1") as here:
            calls = [await here.create() for _ in range(3)]
            for call in calls:
                await here.over(call)
            dialled = [call.dialled_at or 0.0 for call in calls]
            assert dialled[1] - dialled[0] >= 0.5
            assert dialled[2] - dialled[0] >= 1.5

    asyncio.run(play())


def test_faults_on_request() -> None:
    async def play() -> None:
        async with world({"/voice": "<Hangup/>"}) as here:
            assert await here.control("/misbehave", http_429=1, http_500=1) == 200
            sent = {"To": CALLEE, "From": OURS, "Url": here.customer.base + "/voice"}
            for status in (429, 500, 201):
                async with here.client.post(here.url("/Calls.json"), data=sent) as response:
                    assert response.status == status
            assert await here.control("/misbehave", no_such_thing=1) == 400

    asyncio.run(play())


def test_the_answer_is_dropped_but_the_call_is_made() -> None:
    async def play() -> None:
        async with world({"/voice": "<Hangup/>"}) as here:
            await here.control("/misbehave", drop_answer=1)
            with pytest.raises(aiohttp.ClientError):
                await here.create()
            (call,) = here.exchange.calls.values()
            await here.over(call)
            assert call.status == "completed"

    asyncio.run(play())


@pytest.mark.parametrize(("is_async", "persona", "found"), [(False, "machine", "machine_start"), (True, "listener", "human")])
def test_machine_detection(is_async: bool, persona: str, found: str) -> None:
    async def play() -> None:
        documents = {"/voice": "<Say>" + "长" * 60 + "</Say>", "/amd": ""}
        async with world(documents, personas={CALLEE: persona}) as here:
            more = {"AsyncAmd": "true", "AsyncAmdStatusCallback": here.customer.base + "/amd"} if is_async else {}
            call = await here.create(MachineDetection="Enable", **more)
            await here.over(call)
            asked = here.customer.of("/voice")[0].params
            assert asked.get("AnsweredBy") == (None if is_async else found)
            if is_async:
                await here.until(lambda: bool(here.customer.of("/amd")))
                assert here.customer.of("/amd")[0].params["AnsweredBy"] == found
            assert call.answered_by == found

    asyncio.run(play())


def test_a_whole_call_is_recorded_and_its_media_needs_credentials() -> None:
    async def play() -> None:
        async with world({"/voice": "<Say>您好您好您好您好</Say>", "/recorded": ""}) as here:
            call = await here.create(Record="true", RecordingStatusCallback=here.customer.base + "/recorded")
            await here.over(call)
            await here.until(lambda: bool(here.customer.of("/recorded")))
            told = here.customer.of("/recorded")[0].params
            assert (told["RecordingStatus"], told["RecordingSource"], told["CallSid"]) == ("completed", "OutboundAPI", call.sid)
            async with here.client.get(told["RecordingUrl"] + ".wav") as response:
                assert (await response.read())[:4] == b"RIFF"
            async with here.client.get(told["RecordingUrl"], headers={"Authorization": "Basic eDp5"}) as response:
                assert response.status == 401
            async with here.client.get(here.url(f"/Recordings/{told['RecordingSid']}.json")) as response:
                body = await response.json()
                assert openapi.faults_of_answer("/Recordings/{Sid}.json", "get", 200, body) == []
            assert notes(call, "recorded")

    asyncio.run(play())
