"""A media process for benchmarks: real gunicorn, real sockets, real voice activity and endpointing; call memory in RAM.

The script asks the same question for ever, so that one call gives many turns. `HUILING_RECOGNIZER=scripted` is told what
is said (our own share of the delay); any other name is the real engine.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from flask import Flask

from benchmarks.answers import named
from ivr.dialogue.effects import Piece
from ivr.meaning import Hints, Meaning
from ivr.ports import CallSheet
from ivr.runtime.line import Line, Slots
from ivr.runtime.pulse import warm
from ivr.script.model import REPEAT, Ask, AskKind, Condition, Patience, Place, Route, Script, Step
from ivr.script.model import Line as Words
from ivr.views import health_blueprint, media_blueprint
from kit.clock import SystemClock
from kit.settings import Settings
from kit.vocabulary import CallState, Intent, Outcome, Purpose
from speech.audio import encode_mulaw
from speech.endpointing import endpointer
from speech.ports import NOTHING, Heard, Pcm, Recognizer
from speech.vad import VoiceActivity
from tests.fakes.notebook import FakeCallbacks, FakeLiveCalls, FakeNotebook, FakeRecorder, FakeShift

THREADS = 96
HERE = Place("benchmark", 1)
PROMPT_S = float(os.environ.get("BENCH_PROMPT_S", "0.4"))


class Tone:
    """A quiet tone instead of a prompt, of the same length for every text."""

    def __init__(self) -> None:
        at = np.arange(round(8000 * PROMPT_S)) / 8000
        wave = sum(np.sin(2 * np.pi * f * at) for f in (200, 400, 900, 1700)) * (1 + 0.5 * np.sin(2 * np.pi * 4 * at))
        self._sound = encode_mulaw((wave * 1200).astype(np.int16))

    def sound(self, piece: Piece) -> bytes:
        return self._sound


class SameWords:
    """Hears the same words in every utterance; its partial appears after 200 ms of sound, as a streaming engine's would."""

    name = "scripted"
    has_partials = True

    def __init__(self, text: str) -> None:
        self._text = text
        self._frames = 0

    def open(self) -> SameWords:
        return SameWords(self._text)

    def expect(self, phrases: Sequence[str]) -> None:
        self._frames = 0

    def feed(self, pcm: Pcm) -> str:
        self._frames += 1
        return self._text if self._frames > 25 else ""

    def finish(self) -> Heard:
        self._frames = 0
        return Heard(self._text, engine="scripted")

    def transcribe(self, pcm: Pcm, phrases: Sequence[str] = ()) -> Heard:
        return Heard(self._text)

    def missing_words(self, phrases: Sequence[str]) -> tuple[str, ...]:
        return ()

    def close(self) -> None:
        """Nothing is held."""


class Following:
    """Knows which answer is given (its first frame says so) and shows its words as a streaming engine does, late."""

    name = "scripted"
    has_partials = True

    def __init__(self, partials: list[list[tuple[float, str]]]) -> None:
        self._partials = partials
        self._present: list[tuple[float, str]] = []
        self._frames = 0

    def open(self) -> Following:
        return Following(self._partials)

    def expect(self, phrases: Sequence[str]) -> None:
        self._present = []

    def feed(self, pcm: Pcm) -> str:
        number = named(pcm)
        if number is not None:
            self._present, self._frames = self._partials[number], 0
        self._frames += 1
        said = [text for at, text in self._present if at <= self._frames * 0.02]
        return said[-1] if said else ""

    def finish(self) -> Heard:
        present, self._present = self._present, []
        return Heard(present[-1][1], engine="scripted") if present else NOTHING

    def transcribe(self, pcm: Pcm, phrases: Sequence[str] = ()) -> Heard:
        return NOTHING

    def missing_words(self, phrases: Sequence[str]) -> tuple[str, ...]:
        return ()

    def close(self) -> None:
        """Nothing is held."""


class Sheets(FakeNotebook):
    """Opens a fresh call for every name, and forgets turns: a benchmark runs long."""

    def open_call(self, call_id: str) -> CallSheet | None:
        return CallSheet(call_id, call_id, "loop", "0" * 64, {}, None, None, CallState.NEW)

    def save_turn(self, *given: Any) -> None:
        json.dumps(given[2])

    def set_state(self, call_id: str, state: CallState, agents_tried: int = 0, *, redirects: int = 0) -> None:
        """Not kept."""

    def finish(self, *given: Any) -> None:
        """Not kept."""


