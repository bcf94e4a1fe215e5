"""An ear that is loaded when it is first asked to hear: processes that never hear never pay for it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache

from speech.ports import Heard, Listener, Pcm, Recognizer


class LazyRecognizer:
    """Fits Recognizer. Raises EngineUnavailable at the first use when nothing can be loaded."""

    def __init__(self, load: Callable[[], Recognizer]) -> None:
        self._loaded = cache(load)

    @property
    def name(self) -> str:
        return self._loaded().name

    @property
    def has_partials(self) -> bool:
        return self._loaded().has_partials

    def open(self) -> Listener:
        return self._loaded().open()

    def transcribe(self, pcm: Pcm, phrases: Sequence[str] = ()) -> Heard:
        return self._loaded().transcribe(pcm, phrases)

    def missing_words(self, phrases: Sequence[str]) -> tuple[str, ...]:
        return self._loaded().missing_words(phrases)
