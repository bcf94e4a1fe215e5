"""The policy as a value. Reads text, decides nothing; every rule names its source and may only be made stricter.

What the law allows at most stands here, not in the file: no edit of the file reaches beyond it, and no rule stands in the
file that nothing keeps.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import time
from hashlib import sha256
from typing import Any
from zoneinfo import ZoneInfo

import yaml


class BadPolicy(Exception):
    """The policy file cannot be used; the message lists every fault."""


@dataclass(frozen=True, slots=True)
class Window:
    """A part of the day in local time, `start` included, `end` excluded. May cross midnight."""

    start: time
    end: time

    def holds(self, moment: time) -> bool:
        """Whether the moment lies inside."""
        if self.start <= self.end:
            return self.start <= moment < self.end
        return moment >= self.start or moment < self.end


@dataclass(frozen=True, slots=True)
class Policy:
    """One country's rules. `digest` is SHA-256 over the text: verdicts keep it."""

    country: str
    zone: ZoneInfo
    digest: str
    collection_block: Window
    collection_windows: tuple[Window, ...]
    followup_windows: tuple[Window, ...]
    connected_per_day: int
    unanswered_per_number_per_day: int
    dials_per_day: int
    connected_per_week: int
    followup_connected_per_month: int
    cooldown_unanswered_min: int
    cooldown_connected_h: int
    retention_days: int
    retention_wrong_number_days: int
    sources: Mapping[str, str]


def read_policy(text: str) -> Policy:
    """Policy from YAML. Raises BadPolicy with all faults: missing, unsourced, unknown, or laxer than law."""
    data = _data(text)
    if not isinstance(data, dict) or not isinstance(data.get("rules"), dict):
        raise BadPolicy("策略文件缺少 rules")
    rules: dict[str, dict[str, Any]] = data["rules"]
    faults = [fault for name, rule in rules.items() for fault in _faults(name, rule)]
    faults += [f"缺少规则 {name}" for name in _REQUIRED if name not in rules]
    faults = faults or _overlaps(rules)
    faults += _place_faults(data.get("country"), data.get("timezone"))
    if faults:
        raise BadPolicy("\n".join(faults))
    value = {name: rule["value"] for name, rule in rules.items()}
    return Policy(
        country=str(data["country"]),
        zone=ZoneInfo(str(data["timezone"])),
        digest=sha256(text.encode()).hexdigest(),
        collection_block=_window(value["collection_block"]),
        collection_windows=tuple(_window(part) for part in value["collection_window"]),
        followup_windows=tuple(_window(part) for part in value["followup_window"]),
        connected_per_day=value["connected_per_day"],
        unanswered_per_number_per_day=value["unanswered_per_number_per_day"],
        dials_per_day=value["dials_per_day"],
        connected_per_week=value["connected_per_week"],
        followup_connected_per_month=value["followup_connected_per_month"],
        cooldown_unanswered_min=value["cooldown_unanswered_min"],
        cooldown_connected_h=value["cooldown_connected_h"],
        retention_days=value["retention_days"],
        retention_wrong_number_days=value["retention_wrong_number_days"],
        sources={name: str(rule["source"]) for name, rule in rules.items()},
    )


_COUNTS = (
    "connected_per_day",
    "unanswered_per_number_per_day",
    "dials_per_day",
    "connected_per_week",
    "followup_connected_per_month",
    "cooldown_unanswered_min",
    "cooldown_connected_h",
    "retention_days",
    "retention_wrong_number_days",
)
_LEGAL_BLOCK = Window(time(22), time(8))
"""Quiet hours for collection calls (GB/T 45251-2025; CBA guide of 2026-01-30); no window of ours reaches into them."""
LEGAL_MOST = {"connected_per_day": 3, "unanswered_per_number_per_day": 6}
"""GB/T 45251-2025: connected calls a debtor and day; CBA guide of 2026-01-30: unanswered calls a number and day."""
_LEGAL_LEAST = {"retention_days": 1827, "retention_wrong_number_days": 30}
"""Days: five years (rules for consumer finance companies); thirty days (MIIT, records of calls)."""
_ZONES = {"86": "Asia/Shanghai"}
"""Countries whose bounds these are, and the clock by which their hours are counted."""
_WINDOWS = ("collection_window", "followup_window")
_REQUIRED = (*_COUNTS, *_WINDOWS, "collection_block")


