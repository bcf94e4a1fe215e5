"""The only source of the present moment. Everything else is given `now`."""

from __future__ import annotations

import time
from datetime import UTC, date, datetime, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

SHANGHAI = ZoneInfo("Asia/Shanghai")
"""The zone in which law, schedules and spoken dates are read."""


def local_date(moment: datetime) -> date:
    """The day of an instant in Shanghai."""
    return moment.astimezone(SHANGHAI).date()


def local_time(moment: datetime) -> str:
    """An instant for people, to the minute, in Shanghai: `11-23 10:00`."""
    return f"{moment.astimezone(SHANGHAI):%m-%d %H:%M}"


class Clock(Protocol):
    """Tells the time: aware UTC instants, and monotonic seconds for intervals."""

    def now(self) -> datetime: ...

    def monotonic(self) -> float: ...


class SystemClock:
    """The machine's clock, shifted by a fixed offset (the demo's Monday morning)."""

    def __init__(self, offset_s: float = 0.0) -> None:
        self._offset = timedelta(seconds=offset_s)

    def now(self) -> datetime:
        return datetime.now(UTC) + self._offset

    def monotonic(self) -> float:
        return time.monotonic()


class ManualClock:
    """A clock that moves only when told to."""

    def __init__(self, start: datetime) -> None:
        if start.tzinfo is None:
            raise ValueError("a clock needs an aware instant")
        self._now = start.astimezone(UTC)
        self._monotonic = 0.0

    def now(self) -> datetime:
        return self._now

    def monotonic(self) -> float:
        return self._monotonic

    def advance(self, seconds: float) -> None:
        """Move forward; backwards is refused."""
        if seconds < 0:
            raise ValueError("a clock moves forward only")
        self._now += timedelta(seconds=seconds)
        self._monotonic += seconds
