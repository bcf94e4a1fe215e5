"""Command line of this room: `flask store ...`."""

from __future__ import annotations

from flask.cli import AppGroup

cli = AppGroup("store")
