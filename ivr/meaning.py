"""Meaning: what was understood from one utterance. A value; dialogue and understanding share it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from kit.vocabulary import Intent, Risk, Severity, SlotName


class Bound(StrEnum):
    """How a spoken date binds: on the day, by the day, or from the day."""

    ON = "on"
    BY = "by"
    FROM = "from"


class SlotProblem(StrEnum):
    """Why a value is kept as heard but must be asked again."""

    PAST = "past"
    TOO_FAR = "too_far"
    IMPOSSIBLE = "impossible"
    ABOVE_DEBT = "above_debt"
    VAGUE = "vague"


SlotValue = int | str | date | datetime | None


@dataclass(frozen=True, slots=True)
class Slot:
    """One value heard. `value`: fen for AMOUNT_FEN, date for *_ON, aware datetime for *_AT, str otherwise; None when vague."""

    name: SlotName
    value: SlotValue
    heard: str
    bound: Bound = Bound.ON
    problem: SlotProblem | None = None


@dataclass(frozen=True, slots=True)
class RiskFound:
    """One risk in one utterance; `why` names what matched, in words for people."""

    category: Risk
    severity: Severity
    why: str = ""


@dataclass(frozen=True, slots=True)
class Meaning:
    """What one utterance means. `intents` holds all that apply, the primary first; `why` is shown to people."""

    text: str
    intent: Intent
    intents: tuple[Intent, ...] = ()
    slots: tuple[Slot, ...] = ()
    risk: tuple[RiskFound, ...] = ()
    why: tuple[str, ...] = ()
    confidence: float = 1.0

    def slot(self, name: SlotName) -> Slot | None:
        """The first slot of that name, or None."""
        return next((slot for slot in self.slots if slot.name == name), None)

    @property
    def gravest(self) -> RiskFound | None:
        """The risk with the gravest severity, or None."""
        return min(self.risk, key=lambda found: found.severity, default=None)


@dataclass(frozen=True, slots=True)
class Hints:
    """What the listener knows before it hears: the moment, and what the step expects.

    `now` is an aware instant; dates are resolved in Asia/Shanghai. `expect` are the intents that the step routes;
    `expect_slots` the slots that it asks for. `debt_fen` and `due_on` bound what is plausible.
    """

    now: datetime
    expect: frozenset[Intent] = frozenset()
    expect_slots: frozenset[SlotName] = frozenset()
    debt_fen: int | None = None
    due_on: date | None = None
    pay_day: int | None = None
    callee_name: str = ""
    previous: tuple[str, ...] = field(default=())


def slot_to_dict(slot: Slot) -> dict[str, Any]:
    """JSON shape of a slot; dates and instants in ISO 8601."""
    value = slot.value.isoformat() if isinstance(slot.value, date | datetime) else slot.value
    return {
        "name": slot.name.value,
        "value": value,
        "heard": slot.heard,
        "bound": slot.bound.value,
        "problem": slot.problem.value if slot.problem else None,
    }


def slot_from_dict(data: dict[str, Any]) -> Slot:
    """The inverse of slot_to_dict."""
    name = SlotName(data["name"])
    value: SlotValue = data["value"]
    if isinstance(value, str) and name in (SlotName.PAY_ON, SlotName.PAID_ON):
        value = date.fromisoformat(value)
    elif isinstance(value, str) and name in (SlotName.CALLBACK_AT, SlotName.VISIT_AT):
        value = datetime.fromisoformat(value)
    problem = SlotProblem(data["problem"]) if data["problem"] else None
    return Slot(name=name, value=value, heard=data["heard"], bound=Bound(data["bound"]), problem=problem)


def meaning_to_dict(meaning: Meaning) -> dict[str, Any]:
    """JSON shape of a meaning as turns keep it."""
    return {
        "text": meaning.text,
        "intent": meaning.intent.value,
        "intents": [intent.value for intent in meaning.intents],
        "slots": [slot_to_dict(slot) for slot in meaning.slots],
        "risk": [
            {"category": found.category.value, "severity": found.severity.name, "why": found.why} for found in meaning.risk
        ],
        "why": list(meaning.why),
        "confidence": meaning.confidence,
    }


def meaning_to_line(meaning: Meaning) -> dict[str, Any]:
    """What `flask ivr understand --json` prints: slots by name; `.bound`, `.problem`, `.heard` where they tell."""
    slots: dict[str, Any] = {}
    for slot in meaning.slots:
        name = slot.name.value
        slots[name] = slot.value.isoformat() if isinstance(slot.value, date | datetime) else slot.value
        if slot.bound is not Bound.ON:
            slots[f"{name}.bound"] = slot.bound.value
        if slot.problem:
            slots[f"{name}.problem"], slots[f"{name}.heard"] = slot.problem.value, slot.heard
    return {
        "text": meaning.text,
        "intent": meaning.intent.value,
        "intents": [intent.value for intent in meaning.intents],
        "slots": slots,
        "risk": [{"category": found.category.value, "severity": found.severity.name} for found in meaning.risk],
        "why": list(meaning.why),
    }
