"""Everything that calls need from the house, as one value that app.py fills. Holds; decides nothing."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Executor
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Protocol

from ivr.dialogue.effects import Piece
from ivr.meaning import Hints, Meaning
from ivr.ports import Callbacks, LiveCalls, Notebook, Recorder, Shift
from ivr.script.model import AskKind, Script
from kit.clock import Clock
from kit.metrics import CALLS_LIVE
from kit.settings import Settings
from kit.vocabulary import Order
from speech.ports import Pcm, Recognizer


class Prompts(Protocol):
    """Rendered speech."""

    def sound(self, piece: Piece) -> bytes:
        """mu-law at 8 kHz of a piece. Raises LookupError when it was not rendered before the call."""


class Activity(Protocol):
    """Voice activity on one call."""

    def is_speech(self, pcm: Pcm) -> bool:
        """Whether these 20 ms (160 samples) sound like a voice."""


class Endpoint(Protocol):
    """Decides when an utterance is over; fed once per 20 ms from its first voiced frames on."""

    def push(self, is_speech: bool, partial: str) -> bool:
        """Whether the utterance ends here."""


class Orders(LiveCalls, Protocol):
    """Live calls that may also be given orders from another process."""

    def give_order(self, call_id: str, order: Order) -> None:
        """Leave an order."""


class Carrier(Protocol):
    """What a call in progress asks of the carrier's REST interface."""

    def complete(self, sid: str) -> None:
        """End the call; already ended is success."""

    def keep_open(self, sid: str) -> None:
        """Let the call outlast the time that was set when it was placed."""

    def recording(self, url: str) -> bytes | None:
        """A recording's WAV bytes; None while it is not ready."""


class Full(Exception):
    """No free slot, or the process is draining."""


class Slots:
    """How many calls this process carries and may carry. Shared by its threads."""

    def __init__(self, total: int) -> None:
        self.total = total
        self._live = 0
        self._lock = threading.Lock()
        self.is_draining = False

    @property
    def live(self) -> int:
        return self._live

    @property
    def offered(self) -> int:
        """Slots that the dialler may count on, the taken ones included: no free one while draining."""
        return self._live if self.is_draining else self.total

    @contextmanager
    def one(self) -> Iterator[None]:
        """Hold a slot for a call. Raises Full."""
        with self._lock:
            if self.is_draining or self._live >= self.total:
                raise Full
            self._live += 1
        CALLS_LIVE.inc()
        try:
            yield
        finally:
            with self._lock:
                self._live -= 1
            CALLS_LIVE.dec()

    def drain(self) -> None:
        """Take no more calls; those that live go on."""
        self.is_draining = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """All dependencies of the webhooks and of live calls.

    `scripts(id, digest)` gives the revision that a call began with and raises LookupError when it is gone. `understand`
    is ivr.understanding's. `endpoint(kind)` makes the endpointer of a step. `checks` are readiness checks by name: each
    returns "" or what is wrong, in Chinese. `overhear(call_id, callee, ours)` publishes sound to who listens in.
    `hearing` runs the final pass of slow recognisers.
    """

    settings: Settings
    clock: Clock
    notebook: Notebook
    callbacks: Callbacks
    live: Orders
    shift: Shift
    recorder: Recorder
    carrier: Carrier
    scripts: Callable[[str, str], Script]
    prompts: Prompts
    recognizer: Recognizer
    understand: Callable[[str, Hints], Meaning]
    activity: Callable[[], Activity]
    endpoint: Callable[[AskKind], Endpoint]
    hearing: Executor
    slots: Slots
    checks: Mapping[str, Callable[[], str]] = field(default_factory=dict)
    overhear: Callable[[str, bytes, bytes], None] | None = None
