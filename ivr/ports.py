"""What a live call needs from other rooms. The store and the desk fit these shapes; app.py plugs them in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from ivr.dialogue.effects import Lasting, Memory
from ivr.script.fields import Facts
from kit.vocabulary import CallState, HangUpReason, Order, Outcome


@dataclass(frozen=True, slots=True)
class CallSheet:
    """What is known of one call. `memory` is None until the dialogue has begun; `carrier_sid` until the carrier named it.

    `state` is its driver's and survives a killed worker; `redirects` counts, while LOST, how often the carrier came back
    to find nobody.
    """

    call_id: str
    attempt_id: str
    script_id: str
    script_digest: str
    facts: Facts
    carrier_sid: str | None
    memory: Memory | None
    state: CallState
    agents_tried: int = 0
    outcome: Outcome | None = None
    redirects: int = 0


@dataclass(frozen=True, slots=True)
class Turn:
    """One exchange, as kept: `speaker` is bot or callee. `heard_whole` is False when the callee cut us off.

    `started_s` counts from the start of the recording. `meaning` is JSON (ivr.meaning.meaning_to_dict) or None.
    """

    speaker: str
    text: str
    step: str
    started_s: float
    ended_s: float
    heard_whole: bool = True
    keys: str = ""
    meaning: Mapping[str, Any] | None = None
    confidence: float | None = None
    engine: str = ""


class Notebook(Protocol):
    """Call memory in SQL."""

    def open_call(self, call_id: str) -> CallSheet | None:
        """The sheet, read afresh; None when there is no such call."""

    def save_turn(self, call_id: str, turns: Sequence[Turn], memory: Memory, lasting: Sequence[Lasting], now: datetime) -> None:
        """Write turns, memory and everything lasting in ONE transaction, before anything is played."""

    def set_state(self, call_id: str, state: CallState, agents_tried: int = 0, *, redirects: int = 0) -> None:
        """Note what the driver is doing."""

    def finish(self, call_id: str, outcome: Outcome, reason: HangUpReason, now: datetime) -> None:
        """The call is over. Idempotent: the first outcome stands, unless it was UNKNOWN."""


class Callbacks(Protocol):
    """What the carrier reports about a call, deduplicated and order-tolerant."""

    def is_first(self, source: str, key: str, now: datetime) -> bool:
        """Whether this callback was never seen before; remembers it durably."""

    def call_progressed(self, call_id: str, carrier_sid: str, status: str, details: Mapping[str, str], now: datetime) -> None:
        """Move the attempt and call forward: ranks only rise, terminal states absorb."""


@dataclass(frozen=True, slots=True)
class Agent:
    """A person on shift. `number` is E.164; `may_take_p0` says whether gravest calls may go there."""

    number: str
    may_take_p0: bool


class Shift(Protocol):
    """Who is on duty."""

    def on_shift(self) -> Sequence[Agent]: ...

    def duty_manager(self) -> Agent | None:
        """Whom a P0 call rings when no agent has taken it; None when nobody is set."""

    def alert_duty_manager(self, call_id: str, reason: str, now: datetime) -> None:
        """No person has a P0 call: write it down for the duty manager, durably, before their phone rings; once a call."""


def has_p0_agent(shift: Shift) -> bool:
    """Whether an agent is on duty who may take the gravest calls: without one nothing is dialled."""
    return any(agent.may_take_p0 for agent in shift.on_shift())


class LiveCalls(Protocol):
    """What may be lost: tokens, orders and heartbeats of calls in progress."""

    def issue_token(self, call_id: str, ttl_s: int = 60) -> str:
        """A secret of single use with which the carrier's socket proves which call it carries."""

    def redeem_token(self, token: str) -> str | None:
        """The call id, once; None when unknown, used or expired."""

    def orders(self, call_id: str) -> Sequence[Order]:
        """Orders waiting for this call since the last look, oldest first."""

    def beat(self, worker: str, live: int, slots: int) -> None:
        """Say that this media worker lives and how many calls it carries."""


class Recording(Protocol):
    """One call's sound being written: stereo, 8 kHz mu-law; left is the callee, right is what we played."""

    def write(self, callee: bytes, ours: bytes) -> None:
        """Equal lengths, in order. Raises OSError when it cannot be kept."""

    def close(self) -> str:
        """Seal it; the blob's reference."""


class Recorder(Protocol):
    """Where recordings are kept, encrypted."""

    def start(self, call_id: str) -> Recording:
        """Begin (or, after a lost worker, continue with a further part). Raises OSError when it cannot record."""

    def is_ready(self) -> bool:
        """Whether a recording could be written now: if not, nothing is dialled."""
