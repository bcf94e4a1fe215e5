"""Line time: the seconds that the simulated network lives by, real ones or sped up. Knows no call."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Coroutine
from datetime import UTC, datetime, timedelta
from typing import Any


class Clock:
    """Seconds on the line since the start; `speed` > 1 makes them pass quicker than real ones."""

    def __init__(self, speed: float = 1.0, *, starts_at: datetime | None = None) -> None:
        """`starts_at` is the wall time of second 0 (aware); the real present by default."""
        self.speed = speed
        self._zero = time.monotonic()
        self._starts_at = starts_at or datetime.now(UTC)

    def now(self) -> float:
        """Line seconds since the start."""
        return (time.monotonic() - self._zero) * self.speed

    def wall(self, at: float | None = None) -> datetime:
        """The wall time (UTC) of a line second, the present one by default."""
        return (self._starts_at + timedelta(seconds=self.now() if at is None else at)).astimezone(UTC)

    async def sleep(self, line_s: float) -> None:
        """Let `line_s` line seconds pass."""
        await asyncio.sleep(max(0.0, line_s) / self.speed)

    async def until(self, at: float) -> None:
        """Wait for line second `at`; when it is past, only give way to others."""
        await self.sleep(at - self.now())


async def first(*waits: Coroutine[Any, Any, Any]) -> set[int]:
    """Run all, return the positions of those that ended first, cancel the others and wait for their end."""
    tasks = [asyncio.ensure_future(wait) for wait in waits]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        done = {place for place, task in enumerate(tasks) if task.done()}
        for place in done:
            tasks[place].result()
        return done
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
