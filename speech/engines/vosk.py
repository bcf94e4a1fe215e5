"""Hearing with Vosk: streaming, offline, with the step's phrases and classes as grammar. One model for all threads, one ear
a call.

The sample rate is the model's own (`conf/mfcc.conf`): 8 kHz models take the line as it is, others get a stateful
resampler. Vosk cuts long audio at pauses by itself; the pieces are joined again, turns end where endpointing says.
"""

from __future__ import annotations

import json
import os
from collections import deque
from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from threading import Lock, Semaphore
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kit.settings import Settings
from speech import classes
from speech.audio import Resampler
from speech.ears import UNKNOWN, configured, free_least, free_trust, model_rate_hz
from speech.models_zh import SHIPPED
from speech.nbest import KEPT, Hypothesis, heard_among, hypotheses, joined
from speech.phrases import ALARMS, plain, words_of
from speech.ports import LINE_RATE_HZ, EngineUnavailable, Heard, Listener, Pcm

UNKNOWN_SHARE = 0.1
"""[unk] is listed once more for every ten phrases: a long grammar must not make garbage dear."""

GRAMMARS_KEPT = 256
"""Steps whose grammar is kept ready as JSON: all scripts together have fewer."""

LEAST_CONFIDENCE = 0.48
"""Below it the grammar is held not to fit: the text is as likely wrong as right, and what is made up (speech.phrases.MADE_UP)
stays under it. Of single words of real speakers, fifteen phrases each, 381 times, 363 right ones are taken and 2 wrong, and of
words that were not listed 19 (at 0.45: 365, 2, 22; at 0.5: 362, 2, 17); of general language at 5 dB, heard with a yes-or-no
grammar, 1 in a hundred."""

