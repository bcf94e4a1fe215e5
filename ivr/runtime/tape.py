"""Both sides of a call on one time line, written as they pass. The callee's clock leads; gaps are filled with silence."""

from __future__ import annotations

from collections.abc import Callable

from ivr.carrier.stream import Media
from ivr.ports import Recording
from speech.audio import MULAW_SILENCE
from speech.ports import LINE_RATE_HZ

BYTES_PER_MS = LINE_RATE_HZ // 1000
TOLERANCE_MS = 60
"""A later time stamp than expected by more than this is a gap."""
MOST_REPLAYS = 50
"""A second of chunks in a row: nobody sends so much twice, the number before them was broken."""
LONGEST_GAP_MS = 10_000
"""A leap beyond this is a broken time stamp, not lost sound."""


class Tape:
    """Aligns what we play with what the callee says and hands both to the recording.

    `ours(count)` gives what was played to the callee in the next `count` bytes of line time.
    """

    def __init__(self, recording: Recording, ours: Callable[[int], bytes]) -> None:
        self._recording = recording
        self._ours = ours
        self._bytes = 0
        self._origin_ms: int | None = None
        self._last_chunk = -1
        self._behind = 0

    @property
    def position_s(self) -> float:
        """Seconds recorded so far."""
        return self._bytes / (BYTES_PER_MS * 1000)

    def is_replay(self, media: Media) -> bool:
        """Whether this chunk was seen already, or comes after a later one. Numbers that stay behind are a new count."""
        if media.chunk is None:
            return False
        self._behind = self._behind + 1 if media.chunk <= self._last_chunk else 0
        if 0 < self._behind <= MOST_REPLAYS:
            return True
        self._last_chunk, self._behind = media.chunk, 0
        return False

    def take(self, media: Media) -> tuple[bytes, bytes]:
        """Write this chunk and the silence that was lost before it; returns callee and ours. Raises OSError."""
        callee = MULAW_SILENCE * (self._gap_ms(media) * BYTES_PER_MS) + media.payload
        ours = self._ours(len(callee))
        self._bytes += len(callee)
        self._recording.write(callee, ours)
        return callee, ours

    def close(self) -> str:
        """Seal the recording; its reference. Raises OSError."""
        return self._recording.close()

    def _gap_ms(self, media: Media) -> int:
        if media.timestamp_ms is None:
            return 0
        if self._origin_ms is None:
            self._origin_ms = media.timestamp_ms
        behind = media.timestamp_ms - self._origin_ms - self._bytes // BYTES_PER_MS
        if behind > LONGEST_GAP_MS:
            self._origin_ms += behind
            return 0
        return behind if behind > TOLERANCE_MS else 0
