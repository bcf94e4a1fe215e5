"""What may become of a promise to pay. Pure: a table of moves and the judgement of a payment against a promise."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from enum import StrEnum

from store.words import PromiseState


class PromiseAction(StrEnum):
    """What happens to a promise."""

    SUPERSEDE = "supersede"
    CANCEL = "cancel"
    KEEP = "keep"
    PART_PAY = "part_pay"
    BREAK = "break"


MOVES: Mapping[tuple[PromiseState, PromiseAction], PromiseState] = {
    (PromiseState.OPEN, PromiseAction.SUPERSEDE): PromiseState.SUPERSEDED,
    (PromiseState.OPEN, PromiseAction.CANCEL): PromiseState.CANCELLED,
    (PromiseState.OPEN, PromiseAction.KEEP): PromiseState.KEPT,
    (PromiseState.OPEN, PromiseAction.PART_PAY): PromiseState.PARTIAL,
    (PromiseState.OPEN, PromiseAction.BREAK): PromiseState.BROKEN,
    (PromiseState.PARTIAL, PromiseAction.SUPERSEDE): PromiseState.SUPERSEDED,
    (PromiseState.PARTIAL, PromiseAction.KEEP): PromiseState.KEPT,
    (PromiseState.PARTIAL, PromiseAction.BREAK): PromiseState.BROKEN,
}


class IllegalMove(ValueError):
    """A settled promise does not move."""


def move(state: PromiseState, action: PromiseAction) -> PromiseState:
    """Where the promise stands afterwards. Raises IllegalMove."""
    to = MOVES.get((state, action))
    if to is None:
        raise IllegalMove(f"{state} cannot {action}")
    return to


def judge(state: PromiseState, *, promised_fen: int, paid_fen: int, pay_on: date, today: date) -> PromiseState:
    """The state after what was paid so far: kept at once when enough, broken only when its day has passed."""
    if state not in (PromiseState.OPEN, PromiseState.PARTIAL):
        return state
    if paid_fen >= promised_fen:
        return PromiseState.KEPT
    if today > pay_on:
        return PromiseState.BROKEN
    return PromiseState.PARTIAL if paid_fen > 0 else PromiseState.OPEN
