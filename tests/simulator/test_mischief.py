"""What the network does wrong on request, and what it refuses to be: open to the world."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from simulator import audio
from simulator.options import read
from simulator.plan import BadPlan, Plan
from simulator.server import make
from tests.simulator.world import ACCOUNT, CALLEE, OURS, TOKEN, World, notes, options, serving, world

_ALL = ["initiated", "ringing", "answered", "completed"]


async def _told(here: World, *, count: int, **mischief: Any) -> list[str]:
    assert await here.control("/misbehave", to=CALLEE, **mischief) == 200
    fields = [("To", CALLEE), ("From", OURS), ("Url", here.customer.base + "/voice")]
    fields += [("StatusCallback", here.customer.base + "/status"), *(("StatusCallbackEvent", one) for one in _ALL)]
    async with here.client.post(here.url("/Calls.json"), data=fields) as response:
        sid = (await response.json())["sid"]
    await here.exchange.calls[sid].over.wait()
    await here.until(lambda: len(here.customer.of("/status")) >= count)
    await asyncio.sleep(0.05)
    return [one.params["SequenceNumber"] for one in here.customer.of("/status")]


@pytest.mark.parametrize(
    ("mischief", "told"),
    [
        ({"duplicate_callbacks": 1.0}, ["0", "0", "1", "1", "2", "2", "3", "3"]),
        ({"reorder_callbacks": True}, ["1", "0", "3", "2"]),
        ({"lose_callbacks": 1.0}, []),
        ({"lose_events": ["completed"]}, ["0", "1", "2"]),
        ({"delay_callbacks_s": 0.4}, ["0", "1", "2", "3"]),
    ],
)
def test_callbacks(mischief: dict[str, Any], told: list[str]) -> None:
    async def play() -> None:
        async with world({"/voice": "<Hangup/>", "/status": ""}) as here:
            assert await _told(here, count=len(told), **mischief) == told

    asyncio.run(play())


def test_a_webhook_arrives_twice() -> None:
    async def play() -> None:
        async with world({"/voice": "<Hangup/>", "/status": ""}) as here:
            await _told(here, count=4, duplicate_webhooks=True)
            assert len(here.customer.of("/voice")) == 2

    asyncio.run(play())


def test_the_subscriber_hangs_up_in_the_middle() -> None:
    async def play() -> None:
        async with world({"/voice": "<Say>" + "长" * 100 + "</Say>"}) as here:
            await here.control("/misbehave", to=CALLEE, hang_up_after_s=1.0)
            call = await here.create()
            await here.over(call)
            assert call.ended_by == "callee"
            assert call.duration_s < 20

    asyncio.run(play())


def test_a_recording_comes_late() -> None:
    async def play() -> None:
        async with world({"/voice": "<Say>您好您好</Say>", "/recorded": ""}) as here:
            await here.control("/misbehave", to=CALLEE, recording_late_s=30.0)
            call = await here.create(Record="true", RecordingStatusCallback=here.customer.base + "/recorded")
            await here.over(call)
            await here.until(lambda: bool(here.customer.of("/recorded")))
            url = here.customer.of("/recorded")[0].params["RecordingUrl"]
            async with here.client.get(url) as response:
                assert response.status == 404
            await here.exchange.clock.sleep(30.0)
            async with here.client.get(url) as response:
                assert response.status == 200

    asyncio.run(play())


def test_inspection_shows_the_call_and_its_sound() -> None:
    async def play() -> None:
        async with world({"/voice": "<Say>您好</Say>"}) as here:
            call = await here.create()
            await here.over(call)
            async with aiohttp.ClientSession() as anyone:
                async with anyone.get(f"{here.api}/simulator/calls/{call.sid}.json") as response:
                    view = await response.json()
                async with anyone.get(f"{here.api}/simulator/calls/{call.sid}/audio.wav") as response:
                    samples, rate_hz = audio.read_wav(await response.read())
                async with anyone.get(f"{here.api}/simulator/calls") as response:
                    assert [one["sid"] for one in (await response.json())["calls"]] == [call.sid]
            assert (view["persona"], view["status"], view["ended_by"]) == ("listener", "completed", "bot")
            assert rate_hz == 8000
            assert len(samples) > 0
            assert {"t", "monotonic", "wall", "what"} <= set(view["timeline"][0])

    asyncio.run(play())


def test_a_subscriber_calls_and_is_rejected() -> None:
    async def play() -> None:
        async with world({"/inbound": '<Reject reason="busy"/>'}) as here:
            url = here.customer.base + "/inbound"
            assert await here.control("/inbound", **{"from": CALLEE, "to": OURS, "url": url}) == 201
            (call,) = here.exchange.calls.values()
            await here.over(call)
            asked = here.customer.of("/inbound")[0].params
            assert (asked["Direction"], asked["CallStatus"]) == ("inbound", "in-progress")

    asyncio.run(play())


def test_only_loopback_is_listened_on(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        read(["--account-sid", ACCOUNT, "--auth-token", TOKEN, "--host", "0.0.0.0"], {})
    assert "127.0.0.1 only" in capsys.readouterr().err


def test_options_come_from_the_environment_too() -> None:
    given = {"ACCOUNT_SID": ACCOUNT, "AUTH_TOKEN": TOKEN, "CPS": "2", "FAST": "1"}
    found = read([], {f"SIMULATOR_{name}": value for name, value in given.items()})
    assert (found.account_sid, found.cps, found.speed) == (ACCOUNT, 2.0, 20.0)


def test_a_wrong_subscribers_file_is_named(tmp_path: Path) -> None:
    path = tmp_path / "subscribers.json"
    path.write_text('[{"phone": "x"}]')
    with pytest.raises(BadPlan, match="entry 1"):
        Plan.load(path)


def test_a_persona_that_is_not_in_the_cast_is_named(tmp_path: Path) -> None:
    path = tmp_path / "subscribers.json"
    path.write_text(json.dumps({CALLEE: "nobody_of_this_name"}))
    with pytest.raises(BadPlan, match="nobody_of_this_name"):
        make(options(subscribers=str(path)))


def test_a_failed_webhook_is_tried_again_with_the_same_token_when_asked_for() -> None:
    async def play() -> None:
        times = iter([500, 500, 200])

        async def answer(request: web.Request) -> web.Response:
            tokens.append(request.headers["I-Twilio-Idempotency-Token"])
            return web.Response(status=next(times), text="<Response/>", content_type="text/xml")

        tokens: list[str] = []
        async with world() as here, serving(answer) as base:
            call = await here.create(Url=f"{base}/voice#rc=2&rp=5xx")
            await here.over(call)
            assert len(tokens) == 3
            assert len(set(tokens)) == 1
            assert not notes(call, "error")

    asyncio.run(play())


def test_a_slow_webhook_times_out() -> None:
    async def play() -> None:
        async def answer(request: web.Request) -> web.Response:
            await asyncio.sleep(0.4)
            return web.Response(text="<Response/>", content_type="text/xml")

        async with world() as here, serving(answer) as base:
            call = await here.create(Url=f"{base}/voice#rt=100")
            await here.over(call)
            assert notes(call, "error")[0]["code"] == 11200

    asyncio.run(play())


def test_nobody_listening_is_11205() -> None:
    async def play() -> None:
        async with world() as here:
            call = await here.create(Url="http://127.0.0.1:9/voice")
            await here.over(call)
            assert notes(call, "error")[0]["code"] == 11205

    asyncio.run(play())
