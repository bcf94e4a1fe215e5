"""The number plan: which numbers exist, who answers each, and how the network treats them. Knows numbers; places no calls."""

from __future__ import annotations

import json
import random
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any


class BadPlan(ValueError):
    """The subscribers file or a request for mischief cannot be understood."""


@dataclass(frozen=True, slots=True)
class Mischief:
    """What the network does wrong, on request. Shares are 0..1, times are line seconds; nothing by default."""

    duplicate_callbacks: float = 0.0
    reorder_callbacks: bool = False
    delay_callbacks_s: float = 0.0
    lose_callbacks: float = 0.0
    lose_events: tuple[str, ...] = ()
    """Callback events lost for certain: initiated ringing answered completed."""
    duplicate_webhooks: bool = False
    truncate_message_at: int = 0
    """The n-th message on the media socket (from 1) arrives as broken JSON."""
    close_socket_after_s: float = 0.0
    hang_up_after_s: float = 0.0
    frame_loss: float = 0.0
    late_media_s: float = 0.0
    """The subscriber's sound reaches the socket in bursts of this length."""
    recording_late_s: float = 0.0

    @classmethod
    def read(cls, raw: dict[str, Any], base: Mischief | None = None) -> Mischief:
        """From JSON, on top of `base`. Raises BadPlan for a name that is not there or a value of the wrong kind."""
        usual = asdict(cls())
        changes: dict[str, Any] = {}
        for name, value in raw.items():
            if name not in usual:
                raise BadPlan(f"no such mischief: {name}")
            changes[name] = _as_kind(name, value, usual[name])
        return replace(base or cls(), **changes)


def _as_kind(name: str, value: object, pattern: object) -> object:
    if isinstance(pattern, tuple):
        if isinstance(value, list) and all(isinstance(item, str) for item in value):
            return tuple(value)
    elif isinstance(pattern, bool):
        if isinstance(value, bool):
            return value
    elif isinstance(value, int | float) and not isinstance(value, bool):
        return int(value) if isinstance(pattern, int) else float(value)
    raise BadPlan(f"{name} cannot be {value!r}")


@dataclass(frozen=True, slots=True)
class Subscriber:
    """A number that exists and the persona behind it."""

    number: str
    persona: str
    mischief: Mischief = field(default_factory=Mischief)


class Plan:
    """All numbers that exist."""

    def __init__(self, subscribers: list[Subscriber] | None = None) -> None:
        self._by_number = {one.number: one for one in subscribers or []}
        self._everywhere = Mischief()

    @classmethod
    def load(cls, path: Path) -> Plan:
        """From JSON: a list of {"phone", "persona", "misbehave"?: {...}}, or {"phone": "persona"}. Raises BadPlan."""
        try:
            raw = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as fault:
            raise BadPlan(f"{path}: {fault}") from fault
        rows = [{"phone": k, "persona": v} for k, v in raw.items()] if isinstance(raw, dict) else raw
        return cls([_subscriber(path, place, row) for place, row in enumerate(rows)])

    def find(self, number: str) -> Subscriber | None:
        """Who has the number; nobody when it is invalid."""
        return self._by_number.get(number)

    def add(self, subscriber: Subscriber) -> None:
        """Give a number to somebody, or change who has it."""
        self._by_number[subscriber.number] = subscriber

    def numbers(self) -> list[str]:
        """Every number that exists."""
        return list(self._by_number)

    def personas(self) -> set[str]:
        """Everybody who has a number."""
        return {one.persona for one in self._by_number.values()}

    def mischief(self, number: str) -> Mischief:
        """What goes wrong on calls to `number`."""
        found = self._by_number.get(number)
        return found.mischief if found and found.mischief != Mischief() else self._everywhere

    def misbehave(self, raw: dict[str, Any], *, number: str | None = None) -> None:
        """Ask for mischief on one number, or on all when none is given. `{}` ends it. Raises BadPlan."""
        if number is None:
            self._everywhere = Mischief.read(raw)
            return
        found = self._by_number.get(number)
        if found is None:
            raise BadPlan("no such subscriber")
        self._by_number[number] = replace(found, mischief=Mischief.read(raw, found.mischief if raw else None))


def _subscriber(path: Path, place: int, row: object) -> Subscriber:
    if not isinstance(row, dict) or not isinstance(row.get("phone"), str) or not isinstance(row.get("persona"), str):
        raise BadPlan(f"{path}: entry {place + 1} needs phone and persona")
    return Subscriber(row["phone"], row["persona"], Mischief.read(row.get("misbehave", {})))


def happens(chance: random.Random, share: float) -> bool:
    """Whether something with this share happens now."""
    return share > 0 and chance.random() < share
