"""What a dialogue remembers, and the same as JSON. Versioned; never holds a fact that the caller of `from_dict` knows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from ivr.dialogue.effects import Memory, Piece
from ivr.dialogue.errors import DialogueMisuse
from ivr.meaning import Slot, slot_from_dict, slot_to_dict
from ivr.script.fields import Kind
from kit.vocabulary import Outcome, Risk, Severity, SlotName

VERSION = 1
TEXTS_KEPT = 8
"""How many of the callee's latest utterances are kept for understanding and for the summary."""


class Phase(StrEnum):
    """Where a call stands: an answer is awaited, a person is being brought, goodbye is being said, it is over."""

    LISTENING = "listening"
    TRANSFERRING = "transferring"
    ENDING = "ending"
    OVER = "over"


Clause = list[dict[str, Any]]
"""Pieces as JSON: `text`, and for a value from the inventory its `kind` and `value`."""


def clause_to_json(pieces: Sequence[Piece]) -> Clause:
    """JSON shape of pieces; dates and instants in ISO 8601."""
    return [{"text": one.text, "kind": one.kind.value, "value": _value_to_json(one.value)} for one in pieces]


def clause_from_json(clause: Clause) -> tuple[Piece, ...]:
    """The inverse of clause_to_json."""
    return tuple(Piece(one["text"], Kind(one["kind"]), _value_from_json(Kind(one["kind"]), one["value"])) for one in clause)


def clause_text(clause: Clause) -> str:
    """The clause as it is written."""
    return "".join(str(one["text"]) for one in clause)


def _end_of(clause: Clause, text: str) -> int:
    said = clause_text(clause)
    return text.find(said) + len(said)


def _value_to_json(value: date | datetime | int | str | None) -> str | int | None:
    return value.isoformat() if isinstance(value, date | datetime) else value


def _value_from_json(kind: Kind, value: Any) -> date | datetime | int | str | None:
    if value is None:
        return None
    if kind is Kind.DATE:
        return date.fromisoformat(value)
    kept: datetime | int | str = datetime.fromisoformat(value) if kind is Kind.MOMENT else value
    return kept


@dataclass(slots=True)
class Spoken:
    """One Say of the latest turn. `heard` is what had been played when the callee cut in; None while nothing is known.

    `core` are the clauses that the callee must have heard: what is owed and since when, told and not asked.
    """

    say_id: int
    steps: list[str]
    text: str
    is_private: bool
    core: list[Clause] = field(default_factory=list)
    heard: str | None = None

    @property
    def unheard(self) -> list[Clause]:
        """The core clauses that were not played to their end."""
        if self.heard is None:
            return []
        return [clause for clause in self.core if _end_of(clause, self.text) > len(self.heard)]


@dataclass(slots=True)
class Promised:
    """The promise as last told to the desk."""

    pay_on: str
    amount_fen: int | None
    bound: str
    quote: str


@dataclass(slots=True)
class State:
    """Everything that changes during a call. `asking` is the step that waits for an answer; `back` the one to return to.

    `chain` are the steps spoken in the latest turn, `done` what was already caused (so that nothing is caused twice),
    `risks` the gravest severity told per category, `insisted` the codes of what is graver when it is
    said again, once a turn, `taken_by` and `taken_at` which risk step took over and how grave,
    `owed` private clauses that the callee cut off and that are said again, once, with our next words, `detours` the edges
    taken from the present question, with the intents that took them.
    """

    step: str
    phase: Phase = Phase.LISTENING
    asking: str | None = None
    back: str | None = None
    chain: list[str] = field(default_factory=list)
    is_callee: bool = False
    is_verified: bool = False
    slots: dict[SlotName, Slot] = field(default_factory=dict)
    outcomes: list[Outcome] = field(default_factory=list)
    risks: dict[Risk, Severity] = field(default_factory=dict)
    insisted: list[str] = field(default_factory=list)
    taken_by: str | None = None
    taken_at: Severity | None = None
    promised: Promised | None = None
    done: list[str] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    spoken: list[Spoken] = field(default_factory=list)
    owed: list[Clause] = field(default_factory=list)
    tag: int = 0
    say_id: int = 0
    silent: int = 0
    unclear: int = 0
    repeats: int = 0
    detours: list[str] = field(default_factory=list)
    transfer_reason: str = ""
    transfer_failed: str = ""
    is_time_up: bool = False


def to_dict(state: State, script_id: str, digest: str) -> Memory:
    """JSON shape of a dialogue."""
    return {
        "version": VERSION,
        "script": script_id,
        "digest": digest,
        "slots": [slot_to_dict(slot) for slot in state.slots.values()],
        "outcomes": [outcome.value for outcome in state.outcomes],
        "risks": {risk.value: severity.name for risk, severity in state.risks.items()},
        "taken_at": state.taken_at.name if state.taken_at is not None else None,
        "phase": state.phase.value,
        "promised": _plain(state.promised) if state.promised else None,
        "spoken": [_plain(spoken) for spoken in state.spoken],
        **{name: _copied(getattr(state, name)) for name in _PLAIN},
    }


def from_dict(memory: Memory, script_id: str, digest: str) -> State:
    """The inverse of to_dict. Raises DialogueMisuse for another version, script or revision, or a damaged memory."""
    if memory.get("version") != VERSION:
        raise DialogueMisuse(f"memory of version {memory.get('version')!r}, expected {VERSION}")
    if (memory.get("script"), memory.get("digest")) != (script_id, digest):
        raise DialogueMisuse("memory belongs to another script or another revision of it")
    try:
        return _state(memory)
    except (KeyError, TypeError, ValueError) as fault:
        raise DialogueMisuse(f"memory is damaged: {type(fault).__name__}") from fault


_PLAIN = (
    "step",
    "asking",
    "back",
    "chain",
    "is_callee",
    "is_verified",
    "taken_by",
    "done",
    "insisted",
    "texts",
    "owed",
    "tag",
    "say_id",
    "silent",
    "unclear",
    "repeats",
    "detours",
    "transfer_reason",
    "transfer_failed",
    "is_time_up",
)


def _state(memory: Memory) -> State:
    slots = [slot_from_dict(slot) for slot in memory["slots"]]
    memory = {"insisted": [], "detours": [], **memory}  # calls that began before they were remembered
    return State(
        slots={slot.name: slot for slot in slots},
        outcomes=[Outcome(code) for code in memory["outcomes"]],
        risks={Risk(code): Severity[name] for code, name in memory["risks"].items()},
        taken_at=Severity[memory["taken_at"]] if memory["taken_at"] else None,
        phase=Phase(memory["phase"]),
        promised=Promised(**memory["promised"]) if memory["promised"] else None,
        spoken=[Spoken(**spoken) for spoken in memory["spoken"]],
        **{name: _copied(memory[name]) for name in _PLAIN},
    )


def _plain(value: Promised | Spoken) -> dict[str, Any]:
    return {name: _copied(getattr(value, name)) for name in value.__slots__}


def _copied(value: Any) -> Any:
    return list(value) if isinstance(value, list) else value
