"""As much of a talk as understanding needs."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from ivr.meaning import Hints
from ivr.runtime.talk import Talk
from ivr.understanding import understand


def talk_with(hints: Hints) -> Talk:
    """A talk whose dialogue gives these hints; it understands and can do nothing else."""
    line: Any = SimpleNamespace(clock=SimpleNamespace(now=lambda: hints.now), understand=understand)
    sheet: Any = SimpleNamespace(outcome=None)
    dialogue: Any = SimpleNamespace(hints=lambda now: hints)
    return Talk(line, sheet, dialogue, {})
