"""A script as a graph: which step may follow which, and in what state. Walks every path; judges none.

An over-approximation of what a call can do: silence, misunderstanding, keys, `always` routes, risk, failed transfers,
the length cap and faults are all edges. `@back` leads to a step that was already reached in the same state, so it adds
nothing new.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from ivr.script.model import BACK, REPEAT, STAY, Action, Condition, Do, Line, Route, Script, Step
from kit.vocabulary import Intent, Risk, Severity, SlotName

_ANY = Condition()
SOMEBODY_ELSE = frozenset({Risk.WRONG_PERSON.value, Risk.THIRD_PARTY.value})
"""Risks after which nobody counts as verified any more."""


class Via(StrEnum):
    """Why one step follows another."""

    ROUTE = "route"
    KEY = "key"
    ALWAYS = "always"
    RISK = "risk"
    SILENCE = "silence"
    UNCLEAR = "unclear"
    GOTO = "goto"
    FAILED = "failed"
    TIME_UP = "time_up"
    FAULT = "fault"


@dataclass(frozen=True, slots=True)
class Edge:
    """One way out of a step. `label` is the key or the risk; `target` may be @repeat, @back or @stay."""

    source: str
    target: str
    via: Via
    route: Route | None = None
    label: str = ""

    @property
    def actions(self) -> tuple[Action, ...]:
        """What is done on the way."""
        return self.route.actions if self.route else ()


@dataclass(frozen=True, slots=True)
class State:
    """Where a call is and what is true then, on entering the step.

    `has_label` and `has_recording` say whether the AI label and the recording notice were said at all; `is_closing`
    whether the label was said since the callee last could speak; `known` are the slots certainly heard.
    """

    step: str
    is_verified: bool = False
    has_label: bool = False
    has_recording: bool = False
    is_closing: bool = False
    known: frozenset[SlotName] = frozenset()


def is_ai_label(lines: Iterable[Line]) -> bool:
    """Whether the lines hold the AI label: 人工智能 and 生成 or 合成 (GB 45438-2025, 5.3)."""
    text = "".join(line.text for line in lines)
    return "人工智能" in text and ("生成" in text or "合成" in text)


def is_recording_notice(lines: Iterable[Line]) -> bool:
    """Whether the lines tell that the call is recorded."""
    return any("录音" in line.text for line in lines)


def lines_of(step: Step) -> Iterator[Line]:
    """Everything a step may say."""
    yield from step.say
    for again in step.reword:
        yield from again


def is_listening(step: Step) -> bool:
    """Whether the callee may answer here."""
    return step.ask is not None


def does(actions: Iterable[Action], do: Do) -> bool:
    """Whether one of the actions is this one."""
    return any(action.do is do for action in actions)


def own_edges(step: Step) -> Iterator[Edge]:
    """The ways out that the step itself states."""
    for route in step.routes:
        yield Edge(step.id, route.goto, Via.ROUTE, route)
    for key, route in step.keys.items():
        yield Edge(step.id, route.goto, Via.KEY, route, key)
    if step.silence:
        yield Edge(step.id, step.silence.goto, Via.SILENCE)
    if step.unclear:
        yield Edge(step.id, step.unclear.goto, Via.UNCLEAR)
    if step.goto:
        yield Edge(step.id, step.goto, Via.FAILED if does(step.actions, Do.TRANSFER) else Via.GOTO)
    for action in (*step.actions, *(action for route in step.routes for action in route.actions)):
        if "failed" in action.args and action.args["failed"] != step.goto:
            yield Edge(step.id, action.args["failed"], Via.FAILED)


def common_edges(script: Script, step: Step) -> Iterator[Edge]:
    """The ways out that hold at every step: always, risk, the length cap, a fault."""
    if is_listening(step):
        taken = intents_taken(step)
        for route in script.always:
            if not route.when.intents or not route.when.intents <= taken:
                yield Edge(step.id, route.goto, Via.ALWAYS, route)
        for risk, target in script.risk.items():
            yield Edge(step.id, target, Via.RISK, None, risk_name(risk))
    yield Edge(step.id, script.fault, Via.FAULT)
    yield Edge(step.id, script.time_up, Via.TIME_UP)


def intents_taken(step: Step) -> frozenset[Intent]:
    """Intents that the step's own routes take in any case, so that no `always` route sees them here."""
    plain = (route.when for route in step.routes if route.when.intents)
    return frozenset(intent for when in plain if replace(when, intents=frozenset()) == _ANY for intent in when.intents)


