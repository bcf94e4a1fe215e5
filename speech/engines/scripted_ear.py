"""An ear that hears nothing: it answers from a list or a table. For hermetic tests and for measuring everything else.

Its name is "scripted" wherever results are shown: it never stands for a recogniser in figures about hearing.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from kit.settings import Settings
from speech.engines.gathering import GatheringListener
from speech.ports import NOTHING, Heard, Listener, Pcm
from speech.vad import speech_seconds


def digest(pcm: Pcm) -> str:
    """The sha256 of samples (little-endian int16), the key of a table."""
    return hashlib.sha256(np.ascontiguousarray(pcm, dtype="<i2").tobytes()).hexdigest()


class ScriptedRecognizer:
    """Answers by the digest of the audio where `table` has it, else with the next of `replies`, else with `otherwise`.

    Audio without a voice is answered with nothing and uses up no reply. Partials are the table's or the next reply's
    text as soon as there is a voice.
    """

    name = "scripted"
    has_partials = True

    def __init__(
        self,
        replies: Iterable[str | Heard] = (),
        *,
        table: Mapping[str, str] | None = None,
        otherwise: str = "",
        is_deaf_to_silence: bool = True,
    ) -> None:
        self._replies = list(replies)
        self._table = dict(table or {})
        self._otherwise = otherwise
        self._is_deaf_to_silence = is_deaf_to_silence
        self._lock = threading.Lock()
        self.asked: list[tuple[str, ...]] = []
        """The phrases of every question answered, in order."""

    def open(self) -> Listener:
        """An ear for one call; all ears of one recogniser share its replies."""
        return GatheringListener(self.transcribe, partial=self.upcoming)

    def transcribe(self, pcm: Pcm, phrases: Sequence[str] = ()) -> Heard:
        """The scripted answer to this audio."""
        if self._is_deaf_to_silence and not speech_seconds(pcm):
            return NOTHING
        known = self._table.get(digest(pcm))
        if known is not None:
            return Heard(known, engine=self.name)
        with self._lock:
            self.asked.append(tuple(phrases))
            reply = self._replies.pop(0) if self._replies else self._otherwise
        return reply if isinstance(reply, Heard) else Heard(reply, engine=self.name) if reply else NOTHING

    def missing_words(self, phrases: Sequence[str]) -> tuple[str, ...]:
        """Nothing."""
        return ()

    def upcoming(self) -> str:
        """The text of the next reply, left in place."""
        with self._lock:
            reply = self._replies[0] if self._replies else self._otherwise
        return reply.text if isinstance(reply, Heard) else reply


def load(settings: Settings) -> ScriptedRecognizer:
    """An ear with an empty script: it hears nothing until a test gives it replies."""
    return ScriptedRecognizer()
