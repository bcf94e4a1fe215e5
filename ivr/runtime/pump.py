"""Carries one media socket from its first message to its close: the only loop that waits on the network."""

from __future__ import annotations

import logging
import socket as sockets
import struct
from typing import Protocol

from simple_websocket import ConnectionClosed

from ivr.carrier import stream
from ivr.dialogue.effects import Effect
from ivr.dialogue.errors import DialogueMisuse
from ivr.dialogue.events import Resumed, TransferFailed
from ivr.ports import CallSheet
from ivr.runtime.call import StreamCall
from ivr.runtime.ear import Ear
from ivr.runtime.line import Full, Line
from ivr.runtime.mouth import Mouth
from ivr.runtime.talk import Talk, abandon, is_in_danger
from ivr.runtime.tape import Tape
from ivr.runtime.vigil import hang_up
from kit.metrics import SOCKET_MESSAGES, SOCKETS, TROUBLES
from kit.vocabulary import CallState
from speech.ports import FRAME_S, EngineUnavailable

LOG = logging.getLogger(__name__)
TICK_S = FRAME_S
START_WITHIN_S = 10.0
"""A socket that has not named its call by then is closed."""
SEND_TIMEOUT_S = 5.0
"""A peer that does not read for so long is gone."""
MOST_RESUMES = 5
"""A call that lost its line more often is ended: something of ours kills it."""


class Socket(Protocol):
    """What is used of a WebSocket."""

    def receive(self, timeout: float | None = None) -> str | bytes | None: ...

    def send(self, data: str) -> None: ...


class Rejected(Exception):
    """The socket does not carry a call of ours. `code` names why, for counting."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def carry(socket: Socket, line: Line) -> None:
    """Serve one socket until its call is over or the line is lost. Never raises."""
    try:
        with line.slots.one():
            result = _carry(socket, line)
    except Full:
        result = "full"
    except Rejected as rejected:
        result = rejected.code
    except (ConnectionClosed, OSError):
        result = "lost"
    except Exception:
        result = "fault"
        LOG.exception("a call ended by a fault of ours")
    SOCKETS.labels(result).inc()


def limit_sending(raw: sockets.socket | None) -> None:
    """Let a blocked send fail after SEND_TIMEOUT_S, without making the socket non-blocking for reads."""
    if raw is not None:
        raw.setsockopt(sockets.SOL_SOCKET, sockets.SO_SNDTIMEO, struct.pack("ll", int(SEND_TIMEOUT_S), 0))
        raw.setsockopt(sockets.IPPROTO_TCP, sockets.TCP_NODELAY, 1)


def _carry(socket: Socket, line: Line) -> str:
    started = _await_start(socket, line)
    sheet = _admit(started, line)
    opened = _open_call(socket, line, sheet, started.stream_sid)
    if opened is None:
        return "unable"
    call, effects = opened
    try:
        call.act(effects)
        return _pump(socket, call)
    except (ConnectionClosed, OSError):
        call.lost()
        return "lost"
    except Exception:
        call.lost()
        raise
    finally:
        call.close()


def _pump(socket: Socket, call: StreamCall) -> str:
    call.tick()
    while not call.is_over:
        text = socket.receive(timeout=TICK_S)
        if text is not None:
            message = _parsed(text)
            if message is not None:
                call.receive(message)
        call.tick()
    return "done"


def _parsed(text: str | bytes) -> stream.Message | None:
    """The message; None for one that is refused and counted, which the call survives."""
    try:
        return stream.parse(text)
    except stream.BadFrame:
        SOCKET_MESSAGES.labels("malformed").inc()
        return None


def _await_start(socket: Socket, line: Line) -> stream.Started:
    until = line.clock.monotonic() + START_WITHIN_S
    while line.clock.monotonic() < until:
        text = socket.receive(timeout=0.5)
        if text is None:
            continue
        try:
            message = stream.parse(text)
        except stream.BadFrame:
            raise Rejected("malformed") from None
        if isinstance(message, stream.Started):
            return message
    raise Rejected("no_start")


def _admit(started: stream.Started, line: Line) -> CallSheet:
    """The sheet of the call whose single-use token the carrier brought. Fails closed."""
    call_id = line.live.redeem_token(started.parameters.get("token", ""))
    sheet = line.notebook.open_call(call_id) if call_id else None
    if sheet is None:
        raise Rejected("bad_token")
    if sheet.carrier_sid is not None and sheet.carrier_sid != started.call_sid:
        raise Rejected("other_call")
    if sheet.outcome is not None:
        raise Rejected("over")
    return sheet


def _open_call(socket: Socket, line: Line, sheet: CallSheet, stream_sid: str) -> tuple[StreamCall, list[Effect]] | None:
    """The call and what it is to do first; None when it cannot be recorded or carried on, which ends it without a word of the
    matter.

    Whoever is in mortal danger is left to the redirect behind the stream, which brings them to a person.
    """
    mouth = Mouth(line, stream_sid, socket.send)
    try:
        tape = Tape(line.recorder.start(sheet.call_id), mouth.playout.take)
        ear = _ear_of(line)
        talk, effects = _talk_of(line, sheet)
    except (OSError, LookupError, DialogueMisuse, EngineUnavailable) as fault:
        TROUBLES.labels("cannot_start").inc()
        LOG.error("a call cannot be carried", extra={"call_id": sheet.call_id, "fault": type(fault).__name__})
        if not is_in_danger(line, sheet):
            abandon(line, sheet)
            hang_up(line, sheet.carrier_sid)
        return None
    line.notebook.set_state(sheet.call_id, CallState.TALKING, sheet.agents_tried)
    return StreamCall(line, talk, ear=ear, mouth=mouth, tape=tape), effects


def _talk_of(line: Line, sheet: CallSheet) -> tuple[Talk, list[Effect]]:
    """A new dialogue, or the old one with what has happened since."""
    if sheet.memory is None:
        return Talk.begin(line, sheet)
    talk = Talk.restore(line, sheet)
    if talk.dialogue.is_transferring:
        return talk, talk.tell(TransferFailed())
    resumes = int(talk.driver.get("resumes", 0)) + 1
    if resumes > MOST_RESUMES:
        raise LookupError("resumed too often")
    talk.note(resumes=resumes)
    return talk, talk.tell(Resumed())


def _ear_of(line: Line) -> Ear:
    """A fresh ear for one call."""
    return Ear(line.recognizer.open(), line.activity(), line.endpoint, line.hearing)
