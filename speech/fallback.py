"""An ear made of ears: the first that answers well is believed; the next is asked when one fails or rejects."""

from __future__ import annotations

import logging
from collections.abc import Sequence

import numpy as np

from speech.ports import NOTHING, Heard, Listener, Pcm, Recognizer

_log = logging.getLogger(__name__)


class FallbackRecognizer:
    """Recognizers in order of preference. Partials come from the first; the others hear whole utterances only."""

    def __init__(self, recognizers: Sequence[Recognizer]) -> None:
        if not recognizers:
            raise ValueError("a fallback needs at least one recognizer")
        self._recognizers = tuple(recognizers)
        self.name = "+".join(recognizer.name for recognizer in recognizers)
        self.has_partials = recognizers[0].has_partials

    def open(self) -> Listener:
        """A listener of the first engine that asks the others at the end, if it must."""
        return _FallbackListener(self._recognizers)

    def transcribe(self, pcm: Pcm, phrases: Sequence[str] = ()) -> Heard:
        """The first answer that was not rejected and did not fail; otherwise the best of the rejected ones."""
        return _first_good(self._recognizers, pcm, phrases, NOTHING)

    def missing_words(self, phrases: Sequence[str]) -> tuple[str, ...]:
        """What the first engine cannot put in a grammar."""
        return self._recognizers[0].missing_words(phrases)


class _FallbackListener:
    def __init__(self, recognizers: tuple[Recognizer, ...]) -> None:
        self._listener = recognizers[0].open()
        self._others = recognizers[1:]
        self._phrases: tuple[str, ...] = ()
        self._kept: list[Pcm] = []

    def expect(self, phrases: Sequence[str]) -> None:
        self._phrases = tuple(phrases)
        self._kept.clear()
        self._listener.expect(phrases)

    def feed(self, pcm: Pcm) -> str:
        self._kept.append(pcm)
        return self._listener.feed(pcm)

    def finish(self) -> Heard:
        pcm = np.concatenate(self._kept) if self._kept else np.zeros(0, dtype=np.int16)
        self._kept.clear()
        try:
            heard = self._listener.finish()
        except Exception:
            _log.exception("an ear failed; the next is asked")
            heard = NOTHING
            return _first_good(self._others, pcm, self._phrases, heard)
        return _first_good(self._others, pcm, self._phrases, heard) if heard.is_rejected else heard

    def close(self) -> None:
        self._listener.close()


def _first_good(recognizers: Sequence[Recognizer], pcm: Pcm, phrases: Sequence[str], best: Heard) -> Heard:
    for recognizer in recognizers:
        try:
            heard = recognizer.transcribe(pcm, phrases)
        except Exception:
            _log.exception("an ear failed; the next is asked", extra={"engine": recognizer.name})
            continue
        if heard.text and not heard.is_rejected:
            return heard
        best = max(best, heard, key=lambda each: (bool(each.text), each.confidence))
    return best
