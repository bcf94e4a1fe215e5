"""Command line of this room: `flask ivr ...`."""

from __future__ import annotations

from flask.cli import AppGroup

cli = AppGroup("ivr")
