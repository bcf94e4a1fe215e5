"""Facts of a call as JSON and back: dates and instants keep their types. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

FactValue = str | int | date | datetime


def to_json(facts: Mapping[str, FactValue]) -> dict[str, Any]:
    """Strings and integers stay; dates become `{"date": ISO}`, instants `{"instant": ISO}`. Raises TypeError otherwise."""
    return {name: _value_to_json(value) for name, value in facts.items()}


def from_json(data: Mapping[str, Any]) -> dict[str, FactValue]:
    """The inverse of to_json."""
    return {name: _value_from_json(value) for name, value in data.items()}


def _value_to_json(value: object) -> Any:
    if isinstance(value, datetime):
        return {"instant": value.isoformat()}
    if isinstance(value, date):
        return {"date": value.isoformat()}
    if isinstance(value, str | int):
        return value
    raise TypeError(f"a fact is text, a number, a date or an instant, not {type(value).__name__}")


def _value_from_json(value: Any) -> FactValue:
    if isinstance(value, dict):
        if "instant" in value:
            return datetime.fromisoformat(value["instant"])
        return date.fromisoformat(value["date"])
    kept: FactValue = value
    return kept
