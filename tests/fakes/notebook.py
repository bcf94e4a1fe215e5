"""In-memory Notebook, Callbacks, LiveCalls, Shift and Recorder."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from ivr.dialogue.effects import Lasting, Memory
from ivr.ports import Agent, CallSheet, Turn
from kit.clock import Clock
from kit.ids import new_token
from kit.vocabulary import CallState, HangUpReason, Order, Outcome


class FakeNotebook:
    """Sheets in a dict. `turns`, `lasting` and `finished` are what a test looks at."""

    def __init__(self, *sheets: CallSheet) -> None:
        self.sheets = {sheet.call_id: sheet for sheet in sheets}
        self.turns: dict[str, list[Turn]] = {sheet.call_id: [] for sheet in sheets}
        self.lasting: dict[str, list[Lasting]] = {sheet.call_id: [] for sheet in sheets}
        self.finished: dict[str, tuple[Outcome, HangUpReason, datetime]] = {}
        self.saves = 0
        self._seen: set[tuple[str, str]] = set()

    def open_call(self, call_id: str) -> CallSheet | None:
        return self.sheets.get(call_id)

    def save_turn(self, call_id: str, turns: Sequence[Turn], memory: Memory, lasting: Sequence[Lasting], now: datetime) -> None:
        mark = (call_id, repr((list(turns), json.dumps(memory, sort_keys=True), list(lasting))))
        sheet = self.sheets[call_id]
        if mark in self._seen:
            return
        self._seen.add(mark)
        self.saves += 1
        self.turns[call_id].extend(turns)
        self.lasting[call_id].extend(lasting)
        self.sheets[call_id] = dataclasses.replace(sheet, memory=json.loads(json.dumps(memory)))

    def set_state(self, call_id: str, state: CallState, agents_tried: int = 0, *, redirects: int = 0) -> None:
        sheet = self.sheets[call_id]
        self.sheets[call_id] = dataclasses.replace(sheet, state=state, agents_tried=agents_tried, redirects=redirects)

    def finish(self, call_id: str, outcome: Outcome, reason: HangUpReason, now: datetime) -> None:
        sheet = self.sheets[call_id]
        if sheet.outcome not in (None, Outcome.UNKNOWN):
            return
        self.finished[call_id] = (outcome, reason, now)
        self.sheets[call_id] = dataclasses.replace(sheet, outcome=outcome, state=CallState.ENDED)


class FakeCallbacks:
    """Remembers keys and what was reported."""

    def __init__(self) -> None:
        self.seen: set[tuple[str, str]] = set()
        self.progress: list[tuple[str, str, str]] = []

    def is_first(self, source: str, key: str, now: datetime) -> bool:
        if (source, key) in self.seen:
            return False
        self.seen.add((source, key))
        return True

    def call_progressed(self, call_id: str, carrier_sid: str, status: str, details: Mapping[str, str], now: datetime) -> None:
        self.progress.append((call_id, carrier_sid, status))


class FakeShift:
    """The agents given, the duty manager if there is one, and the alarms that were raised."""

    def __init__(self, *agents: Agent, manager: Agent | None = None) -> None:
        self.agents = agents
        self.manager = manager
        self.alarms: list[tuple[str, str]] = []

    def on_shift(self) -> Sequence[Agent]:
        return self.agents

    def duty_manager(self) -> Agent | None:
        return self.manager

    def alert_duty_manager(self, call_id: str, reason: str, now: datetime) -> None:
        if all(call_id != alarmed for alarmed, _ in self.alarms):
            self.alarms.append((call_id, reason))


class FakeLiveCalls:
    """Tokens that run out by the given clock; orders are put in with `give_order`."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._tokens: dict[str, tuple[str, datetime]] = {}
        self._orders: dict[str, list[Order]] = {}
        self.beats: list[tuple[str, int, int]] = []

    def issue_token(self, call_id: str, ttl_s: int = 60) -> str:
        token = new_token()
        self._tokens[token] = (call_id, self._clock.now() + timedelta(seconds=ttl_s))
        return token

    def redeem_token(self, token: str) -> str | None:
        call_id, until = self._tokens.pop(token, (None, self._clock.now()))
        return call_id if self._clock.now() < until else None

    def orders(self, call_id: str) -> Sequence[Order]:
        return tuple(self._orders.pop(call_id, ()))

    def give_order(self, call_id: str, order: Order) -> None:
        self._orders.setdefault(call_id, []).append(order)

    def beat(self, worker: str, live: int, slots: int) -> None:
        self.beats.append((worker, live, slots))


@dataclass(slots=True)
class FakeRecording:
    """One part: both channels as bytearrays."""

    ref: str
    callee: bytearray = field(default_factory=bytearray)
    ours: bytearray = field(default_factory=bytearray)
    is_closed: bool = False
    is_broken: bool = False

    def write(self, callee: bytes, ours: bytes) -> None:
        if self.is_closed or self.is_broken:
            raise OSError("cannot be kept")
        if len(callee) != len(ours):
            raise ValueError("both sides must be equally long")
        self.callee += callee
        self.ours += ours

    def close(self) -> str:
        self.is_closed = True
        return self.ref


class FakeRecorder:
    """Parts per call in order. `is_broken` makes every further start and write fail."""

    def __init__(self) -> None:
        self.parts: dict[str, list[FakeRecording]] = {}
        self._is_broken = False

    def start(self, call_id: str) -> FakeRecording:
        if self._is_broken:
            raise OSError("cannot record")
        parts = self.parts.setdefault(call_id, [])
        parts.append(FakeRecording(ref=f"fake:{call_id}/{len(parts) + 1}"))
        return parts[-1]

    def is_ready(self) -> bool:
        return not self._is_broken

    def break_down(self) -> None:
        """From now on nothing can be recorded."""
        self._is_broken = True
        for part in (part for parts in self.parts.values() for part in parts):
            part.is_broken = True
