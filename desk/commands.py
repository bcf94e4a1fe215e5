"""Command line of this room: `flask desk ...`."""

from __future__ import annotations

from flask.cli import AppGroup

cli = AppGroup("desk")