TAIL = np.zeros(LINE_RATE_HZ * 3 // 10, dtype=np.int16)
"""0.3 s of silence after the last sample: the network looks 0.18 s ahead, and a clipped end loses its last word."""

CHUNK = LINE_RATE_HZ // 5
"""Samples given to the decoder at a time when a whole utterance is at hand: it looks for pauses between chunks."""

PARTIAL_EVERY = LINE_RATE_HZ // 10
"""Samples between two partial texts: the decoder moves on in steps of about 0.2 s, asking every frame only costs."""


IDLE_DECODERS = 64
"""Kept for the next utterance with the same grammar: making one takes up to 3 ms, a quarter of a short answer's hearing;
each holds about 0.6 MB."""

WORN_S = 600.0
"""Seconds of sound after which a decoder is not used again: its clock is a 32-bit float."""

AT_ONCE = min(2 * (os.cpu_count() or 1), 32)
"""Threads inside the decoder at a time. The OpenBLAS in libvosk (0.3.45) is built for 50; with more in it at once the
process dies (SIGSEGV), and every call with it."""

_inside = Semaphore(AT_ONCE)

Grammar = tuple[tuple[str, ...], tuple[str, ...]]
"""Phrases, and classes named."""


class Decoder:
    """A Vosk decoder with its grammar, for one utterance after the other. Used by one thread at a time."""

    def __init__(self, recognizer: Any, grammar: Grammar, rate_hz: int) -> None:
        self.grammar = grammar
        self._recognizer = recognizer
        self._rate_hz = rate_hz
        self._samples = 0
        self._before = 0
        self._has_paused = False

    @property
    def is_fit(self) -> bool:
        """Whether it may be used again: it starts afresh only when its last utterance was still going on at the end."""
        return not self._has_paused and self._before < WORN_S * self._rate_hz

    def accept(self, samples: NDArray[np.int16]) -> list[Hypothesis]:
        """Take samples; what a part that ended with a pause may have been."""
        self._samples += len(samples)
        sound = np.ascontiguousarray(samples, dtype="<i2").tobytes()
        with _inside:
            self._has_paused = bool(self._recognizer.AcceptWaveform(sound))
        return self._hypotheses(self._recognizer.Result()) if self._has_paused else []

    def partial(self) -> str:
        """The text since the last pause."""
        return str(json.loads(self._recognizer.PartialResult()).get("partial", ""))

    def finish(self) -> list[Hypothesis]:
        """What was said since the last pause. What is accepted next is another utterance."""
        with _inside:
            result = self._recognizer.FinalResult()
        found = self._hypotheses(result)
        self._before += self._samples
        self._samples = 0
        return found

    def _hypotheses(self, result: str) -> list[Hypothesis]:
        """Vosk counts seconds from the decoder's first utterance."""
        return hypotheses(result, before_s=self._before / self._rate_hz)


class VoskRecognizer:
    """A loaded Vosk model directory."""

    has_partials = True

    def __init__(self, model_dir: Path = SHIPPED, *, name: str = "vosk") -> None:
        self.name = name
        self.model_dir = model_dir
        self.rate_hz = model_rate_hz(model_dir)
        self._model = _load(model_dir)
        self.has_grammars = not (model_dir / "graph" / "HCLG.fst").exists()
        self.has_unknown = self.is_word(UNKNOWN)
        self.has_classes = self.has_grammars and all(map(self.is_word, classes.words()))
        """Whether its vocabulary holds the words of the classes; otherwise a class named is left out."""
        self.free_trust, self.free_least = free_trust(model_dir), free_least(model_dir)
        if self.has_classes:
            classes.warm()
        self._grammar = lru_cache(GRAMMARS_KEPT)(self._grammar_anew)
        self._idle: deque[Decoder] = deque(maxlen=IDLE_DECODERS)
        self._handing_over = Lock()

    def open(self) -> Listener:
        """An ear for one call."""
        return VoskListener(self)

    def transcribe(self, pcm: Pcm, phrases: Sequence[str] = ()) -> Heard:
        """Hear a whole utterance at LINE_RATE_HZ."""
        listener = VoskListener(self)
        listener.expect(phrases)
        for start in range(0, len(pcm), CHUNK):
            listener.take(pcm[start : start + CHUNK])
        return listener.finish()

    def missing_words(self, phrases: Sequence[str]) -> tuple[str, ...]:
        """Parts of the phrases that the vocabulary lacks: Vosk would drop them from the grammar without a word."""
        parts = (part for phrase in classes.split(phrases)[0] for part in words_of(phrase, self.is_word)[1])
        return tuple(dict.fromkeys(parts))

    def is_word(self, word: str) -> bool:
        """Whether the model's vocabulary holds the word."""
        return bool(self._model.vosk_model_find_word(word) >= 0)

    def decoder(self, grammar: Grammar) -> Decoder:
        """A decoder, free or with a grammar: the phrases that the vocabulary covers whole, and the classes named."""
        with self._handing_over:
            idle = next((one for one in self._idle if one.grammar == grammar), None)
            if idle is not None:
                self._idle.remove(idle)
        return idle or self._decoder_anew(grammar)

    def give_back(self, decoder: Decoder) -> None:
        """Keep a decoder that has finished for the next utterance with its grammar."""
        if decoder.is_fit:
            with self._handing_over:
                self._idle.append(decoder)

    def _decoder_anew(self, grammar: Grammar) -> Decoder:
        import vosk

        listed = self._grammar(*grammar) if self.has_grammars else ""
        made = vosk.KaldiRecognizer(self._model, float(self.rate_hz), *([listed] if listed else []))
        made.SetWords(True)
        if listed:
            made.SetMaxAlternatives(KEPT)
        return Decoder(made, grammar, self.rate_hz)

    def _grammar_anew(self, phrases: tuple[str, ...], named: tuple[str, ...]) -> str:
        rows = [words_of(phrase, self.is_word) for phrase in phrases]
        covered = [words for words, missing in rows if words and not missing]
        covered += [row for name in named for row in classes.cover(name)]
        listed = list(dict.fromkeys(map(" ".join, covered)))
        if listed and self.has_unknown:
            listed += [UNKNOWN] * (1 + round(len(listed) * UNKNOWN_SHARE))
        return json.dumps(listed, ensure_ascii=False) if listed else ""


class VoskListener:
    """One ear on one call. Used by one thread at a time."""

    def __init__(self, recognizer: VoskRecognizer) -> None:
        self._recognizer = recognizer
        self._phrases: tuple[str, ...] = ()
        self._classes: tuple[str, ...] = ()
        self._decoder: Decoder | None = None
        self._partial = ""
        self._reset()

    def expect(self, phrases: Sequence[str]) -> None:
        """Set the grammar for what follows: phrases, and markers of classes (`speech.classes`). Empty means free speech.

        Forgets what was heard so far.
        """
        listed, named = classes.split(phrases)
        self._classes = named if self._recognizer.has_classes else ()
        alarms = ALARMS if listed or self._classes else ()
        self._phrases = tuple(dict.fromkeys(plain(phrase) for phrase in (*listed, *alarms)))
        self._reset()

    def feed(self, pcm: Pcm) -> str:
        """Take samples at LINE_RATE_HZ; the text so far, without what the grammar rejects."""
        self._waiting.append(pcm)
        if sum(map(len, self._waiting)) < PARTIAL_EVERY:
            return self._partial
        self._flush()
        done = " ".join(part[0].text for part in self._parts)
        now = self._decoder.partial() if self._decoder else ""
        self._partial = plain(f"{done} {now.replace(UNKNOWN, ' ')}")
        return self._partial

    def take(self, pcm: Pcm) -> None:
        """Take samples without asking for the text so far."""
        self._accept(pcm, is_last=False)

    def finish(self) -> Heard:
        """The final text of everything fed since the last reset; resets."""
        self._flush()
        self._accept(TAIL, is_last=True)
        if self._decoder:
            self._parts.append(self._decoder.finish())
            self._recognizer.give_back(self._decoder)
        ear = self._recognizer
        is_free = not (self._phrases and ear.has_grammars)
        least = ear.free_least if is_free else LEAST_CONFIDENCE
        heard = heard_among(joined(self._parts), self._phrases, self._classes, engine=ear.name, least=least)
        if is_free:
            heard = replace(heard, confidence=round(heard.confidence * ear.free_trust, 3))
        self._reset()
        return heard

    def close(self) -> None:
        """Give the decoder back."""
        self._decoder = None

    def _reset(self) -> None:
        self._decoder = None
        self._parts: list[list[Hypothesis]] = []
        self._waiting: list[Pcm] = []
        self._partial = ""
        self._resampler = Resampler(LINE_RATE_HZ, self._recognizer.rate_hz)

    def _flush(self) -> None:
        waiting, self._waiting = self._waiting, []
        if waiting:
            self._accept(np.concatenate(waiting), is_last=False)

    def _accept(self, pcm: Pcm, *, is_last: bool) -> None:
        samples = self._resampler.feed(pcm, is_last=is_last)
        if len(samples):
            self._decoder = self._decoder or self._recognizer.decoder((self._phrases, self._classes))
            if part := self._decoder.accept(samples):
                self._parts.append(part)


def _load(model_dir: Path) -> Any:
    """The model, loaded once a process however many engines use it, and anew when its words were written anew."""
    words = model_dir / "graph" / "words.txt"
    return _loaded(model_dir.resolve(), words.stat().st_mtime_ns if words.exists() else 0)


@lru_cache(4)
def _loaded(model_dir: Path, stamp: int) -> Any:
    try:
        import vosk
    except (ImportError, OSError) as error:
        raise EngineUnavailable(f"vosk 没有装好（{error}）：请运行 make 重装依赖。") from None
    vosk.SetLogLevel(-1)
    try:
        return vosk.Model(str(model_dir))
    except Exception as error:  # vosk raises the bare class
        raise EngineUnavailable(f"Vosk 模型读不进来：{model_dir}（{error}）。请检查 VOSK_MODEL_PATH。") from None


def load(settings: Settings) -> VoskRecognizer:
    """The engine on the configured model. Raises EngineUnavailable."""
    return VoskRecognizer(configured(settings))
