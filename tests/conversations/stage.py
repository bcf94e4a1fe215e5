"""Reads the plays of this folder and performs them through the real scripts and the real understanding."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from ivr import terminal
from ivr.dialogue.play import Performance, Play, perform, read
from ivr.script.load import load_script
from ivr.script.model import Script
from ivr.understanding import understand

FOLDER = Path(__file__).parent
SCRIPTS = Path(__file__).parents[2] / "scripts_zh"
FILES = sorted(FOLDER.glob("*.yaml"))


@cache
def script_of(script_id: str) -> Script:
    """The script as it stands in scripts_zh."""
    return load_script(SCRIPTS, script_id)


@cache
def play_of(file: Path) -> Play:
    """The play as written."""
    return read(file.read_text(encoding="utf-8"))


@cache
def performance_of(file: Path) -> Performance:
    """The play as it goes now."""
    play = play_of(file)
    facts = terminal.invented_facts(play.now.date())
    return perform(play, script_of(play.script), facts=facts, understand=understand)
