"""Hears one call: when somebody speaks, when they have finished, and what was said. Decides nothing about the call.

Only voiced sound reaches the recogniser: a short past is kept, so that the first syllable is not lost. While we speak,
sound much weaker than ours is taken for the echo of our own prompt (there is no echo canceller in the path).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from concurrent.futures import Executor, Future
from dataclasses import dataclass

import numpy as np

from ivr.runtime.bargein import Onset
from ivr.runtime.line import Activity, Endpoint
from ivr.script.model import AskKind
from speech.classes import with_class
from speech.ports import FRAME_S, FRAME_SAMPLES, NOTHING, Heard, Listener, Pcm

PAST_FRAMES = 15
"""300 ms kept from before speech was noticed."""
OPENING_FRAMES = 3
"""Voiced frames within the last five that open an utterance."""
LONGEST_S = 20.0
"""An utterance is cut here, whatever goes on (a radio, a motorway)."""
ECHO_RATIO = 0.2
"""Sound below this fraction of our own loudness is echo (-14 dB; networks return at most about -20 dB)."""
ECHO_FRAMES = 25
"""How long our own sound may come back: 500 ms."""
BACKLOG_FRAMES = 500
"""Ten seconds kept while a slow engine makes out what was said before."""
QUICK_S = 0.03
"""A final pass that is done by then is waited for in place."""


@dataclass(frozen=True, slots=True)
class Utterance:
    """What was heard; `began_s` and `ended_s` in seconds of line time, `ended_at` in monotonic seconds of its last voice."""

    heard: Heard
    began_s: float
    ended_s: float
    ended_at: float


@dataclass(slots=True)
class _Open:
    """An utterance going on."""

    endpoint: Endpoint
    began_s: float
    voiced_s: float
    voiced_at: float
    frames: list[Pcm]
    partial: str = ""


class Ear:
    """One call's inbound sound. `listener` is used by one thread at a time: the call's, or the final pass's."""

    def __init__(
        self, listener: Listener, activity: Activity, endpoint: Callable[[AskKind], Endpoint], hearing: Executor
    ) -> None:
        self._listener = listener
        self._activity = activity
        self._endpoint = endpoint
        self._hearing = hearing
        self._past: deque[tuple[Pcm, bool]] = deque(maxlen=PAST_FRAMES)
        self._ours: deque[float] = deque([0.0], maxlen=ECHO_FRAMES)
        self._open: _Open | None = None
        self._pending: tuple[Future[Heard], _Open] | None = None
        self._kind = AskKind.OPEN
        self._phrases: tuple[str, ...] = ()
        self._is_stale = False
        self._backlog: list[tuple[Pcm, Pcm, bool]] = []
        self._line_s = 0.0
        self.onset = Onset()

    @property
    def is_hearing(self) -> bool:
        """Whether somebody speaks, or what was said is still being made out."""
        return self._open is not None or self._pending is not None

    @property
    def partial(self) -> str:
        """The text of the utterance so far, as far as the engine tells."""
        return self._open.partial if self._open else ""

    def expect(self, kind: AskKind, phrases: tuple[str, ...]) -> None:
        """Another question was asked. What is being said goes on and is heard with the new grammar from its start."""
        self._is_stale = self._is_stale or (kind, phrases) != (self._kind, self._phrases)
        self._kind, self._phrases = kind, phrases
        if self._is_stale and self._pending is None:
            self._renew()

    def _renew(self) -> None:
        """Give the listener the present grammar, and what is being said from its start."""
        self._is_stale = False
        self._listener.expect(with_class(self._kind, self._phrases))
        if self._open is not None:
            self._open.endpoint = self._endpoint(self._kind)
            for frame in self._open.frames:
                self._open.partial = self._listener.feed(frame)

    def take(self, callee: Pcm, ours: Pcm, at: float, *, is_playing: bool) -> None:
        """Hear line time of any length, 20 ms by 20 ms; what is shorter is padded. Kept for later during a final pass."""
        for start in range(0, len(callee), FRAME_SAMPLES):
            frame = (_whole(callee[start:]), _whole(ours[start:]), is_playing)
            if self._pending is None:
                self._take_frame(*frame, at)
            elif len(self._backlog) < BACKLOG_FRAMES:
                self._backlog.append(frame)

    def utterance(self, at: float, *, must_end: bool = False) -> Utterance | None:
        """An utterance that has ended, once it has been made out. `must_end`: the line is gone, end it here and wait."""
        if must_end and self._open is not None and self._pending is None:
            self._end()
        if self._pending is None:
            return None
        future, done = self._pending
        if not (future.done() or must_end):
            return None
        self._pending = None
        heard = _result(future)
        if self._is_stale:
            self._renew()
        self._catch_up(at)
        return Utterance(heard, done.began_s, done.voiced_s, done.voiced_at)

    def _catch_up(self, at: float) -> None:
        backlog, self._backlog = self._backlog, []
        for place, frame in enumerate(backlog):
            self._take_frame(*frame, at)
            if self._pending is not None:
                self._backlog = backlog[place + 1 :]
                return

    def close(self) -> None:
        """Let the listener go, when nobody uses it any more."""
        if self._pending is not None:
            _result(self._pending[0])
            self._pending = None
        self._listener.close()

    def _take_frame(self, callee: Pcm, ours: Pcm, is_playing: bool, at: float) -> None:
        self._line_s += FRAME_S
        self._ours.append(_loudness(ours))
        loud = _loudness(callee)
        is_echo = is_playing and loud < ECHO_RATIO * max(self._ours)
        is_voiced = not is_echo and self._activity.is_speech(callee)
        self.onset.push(callee, is_voiced=is_voiced)
        if self._open is not None:
            self._go_on(callee, is_voiced, at)
        else:
            self._past.append((callee, is_voiced))
            if is_voiced and sum(voiced for _, voiced in list(self._past)[-5:]) >= OPENING_FRAMES:
                self._begin(at)

    def _begin(self, at: float) -> None:
        past = list(self._past)
        self._past.clear()
        self._open = _Open(self._endpoint(self._kind), self._line_s - OPENING_FRAMES * FRAME_S, self._line_s, at, [])
        for frame, is_voiced in past:
            self._feed(frame, is_voiced and frame is not past[-1][0])
        self._open.voiced_s, self._open.voiced_at = self._line_s, at

    def _go_on(self, callee: Pcm, is_voiced: bool, at: float) -> None:
        assert self._open is not None
        if is_voiced:
            self._open.voiced_s, self._open.voiced_at = self._line_s, at
        is_over = self._feed(callee, is_voiced)
        if is_over or len(self._open.frames) * FRAME_S >= LONGEST_S:
            self._end()

    def _feed(self, frame: Pcm, is_voiced: bool) -> bool:
        assert self._open is not None
        self._open.frames.append(frame)
        self._open.partial = self._listener.feed(frame)
        return self._open.endpoint.push(is_voiced, self._open.partial)

    def _end(self) -> None:
        assert self._open is not None
        future = self._hearing.submit(self._listener.finish)
        self._pending, self._open = (future, self._open), None
        self.onset.reset()
        _wait(future, QUICK_S)


def _whole(samples: Pcm) -> Pcm:
    frame = samples[:FRAME_SAMPLES]
    return frame if len(frame) == FRAME_SAMPLES else np.pad(frame, (0, FRAME_SAMPLES - len(frame)))


def _loudness(pcm: Pcm) -> float:
    """Root mean square of a frame."""
    samples = pcm.astype(np.float32)
    return float(np.sqrt(samples @ samples / len(samples)))


def _wait(future: Future[Heard], seconds: float) -> None:
    try:
        future.exception(timeout=seconds)
    except TimeoutError:
        return


def _result(future: Future[Heard], patience_s: float = 5.0) -> Heard:
    """What the final pass heard; nothing when the engine failed or hangs."""
    try:
        fault = future.exception(timeout=patience_s)
    except TimeoutError:
        return NOTHING
    return NOTHING if fault else future.result()
