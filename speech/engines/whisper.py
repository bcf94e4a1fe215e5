"""Hearing with Whisper (faster-whisper, int8): whole utterances only. The independent ear, and the second pass for free speech.

Nothing is heard where voice activity finds no voice; what of the rest is believed, `whisper_drafts` says.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from kit.settings import Settings
from speech import classes
from speech.audio import resample
from speech.engines.gathering import GatheringListener
from speech.engines.whisper_drafts import FASTEST_PER_S, Draft, believed, prompt_of
from speech.models import require
from speech.ports import FRAME_S, FRAME_SAMPLES, LINE_RATE_HZ, NOTHING, EngineUnavailable, Heard, Listener, Pcm
from speech.vad import speech_frames, speech_seconds

RATE_HZ = 16_000
LEAST_SPEECH_S = 0.1
LONGEST_S = 24.0
"""The model hears windows of 30 s."""
WAIT_S = 3.0
"""An utterance that waits longer than this for its turn goes unheard: the caller is told that it was not understood."""
LONGEST_TOKENS = 200
PAD_S = 0.25
"""Silence set around an utterance: sounds that begin at the very first sample are lost."""


class WhisperRecognizer:
    """A loaded CTranslate2 model directory. Calls are queued: one utterance at a time on `cpu_threads` threads."""

    has_partials = False

    def __init__(self, model_dir: Path, *, cpu_threads: int = 2, beam: int = 5, name: str = "whisper") -> None:
        self.name = name
        self._beam = beam
        self._model = _load(model_dir, cpu_threads)
        self._turn = threading.Lock()

    def open(self) -> Listener:
        """An ear for one call: it gathers, and hears at the end."""
        return GatheringListener(self.transcribe)

    def transcribe(self, pcm: Pcm, phrases: Sequence[str] = ()) -> Heard:
        """Hear audio at LINE_RATE_HZ, cut at pauses where it is long. `phrases` are a hint, not a limit."""
        listed, _ = classes.split(phrases)
        parts = [self._utterance(part, listed) for part in pieces(pcm)]
        return parts[0] if len(parts) == 1 else joined(parts)

    def _utterance(self, pcm: Pcm, phrases: Sequence[str]) -> Heard:
        spoken_s = speech_seconds(pcm)
        if spoken_s < LEAST_SPEECH_S:
            return NOTHING
        prompt = prompt_of(phrases, spoken_s)
        heard = believed(self._draft(pcm, prompt), spoken_s, phrases, engine=self.name)
        if heard.is_rejected:
            heard = believed(self._draft(pcm, ""), spoken_s, phrases, engine=self.name)
        return heard

    def missing_words(self, phrases: Sequence[str]) -> tuple[str, ...]:
        """Nothing: it has no grammar."""
        return ()

    def _draft(self, pcm: Pcm, prompt: str) -> Draft:
        pad = np.zeros(round(PAD_S * LINE_RATE_HZ), dtype=np.int16)
        samples = resample(np.concatenate((pad, pcm, pad)), LINE_RATE_HZ, RATE_HZ).astype(np.float32) / 32768.0
        if not self._turn.acquire(timeout=WAIT_S):
            return Draft("", -10.0, 1.0)
        try:
            segments, _ = self._model.transcribe(
                samples,
                language="zh",
                beam_size=self._beam,
                temperature=0.0,
                condition_on_previous_text=False,
                without_timestamps=True,
                initial_prompt=prompt or None,
                no_speech_threshold=None,
                log_prob_threshold=None,
                compression_ratio_threshold=None,
                max_new_tokens=min(LONGEST_TOKENS, 12 + int(len(pcm) / LINE_RATE_HZ * 2 * FASTEST_PER_S)),
            )
            found = list(segments)
        finally:
            self._turn.release()
        if not found:
            return Draft("", -10.0, 1.0)
        return Draft(
            text="".join(segment.text for segment in found),
            logprob=min(segment.avg_logprob for segment in found),
            no_speech=min(segment.no_speech_prob for segment in found),
        )


def pieces(pcm: Pcm) -> list[Pcm]:
    """The audio in pieces of at most LONGEST_S, each cut in the middle of the last long pause before that."""
    longest, found = round(LONGEST_S / FRAME_S), []
    flags = speech_frames(pcm)
    start = 0
    while len(flags) - start > longest:
        end = _pause(flags, start + longest // 3, start + longest)
        found.append(pcm[start * FRAME_SAMPLES : end * FRAME_SAMPLES])
        start = end
    return [*found, pcm[start * FRAME_SAMPLES :]]


def _pause(flags: Sequence[bool], first: int, last: int) -> int:
    """The middle of the longest run of unvoiced frames between two places; the last place when there is none."""
    best, run = (0, last), 0
    for place in range(first, last):
        run = 0 if flags[place] else run + 1
        best = max(best, (run, place - run // 2))
    return best[1]


def joined(parts: Sequence[Heard]) -> Heard:
    """One Heard of several pieces: the least sure piece with a text decides how sure it is."""
    said = [part for part in parts if part.text]
    if not said:
        return NOTHING
    return Heard("".join(part.text for part in said), min(part.confidence for part in said), engine=said[0].engine)


def _load(model_dir: Path, cpu_threads: int) -> Any:
    if not (model_dir / "model.bin").is_file():
        raise EngineUnavailable(f"不是 Whisper 模型目录（缺 model.bin）：{model_dir}。请运行 flask speech setup。")
    try:
        from faster_whisper import WhisperModel

        logging.getLogger("faster_whisper").setLevel(logging.WARNING)
        return WhisperModel(str(model_dir), device="cpu", compute_type="int8", cpu_threads=cpu_threads, local_files_only=True)
    except (ImportError, RuntimeError, ValueError, OSError) as error:
        raise EngineUnavailable(f"Whisper 模型读不进来：{model_dir}（{error}）。请运行 flask speech setup。") from None


def load(settings: Settings) -> WhisperRecognizer:
    """The engine on the fetched model. Raises EngineUnavailable with the command that mends it."""
    return WhisperRecognizer(require("whisper-base", settings.resolved_cache_dir))
