"""Connect/Stream: the media socket of a live call, both ways, as the carrier documents it."""

from __future__ import annotations

import asyncio
import base64
import binascii
import contextlib
import json
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import aiohttp

from simulator.audio import FRAME_BYTES
from simulator.call import Source
from simulator.courier import is_loopback
from simulator.interpreter import Program
from simulator.plan import happens
from simulator.twiml import BadTwiml, Verb, absolute

BACKLOG_FRAMES = 250
"""Frames that may wait for a slow reader before sound is dropped (31930)."""
_PARAMETER_LIMIT = 500


class BadMessage(Exception):
    """The customer's side sent what the protocol does not know (31924)."""


async def connect(program: Program, verb: Verb) -> Source | None:
    """Open the socket, carry the sound until either side ends it; then `action`, or the next verb."""
    streams = [child for child in verb.children if child.name == "Stream"]
    if len(streams) != 1:
        raise BadTwiml(12200, "Connect needs one Stream")
    await Stream(program, streams[0]).carry()
    program.line.playout.clear()
    if program.line.hung_up.is_set():
        return None
    return program.action(verb, {}, default_here=False)


class Stream:
    """One media socket. Every number in its messages is a string, but the media format."""

    def __init__(self, program: Program, verb: Verb) -> None:
        self.program = program
        self.call = program.call
        self.sid = program.exchange.sid("MZ")
        self.name = verb.get("name", self.sid)
        self.url = _socket_url(program, verb)
        self.mischief = program.exchange.plan.mischief(program.call.to)
        self._verb = verb
        self._parameters = _parameters(verb)
        self._outbox: asyncio.Queue[str] = asyncio.Queue()
        self._sequence = self._chunk = self._sent = self._received = 0
        self._late: list[str] = []
        self._opened = 0.0

    async def carry(self) -> None:
        """The whole life of the socket."""
        if not is_loopback(self.url):
            self._fail(31920, "not a loopback host")
            return
        signature = self.program.exchange.courier.signature(self.url)
        try:
            async with self.program.exchange.courier.session.ws_connect(
                self.url,
                headers={"x-twilio-signature": signature, "User-Agent": "Twilio.TmeWs/1.0"},
                timeout=aiohttp.ClientWSTimeout(ws_close=1.0),
                max_msg_size=0,
                compress=0,
            ) as socket:
                await self._converse(socket)
        except (aiohttp.ClientError, TimeoutError, OSError) as fault:
            self._fail(31920, type(fault).__name__)

    async def _converse(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        line = self.program.line
        self._opened = self.call.clock.now()
        self._begin()
        line.listeners.append(self._on_frame)
        line.keys.append(self._on_key)
        try:
            done = await self.program.or_hung_up(self._receive(socket), self._send(socket), self._sudden_end())
            self.call.note("stream_ended", by={-1: "call", 0: "customer", 1: "fault", 2: "mischief"}[min(done)])
        finally:
            line.listeners.remove(self._on_frame)
            line.keys.remove(self._on_key)
            await self._close(socket)

    async def _close(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        if not socket.closed:
            stop = {"accountSid": self.call.account_sid, "callSid": self.call.sid}
            with contextlib.suppress(ConnectionError, aiohttp.ClientError):
                await socket.send_str(self._message("stop", stop=stop))
        self.call.note("stream_counts", messages_in=self._received, messages_out=self._sent, chunks=self._chunk)
        self._report("stream-stopped")

    def _begin(self) -> None:
        self._outbox.put_nowait(json.dumps({"event": "connected", "protocol": "Call", "version": "1.0.0"}))
        start = {
            "accountSid": self.call.account_sid,
            "streamSid": self.sid,
            "callSid": self.call.sid,
            "tracks": ["inbound"],
            "mediaFormat": {"encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 1},
            "customParameters": self._parameters,
        }
        self._outbox.put_nowait(self._message("start", start=start))
        self.call.note("stream_started", stream=self.sid)
        self._report("stream-started")

    def _message(self, event: str, **body: object) -> str:
        self._sequence += 1
        return json.dumps({"event": event, "sequenceNumber": str(self._sequence), "streamSid": self.sid, **body})

    def _on_frame(self, frame: bytes) -> None:
        self._chunk += 1
        if happens(self.program.exchange.chance, self.mischief.frame_loss):
            return
        if self._outbox.qsize() > BACKLOG_FRAMES:
            if self._outbox.qsize() == BACKLOG_FRAMES + 1:
                self.program.error(31930, "the socket is read too slowly")
            return
        media = {
            "track": "inbound",
            "chunk": str(self._chunk),
            "timestamp": str(round((self.call.clock.now() - self._opened) * 1000)),
            "payload": base64.b64encode(frame).decode(),
        }
        self._late.append(self._message("media", media=media))
        if len(self._late) * len(frame) >= self.mischief.late_media_s * 8000:
            for message in self._late:
                self._outbox.put_nowait(message)
            self._late.clear()

    def _on_key(self, digit: str) -> None:
        self._outbox.put_nowait(self._message("dtmf", dtmf={"track": "inbound_track", "digit": digit}))

    async def _send(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        while True:
            text = await self._outbox.get()
            self._sent += 1
            if self._sent == self.mischief.truncate_message_at:
                self.call.note("mischief", what_was="truncated message")
                text = text[: len(text) // 2]
            try:
                await socket.send_str(text)
            except (ConnectionError, aiohttp.ClientError):
                self.call.note("socket_lost")
                return

    async def _sudden_end(self) -> None:
        if not self.mischief.close_socket_after_s:
            await asyncio.Event().wait()
        await self.call.clock.sleep(self.mischief.close_socket_after_s)

    async def _receive(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        async for message in socket:
            self._received += 1
            try:
                if message.type is not aiohttp.WSMsgType.TEXT:
                    raise BadMessage("not a text frame")
                self._obey(_read(message.data, self.sid))
            except BadMessage as fault:
                self._fail(31924, str(fault))
                return
        self.call.note("socket_closed", code=socket.close_code)

    def _obey(self, message: dict[str, Any]) -> None:
        playout = self.program.line.playout
        event = message["event"]
        if event == "media":
            playout.put(_payload(message))
        elif event == "clear":
            self.call.note("clear", dropped_s=round(playout.buffered_bytes / 8000, 3))
            playout.clear()
        elif event == "mark":
            name = _mark_name(message)
            playout.mark(lambda: self._echo(name))
        else:
            raise BadMessage(f"unknown event {event!r}")

    def _echo(self, name: str) -> None:
        self.call.note("mark", name=name)
        self._outbox.put_nowait(self._message("mark", mark={"name": name}))

    def _fail(self, code: int, why: str) -> None:
        self.program.error(code, why)
        self._report("stream-error", StreamError=f"{code} {why}")

    def _report(self, event: str, **facts: str) -> None:
        url = self._verb.get("statusCallback")
        if url:
            target = (absolute(self.program.base, url), self._verb.get("statusCallbackMethod", "POST"))
            said = {"StreamSid": self.sid, "StreamName": self.name, "StreamEvent": event, **facts}
            self.program.exchange.callbacks.stream(self.call, target, said, self.call.clock.wall())


def _socket_url(program: Program, verb: Verb) -> str:
    """Absolute ws or wss URL without query. Plain ws is let through because only loopback is ever called."""
    parts = urlsplit(absolute(program.base, verb.get("url")))
    scheme = {"http": "ws", "https": "wss"}.get(parts.scheme, parts.scheme)
    if scheme not in ("ws", "wss"):
        raise BadTwiml(31922, f"scheme {parts.scheme}")
    if scheme == "ws":
        program.call.note("warning", code=31922, why="not wss; allowed on loopback")
    if parts.query:
        program.call.note("warning", code=31920, why="query string dropped")
    if verb.get("track", "inbound_track") != "inbound_track":
        raise BadTwiml(31941, "only inbound_track in Connect")
    return urlunsplit((scheme, parts.netloc, parts.path, "", ""))


def _parameters(verb: Verb) -> dict[str, str]:
    pairs = {child.get("name"): child.get("value") for child in verb.children if child.name == "Parameter"}
    if any(len(name) + len(value) >= _PARAMETER_LIMIT for name, value in pairs.items()):
        raise BadTwiml(12200, "Parameter too long")
    return pairs


def _read(text: str, sid: str) -> dict[str, Any]:
    try:
        message = json.loads(text)
    except ValueError as fault:
        raise BadMessage("not JSON") from fault
    if not isinstance(message, dict) or not isinstance(message.get("event"), str):
        raise BadMessage("no event")
    if message.get("streamSid") != sid:
        raise BadMessage("wrong streamSid")
    return message


def _payload(message: dict[str, Any]) -> bytes:
    media = message.get("media")
    try:
        mulaw = base64.b64decode(media["payload"], validate=True) if isinstance(media, dict) else b""
    except (KeyError, TypeError, ValueError, binascii.Error) as fault:
        raise BadMessage("payload is not base64") from fault
    if mulaw[:4] == b"RIFF":
        raise BadMessage("payload has a file header")
    if len(mulaw) == 0:
        raise BadMessage(f"media without payload (frames are usually {FRAME_BYTES} bytes)")
    return mulaw


def _mark_name(message: dict[str, Any]) -> str:
    mark = message.get("mark")
    if not isinstance(mark, dict) or not isinstance(mark.get("name"), str):
        raise BadMessage("mark without name")
    name: str = mark["name"]
    return name
