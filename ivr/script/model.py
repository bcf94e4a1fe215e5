"""A script as a value: steps, lines, routes. Frozen; knows no YAML and no call."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from kit.vocabulary import Intent, Outcome, Purpose, Risk, Severity, SlotName


@dataclass(frozen=True, slots=True)
class Place:
    """Where something stands in its file, for errors."""

    file: str
    line: int


@dataclass(frozen=True, slots=True)
class Line:
    """One sentence or two to be spoken; `{names}` in braces are fields. `is_private`: for the verified borrower only."""

    text: str
    place: Place
    is_private: bool = False


class Due(StrEnum):
    """Which loans a script speaks of: of a day to come (that day included), or of one that is past."""

    AHEAD = "ahead"
    PAST = "past"


class AskKind(StrEnum):
    """What sort of answer a step waits for: it sets the endpointing patience and what is decisive."""

    YES_NO = "yes_no"
    OPEN = "open"
    DATE = "date"
    AMOUNT = "amount"
    DIGITS = "digits"
    SCORE = "score"


@dataclass(frozen=True, slots=True)
class Ask:
    """What a step listens for. `phrases` are likely replies, the step's grammar; `max_digits` ends keyed input.

    `ignores`: slots that are heard here but not kept, so that talk about something else changes nothing agreed before.
    """

    kind: AskKind
    phrases: tuple[str, ...] = ()
    slots: frozenset[SlotName] = frozenset()
    max_digits: int = 1
    ignores: frozenset[SlotName] = frozenset()


@dataclass(frozen=True, slots=True)
class Condition:
    """When a route is taken; every part given must hold.

    `intents`: one of them is among the meaning's intents. `has` / `lacks`: slots heard in this call with a usable value /
    not. `heard`: slots with a usable value in this very turn. `problem`: that slot was heard in this turn with a problem.
    `matches`: what was heard equals that fact: the digits, or for a money field the amount.
    """

    intents: frozenset[Intent] = frozenset()
    has: frozenset[SlotName] = frozenset()
    lacks: frozenset[SlotName] = frozenset()
    problem: SlotName | None = None
    matches: str | None = None
    is_verified: bool | None = None
    heard: frozenset[SlotName] = frozenset()


class Do(StrEnum):
    """What a route or a step may cause besides talking."""

    VERIFIED = "verified"
    IS_CALLEE = "is_callee"
    PROMISE = "promise"
    COMPLAINT = "complaint"
    ESCALATE = "escalate"
    STOP_CALLING = "stop_calling"
    LOCK_NUMBER = "lock_number"
    CALLBACK = "callback"
    VISIT = "visit"
    PREFER = "prefer"
    NOTE = "note"
    FORGET = "forget"
    TRANSFER = "transfer"


@dataclass(frozen=True, slots=True)
class Action:
    """One thing to do; `args` are plain strings, e.g. NOTE {vehicle: ok}, ESCALATE {risk: vehicle_disposed},
    FORGET {slot: pay_on}, TRANSFER {reason: request_human, failed: step_id}."""

    do: Do
    args: Mapping[str, str] = field(default_factory=dict)


KEYS = frozenset("0123456789*#")
"""What a telephone can send; A to D exist on paper only."""

REPEAT = "@repeat"
"""Route target: say the same step again."""
BACK = "@back"
"""Route target: return to the step that was asking before an `always` route led away, and ask again."""
STAY = "@stay"
"""Route target: keep listening without saying anything (hold on, backchannel)."""


@dataclass(frozen=True, slots=True)
class Route:
    """If `when` holds: do `actions`, then go to `goto`. `outcome` notes the call's most specific result so far."""

    when: Condition
    goto: str
    actions: tuple[Action, ...] = ()
    outcome: Outcome | None = None
    place: Place = Place("", 0)


@dataclass(frozen=True, slots=True)
class Patience:
    """How often and how long a step waits before `goto`: silence counts from the end of our speech."""

    after_s: float
    tries: int
    goto: str


@dataclass(frozen=True, slots=True)
class Step:
    """One step. It says, does, then listens (`ask` with routes), goes on (`goto`) or ends (`end`): exactly one of the three.

    `reword[i]` is said instead of `say` at the (i+1)-th repetition after silence or misunderstanding.
    """

    id: str
    place: Place
    say: tuple[Line, ...] = ()
    reword: tuple[tuple[Line, ...], ...] = ()
    actions: tuple[Action, ...] = ()
    ask: Ask | None = None
    routes: tuple[Route, ...] = ()
    keys: Mapping[str, Route] = field(default_factory=dict)
    silence: Patience | None = None
    unclear: Patience | None = None
    goto: str | None = None
    end: Outcome | None = None
    is_interruptible: bool = True
    outcome: Outcome | None = None


@dataclass(frozen=True, slots=True)
class Script:
    """A whole conversation, resolved and flat. `digest` is SHA-256 over every file it was made from.

    `always` routes are tried after the step's own, at every listening step. `risk` maps a category, or a severity where
    no category is named, to the step that takes over; P3 is never mapped. `resume` is said after a lost line,
    before the step is asked again. `always_phrases` are the likely words of the `always` routes: already part of every
    step's `Ask.phrases`. `forbidden` are the words that no line may hold, `private`
    those that nobody may hear before the borrower is verified.
    """

    id: str
    title: str
    purpose: Purpose
    digest: str
    start: str
    steps: Mapping[str, Step]
    always: tuple[Route, ...]
    risk: Mapping[Risk | Severity, str]
    resume: tuple[Line, ...]
    fault: str
    time_up: str
    max_call_s: float = 300.0
    due: Due | None = None
    place: Place = Place("", 0)
    always_phrases: tuple[str, ...] = ()
    forbidden: tuple[str, ...] = ()
    private: tuple[str, ...] = ()
