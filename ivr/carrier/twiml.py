"""Call instructions as values and as XML text: the portable subset, nothing else. Pure.

Sources: TwiML documentation; characters that XML 1.0 cannot hold are dropped (an unparseable document is error 12100).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlsplit
from xml.sax.saxutils import escape, quoteattr

MAX_BYTES = 64_000
"""A longer document is refused by the carrier (11750)."""
MAX_PARAMETER = 499
"""Name and value of a stream parameter together (fewer than 500 characters)."""
MANDARIN = "cmn-CN"

_ILLEGAL = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class BadDocument(ValueError):
    """The document would be refused by a carrier."""


@dataclass(frozen=True, slots=True)
class Play:
    """Play a WAV file from a URL."""

    url: str


@dataclass(frozen=True, slots=True)
class Say:
    """Let the carrier's voice speak; for agents only, borrowers hear rendered clips."""

    text: str
    voice: str = ""
    language: str = MANDARIN


@dataclass(frozen=True, slots=True)
class Gather:
    """Take keys while the inner verbs play; the next verb follows when none came."""

    action: str
    num_digits: int
    timeout_s: int
    inner: Sequence[Play | Say] = ()
    finish_on_key: str = "#"


@dataclass(frozen=True, slots=True)
class Record:
    """Record what the callee says; ends after `timeout_s` of silence or with a key."""

    action: str
    timeout_s: int
    max_length_s: int
    finish_on_key: str = "1234567890*#"


@dataclass(frozen=True, slots=True)
class Dial:
    """Ring one number; its leg hears `whisper_url` before it is bridged. The response to `action` takes over."""

    number: str
    action: str
    whisper_url: str
    timeout_s: int
    caller_id: str = ""


@dataclass(frozen=True, slots=True)
class ConnectStream:
    """Give both directions of the sound to a socket until the socket is closed."""

    url: str
    parameters: Mapping[str, str] = field(default_factory=dict)
    status_callback: str = ""


@dataclass(frozen=True, slots=True)
class Redirect:
    """Go on with another document."""

    url: str


@dataclass(frozen=True, slots=True)
class Hangup:
    """End the call."""


Verb = Play | Say | Gather | Record | Dial | ConnectStream | Redirect | Hangup


def document(*verbs: Verb) -> str:
    """The XML of these verbs. Raises BadDocument when a carrier would refuse it."""
    body = "".join(_verb(verb) for verb in verbs)
    text = f'<?xml version="1.0" encoding="UTF-8"?><Response>{body}</Response>'
    if len(text.encode()) > MAX_BYTES:
        raise BadDocument("document over 64 kB")
    return text


def clean(text: str) -> str:
    """The text without characters that XML 1.0 cannot hold."""
    return _ILLEGAL.sub("", text)


def _verb(verb: Verb) -> str:
    match verb:
        case Play(url):
            return _element("Play", url)
        case Say(text, voice, language):
            return _element("Say", text, language=language, voice=voice)
        case Redirect(url):
            return _element("Redirect", url, method="POST")
        case Hangup():
            return "<Hangup/>"
        case Gather():
            return _gather(verb)
        case Record():
            return _record(verb)
        case Dial():
            return _dial(verb)
        case ConnectStream():
            return _connect(verb)


def _gather(verb: Gather) -> str:
    head = _open(
        "Gather",
        input="dtmf",
        action=verb.action,
        method="POST",
        numDigits=str(verb.num_digits),
        timeout=str(verb.timeout_s),
        finishOnKey=verb.finish_on_key,
        keep=("finishOnKey",),
    )
    return f"{head}{''.join(_verb(inner) for inner in verb.inner)}</Gather>"


def _record(verb: Record) -> str:
    head = _open(
        "Record",
        action=verb.action,
        method="POST",
        timeout=str(verb.timeout_s),
        maxLength=str(verb.max_length_s),
        finishOnKey=verb.finish_on_key,
        playBeep="false",
        trim="do-not-trim",
        keep=("finishOnKey",),
    )
    return f"{head}</Record>"


def _dial(verb: Dial) -> str:
    head = _open("Dial", timeout=str(verb.timeout_s), action=verb.action, method="POST", callerId=verb.caller_id)
    return f"{head}{_element('Number', verb.number, url=verb.whisper_url, method='POST')}</Dial>"


def _connect(verb: ConnectStream) -> str:
    parts = urlsplit(verb.url)
    if parts.scheme not in ("ws", "wss") or parts.query:
        raise BadDocument("a stream needs a ws or wss URL without a query")
    inner = ""
    for name, value in verb.parameters.items():
        if len(name) + len(value) > MAX_PARAMETER:
            raise BadDocument(f"stream parameter {name} is too long")
        inner += _open("Parameter", name=name, value=value, keep=("value",)) + "</Parameter>"
    head = _open("Stream", url=verb.url, statusCallback=verb.status_callback)
    return f"<Connect>{head}{inner}</Stream></Connect>"


def _element(tag: str, text: str, **attributes: str) -> str:
    return f"{_open(tag, **attributes)}{escape(clean(text))}</{tag}>"


def _open(tag: str, *, keep: Sequence[str] = (), **attributes: str) -> str:
    """The opening tag; empty attributes are left out unless named in `keep`."""
    written = "".join(f" {name}={quoteattr(clean(value))}" for name, value in attributes.items() if value or name in keep)
    return f"<{tag}{written}>"
