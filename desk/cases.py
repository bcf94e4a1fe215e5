"""What may be done with a case, by whom. Pure: a table of moves; who writes them down is not decided here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class CaseState(StrEnum):
    """Where a case stands. CLOSED is final unless it is reopened."""

    OPEN = "open"
    TAKEN = "taken"
    WAITING = "waiting"
    CLOSED = "closed"


class CaseAction(StrEnum):
    """What a person does with a case."""

    TAKE = "take"
    HAND_OVER = "hand_over"
    NOTE = "note"
    WAIT = "wait"
    RESUME = "resume"
    CLOSE = "close"
    REOPEN = "reopen"


class Who(StrEnum):
    """Who may: the owner (first responder, who sees it through), any agent, or a supervisor only."""

    OWNER = "owner"
    AGENT = "agent"
    SUPERVISOR = "supervisor"


@dataclass(frozen=True, slots=True)
class Person:
    """Who acts. A supervisor may do what an owner may."""

    name: str
    is_supervisor: bool = False


@dataclass(frozen=True, slots=True)
class CaseNow:
    """What a move depends on. `lift_by_manager`: closing it would lift a hold that only a supervisor may lift."""

    state: CaseState
    owner: str | None
    lift_by_manager: bool = False


@dataclass(frozen=True, slots=True)
class Move:
    """A legal move: where it leads, who owns the case then, and when it was made."""

    action: CaseAction
    by: str
    at: datetime
    from_state: CaseState
    to_state: CaseState
    owner: str | None


class IllegalMove(ValueError):
    """The move is not in the table, or not for this person. The message is for the person, in Chinese."""


@dataclass(frozen=True, slots=True)
class _Rule:
    to: CaseState
    who: Who


MOVES: Mapping[tuple[CaseState, CaseAction], _Rule] = {
    (CaseState.OPEN, CaseAction.TAKE): _Rule(CaseState.TAKEN, Who.AGENT),
    (CaseState.OPEN, CaseAction.NOTE): _Rule(CaseState.OPEN, Who.AGENT),
    (CaseState.TAKEN, CaseAction.NOTE): _Rule(CaseState.TAKEN, Who.AGENT),
    (CaseState.TAKEN, CaseAction.HAND_OVER): _Rule(CaseState.OPEN, Who.SUPERVISOR),
    (CaseState.TAKEN, CaseAction.WAIT): _Rule(CaseState.WAITING, Who.OWNER),
    (CaseState.TAKEN, CaseAction.CLOSE): _Rule(CaseState.CLOSED, Who.OWNER),
    (CaseState.WAITING, CaseAction.NOTE): _Rule(CaseState.WAITING, Who.AGENT),
    (CaseState.WAITING, CaseAction.RESUME): _Rule(CaseState.TAKEN, Who.OWNER),
    (CaseState.WAITING, CaseAction.CLOSE): _Rule(CaseState.CLOSED, Who.OWNER),
    (CaseState.CLOSED, CaseAction.REOPEN): _Rule(CaseState.OPEN, Who.SUPERVISOR),
}
_STATE_NAMES = {
    CaseState.OPEN: "待领取",
    CaseState.TAKEN: "处理中",
    CaseState.WAITING: "等待中",
    CaseState.CLOSED: "已办结",
}
_ACTION_NAMES = {
    CaseAction.TAKE: "领取",
    CaseAction.HAND_OVER: "改派",
    CaseAction.NOTE: "记录",
    CaseAction.WAIT: "挂起",
    CaseAction.RESUME: "恢复处理",
    CaseAction.CLOSE: "办结",
    CaseAction.REOPEN: "重开",
}


def move(case: CaseNow, action: CaseAction, by: Person, now: datetime) -> Move:
    """The move, if it is legal. Raises IllegalMove."""
    rule = MOVES.get((case.state, action))
    if rule is None:
        raise IllegalMove(f"工单{_STATE_NAMES[case.state]}，不能{_ACTION_NAMES[action]}")
    _check_who(case, rule.who, by)
    if action is CaseAction.CLOSE and case.lift_by_manager and not by.is_supervisor:
        raise IllegalMove("此工单的暂停催收须由主管签字解除，请主管办结")
    owner = {CaseAction.TAKE: by.name, CaseAction.HAND_OVER: None, CaseAction.REOPEN: None}.get(action, case.owner)
    return Move(action=action, by=by.name, at=now, from_state=case.state, to_state=rule.to, owner=owner)


def _check_who(case: CaseNow, who: Who, by: Person) -> None:
    if by.is_supervisor or who is Who.AGENT:
        return
    if who is Who.SUPERVISOR:
        raise IllegalMove("只有主管可以这样做")
    if case.owner != by.name:
        raise IllegalMove(f"首问负责：此工单由 {case.owner} 处理")


def state_name(state: CaseState) -> str:
    """The state in Chinese."""
    return _STATE_NAMES[state]
