"""The calls of the last second by the given clock, for all threads of one process."""

from __future__ import annotations

import threading

from kit.clock import Clock


class FakeStarts:
    """Fits campaigns.dialler.Starts."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._at: list[float] = []

    def started_last_s(self) -> int:
        with self._lock:
            return self._count()

    def may_start(self, per_s: int) -> bool:
        with self._lock:
            if self._count() >= per_s:
                return False
            self._at.append(self._clock.now().timestamp())
            return True

    def _count(self) -> int:
        since = self._clock.now().timestamp() - 1
        self._at = [at for at in self._at if at > since]
        return len(self._at)
