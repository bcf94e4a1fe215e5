"""What the house asks of an ear and a voice. Engines fit these shapes; nobody inherits from them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Pcm = NDArray[np.int16]
"""Mono samples at the stated rate, int16."""

LINE_RATE_HZ = 8000
"""The telephone line's sample rate (mu-law 8 kHz in Media Streams)."""

FRAME_S = 0.02
"""One frame: the carrier's pace, and what voice activity and endpointing look at at a time."""
FRAME_SAMPLES = round(FRAME_S * LINE_RATE_HZ)


class EngineUnavailable(Exception):
    """An engine, model or voice is missing. The message names it and the command that mends it."""


@dataclass(frozen=True, slots=True)
class Heard:
    """What an ear made of some audio. `text` has no spaces; `confidence` in 0..1; empty text means nothing was heard.

    `is_rejected` says that the ear itself does not believe it: another may help. `alternatives` are what other ears believed
    they heard, `rejected` what none of them believed: it tells of danger to life and of a recorded voice at most.
    `start_s` and `end_s` bound the words inside the audio given since the last reset. `ears` is how many heard the sound.
    """

    text: str
    confidence: float = 1.0
    is_rejected: bool = False
    start_s: float | None = None
    end_s: float | None = None
    alternatives: tuple[str, ...] = ()
    rejected: tuple[str, ...] = ()
    engine: str = ""
    ears: int = 1


NOTHING = Heard(text="", confidence=0.0)


class Listener(Protocol):
    """One ear on one call's inbound audio. Not shared between threads."""

    def expect(self, phrases: Sequence[str]) -> None:
        """Set the grammar for what follows; empty means free speech. Resets what was heard so far."""

    def feed(self, pcm: Pcm) -> str:
        """Take samples at LINE_RATE_HZ; return the partial text so far ("" when the engine has no partials)."""

    def finish(self) -> Heard:
        """The final text of everything fed since the last reset; resets."""

    def close(self) -> None: ...


class Recognizer(Protocol):
    """A loaded engine shared by all threads; opens one Listener per call."""

    @property
    def name(self) -> str: ...

    @property
    def has_partials(self) -> bool: ...

    def open(self) -> Listener: ...

    def transcribe(self, pcm: Pcm, phrases: Sequence[str] = ()) -> Heard:
        """Hear a whole utterance at LINE_RATE_HZ at once."""

    def missing_words(self, phrases: Sequence[str]) -> tuple[str, ...]:
        """Those parts of the phrases that the engine cannot put in a grammar; () when it hears anything."""


class Synthesizer(Protocol):
    """A loaded voice engine. May be slow: prompts are rendered before a call, never during it."""

    name: str
    version: str
    is_for_people: bool
    """False for voices that people do not understand: a live campaign refuses to start on them."""

    def render(self, text: str, voice: str) -> tuple[Pcm, int]:
        """Samples and their rate for a text as a person would write it. Raises EngineUnavailable."""

    def voices(self) -> tuple[str, ...]: ...
