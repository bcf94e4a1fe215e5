"""Speaks to the callee: rendered sound in few large messages, a mark behind every piece, `clear` to stop."""

from __future__ import annotations

from collections.abc import Callable

from ivr.carrier import stream
from ivr.dialogue.effects import Say
from ivr.runtime.line import Line
from ivr.runtime.playout import Playout, Saying
from kit.metrics import DECISION_S, REPLY_S

FRAME_MAX = 24_000
"""mu-law bytes in one message: 3 s, 32 kB as JSON."""


class Mouth:
    """The outbound side of one stream. `send` takes a whole message and may raise OSError."""

    def __init__(self, line: Line, stream_sid: str, send: Callable[[str], None]) -> None:
        self._line, self._stream_sid, self._send = line, stream_sid, send
        self.playout = Playout()
        self._decided: tuple[float, float] | None = None

    def decided(self, heard_at: float, spoke_at: float) -> None:
        """Words were recognised (`heard_at`) whose last sound came at `spoke_at`: what is sent next is the reply."""
        self._decided = (heard_at, spoke_at)

    def say(self, say: Say, at_s: float) -> None:
        """Send a Say. Raises LookupError when a piece was not rendered, before anything of it is sent."""
        sounds = [self._line.prompts.sound(piece) for piece in say.pieces]
        self._speak(self.playout.queue(say, sounds, at_s))

    def go_on(self, cut: list[Saying]) -> None:
        """Say the rest of what was cut off."""
        self._speak(self.playout.requeue(cut))

    def _speak(self, parts: list[tuple[bytes, str]]) -> None:
        for sound, mark in parts:
            for start in range(0, len(sound), FRAME_MAX):
                self._send(stream.media(self._stream_sid, sound[start : start + FRAME_MAX]))
                self._measure()
            self._send(stream.mark(self._stream_sid, mark))

    def clear(self) -> list[Saying]:
        """Stop at once; what was cut off."""
        dropped = self.playout.cut() if self.playout.is_playing else []
        if dropped:
            self._send(stream.clear(self._stream_sid))
        return dropped

    def _measure(self) -> None:
        if self._decided is not None:
            (heard_at, spoke_at), self._decided = self._decided, None
            now = self._line.clock.monotonic()
            DECISION_S.observe(now - heard_at)
            REPLY_S.observe(now - spoke_at)
