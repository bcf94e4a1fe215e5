"""A telephone in virtual time: the carrier's end of one media socket, with a person who follows a plot.

Written from the carrier's documents: 20 ms frames, buffered playback, marks echoed when reached, `clear` returns them all.
"""

from __future__ import annotations

import base64
import json
from collections import deque
from collections.abc import Callable, Generator, Iterable, Sequence
from concurrent.futures import Executor, Future
from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
from simple_websocket import ConnectionClosed

from ivr.dialogue.effects import Piece
from ivr.meaning import Hints, Meaning, RiskFound, Slot
from ivr.ports import Agent, CallSheet
from ivr.runtime.line import Endpoint, Line, Slots
from ivr.runtime.pump import carry
from ivr.script.model import AskKind, Script
from kit.clock import ManualClock
from kit.settings import Settings
from kit.vocabulary import CallState, Intent, Risk, Severity, SlotName
from speech.audio import encode_mulaw
from speech.ports import Heard, Pcm
from tests.fakes.notebook import FakeCallbacks, FakeLiveCalls, FakeNotebook, FakeRecorder, FakeShift
from tests.ivr.dialogue.small import FACTS, NOW, said, small_script

CALL, SID = "call_1", "CA0001"
FRAME = 160
Plot = Generator[None, None, None]

_AT = np.arange(FRAME) / 8000
LOUD = encode_mulaw(
    sum((np.sin(2 * np.pi * 150 * n * _AT) * (1.0 if n < 12 else 0.3) for n in range(1, 24)), np.zeros(FRAME))
    .astype(np.float64)
    .__mul__(900)
    .astype(np.int16)
)
"""A voiced frame: harmonics of 150 Hz up to 3.4 kHz."""
QUIET = b"\xff" * FRAME


