"""Command line of this room: `flask speech ...`."""

from __future__ import annotations

from flask.cli import AppGroup

cli = AppGroup("speech")
