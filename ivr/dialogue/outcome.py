"""Which outcome a call ends with: the most specific one noted; among equals the latest. Ranks only."""

from __future__ import annotations

from collections.abc import Sequence

from kit.vocabulary import Announcement, Outcome

_RANKS: tuple[frozenset[Outcome], ...] = (
    frozenset({Outcome.TRANSFERRED}),
    frozenset(
        {
            Outcome.PROMISE,
            Outcome.PAID,
            Outcome.PLAN_ASKED,
            Outcome.REFUSED,
            Outcome.DISPUTE,
            Outcome.FOLLOWUP_CONCERN,
            Outcome.SURVEY_DONE,
            Outcome.WRONG_NUMBER,
            Outcome.THIRD_PARTY,
            Outcome.BUSY,
            Outcome.OFF,
            Outcome.UNREACHABLE,
            Outcome.INVALID_NUMBER,
            Outcome.SUSPENDED,
            Outcome.VOICEMAIL,
            Outcome.ASSISTANT,
        }
    ),
    frozenset({Outcome.CALLBACK_BOOKED, Outcome.FOLLOWUP_DONE}),
    frozenset({Outcome.NO_COMMITMENT}),
    frozenset({Outcome.HUNG_UP_DURING}),
    frozenset({Outcome.RPC}),
    frozenset({Outcome.SILENT, Outcome.HUNG_UP_EARLY, Outcome.NO_ANSWER, Outcome.ABANDONED, Outcome.CARRIER_ERROR}),
)

OF_ANNOUNCEMENT = {
    Announcement.BUSY: Outcome.BUSY,
    Announcement.OFF: Outcome.OFF,
    Announcement.UNREACHABLE: Outcome.UNREACHABLE,
    Announcement.INVALID_NUMBER: Outcome.INVALID_NUMBER,
    Announcement.SUSPENDED: Outcome.SUSPENDED,
    Announcement.VOICEMAIL: Outcome.VOICEMAIL,
    Announcement.ASSISTANT: Outcome.ASSISTANT,
    Announcement.CALL_REMINDER: Outcome.UNREACHABLE,
}
"""What a recorded voice means for the call. 来电提醒 answers for a phone that is off or out of reach."""


def rank(outcome: Outcome) -> int:
    """How specific an outcome is: 0 is the most specific, UNKNOWN the least."""
    return next((index for index, outcomes in enumerate(_RANKS) if outcome in outcomes), len(_RANKS))


def most_specific(noted: Sequence[Outcome]) -> Outcome:
    """The outcome of a call in which these were noted, in order; UNKNOWN when none was."""
    best = Outcome.UNKNOWN
    for outcome in noted:
        if rank(outcome) <= rank(best):
            best = outcome
    return best