class NamedTokens(FakeLiveCalls):
    """The token is the call's name."""

    def redeem_token(self, token: str) -> str | None:
        return token or None


def loop_script(kind: AskKind) -> Script:
    """Asks, whatever is answered."""
    anything = Condition(intents=frozenset(Intent))
    ask = Step(
        "ask",
        HERE,
        say=(Words("请问您方便吗？", HERE),),
        ask=Ask(kind, phrases=tuple(os.environ.get("BENCH_PHRASES", "").split(",")) if os.environ.get("BENCH_PHRASES") else ()),
        routes=(Route(anything, REPEAT),),
        silence=Patience(600.0, 2, "end"),
        unclear=Patience(600.0, 99, "end"),
    )
    end = Step("end", HERE, say=(Words("再见。", HERE),), end=Outcome.RPC)
    steps = {"ask": ask, "end": end}
    return Script("loop", "", Purpose.CARE, "0" * 64, "ask", steps, (), {}, (), "end", "end", max_call_s=100_000.0)


def _understand(text: str, hints: Hints) -> Meaning:
    return Meaning(text, Intent.AFFIRM, (Intent.AFFIRM,))


def app() -> Flask:
    """The WSGI application of the benchmark's media process."""
    settings = Settings(
        twilio_auth_token="12345",
        recognizer=os.environ.get("HUILING_RECOGNIZER", "scripted"),
        vosk_model_path=os.environ.get("VOSK_MODEL_PATH", ""),
    )
    clock = SystemClock()
    script = loop_script(AskKind(os.environ.get("BENCH_KIND", "yes_no")))
    line = Line(
        settings=settings,
        clock=clock,
        notebook=Sheets(),
        callbacks=FakeCallbacks(),
        live=NamedTokens(clock),
        shift=FakeShift(),
        recorder=FakeRecorder(),
        carrier=_NoCarrier(),
        scripts=lambda script_id, digest: script,
        prompts=Tone(),
        recognizer=_recognizer(settings),
        understand=_understanding(),
        activity=VoiceActivity,
        endpoint=endpointer,
        hearing=ThreadPoolExecutor(8),
        slots=Slots(THREADS),
    )
    warm(line)
    flask = Flask("benchmark")
    flask.register_blueprint(media_blueprint(line))
    flask.register_blueprint(health_blueprint(line))
    return flask


class _NoCarrier:
    def complete(self, sid: str) -> None:
        """There is nobody to tell."""

    def keep_open(self, sid: str) -> None:
        """There is no limit."""

    def recording(self, url: str) -> bytes | None:
        return None


def _recognizer(settings: Settings) -> Recognizer:
    if settings.recognizer == "scripted":
        script = os.environ.get("BENCH_PARTIALS")
        return Following(json.loads(Path(script).read_text(encoding="utf-8")) if script else [])
    from speech import catalogue

    return catalogue.recognizer(settings)


def _understanding() -> Any:
    """The real thing when it answers; its time is part of the decision."""
    try:
        from ivr.understanding import understand
    except ImportError:
        return _understand

    def timed(text: str, hints: Hints) -> Meaning:
        understand(text, hints)
        return _understand(text, hints)

    return timed


@contextmanager
def media_process(port: int, **environ: str) -> Iterator[str]:
    """Run gunicorn with this module's application; its base URL."""
    command = [
        sys.executable, "-m", "gunicorn", "benchmarks.media:app()", "--worker-class", "gthread", "--workers", "1",
        "--threads", str(THREADS), "--bind", f"127.0.0.1:{port}", "--timeout", "0", "--log-level", "warning",
    ]  # fmt: skip
    process = subprocess.Popen(command, env={**os.environ, **environ}, cwd=Path(__file__).parent.parent)
    try:
        _await(f"http://127.0.0.1:{port}/healthz", process)
        yield f"127.0.0.1:{port}"
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _await(url: str, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + 60
    while time.monotonic() < until and process.poll() is None:
        try:
            urllib.request.urlopen(url, timeout=2).close()
        except OSError:
            time.sleep(0.2)
        else:
            return
    raise RuntimeError("the media process did not start")


def write_report(name: str, figures: dict[str, Any]) -> Path:
    """Keep the figures as JSON under var/."""
    path = Path("var") / f"{name}.json"
    path.parent.mkdir(exist_ok=True)
    stamped = {"at": datetime.now(UTC).isoformat(timespec="seconds"), **figures}
    path.write_text(json.dumps(stamped, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    return path
