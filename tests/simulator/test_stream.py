"""The media socket: messages as documented, pacing, marks and clear, faults, and what follows its end."""

from __future__ import annotations

import asyncio
import base64
import itertools
import json
from typing import Any

import pytest
from aiohttp import web

from simulator.audio import FRAME_BYTES, babble
from simulator.signature import sign
from tests.simulator.world import ACCOUNT, CALLEE, TOKEN, messages, notes, world

_STREAM = '<Stream url="/media" name="one" statusCallback="/stream"><Parameter name="t" value="x"/></Stream>'
_CONNECT = f"<Connect>{_STREAM}</Connect>"
_VOICE = {"/voice": _CONNECT + "<Redirect>/after</Redirect>", "/after": "<Hangup/>", "/stream": ""}


def _media(sid: str, mulaw: bytes) -> str:
    return json.dumps({"event": "media", "streamSid": sid, "media": {"payload": base64.b64encode(mulaw).decode()}})


def _mark(sid: str, name: str) -> str:
    return json.dumps({"event": "mark", "streamSid": sid, "mark": {"name": name}})


def test_the_messages_are_those_of_the_document() -> None:
    got: list[dict[str, Any]] = []

    async def media(socket: web.WebSocketResponse) -> None:
        async for message in messages(socket):
            got.append(message)
            if len(got) == 12:
                await socket.close()

    async def play() -> None:
        async with world(_VOICE, media=media) as here:
            call = await here.create()
            await here.over(call)
            connected, start, *frames = got
            assert connected == {"event": "connected", "protocol": "Call", "version": "1.0.0"}
            sid = start["streamSid"]
            assert start == {
                "event": "start",
                "sequenceNumber": "1",
                "streamSid": sid,
                "start": {
                    "accountSid": ACCOUNT,
                    "streamSid": sid,
                    "callSid": call.sid,
                    "tracks": ["inbound"],
                    "mediaFormat": {"encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 1},
                    "customParameters": {"t": "x"},
                },
            }
            assert [frame["sequenceNumber"] for frame in frames] == [str(n) for n in range(2, 12)]
            assert [frame["media"]["chunk"] for frame in frames] == [str(n) for n in range(1, 11)]
            assert {frame["media"]["track"] for frame in frames} == {"inbound"}
            assert all(len(base64.b64decode(frame["media"]["payload"])) == FRAME_BYTES for frame in frames)
            times = [int(frame["media"]["timestamp"]) for frame in frames]
            assert times == sorted(times)
            handshake = here.customer.of("/media")[0].headers
            signed = sign(TOKEN, here.customer.base.replace("http", "ws", 1) + "/media")
            assert handshake["x-twilio-signature"] == signed
            assert here.customer.of("/after")
            await here.until(lambda: len(here.customer.of("/stream")) == 2)
            events = [one.params["StreamEvent"] for one in here.customer.of("/stream")]
            assert events == ["stream-started", "stream-stopped"]

    asyncio.run(play())


def test_marks_come_back_when_the_sound_before_them_was_played() -> None:
    echoes: list[tuple[str, float]] = []

    async def play() -> None:
        async def media(socket: web.WebSocketResponse) -> None:
            async for message in messages(socket):
                sid = message.get("streamSid", "")
                if message["event"] == "start":
                    await socket.send_str(_mark(sid, "empty"))
                    await socket.send_str(_media(sid, babble(1.0)))
                    await socket.send_str(_mark(sid, "one"))
                    await socket.send_str(_media(sid, babble(0.5)))
                    await socket.send_str(_mark(sid, "two"))
                elif message["event"] == "mark":
                    echoes.append((message["mark"]["name"], clock.now()))
                    if len(echoes) == 3:
                        await socket.close()

        async with world(_VOICE, media=media) as here:
            clock = here.exchange.clock
            call = await here.create()
            await here.over(call)
            assert [name for name, _ in echoes] == ["empty", "one", "two"]
            began = notes(call, "stream_started")[0]["monotonic"]
            late = 0.8  # the line makes up for the lateness of a busy machine, so sound may pass quicker than it lasts
            assert echoes[1][1] - began >= 1.0 - late
            assert echoes[2][1] - began >= 1.5 - late

    asyncio.run(play())


def test_clear_empties_the_buffer_and_returns_pending_marks() -> None:
    async def play() -> None:
        order: list[str] = []

        async def media(socket: web.WebSocketResponse) -> None:
            async for message in messages(socket):
                sid = message.get("streamSid", "")
                if message["event"] == "start":
                    await socket.send_str(_media(sid, babble(60)))
                    await socket.send_str(_mark(sid, "far"))
                    await socket.send_str(_mark(sid, "farther"))
                    await socket.send_str(json.dumps({"event": "clear", "streamSid": sid}))
                elif message["event"] == "mark":
                    order.append(message["mark"]["name"])
                    if len(order) == 2:
                        await socket.close()

        async with world(_VOICE, media=media) as here:
            call = await here.create()
            await here.over(call)
            assert order == ["far", "farther"]
            assert notes(call, "clear")[0]["dropped_s"] > 50
            assert call.duration_s < 40, "a minute was to be played"

    asyncio.run(play())


@pytest.mark.parametrize(
    "bad",
    [
        "not json",
        '{"event":"media","streamSid":"MZ0","media":{"payload":"AAAA"}}',
        "{sid}stop",
        "{sid}media-without-payload",
        "{sid}media-not-base64",
        "binary",
    ],
)
def test_bad_messages_end_the_stream_with_31924_and_the_call_goes_on(bad: str) -> None:
    async def play() -> None:
        async def media(socket: web.WebSocketResponse) -> None:
            async for message in messages(socket):
                if message["event"] == "start":
                    await _send_bad(socket, bad, message["streamSid"])

        async with world(_VOICE, media=media) as here:
            call = await here.create()
            await here.over(call)
            assert [one["code"] for one in notes(call, "error")] == [31924]
            assert here.customer.of("/after")
            await here.until(lambda: len(here.customer.of("/stream")) == 3)
            told = [one.params for one in here.customer.of("/stream") if one.params["StreamEvent"] == "stream-error"]
            assert told[0]["StreamError"].startswith("31924")

    asyncio.run(play())


async def _send_bad(socket: web.WebSocketResponse, bad: str, sid: str) -> None:
    shapes = {
        "{sid}stop": {"event": "stop", "streamSid": sid},
        "{sid}media-without-payload": {"event": "media", "streamSid": sid, "media": {}},
        "{sid}media-not-base64": {"event": "media", "streamSid": sid, "media": {"payload": "*"}},
    }
    if bad == "binary":
        await socket.send_bytes(b"\0\1")
    else:
        await socket.send_str(json.dumps(shapes[bad]) if bad in shapes else bad)


def test_keys_reach_the_socket() -> None:
    async def play() -> None:
        keys: list[dict[str, Any]] = []

        async def media(socket: web.WebSocketResponse) -> None:
            async for message in messages(socket):
                sid = message.get("streamSid", "")
                if message["event"] == "start":
                    for _ in range(2):
                        await socket.send_str(_media(sid, babble(0.4)))
                        await asyncio.sleep(0.15)
                elif message["event"] == "dtmf":
                    keys.append(message)
                    if len(keys) == 2:
                        await socket.close()

        async with world(_VOICE, personas={CALLEE: "talker"}, media=media) as here:
            await here.over(await here.create())
            assert [key["dtmf"] for key in keys] == [
                {"track": "inbound_track", "digit": "1"},
                {"track": "inbound_track", "digit": "2"},
            ]

    asyncio.run(play())


def test_a_hang_up_sends_stop() -> None:
    async def play() -> None:
        last: list[dict[str, Any]] = []

        async def media(socket: web.WebSocketResponse) -> None:
            async for message in messages(socket):
                last[:] = [message]

        async with world(_VOICE, media=media) as here:
            call = await here.create()
            await here.until(lambda: bool(last))
            await here.control(f"/calls/{call.sid}/hang_up")
            await here.over(call)
            await here.until(lambda: last[0]["event"] == "stop")
            assert last[0]["stop"] == {"accountSid": ACCOUNT, "callSid": call.sid}
            assert call.ended_by == "callee"
            assert not here.customer.of("/after")

    asyncio.run(play())


def test_a_redirect_over_rest_ends_the_stream() -> None:
    async def play() -> None:
        seen: list[str] = []

        async def media(socket: web.WebSocketResponse) -> None:
            seen.extend([message["event"] async for message in messages(socket)])

        async with world(_VOICE, media=media) as here:
            call = await here.create()
            await here.until(lambda: bool(notes(call, "stream_started")))
            async with here.client.post(here.url(f"/Calls/{call.sid}.json"), data={"Twiml": "<Response><Hangup/></Response>"}):
                pass
            await here.over(call)
            assert seen[-1] == "stop"
            assert not here.customer.of("/after")

    asyncio.run(play())


def test_a_socket_that_is_not_there_is_31920_and_the_next_verb_runs() -> None:
    async def play() -> None:
        documents = {"/voice": '<Connect><Stream url="/gone"/></Connect><Redirect>/after</Redirect>', "/after": "<Hangup/>"}
        async with world(documents) as here:
            call = await here.create()
            await here.over(call)
            assert [one["code"] for one in notes(call, "error")] == [31920]
            assert here.customer.of("/after")

    asyncio.run(play())


def test_mischief_on_the_socket() -> None:
    async def play() -> None:
        broken: list[str] = []
        frames: list[int] = []

        async def media(socket: web.WebSocketResponse) -> None:
            async for message in socket:
                try:
                    frames.append(int(json.loads(message.data)["media"]["chunk"]))
                except KeyError:
                    continue
                except ValueError:
                    broken.append(message.data)

        async with world(_VOICE, media=media) as here:
            asked = {"truncate_message_at": 5, "frame_loss": 0.3, "close_socket_after_s": 2.0}
            assert await here.control("/misbehave", to=CALLEE, **asked) == 200
            call = await here.create()
            await here.over(call)
            assert len(broken) == 1
            assert 0.5 < len(frames) / max(frames) < 0.9
            assert notes(call, "stream_ended")[0]["by"] == "mischief"
            assert here.customer.of("/after")

    asyncio.run(play())


def test_late_sound_comes_in_bursts() -> None:
    async def play() -> None:
        arrivals: list[float] = []

        async def media(socket: web.WebSocketResponse) -> None:
            async for message in messages(socket):
                if message["event"] == "media":
                    arrivals.append(clock.now())
                    if len(arrivals) == 300:
                        await socket.close()

        async with world(_VOICE, media=media) as here:
            clock = here.exchange.clock
            await here.control("/misbehave", to=CALLEE, late_media_s=1.0)
            await here.over(await here.create())
            gaps = [later - sooner for sooner, later in itertools.pairwise(arrivals)]
            assert max(gaps[49::50]) > 0.5

    asyncio.run(play())
