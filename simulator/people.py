"""Who may stand behind a number: how a telephone answers, and what machine detection makes of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from simulator.call import Call
from simulator.line import Line


@dataclass(frozen=True, slots=True)
class Answering:
    """How a subscriber's telephone behaves when it rings."""

    how: str = "answers"
    """answers | busy | no_answer | rejects | invalid."""
    after_s: float = 2.0
    is_machine: bool = False
    greeting_s: float = 0.0
    ambience: bytes = b""


class People(Protocol):
    """Who stands behind the numbers."""

    def answering(self, persona: str) -> Answering:
        """How the telephone of a persona behaves."""

    def is_known(self, persona: str) -> bool:
        """Whether there is such a persona."""

    async def live(self, call: Call, line: Line) -> None:
        """Be this persona on an answered line; returns or is cancelled when it ends."""


def detection(answering: Answering, mode: str, limit_s: float) -> tuple[str, float]:
    """What machine detection says of a telephone in a mode (Enable, DetectMessageEnd), and after how many seconds."""
    found, took_s = "human", 1.6
    if answering.is_machine and mode == "DetectMessageEnd":
        found, took_s = "machine_end_beep", max(3.0, answering.greeting_s)
    elif answering.is_machine:
        found, took_s = "machine_start", 3.4
    return ("unknown", limit_s) if took_s > limit_s else (found, took_s)