def risk_name(risk: Risk | Severity) -> str:
    """P0, P1, P2 or the category's code."""
    return risk.name if isinstance(risk, Severity) else risk.value


def all_edges(script: Script) -> Iterator[Edge]:
    """Every edge between existing steps, own and common, @-targets included."""
    for step in script.steps.values():
        yield from own_edges(step)
        yield from common_edges(script, step)


def explore(script: Script, *, starts: Iterable[State] | None = None, is_care: bool = False) -> frozenset[State]:
    """Every state that some call can reach. With `is_care` only risks of P0 lead away: a graver risk is never left."""
    waiting = list(starts if starts is not None else [State(script.start)])
    seen: set[State] = set()
    ways = {name: tuple(_ways(script, step, is_care)) for name, step in script.steps.items()}
    while waiting:
        state = waiting.pop()
        if state in seen or state.step not in script.steps:
            continue
        seen.add(state)
        waiting.extend(_successors(script.steps[state.step], state, ways[state.step]))
    return frozenset(seen)


def _ways(script: Script, step: Step, is_care: bool) -> Iterator[Edge]:
    yield from own_edges(step)
    for edge in common_edges(script, step):
        if not (is_care and edge.via is Via.RISK) or edge.label in (Severity.P0.name, Risk.SELF_HARM.value):
            yield edge


def _successors(step: Step, state: State, ways: Iterable[Edge]) -> Iterator[State]:
    spoken = _after_speaking(step, state)
    for edge in ways:
        if edge.target in (BACK, STAY) or not _may_take(edge, spoken):
            continue
        if step.end is not None and edge.via is not Via.FAULT:
            continue
        yield _after(edge, spoken, step)


def _may_take(edge: Edge, state: State) -> bool:
    """Keys are taken whatever their condition says."""
    wanted = edge.route.when.is_verified if edge.route and edge.via is not Via.KEY else None
    return wanted is None or wanted is state.is_verified


def _after_speaking(step: Step, state: State) -> State:
    has_label = is_ai_label(step.say)
    return replace(
        state,
        is_verified=state.is_verified or does(step.actions, Do.VERIFIED),
        has_label=state.has_label or has_label,
        has_recording=state.has_recording or is_recording_notice(step.say),
        is_closing=state.is_closing or has_label,
        known=state.known - _forgotten(step.actions),
    )


def _after(edge: Edge, state: State, step: Step) -> State:
    heard = edge.route.when.has | edge.route.when.heard if edge.route else frozenset()
    if any(action.do is Do.PROMISE and "in_days" in action.args for action in edge.actions):
        heard |= {SlotName.PAY_ON}
    return replace(
        state,
        step=step.id if edge.target == REPEAT else edge.target,
        is_verified=(state.is_verified or does(edge.actions, Do.VERIFIED)) and edge.label not in SOMEBODY_ELSE,
        is_closing=state.is_closing and edge.via is Via.GOTO,
        known=(state.known | heard) - _forgotten(edge.actions),
    )


def _forgotten(actions: Iterable[Action]) -> frozenset[SlotName]:
    names = {action.args.get("slot") for action in actions if action.do is Do.FORGET}
    return frozenset(slot for slot in SlotName if slot.value in names)


def reaching(script: Script, goals: Iterable[str]) -> frozenset[str]:
    """Steps from which one of `goals` can be reached by the steps' own ways (always and risk left out)."""
    back: dict[str, set[str]] = {}
    for step in script.steps.values():
        for edge in own_edges(step):
            back.setdefault(edge.target, set()).add(step.id)
    found: set[str] = set()
    waiting = list(goals)
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting.extend(back.get(name, ()))
    return frozenset(found)


def verified_steps(states: Iterable[State]) -> Mapping[str, bool]:
    """Step -> whether it is only ever reached once the callee is verified."""
    found: dict[str, bool] = {}
    for state in states:
        found[state.step] = found.get(state.step, True) and state.is_verified
    return found
