"""The policy as a value. Reads text, decides nothing; every rule names its source and may only be made stricter."""

from __future__ import annotations

from collections.abc import Mapping
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
    hang_up_by: time
    connected_per_day: int
    unanswered_per_number_per_day: int
    dials_per_day: int
    connected_per_week: int
    followup_connected_per_month: int
    cooldown_unanswered_min: int
    cooldown_connected_h: int
    is_recording_required: bool
    retention_days: int
    retention_wrong_number_days: int
    sources: Mapping[str, str]


def read_policy(text: str) -> Policy:
    """Policy from YAML. Raises BadPolicy with all faults: missing, unsourced, or laxer than law."""
    data = yaml.safe_load(text)
    if not isinstance(data, dict) or not isinstance(data.get("rules"), dict):
        raise BadPolicy("策略文件缺少 rules")
    rules: dict[str, dict[str, Any]] = data["rules"]
    faults = [fault for name, rule in rules.items() for fault in _faults(name, rule)]
    faults += [f"缺少规则 {name}" for name in _REQUIRED if name not in rules]
    if not data.get("country") or not data.get("timezone"):
        faults.append("缺少 country 或 timezone")
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
        hang_up_by=time.fromisoformat(value["collection_hang_up_by"]),
        connected_per_day=value["connected_per_day"],
        unanswered_per_number_per_day=value["unanswered_per_number_per_day"],
        dials_per_day=value["dials_per_day"],
        connected_per_week=value["connected_per_week"],
        followup_connected_per_month=value["followup_connected_per_month"],
        cooldown_unanswered_min=value["cooldown_unanswered_min"],
        cooldown_connected_h=value["cooldown_connected_h"],
        is_recording_required=value["recording_required"],
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
"""Quiet hours for collection calls (GB/T 45251-2025; CBA guide of 2026-01-30)."""
_WINDOWS = ("collection_window", "followup_window")
_REQUIRED = (*_COUNTS, *_WINDOWS, "collection_block", "collection_hang_up_by", "recording_required")


def _faults(name: str, rule: Any) -> list[str]:
    if not isinstance(rule, dict) or "value" not in rule:
        return [f"{name}：缺少 value"]
    faults = [] if str(rule.get("source", "")).strip() else [f"{name}：缺少出处 source"]
    return faults + _value_faults(name, rule["value"], rule.get("legal"), rule.get("least"))


def _value_faults(name: str, value: Any, legal: Any, least: Any) -> list[str]:
    if name in _COUNTS:
        if type(value) is not int or value < 0:
            return [f"{name}：需要不小于 0 的整数"]
        if legal is not None and value > legal:
            return [f"{name}：{value} 超过法定上限 {legal}"]
        if least is not None and value < least:
            return [f"{name}：{value} 短于法定保存期 {least}"]
    if name in _WINDOWS and not (isinstance(value, list) and all(_is_window(part) for part in value)):
        return [f"{name}：需要形如 09:00-20:00 的时段列表"]
    if name == "collection_block" and not _is_window(value):
        return [f"{name}：需要形如 22:00-08:00 的时段"]
    if name == "collection_block" and not _covers(_window(value), _LEGAL_BLOCK):
        return [f"{name}：必须覆盖法定静默时段 22:00-08:00"]
    return []


def _covers(wide: Window, narrow: Window) -> bool:
    minutes = (time(minute // 60, minute % 60) for minute in range(24 * 60))
    return all(wide.holds(minute) for minute in minutes if narrow.holds(minute))


def _is_window(text: Any) -> bool:
    try:
        _window(text)
    except (ValueError, AttributeError, TypeError):
        return False
    return True


def _window(text: str) -> Window:
    start, end = text.split("-")
    return Window(time.fromisoformat(start), time.fromisoformat(end))
