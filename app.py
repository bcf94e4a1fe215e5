"""The front door: builds the application and plugs the rooms together. Nothing happens on import."""

from __future__ import annotations

from flask import Flask

import campaigns.commands
import desk.commands
import ivr.commands
import speech.commands
import store.commands
from kit import log
from kit.clock import Clock, SystemClock
from kit.settings import Settings, load_settings
from store.session import Store


def create_app(settings: Settings | None = None, *, clock: Clock | None = None) -> Flask:
    """The application. Settings come from the environment unless given."""
    settings = settings or load_settings()
    log.configure(settings.log_level)
    app = Flask("app")
    app.config["HUILING_SETTINGS"] = settings
    clock = clock or SystemClock(settings.clock_offset_s)
    app.config["HUILING_CLOCK"] = clock
    app.extensions["store"] = Store(settings, clock)
    for room in (ivr, speech, store, campaigns, desk):
        app.cli.add_command(room.commands.cli)
    return app
