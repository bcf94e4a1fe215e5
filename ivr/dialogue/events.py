"""What happens to a dialogue, in the past tense. Values only."""

from __future__ import annotations

from dataclasses import dataclass

from ivr.meaning import Meaning
from kit.vocabulary import Announcement, Order

MAX_KEYS = 32
"""More than anybody is asked for."""


@dataclass(frozen=True, slots=True)
class Understood:
    """The callee finished an utterance and this is what it means."""

    meaning: Meaning


@dataclass(frozen=True, slots=True)
class Pressed:
    """Keys, in order: one to MAX_KEYS of script.model.KEYS."""

    digits: str


@dataclass(frozen=True, slots=True)
class WentSilent:
    """The WakeAt with this tag ran out and nothing was heard."""

    tag: int


@dataclass(frozen=True, slots=True)
class Played:
    """That Say was played to its end."""

    say_id: int


@dataclass(frozen=True, slots=True)
class Interrupted:
    """The callee spoke or pressed into that Say; `heard` is the text that had been played by then."""

    say_id: int
    heard: str


@dataclass(frozen=True, slots=True)
class Resumed:
    """The media line was lost and is back: nobody knows what the callee heard last."""


@dataclass(frozen=True, slots=True)
class TransferDone:
    """A person has taken the call."""

    agent: str


@dataclass(frozen=True, slots=True)
class TransferFailed:
    """No person accepted; the callee is back on the line."""


@dataclass(frozen=True, slots=True)
class MachineAnswered:
    """The carrier or the recognised text says that no person is on the line."""

    kind: Announcement


@dataclass(frozen=True, slots=True)
class Commanded:
    """Somebody of ours ordered HAND_OVER or HANG_UP."""

    order: Order


@dataclass(frozen=True, slots=True)
class TimeUp:
    """The length cap of the call is reached."""


@dataclass(frozen=True, slots=True)
class HungUp:
    """The callee, or the line, ended the call."""


Event = (
    Understood
    | Pressed
    | WentSilent
    | Played
    | Interrupted
    | Resumed
    | TransferDone
    | TransferFailed
    | MachineAnswered
    | Commanded
    | TimeUp
    | HungUp
)
