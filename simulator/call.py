"""One call as the network sees it: its state, its numbers, and everything that happened on it. Remembers; drives nothing."""

from __future__ import annotations

import asyncio
import random
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import format_datetime
from typing import Any

from simulator.clock import Clock
from simulator.line import Line

FINAL = frozenset({"completed", "busy", "no-answer", "failed", "canceled"})
_STEPS = ("queued", "initiated", "ringing", "in-progress")


def new_sid(prefix: str, chance: random.Random) -> str:
    """A name such as CA and 32 hex digits."""
    return f"{prefix}{chance.getrandbits(128):032x}"


def rfc2822(moment: datetime | None) -> str | None:
    """`Tue, 31 Aug 2010 20:36:28 +0000`."""
    return None if moment is None else format_datetime(moment)


@dataclass(frozen=True, slots=True)
class Source:
    """Where the next instructions come from: a URL to ask, or a document given inline."""

    url: str = ""
    method: str = "POST"
    twiml: str = ""
    params: tuple[tuple[str, str], ...] = ()
    fallback_url: str = ""
    fallback_method: str = "POST"


@dataclass(slots=True)
class Subscription:
    """Who is told about the progress of a call."""

    url: str = ""
    method: str = "POST"
    events: tuple[str, ...] = ("completed",)


@dataclass(slots=True, eq=False)
class Call:
    """A leg between the network and one subscriber."""

    sid: str
    account_sid: str
    to: str
    from_: str
    clock: Clock
    direction: str = "outbound-api"
    parent_sid: str | None = None
    subscription: Subscription = field(default_factory=Subscription)
    options: dict[str, str] = field(default_factory=dict)
    """The other fields of the request as they came (Timeout, MachineDetection, Record, ...)."""
    status: str = "queued"
    answered_by: str | None = None
    sip_code: int | None = None
    created_at: float = 0.0
    updated_at: float = 0.0
    dialled_at: float | None = None
    answered_at: float | None = None
    ended_at: float | None = None
    bridged_at: float | None = None
    bridged_sid: str | None = None
    ended_by: str | None = None
    persona: str | None = None
    line: Line | None = None
    sequence: int = 0
    timeline: list[dict[str, Any]] = field(default_factory=list)
    over: asyncio.Event = field(default_factory=asyncio.Event)

    def note(self, what: str, **facts: object) -> None:
        """Add to the timeline: `t` is line seconds since the call was asked for."""
        now = self.clock.now()
        moment = {"t": round(now - self.created_at, 3), "monotonic": round(now, 3), "wall": self.clock.wall(now).isoformat()}
        self.timeline.append({**moment, "what": what, **facts})

    def move(self, status: str) -> bool:
        """Take a later state; a final one is never left. Returns whether the state changed."""
        if self.is_final or (status not in FINAL and _STEPS.index(status) <= _STEPS.index(self.status)):
            return False
        now = self.clock.now()
        self.status, self.updated_at = status, now
        if status == "initiated":
            self.dialled_at = now
        elif status == "in-progress":
            self.answered_at = now
        elif status in FINAL:
            self.ended_at = now
        self.note("status", status=status)
        return True

    @property
    def is_final(self) -> bool:
        """Whether the call is over."""
        return self.status in FINAL

    @property
    def is_live(self) -> bool:
        """Whether somebody is on the line."""
        return self.status == "in-progress" and self.line is not None and not self.line.hung_up.is_set()

    @property
    def duration_s(self) -> int:
        """Whole seconds from answer to end, at least 1 for an answered call."""
        if self.answered_at is None or self.ended_at is None:
            return 0
        return max(1, round(self.ended_at - self.answered_at))

    def webhook_params(self) -> dict[str, str]:
        """What every webhook about this call carries."""
        base = {
            "AccountSid": self.account_sid,
            "ApiVersion": "2010-04-01",
            "CallSid": self.sid,
            "CallStatus": self.status,
            "Called": self.to,
            "Caller": self.from_,
            "Direction": self.direction,
            "From": self.from_,
            "To": self.to,
        }
        if self.parent_sid:
            base["ParentCallSid"] = self.parent_sid
        return base


@dataclass(frozen=True, slots=True)
class Recording:
    """Sound that was kept, one mu-law string a channel."""

    sid: str
    call_sid: str
    channels: tuple[bytes, ...]
    source: str
    started_at: datetime
    created_at: datetime
    ready_at: float
    """Line second from which the media can be fetched."""

    @property
    def duration_s(self) -> int:
        """Whole seconds."""
        return round(max(map(len, self.channels)) / 8000)
