"""An ear made of ears: the first that answers well is believed; the next is asked when one fails, rejects or doubts."""

from __future__ import annotations

import logging
from collections.abc import Sequence

import numpy as np

from speech.ports import NOTHING, Heard, Listener, Pcm, Recognizer
from speech.second_pass import better, is_doubtful

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
        """The first answer that leaves no doubt (see second_pass); otherwise the better of the doubtful ones."""
        return _first_good(self._recognizers, pcm, phrases, None)

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
            return _first_good(self._others, pcm, self._phrases, None)
        return _first_good(self._others, pcm, self._phrases, heard)

    def close(self) -> None:
        self._listener.close()


def _first_good(recognizers: Sequence[Recognizer], pcm: Pcm, phrases: Sequence[str], best: Heard | None) -> Heard:
    for recognizer in recognizers:
        if best is not None and not is_doubtful(best, pcm):
            break
        try:
            heard = recognizer.transcribe(pcm, phrases)
            best = heard if best is None else better(best, heard)
        except Exception:
            _log.exception("an ear failed; the next is asked", extra={"engine": recognizer.name})
    return best or NOTHING
