"""What a dialogue wants done, in the imperative. Values only; somebody else does it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from ivr.meaning import Bound
from ivr.script.fields import Kind
from ivr.script.model import AskKind
from kit.vocabulary import HangUpReason, Intent, Outcome, Risk, Severity, SlotName


@dataclass(frozen=True, slots=True)
class Piece:
    """One clip's worth of speech. `text` is what a person would write.

    With `value` None the text is rendered before the call (static, or made of facts). Otherwise the value was learnt
    during the call and is said from the inventory of `kind` (date, amount in fen, digits).
    """

    text: str
    kind: Kind = Kind.TEXT
    value: date | datetime | int | str | None = None


@dataclass(frozen=True, slots=True)
class Say:
    """Speak these pieces in order. `is_private`: for the verified borrower only."""

    say_id: int
    pieces: tuple[Piece, ...]
    is_interruptible: bool = True
    is_private: bool = False

    @property
    def text(self) -> str:
        """The whole text as shown in transcripts."""
        return "".join(piece.text for piece in self.pieces)


@dataclass(frozen=True, slots=True)
class Listen:
    """Hear an answer: the step's grammar and what understanding should expect.

    `phrases` always include the phrases of the `always` routes; `keys` are the keys that mean something now.
    """

    step: str
    kind: AskKind
    phrases: tuple[str, ...]
    intents: frozenset[Intent]
    slots: frozenset[SlotName]
    keys: str = ""
    max_digits: int = 1


@dataclass(frozen=True, slots=True)
class WakeAt:
    """Send WentSilent(tag) when nothing was heard for `after_s` seconds since our speech ended. A newer tag replaces it."""

    tag: int
    after_s: float


@dataclass(frozen=True, slots=True)
class Transfer:
    """Bring a person to the line: agents in turn. Answered by TransferDone or TransferFailed."""

    reason: str
    severity: Severity
    summary: str


@dataclass(frozen=True, slots=True)
class HangUp:
    """End the call once everything said has been played."""

    reason: HangUpReason
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class Promise:
    """The borrower promised to pay. `amount_fen` None means the whole amount due."""

    pay_on: date
    amount_fen: int | None
    bound: Bound
    quote: str


@dataclass(frozen=True, slots=True)
class WithdrawPromise:
    """The borrower took back what was promised in this call."""

    quote: str


@dataclass(frozen=True, slots=True)
class Complaint:
    """The borrower complains; `quote` is what was said."""

    quote: str


@dataclass(frozen=True, slots=True)
class Visit:
    """The borrower agreed to a visit."""

    at: datetime | None
    quote: str


@dataclass(frozen=True, slots=True)
class Escalate:
    """A risk was found: open the case and the hold that the policy's table gives to it."""

    risk: Risk
    severity: Severity
    quote: str
    why: str


@dataclass(frozen=True, slots=True)
class StopCalling:
    """The borrower wants no more automated calls."""

    quote: str


@dataclass(frozen=True, slots=True)
class LockNumber:
    """This number belongs to somebody else: never dial it again until re-verified."""

    quote: str


@dataclass(frozen=True, slots=True)
class BookCallback:
    """Call back: by a person when `by_person`, at `at` when the borrower named a time."""

    at: datetime | None
    by_person: bool
    quote: str


@dataclass(frozen=True, slots=True)
class Prefer:
    """The borrower prefers other hours or another channel."""

    hours: str | None
    channel: str | None
    quote: str


@dataclass(frozen=True, slots=True)
class Note:
    """An answer worth keeping: topic (vehicle, job, papers, reason, verified_by ...) and value."""

    topic: str
    value: str
    quote: str = ""


Effect = (
    Say
    | Listen
    | WakeAt
    | Transfer
    | HangUp
    | Promise
    | WithdrawPromise
    | Complaint
    | Visit
    | Escalate
    | StopCalling
    | LockNumber
    | BookCallback
    | Prefer
    | Note
)

Lasting = Promise | WithdrawPromise | Complaint | Visit | Escalate | StopCalling | LockNumber | BookCallback | Prefer | Note
"""Effects that must be written down before anybody is told."""

Memory = dict[str, Any]
"""A dialogue as JSON: what is saved in SQL once a turn."""