class Now(Executor):
    """Runs what is submitted at once."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()
        future.set_result(fn(*args, **kwargs))
        return future


class Prompter:
    """100 ms of a low tone a character."""

    def __init__(self) -> None:
        self.missing: set[str] = set()
        tone = (np.sin(2 * np.pi * 440 * np.arange(800) / 8000) * 3000).astype(np.int16)
        self._tone = encode_mulaw(tone)

    def sound(self, piece: Piece) -> bytes:
        if piece.text in self.missing:
            raise LookupError("not rendered")
        return self._tone * len(piece.text)


class EarFor:
    """A recogniser that hears what the plot's person means to say, once loud frames came."""

    name = "scripted"
    has_partials = True

    def __init__(self) -> None:
        self.texts: deque[str] = deque()
        self.expected: list[tuple[str, ...]] = []
        self._loud = 0

    def open(self) -> EarFor:
        return self

    def expect(self, phrases: Sequence[str]) -> None:
        self.expected.append(tuple(phrases))
        self._loud = 0

    def feed(self, pcm: Pcm) -> str:
        self._loud += int(np.abs(pcm).max() > 500)
        return self.texts[0][: self._loud // 5] if self.texts else ""

    def finish(self) -> Heard:
        loud, self._loud = self._loud, 0
        return Heard(self.texts.popleft(), engine="scripted") if loud >= 5 and self.texts else Heard("", 0.0)

    def transcribe(self, pcm: Pcm, phrases: Sequence[str] = ()) -> Heard:
        return Heard(self.texts.popleft(), engine="scripted") if self.texts else Heard("", 0.0)

    def missing_words(self, phrases: Sequence[str]) -> tuple[str, ...]:
        return ()

    def close(self) -> None:
        self.expected.append(("closed",))


class Energy:
    """Voice is what is loud."""

    def is_speech(self, pcm: Pcm) -> bool:
        return bool(np.abs(pcm).max() > 500)


class Pause:
    """An utterance ends after half a second of silence."""

    def __init__(self) -> None:
        self._quiet = 0

    def push(self, is_speech: bool, partial: str) -> bool:
        self._quiet = 0 if is_speech else self._quiet + 1
        return self._quiet >= 25


class FakeCarrier:
    """Notes what it was asked."""

    def __init__(self) -> None:
        self.completed: list[str] = []
        self.kept_open: list[str] = []
        self.recordings: dict[str, bytes] = {}

    def complete(self, sid: str) -> None:
        self.completed.append(sid)

    def keep_open(self, sid: str) -> None:
        self.kept_open.append(sid)

    def recording(self, url: str) -> bytes | None:
        return self.recordings.get(url)


MEANINGS: dict[str, Meaning] = {}


def settings(**changes: Any) -> Settings:
    """Settings of a carrier at loopback with a known token."""
    return Settings(
        public_base_url="http://127.0.0.1:5000",
        media_base_url="ws://127.0.0.1:5000",
        carrier_api_base_url="http://127.0.0.1:4010",
        twilio_account_sid="AC1",
        twilio_auth_token="12345",
        caller_id="+1202" + "5550100",
        **changes,
    )


def sheet(**changes: Any) -> CallSheet:
    """A call that was placed and not yet answered."""
    first = CallSheet(CALL, "att_1", "small", "0" * 64, FACTS, None, None, CallState.NEW)
    return replace(first, **changes)


class House:
    """A Line of fakes in virtual time, and the fakes by name."""

    def __init__(self, *, script: Script | None = None, agents: Iterable[Agent] = (), slots: int = 3, **changes: Any) -> None:
        self.clock = ManualClock(NOW)
        self.notebook = FakeNotebook(sheet())
        self.callbacks = FakeCallbacks()
        self.live = FakeLiveCalls(self.clock)
        self.shift = FakeShift(*agents)
        self.recorder = FakeRecorder()
        self.carrier = FakeCarrier()
        self.prompts = Prompter()
        self.ear = EarFor()
        self.meanings: dict[str, Meaning] = dict(_MEANINGS)
        self.script = script or small_script()
        self.overheard = bytearray()
        self.line = Line(
            settings=settings(**changes),
            clock=self.clock,
            notebook=self.notebook,
            callbacks=self.callbacks,
            live=self.live,
            shift=self.shift,
            recorder=self.recorder,
            carrier=self.carrier,
            scripts=lambda script_id, digest: self.script,
            prompts=self.prompts,
            recognizer=self.ear,
            understand=self.understand,
            activity=Energy,
            endpoint=self.endpoint,
            hearing=Now(),
            slots=Slots(slots),
            overhear=lambda call_id, callee, ours: self.overheard.extend(callee),
        )

    def endpoint(self, kind: AskKind) -> Endpoint:
        return Pause()

    def understand(self, text: str, hints: Hints) -> Meaning:
        return self.meanings.get(text) or said(text, _INTENTS.get(text, Intent.UNCLEAR))

    @property
    def sheet(self) -> CallSheet:
        found = self.notebook.open_call(CALL)
        assert found is not None
        return found

    def spoken(self, speaker: str) -> list[str]:
        """The texts of one side's turns."""
        return [turn.text for turn in self.notebook.turns[CALL] if turn.speaker == speaker]

    def phone(self, plot: Callable[[Phone], Plot]) -> Phone:
        """Carry a whole call with a person who follows the plot."""
        phone = Phone(self, self.live.issue_token(CALL), plot)
        carry(phone, self.line)
        return phone


_INTENTS = {
    "是我": Intent.AFFIRM,
    "不是": Intent.DENY,
    "人工": Intent.REQUEST_HUMAN,
    "嗯": Intent.BACKCHANNEL,
    "别打了": Intent.STOP_CALLING,
    "你是谁": Intent.ASK_WHO,
}
_MEANINGS = {
    "不想活了": said("不想活了", Intent.UNCLEAR, risk=(RiskFound(Risk.SELF_HARM, Severity.P0),)),
    "周五还": said("周五还", Intent.PROMISE_TO_PAY, slots=(Slot(SlotName.PAY_ON, date(2026, 11, 27), "周五"),)),
}


class Phone:
    """The carrier's side of the socket."""

    def __init__(self, house: House, token: str, plot: Callable[[Phone], Plot]) -> None:
        self.house = house
        self.events: list[str] = []
        """What the bot sent, by event, with the virtual second."""
        self.times: list[tuple[str, float]] = []
        self.closed_by_peer = False
        self.loses_marks = False
        self._inbox: deque[str] = deque()
        self._playing: deque[bytes | str] = deque()
        self._mouth: deque[bytes] = deque()
        self._frames = 0
        self._plot = plot(self)
        self._push({"event": "connected", "protocol": "Call", "version": "1.0.0"})
        self._push(
            {
                "event": "start",
                "sequenceNumber": "1",
                "streamSid": "MZ1",
                "start": {
                    "accountSid": "AC1",
                    "streamSid": "MZ1",
                    "callSid": SID,
                    "tracks": ["inbound"],
                    "mediaFormat": {"encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 1},
                    "customParameters": {"token": token},
                },
            }
        )

    @property
    def is_bot_speaking(self) -> bool:
        return any(isinstance(item, bytes) for item in self._playing)

    @property
    def seconds(self) -> float:
        return self.house.clock.monotonic()

    def send(self, data: str) -> None:
        message = json.loads(data)
        self.events.append(message["event"])
        self.times.append((message["event"], self.seconds))
        assert len(data) < 65_536
        if message["event"] == "media":
            sound = base64.b64decode(message["media"]["payload"])
            self._playing.extend(sound[start : start + FRAME] for start in range(0, len(sound), FRAME))
        elif message["event"] == "mark":
            self._playing.append(message["mark"]["name"])
            self._reach()
        else:
            marks = [item for item in self._playing if isinstance(item, str)]
            self._playing.clear()
            for mark in marks:
                self._mark(mark)

    def receive(self, timeout: float | None = None) -> str | None:
        if self._inbox:
            return self._inbox.popleft()
        if self.closed_by_peer:
            raise ConnectionClosed
        self.house.clock.advance(0.02)
        try:
            next(self._plot)
        except StopIteration:
            self._push({"event": "stop", "streamSid": "MZ1", "sequenceNumber": "9", "stop": {"callSid": SID}})
        self._pass_frame()
        return self._inbox.popleft() if self._inbox else None

    def say(self, text: str, seconds: float = 0.8) -> Plot:
        """Speak; ends with the last frame."""
        self.house.ear.texts.append(text)
        yield from self.noise(seconds)

    def noise(self, seconds: float, frame: bytes = LOUD) -> Plot:
        """Sound that nobody can make words of, unless `say` queued some."""
        self._mouth.extend([frame] * round(seconds / 0.02))
        while self._mouth:
            yield

    def play(self, mulaw: bytes) -> Plot:
        """A recording."""
        self._mouth.extend(mulaw[at : at + FRAME].ljust(FRAME, b"\xff") for at in range(0, len(mulaw), FRAME))
        while self._mouth:
            yield

    def wait(self, seconds: float) -> Plot:
        """Say nothing for a while."""
        for _ in range(round(seconds / 0.02)):
            yield

    def until_quiet(self) -> Plot:
        """Listen until the bot has spoken and stopped."""
        for _ in range(3000):
            if self.is_bot_speaking:
                break
            yield
        while self.is_bot_speaking:
            yield
        yield from self.wait(0.1)

    def press(self, keys: str) -> None:
        for key in keys:
            self._push({"event": "dtmf", "streamSid": "MZ1", "dtmf": {"track": "inbound_track", "digit": key}})

    def raw(self, text: str) -> None:
        """Put any text on the wire."""
        self._inbox.append(text)

    def stop_media(self, seconds: float) -> Plot:
        """The line stays up but no sound comes."""
        self._mute = True
        yield from self.wait(seconds)
        self._mute = False

    _mute = False

    def _pass_frame(self) -> None:
        if self._playing and isinstance(self._playing[0], bytes):
            self._playing.popleft()
        self._reach()
        self._frames += 1
        frame = self._mouth.popleft() if self._mouth else QUIET
        if not self._mute:
            payload = base64.b64encode(frame).decode()
            media = {"track": "inbound", "chunk": str(self._frames), "timestamp": str(self._frames * 20), "payload": payload}
            self._push({"event": "media", "sequenceNumber": str(self._frames + 1), "streamSid": "MZ1", "media": media})

    def _reach(self) -> None:
        while self._playing and isinstance(self._playing[0], str):
            self._mark(str(self._playing.popleft()))

    def _mark(self, name: str) -> None:
        if not self.loses_marks:
            self._push({"event": "mark", "sequenceNumber": "7", "streamSid": "MZ1", "mark": {"name": name}})

    def _push(self, message: dict[str, Any]) -> None:
        self._inbox.append(json.dumps(message))


def asks_for_a_person(phone: Phone) -> Plot:
    yield from phone.until_quiet()
    yield from phone.say("人工")
    yield from phone.wait(10)


def despairs(phone: Phone) -> Plot:
    yield from phone.until_quiet()
    yield from phone.say("不想活了", 1.2)
    yield from phone.wait(20)


def breaks_off(phone: Phone) -> Plot:
    """Hears us out, and the line breaks."""
    yield from phone.until_quiet()
    phone.closed_by_peer = True
    yield


def proves_it(phone: Phone, last4: str = "1234") -> Plot:
    """Says who it is by key, proves it by key, and hears what is said to nobody else."""
    yield from phone.until_quiet()
    phone.press("1")
    yield from phone.until_quiet()
    phone.press(last4)
    yield from phone.until_quiet()


def promises(phone: Phone) -> Plot:
    yield from proves_it(phone)
    yield from phone.say("周五还", 0.9)
