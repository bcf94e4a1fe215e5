"""The listener of engines that hear whole utterances only: it gathers one call's audio and lets it be heard at the end."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from speech.ports import NOTHING, Heard, Pcm


class GatheringListener:
    """One ear on one call. `transcribe` hears a whole utterance with the phrases expected; `partial` gives the text so far."""

    def __init__(self, transcribe: Callable[[Pcm, Sequence[str]], Heard], *, partial: Callable[[], str] = lambda: "") -> None:
        self._transcribe = transcribe
        self._partial = partial
        self._phrases: tuple[str, ...] = ()
        self._gathered: list[Pcm] = []

    def expect(self, phrases: Sequence[str]) -> None:
        """Set the phrases for what follows; forgets what was gathered."""
        self._phrases = tuple(phrases)
        self._gathered = []

    def feed(self, pcm: Pcm) -> str:
        """Take samples at LINE_RATE_HZ; the text so far, where the engine has one."""
        self._gathered.append(pcm)
        return self._partial()

    def finish(self) -> Heard:
        """Hear everything gathered; resets. Nothing gathered is nothing heard."""
        gathered, self._gathered = self._gathered, []
        return self._transcribe(np.concatenate(gathered), self._phrases) if gathered else NOTHING

    def close(self) -> None:
        """Forget what was gathered."""
        self._gathered = []
