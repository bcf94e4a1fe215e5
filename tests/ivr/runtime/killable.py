"""A media process over a real SQLite store, for tests that kill it: `gunicorn 'tests.ivr.runtime.killable:app()'`.

The token is the call's name; the ear hears the same words in every utterance; prompts are tones.
"""

from __future__ import annotations

import dataclasses
import os
import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from flask import Flask

from benchmarks.media import NamedTokens, SameWords, Tone
from desk.intake import StoredNotebook
from ivr.runtime.line import Line, Slots
from ivr.script.model import AskKind, Script
from ivr.script.model import Line as Words
from ivr.views import health_blueprint, media_blueprint
from kit.clock import SystemClock
from kit.settings import Settings
from kit.vocabulary import Intent
from speech.endpointing import endpointer
from speech.vad import VoiceActivity
from store.session import Store
from tests.fakes.notebook import FakeCallbacks, FakeRecorder, FakeShift
from tests.ivr.dialogue.small import said, small_script
from tests.ivr.runtime.rig import FakeCarrier


def _script(script_id: str, digest: str) -> Script:
    """The small script without facts, under whatever name the call knows it by."""
    script = small_script()
    steps = {
        name: dataclasses.replace(step, say=tuple(_bare(line) for line in step.say), reword=())
        for name, step in script.steps.items()
    }
    return dataclasses.replace(script, id=script_id, digest=digest, steps=steps)


def _bare(line: Words) -> Words:
    return dataclasses.replace(line, text=re.sub(r"\{\w+\}", "某", line.text))


def app() -> Flask:
    """The application of one media process."""
    clock = SystemClock()
    settings = Settings(data_dir=Path(os.environ["HUILING_DATA_DIR"]), twilio_auth_token="12345")
    line = Line(
        settings=settings,
        clock=clock,
        notebook=StoredNotebook(Store(settings, clock)),
        callbacks=FakeCallbacks(),
        live=NamedTokens(clock),
        shift=FakeShift(),
        recorder=FakeRecorder(),
        carrier=FakeCarrier(),
        scripts=_script,
        prompts=Tone(),
        recognizer=SameWords("不是"),
        understand=lambda text, hints: said(text, Intent.DENY),
        activity=VoiceActivity,
        endpoint=lambda kind: endpointer(AskKind(kind)),
        hearing=ThreadPoolExecutor(4),
        slots=Slots(20),
    )
    flask = Flask("killable")
    flask.register_blueprint(media_blueprint(line))
    flask.register_blueprint(health_blueprint(line))
    return flask
