"""The media socket's messages, both ways, between JSON text and values. Pure; tolerates what it does not know.

Source: twilio.com/docs/voice/media-streams/websocket-messages. Numbers arrive as strings; a carrier of the same shape may
send them as numbers. Only mu-law at 8 kHz, mono, is spoken here.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

MAX_MESSAGE = 65_536
"""Bytes of one inbound message; more is refused and the socket closed."""


class BadFrame(ValueError):
    """A message that is not what the protocol says. The message names the fault, never the content."""


@dataclass(frozen=True, slots=True)
class Connected:
    """The socket is open; nothing is known yet."""


@dataclass(frozen=True, slots=True)
class Started:
    """The call's sound begins; `parameters` are those of the <Stream>."""

    stream_sid: str
    call_sid: str
    parameters: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Media:
    """mu-law bytes of the callee; `timestamp_ms` since the stream began."""

    payload: bytes
    chunk: int | None
    timestamp_ms: int | None


@dataclass(frozen=True, slots=True)
class Digit:
    """A key was pressed."""

    digit: str


@dataclass(frozen=True, slots=True)
class Marked:
    """Our mark came back: what was sent before it was played, or dropped by a `clear`."""

    name: str


@dataclass(frozen=True, slots=True)
class Stopped:
    """The call has ended or left the stream."""


@dataclass(frozen=True, slots=True)
class Strange:
    """An event that the protocol did not have when this was written; ignored and counted."""

    event: str


Message = Connected | Started | Media | Digit | Marked | Stopped | Strange


def parse(text: str | bytes) -> Message:
    """One inbound message. Raises BadFrame."""
    if len(text) > MAX_MESSAGE:
        raise BadFrame("message over 64 KiB")
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        raise BadFrame("not JSON") from None
    if not isinstance(data, dict) or not isinstance(data.get("event"), str):
        raise BadFrame("no event")
    return _message(data["event"], data)


def media(stream_sid: str, payload: bytes) -> str:
    """Sound for the callee; of any size, played in order."""
    return _outbound("media", stream_sid, media={"payload": base64.b64encode(payload).decode()})


def mark(stream_sid: str, name: str) -> str:
    """A mark behind what was sent so far."""
    return _outbound("mark", stream_sid, mark={"name": name})


def clear(stream_sid: str) -> str:
    """Drop what was sent and not yet played; every pending mark comes back."""
    return _outbound("clear", stream_sid)


def _outbound(event: str, stream_sid: str, **more: Mapping[str, str]) -> str:
    return json.dumps({"event": event, "streamSid": stream_sid, **more}, separators=(",", ":"))


def _message(event: str, data: Mapping[str, Any]) -> Message:
    match event:
        case "media":
            return _media(_part(data, "media"))
        case "mark":
            return Marked(_text(_part(data, "mark"), "name"))
        case "dtmf":
            return _digit(_text(_part(data, "dtmf"), "digit"))
        case "start":
            return _started(data)
        case "stop":
            return Stopped()
        case "connected":
            return Connected()
        case _:
            return Strange(event[:40])


def _media(part: Mapping[str, Any]) -> Message:
    if part.get("track", "inbound") != "inbound":
        return Strange("media of another track")
    try:
        payload = base64.b64decode(_text(part, "payload"), validate=True)
    except ValueError:
        raise BadFrame("payload is not base64") from None
    return Media(payload, chunk=_count(part.get("chunk")), timestamp_ms=_count(part.get("timestamp")))


def _digit(digit: str) -> Digit:
    if len(digit) != 1 or digit not in "0123456789*#ABCD":
        raise BadFrame("not a key")
    return Digit(digit)


def _started(data: Mapping[str, Any]) -> Started:
    start = _part(data, "start")
    form = start.get("mediaFormat", {})
    if not isinstance(form, dict) or (form.get("encoding"), str(form.get("sampleRate")), str(form.get("channels"))) != (
        "audio/x-mulaw",
        "8000",
        "1",
    ):
        raise BadFrame("media format is not mu-law, 8000 Hz, mono")
    given = start.get("customParameters") or {}
    if not isinstance(given, dict):
        raise BadFrame("customParameters is not an object")
    parameters = {str(name): str(value) for name, value in given.items()}
    return Started(stream_sid=_text(start, "streamSid"), call_sid=_text(start, "callSid"), parameters=parameters)


def _part(data: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    part = data.get(name)
    if not isinstance(part, dict):
        raise BadFrame(f"no {name} object")
    return part


def _text(part: Mapping[str, Any], name: str) -> str:
    value = part.get(name)
    if not isinstance(value, str) or not value:
        raise BadFrame(f"{name} is missing")
    return value


def _count(value: object) -> int | None:
    """A non-negative integer given as text or number; None when it is neither."""
    text = str(value)
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 12 else None
