"""The answers of benchmarks.reply_latency and the sounds of benchmarks.barge_in in line time: no sockets, no clock, no load.

    python -m benchmarks.line_time [--speech kokoro] [--takes 20]

What voice activity, partial texts, endpointing and the judgement of interruptions cost and get wrong by themselves, over
many more tries than a call has time for. A frame counts as soon as its 20 ms are over; the process adds its own share.
"""

from __future__ import annotations

import argparse
from concurrent.futures import Executor, Future
from typing import Any

import numpy as np

from benchmarks.answers import Answer, answers, hums, kokoro
from benchmarks.barge_in import FALSE_WITHIN_S, report, sounds_of
from benchmarks.media import Following
from benchmarks.reply_latency import KINDS, Found, percentile
from ivr.runtime.bargein import Onset
from ivr.runtime.ear import Ear
from ivr.script.model import AskKind
from speech.audio import decode_mulaw
from speech.endpointing import endpointer
from speech.vad import VoiceActivity

FRAME = 160
QUIET = np.zeros(FRAME, np.int16)
PATIENCE_S = 3.0


class AtOnce(Executor):
    """Runs what is submitted in place."""

    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()
        future.set_result(fn(*args, **kwargs))
        return future


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--speech", choices=["hums", "kokoro"], default="hums")
    parser.add_argument("--takes", type=int, default=20)
    options = parser.parse_args()
    for kind in KINDS:
        found = answered(kind, answers(kind, kokoro if options.speech == "kokoro" else hums, options.takes))
        turns = len(found.delays) + found.cuts + found.hasty
        shares = " / ".join(f"{percentile(found.delays, share):.3f}" for share in (50, 95, 99))
        print(
            f"{kind:8} {turns:5d} turns  p50 / p95 / p99 {shares} s  cuts {100 * found.cuts / turns:4.1f} %  "
            f"hasty {100 * found.hasty / turns:4.1f} %  {dict(found.where.most_common(6))}"
        )
    report({name: [_stopped(clip) for clip in clips] for name, clips in sounds_of(None).items()})


def answered(kind: str, given: list[Answer]) -> Found:
    """What becomes of the answers to a question of this kind."""
    found = Found()
    listening = Following([list(answer.partials) for answer in given])
    for answer in given:
        ear = Ear(listening.open(), VoiceActivity(), endpointer, AtOnce())
        ear.expect(AskKind(kind), ())
        ended_s = _ended_s(ear, answer)
        length_s = len(answer.sound) / 8000
        if ended_s is None:
            found.deaf += 1
        elif ended_s >= length_s:
            found.delays.append(ended_s - length_s)
        else:
            found.hasty += ended_s >= answer.whole_s
            found.cuts += ended_s < answer.whole_s
            found.where[answer.text] += 1
    return found


def _ended_s(ear: Ear, answer: Answer) -> float | None:
    """When the ear held the answer for finished, in seconds of its sound."""
    pcm = np.concatenate([decode_mulaw(answer.sound), np.zeros(round(PATIENCE_S * 8000), np.int16)])
    for _ in range(25):
        ear.take(QUIET, QUIET, 0.0, is_playing=False)
    for start in range(0, len(pcm) - FRAME + 1, FRAME):
        ear.take(pcm[start : start + FRAME], QUIET, 0.0, is_playing=False)
        if ear.utterance(0.0) is not None:
            return (start + FRAME) / 8000
    return None


def _stopped(clip: bytes) -> float | None:
    """Seconds from the first sound to the decision that somebody takes the floor; None within a second."""
    onset, activity = Onset(), VoiceActivity()
    pcm = np.concatenate([np.zeros(4000, np.int16), decode_mulaw(clip), np.zeros(8000, np.int16)])
    for start in range(0, min(len(pcm), 4000 + round(FALSE_WITHIN_S * 8000)), FRAME):
        frame = pcm[start : start + FRAME]
        onset.push(frame, is_voiced=activity.is_speech(frame))
        if onset.is_interruption(""):
            return (start + FRAME - 4000) / 8000
    return None


if __name__ == "__main__":
    main()
