"""The media process's heartbeat, its chores and its orderly end. Beats say how many calls more it may be given."""

from __future__ import annotations

import logging
import os
import signal
import socket
import threading
from collections.abc import Callable
from types import FrameType

import numpy as np

from ivr.meaning import Hints
from ivr.runtime.line import Line
from kit.metrics import TROUBLES
from speech.ports import LINE_RATE_HZ, EngineUnavailable

LOG = logging.getLogger(__name__)
BEAT_EVERY_S = 2.0


class Chore:
    """Something done again and again until stopped, in a thread of its own. A failure is counted and costs one turn."""

    def __init__(self, name: str, work: Callable[[], object], *, every_s: float) -> None:
        self._name = name
        self._work = work
        self._every_s = every_s
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> Chore:
        """Begin."""
        self._thread.start()
        return self

    def stop(self) -> None:
        """Do it no more."""
        self._stopped.set()

    def _run(self) -> None:
        while not self._stopped.is_set():
            try:
                self._work()
            except Exception:
                TROUBLES.labels(self._name).inc()
            self._stopped.wait(self._every_s)


class Pulse:
    """Beats until stopped: then the worker is forgotten when its last beat has aged."""

    def __init__(self, line: Line, *, every_s: float = BEAT_EVERY_S) -> None:
        self._line = line
        self.worker = f"{socket.gethostname()}:{os.getpid()}"
        self._chore = Chore("beat", self.beat, every_s=every_s)

    def start(self) -> Pulse:
        """Begin to beat."""
        self._chore.start()
        return self

    def stop(self) -> None:
        """Beat no more."""
        self._chore.stop()

    def beat(self) -> None:
        """One beat. A channel that is down costs no call, only new ones."""
        slots = self._line.slots
        self._line.live.beat(self.worker, slots.live, slots.offered)


def drain_on_sigterm(line: Line) -> None:
    """From the first SIGTERM on no socket is accepted; what the server does about the signal stays as it was.

    To be called in the worker's main thread, after the server has installed its own handler.
    """
    before = signal.getsignal(signal.SIGTERM)

    def drain(number: int, frame: FrameType | None) -> None:
        line.slots.drain()
        if callable(before):
            before(number, frame)
        elif before == signal.SIG_DFL:
            raise SystemExit(0)

    signal.signal(signal.SIGTERM, drain)


def warm(line: Line) -> None:
    """Let the ear and the understanding load what they load at the first use: no callee waits for that."""
    line.understand("你好", Hints(now=line.clock.now()))
    try:
        line.recognizer.transcribe(np.zeros(LINE_RATE_HZ, dtype=np.int16))
    except EngineUnavailable:
        TROUBLES.labels("ear_unavailable").inc()
        LOG.error("the ear is not available", extra={"engine": line.recognizer.name})


def serve_media(line: Line) -> Pulse:
    """What the media process does besides answering: warm up, beat, drain on SIGTERM."""
    warm(line)
    drain_on_sigterm(line)
    return Pulse(line).start()
