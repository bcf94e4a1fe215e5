"""The front door: the only place that knows everyone. Builds the rooms and plugs them together; nothing happens on import."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from pathlib import Path
from typing import Any

from celery import Celery
from flask import Flask

import campaigns.commands
import campaigns.tasks
import desk.commands
import ivr.commands
import speech.commands
import store.commands
import store.tasks
from campaigns.dialler import Dialler, Exchange, default_pace
from campaigns.launch import Launch
from campaigns.preparation import Preparation
from campaigns.retention import Retention
from campaigns.sweep import Sweep
from desk.intake import StoredNotebook
from desk.shift import BadShift, ConfiguredShift
from ivr.carrier.rest import CarrierClient
from ivr.dialogue.lines import personal_pieces
from ivr.runtime import answering
from ivr.runtime.line import Line, Slots
from ivr.runtime.pulse import Chore, serve_media
from ivr.runtime.voicebox import Voicebox
from ivr.script.fields import Facts
from ivr.script.issues import BadScript
from ivr.script.library import Library, NoSuchScript, RevisionLost
from ivr.understanding import understand
from ivr.views import health_blueprint, media_blueprint, voice_blueprint
from kit import edge, log
from kit.clock import Clock, SystemClock
from kit.jobs import SALVAGE_S, make_celery
from kit.settings import BadSettings, Settings, load_settings
from law.policy import BadPolicy, Policy, read_policy
from speech import catalogue
from speech.endpointing import endpointer
from speech.lazy import LazyRecognizer
from speech.mandarin.pieces import inventory
from speech.ports import EngineUnavailable, Recognizer, Synthesizer
from speech.prompts import PromptStore, RenderFailed, open_prompts
from speech.vad import VoiceActivity
from store import schema
from store.blobs import open_blobs
from store.callbacks import StoredCallbacks
from store.live import NoLiveStore, RedisLiveCalls, await_live_url
from store.private_keys import BadKey
from store.recordings import StoredRecorder
from store.sealed import BlobUnreadable
from store.session import Store

HEARING_THREADS = 2
"""Final passes of slow ears at a time; the engines use two threads each."""


class House:
    """The rooms of one process, each built when first asked for."""

    def __init__(
        self, settings: Settings, clock: Clock, *, carrier: Any, recognizer: Recognizer | None, synthesizer: Synthesizer | None
    ) -> None:
        self.settings = settings
        self.clock = clock
        self._carrier = carrier
        self._recognizer = recognizer
        self._synthesizer = synthesizer

    @cached_property
    def store(self) -> Store:
        return Store(self.settings, self.clock)

    @cached_property
    def live(self) -> RedisLiveCalls:
        return RedisLiveCalls(self.settings, self.clock)

    @cached_property
    def carrier(self) -> Any:
        return self._carrier or CarrierClient(self.settings)

    @cached_property
    def recorder(self) -> StoredRecorder:
        return StoredRecorder(self.store)

    @cached_property
    def shift(self) -> ConfiguredShift:
        return ConfiguredShift(self.store)

    @cached_property
    def callbacks(self) -> StoredCallbacks:
        return StoredCallbacks(self.store)

    @cached_property
    def library(self) -> Library:
        return Library(self.settings.scripts_dir, open_blobs(self.settings))

    @cached_property
    def recognizer(self) -> Recognizer:
        return self._recognizer or LazyRecognizer(lambda: catalogue.recognizer(self.settings))

    @cached_property
    def synthesizer(self) -> Synthesizer:
        return self._synthesizer or catalogue.synthesizer(self.settings)

    @cached_property
    def prompts(self) -> PromptStore:
        return open_prompts(self.settings, self.store.digest_key)

    @cached_property
    def voicebox(self) -> Voicebox:
        return Voicebox(self.prompts)

    @cached_property
    def line(self) -> Line:
        return Line(
            settings=self.settings,
            clock=self.clock,
            notebook=StoredNotebook(self.store),
            callbacks=self.callbacks,
            live=self.live,
            shift=self.shift,
            recorder=self.recorder,
            carrier=self.carrier,
            scripts=self.library.revision,
            prompts=self.voicebox,
            recognizer=self.recognizer,
            understand=understand,
            activity=VoiceActivity,
            endpoint=endpointer,
            hearing=ThreadPoolExecutor(HEARING_THREADS, thread_name_prefix="hearing"),
            slots=Slots(self.settings.media_slots),
            checks={"database": self._database_fault, "redis": self._redis_fault, "recording": self._recording_fault},
            overhear=self._overhear,
        )

    @cached_property
    def policy(self) -> Policy:
        return _policy(self.settings.policy_file)

    @cached_property
    def retention(self) -> Retention:
        def forget(script_id: str, digest: str, facts: Facts) -> None:
            self.prompts.forget(sorted(personal_pieces(self.library.revision(script_id, digest), facts)))

        return Retention(self.store, open_blobs(self.settings), self.policy, forget=forget)

    @cached_property
    def dialler(self) -> Dialler:
        return Dialler(
            Exchange(
                settings=self.settings,
                clock=self.clock,
                store=self.store,
                policy=self.policy,
                carrier=self.carrier,
                seats=lambda: self.live.slots().slots,
                starts=self.live,
                shift=self.shift,
                recorder=self.recorder,
                pace=lambda: default_pace(self.settings),
                scripts=self.library.revision,
                unspoken=self.prompts.missing,
            )
        )

    @cached_property
    def sweep(self) -> Sweep:
        return Sweep(
            self.store,
            self.clock,
            carrier=self.carrier,
            callbacks=self.callbacks,
            conclude=lambda call_id: answering.conclude_silent(self.line, call_id),
        )

    @cached_property
    def preparation(self) -> Preparation:
        return Preparation(
            self.settings,
            self.store,
            self.clock,
            library=self.library,
            renderer=self.prompts,
            inventory=inventory(),
            policy=lambda: self.policy,
        )

    @cached_property
    def launch(self) -> Launch:
        return Launch(
            settings=self.settings,
            store=self.store,
            clock=self.clock,
            library=self.library,
            preparation=lambda: self.preparation,
            synthesizer=lambda: self.synthesizer,
            recognizer=lambda: self.recognizer,
            shift=self.shift,
            recorder=self.recorder,
            policy=lambda: self.policy,
            hands=self.live,
        )

    def _overhear(self, call_id: str, callee: bytes, ours: bytes) -> None:
        self.live.send_sound(call_id, callee, ours)

    def _database_fault(self) -> str:
        return schema.fault(self.store)

    def _redis_fault(self) -> str:
        return "" if self.live.is_alive() else "连不上 Redis/Valkey：检查 HUILING_REDIS_URL 或 Procfile 里的 valkey"

    def _recording_fault(self) -> str:
        return "" if self.recorder.is_ready() else "录音写不进去：检查 HUILING_BLOB_STORE"


def _policy(path: Path) -> Policy:
    """The policy of a file. Raises BadPolicy, whatever is wrong with it."""
    try:
        return read_policy(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise BadPolicy(edge.system_words(error)) from None
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        raise BadPolicy(f"{path} 读不懂（{type(error).__name__}）：应是 UTF-8 的 YAML，写法见 law/policy.yaml") from None


class _Rooms(dict[str, Any]):
    """Flask's extensions, with the rooms of the house under their names, built when first asked for."""

    def __init__(self, house: House) -> None:
        super().__init__()
        self._house = house

    def __missing__(self, name: str) -> Any:
        if not isinstance(getattr(House, name, None), cached_property):
            raise KeyError(name)
        return getattr(self._house, name)


