"""Command line of this room: `flask campaigns ...`."""

from __future__ import annotations

from flask.cli import AppGroup

cli = AppGroup("campaigns")
