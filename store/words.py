"""The states that tables keep, as words. Pure: importing this knows no SQL."""

from __future__ import annotations

from enum import StrEnum

from kit.vocabulary import Outcome


class CampaignState(StrEnum):
    """A campaign's life. STOPPED is an order, DONE is reached by itself; both are final."""

    DRAFT = "draft"
    RUNNING = "running"
    PAUSED = "paused"
    DONE = "done"
    STOPPED = "stopped"


class TargetState(StrEnum):
    """One borrower in one campaign. DONE and BLOCKED are final."""

    WAITING = "waiting"
    LEASED = "leased"
    CALLING = "calling"
    DONE = "done"
    BLOCKED = "blocked"


class AttemptState(StrEnum):
    """One try to reach a borrower. UNKNOWN: nobody knows whether it rang; ask the carrier, never dial again."""

    INTENT = "INTENT"
    UNKNOWN = "UNKNOWN"
    PLACED = "PLACED"
    RINGING = "RINGING"
    IN_PROGRESS = "IN_PROGRESS"
    ENDED = "ENDED"
    FAILED = "FAILED"

    @property
    def rank(self) -> int:
        """Ranks only rise; equal ranks do not replace each other, so the first final state stands."""
        return _RANKS[self]

    @property
    def is_final(self) -> bool:
        return self in FINAL_ATTEMPTS


_RANKS = {
    AttemptState.INTENT: 0,
    AttemptState.UNKNOWN: 1,
    AttemptState.PLACED: 2,
    AttemptState.RINGING: 3,
    AttemptState.IN_PROGRESS: 4,
    AttemptState.ENDED: 5,
    AttemptState.FAILED: 5,
}
FINAL_ATTEMPTS = frozenset({AttemptState.ENDED, AttemptState.FAILED})
FINAL_CAMPAIGNS = frozenset({CampaignState.DONE, CampaignState.STOPPED})


class PromiseState(StrEnum):
    """A promise to pay, from made to settled."""

    OPEN = "open"
    KEPT = "kept"
    PARTIAL = "partial"
    BROKEN = "broken"
    SUPERSEDED = "superseded"
    CANCELLED = "cancelled"


class DoNotCallScope(StrEnum):
    """Who may no longer call: the robot, or anybody who duns."""

    ROBOT = "robot"
    ALL = "all"


class Attention(StrEnum):
    """How an attempt counts in the caps. PENDING counts as both, so that parallel dialling cannot overshoot."""

    CONNECTED = "connected"
    UNANSWERED = "unanswered"
    PENDING = "pending"
    NOT_PLACED = "not_placed"


UNANSWERED_OUTCOMES = frozenset(
    {
        Outcome.BUSY,
        Outcome.NO_ANSWER,
        Outcome.OFF,
        Outcome.UNREACHABLE,
        Outcome.INVALID_NUMBER,
        Outcome.SUSPENDED,
        Outcome.VOICEMAIL,
        Outcome.ASSISTANT,
    }
)
"""No human answered: a voicemail, a call assistant, a busy line and a ring-out count as unanswered (docs/law.md)."""