def create_app(
    settings: Settings | None = None,
    *,
    clock: Clock | None = None,
    carrier: Any = None,
    recognizer: Recognizer | None = None,
    synthesizer: Synthesizer | None = None,
) -> Flask:
    """The application. Settings come from the environment unless given; raises BadSettings with every fault at once."""
    settings = settings or load_settings()
    log.configure(settings.log_level)
    house = House(
        settings,
        clock or SystemClock(settings.clock_offset_s),
        carrier=carrier,
        recognizer=recognizer,
        synthesizer=synthesizer,
    )
    app = Flask("app")
    app.config["HUILING_SETTINGS"] = settings
    app.config["HUILING_CLOCK"] = house.clock
    app.extensions = _Rooms(house)
    for room in (ivr, speech, store, campaigns, desk):
        app.cli.add_command(edge.guarded(room.commands.cli, _say(house), first=_first(house, room.__name__)))
    return app


SAID = (
    BadSettings,
    BadKey,
    BadPolicy,
    BadScript,
    BadShift,
    BlobUnreadable,
    EngineUnavailable,
    NoLiveStore,
    NoSuchScript,
    RenderFailed,
    RevisionLost,
    schema.SchemaBehind,
)
"""What the rooms raise with a message for people: nothing personal, and what to do."""
STORED = frozenset({"campaigns", "desk", "store"})
"""Rooms whose commands need the database."""
WITHOUT_SCHEMA_CHECK = frozenset({"migrate", "check"})
"""Commands that are there for a database that is not up to date."""


def _say(house: House) -> edge.Say:
    def say(error: Exception) -> str | None:
        return str(error) if isinstance(error, SAID) else schema.words(house.store, error)

    return say


def _first(house: House, room: str) -> edge.First:
    def first(command: str) -> None:
        if room in STORED and command not in WITHOUT_SCHEMA_CHECK:
            schema.check(house.store)

    return first


def create_web(settings: Settings | None = None) -> Flask:
    """What the web process serves: the carrier's webhooks, health and metrics."""
    app = create_app(settings)
    line = app.extensions["line"]
    app.register_blueprint(voice_blueprint(line))
    app.register_blueprint(health_blueprint(line))
    return app


def create_media(settings: Settings | None = None) -> Flask:
    """What the media process serves: live sockets, health and metrics. Ear and understanding are loaded at once."""
    app = create_app(settings)
    line = app.extensions["line"]
    line.recognizer.missing_words(())  # without an ear the process must not start: this raises, warming up only reports
    serve_media(line)
    Chore("salvage", app.extensions["recorder"].salvage, every_s=SALVAGE_S).start()
    app.register_blueprint(media_blueprint(line))
    app.register_blueprint(health_blueprint(line))
    return app


def _commands() -> Flask:
    """The application for the command line: with unusable settings, one that says what is wrong with them."""
    try:
        return create_app()
    except BadSettings as faults:
        return edge.shut(edge.bad_settings_words(faults))


def _celery() -> Celery:
    app = create_app(edge.settings_of_process())
    return make_celery(app, await_live_url(app.config["HUILING_SETTINGS"]))


def __getattr__(name: str) -> Flask | Celery:
    """Made when asked for: `app` by `flask --app app`, `celery` by `celery --app app:celery worker`."""
    if name == "app":
        return _commands()
    if name == "celery":
        return _celery()
    raise AttributeError(name)