def _data(text: str) -> Any:
    try:
        return yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise BadPolicy(f"策略文件不是合法的 YAML：{error}") from None


def _place_faults(country: Any, timezone: Any) -> list[str]:
    if not country or not timezone:
        return ["缺少 country 或 timezone"]
    zone = _ZONES.get(str(country))
    if zone is None:
        return [f"country：没有 {country} 的法定边界，不能按它拨打"]
    return [] if timezone == zone else [f"timezone：{country} 的时段按 {zone} 计"]


def _faults(name: str, rule: Any) -> list[str]:
    if name not in _REQUIRED:
        return [f"{name}：没有这条规则，写了也不会有人执行"]
    if not isinstance(rule, dict) or "value" not in rule:
        return [f"{name}：缺少 value"]
    faults = [] if str(rule.get("source", "")).strip() else [f"{name}：缺少出处 source"]
    faults += [f"{name}：不认识 {key}，只能写 value 与 source" for key in rule if key not in ("value", "source")]
    return faults + _KINDS[name](name, rule["value"])


def _count_faults(name: str, value: Any) -> list[str]:
    if type(value) is not int or value < 0:
        return [f"{name}：需要不小于 0 的整数"]
    if value > LEGAL_MOST.get(name, value):
        return [f"{name}：{value} 超过法定上限 {LEGAL_MOST[name]}"]
    if value < _LEGAL_LEAST.get(name, value):
        return [f"{name}：{value} 短于法定保存期 {_LEGAL_LEAST[name]}"]
    return []


def _windows_faults(name: str, value: Any) -> list[str]:
    if not (isinstance(value, list) and value and all(_is_window(part) for part in value)):
        return [f"{name}：需要形如 09:00-20:00 的时段列表"]
    if any(_LEGAL_BLOCK.holds(minute) for part in value for minute in _minutes(_window(part))):
        return [f"{name}：不得落入法定静默时段 22:00-08:00"]
    return []


def _block_faults(name: str, value: Any) -> list[str]:
    if not _is_window(value):
        return [f"{name}：需要形如 22:00-08:00 的时段"]
    quiet = set(_minutes(_window(value)))
    return [] if quiet.issuperset(_minutes(_LEGAL_BLOCK)) else [f"{name}：必须覆盖法定静默时段 22:00-08:00"]


def _overlaps(rules: Mapping[str, dict[str, Any]]) -> list[str]:
    """Windows in which part of the time nobody may be called: whoever reads the file would believe otherwise."""
    quiet = _window(rules["collection_block"]["value"])
    parts = ((name, part) for name in _WINDOWS for part in rules[name]["value"])
    return [
        f"{name}：{part} 与静默时段 collection_block 重叠，重叠的时间里不会拨打；请把时段写在静默时段之外"
        for name, part in parts
        if any(map(quiet.holds, _minutes(_window(part))))
    ]


_KINDS: Mapping[str, Callable[[str, Any], list[str]]] = {
    **dict.fromkeys(_COUNTS, _count_faults),
    **dict.fromkeys(_WINDOWS, _windows_faults),
    "collection_block": _block_faults,
}


def _minutes(window: Window) -> Iterator[time]:
    every = (time(minute // 60, minute % 60) for minute in range(24 * 60))
    return filter(window.holds, every)


def _is_window(text: Any) -> bool:
    """Whole minutes only: between two minutes nothing is left out of sight."""
    if not isinstance(text, str) or not re.fullmatch(r"\d\d:\d\d-\d\d:\d\d", text, re.ASCII):
        return False
    try:
        window = _window(text)
    except ValueError:
        return False
    return window.start != window.end


def _window(text: str) -> Window:
    start, end = text.split("-")
    return Window(time.fromisoformat(start), time.fromisoformat(end))
