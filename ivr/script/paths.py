"""Rules about whole paths of a script: what was said and known on the way to a step. Judges; changes nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from ivr.script.fields import FIELDS
from ivr.script.graph import (
    State,
    does,
    explore,
    intents_taken,
    is_ai_label,
    is_listening,
    is_recording_notice,
    lines_of,
    reaching,
)
from ivr.script.issues import Issue, issue_at
from ivr.script.model import BACK, Action, Do, Route, Script, Step
from ivr.script.wording import names_in
from kit.vocabulary import RIGHT_PARTY, Intent, Outcome, Risk, Severity, SlotName


def reachable_rules(script: Script, states: frozenset[State]) -> Iterator[Issue]:
    """Every breach that depends on the way a step was reached."""
    yield from _ends_somewhere(script)
    yield from _notices(script, states)
    yield from _purpose_before_identity(script, states)
    yield from _outcome_before_identity(script, states)
    yield from _slots_heard(script, states)
    yield from _debt_in_care(script)
    yield from _way_to_human(script)
    yield from _repeat(script)
    yield from _opt_out(script)


def _routes(step: Step) -> tuple[Route, ...]:
    return (*step.routes, *step.keys.values())


def _ends_somewhere(script: Script) -> Iterator[Issue]:
    goals = [step.id for step in script.steps.values() if step.end is not None]
    alive = reaching(script, [*goals, BACK])
    for name, step in script.steps.items():
        has_way = step.ask is not None or step.goto is not None or step.end is not None
        if name not in alive and has_way:
            yield issue_at(step.place, "dead_end", f"从步骤“{name}”出发永远走不到结束（end）")


def _notices(script: Script, states: Iterable[State]) -> Iterator[Issue]:
    for state in states:
        step = script.steps[state.step]
        has_label = is_ai_label(step.say)
        if is_listening(step):
            if not (state.has_label or has_label):
                yield issue_at(step.place, "no_ai_notice", f"到步骤“{step.id}”时还没有说明语音由人工智能合成")
            if not (state.has_recording or is_recording_notice(step.say)):
                yield issue_at(step.place, "no_recording_notice", f"到步骤“{step.id}”时还没有告知通话会录音")
        if step.end is not None and state.is_verified and not (state.is_closing or has_label):
            yield issue_at(step.place, "no_ai_notice", f"步骤“{step.id}”结束通话前没有再次说明语音由人工智能合成")


def _purpose_before_identity(script: Script, states: Iterable[State]) -> Iterator[Issue]:
    early = {state.step for state in states if not state.is_verified}
    for name in early:
        step = script.steps[name]
        for line in lines_of(step):
            if line.is_private:
                yield issue_at(line.place, "purpose_before_identity", f"步骤“{name}”可能在核实本人之前说出：{line.text}")
    for line in script.resume:
        if line.is_private:
            yield issue_at(line.place, "purpose_before_identity", f"断线恢复时可能还没有核实本人：{line.text}")


def _outcome_before_identity(script: Script, states: Iterable[State]) -> Iterator[Issue]:
    for state in states:
        if state.is_verified:
            continue
        step = script.steps[state.step]
        is_now = does(step.actions, Do.VERIFIED)
        for outcome in (step.end, step.outcome):
            if outcome in RIGHT_PARTY and not is_now:
                yield _early_outcome(step, outcome)
        for route in _routes(step):
            is_later = is_now or does(route.actions, Do.VERIFIED) or route.when.is_verified
            if route.outcome in RIGHT_PARTY and not is_later:
                yield _early_outcome(step, route.outcome)


def _early_outcome(step: Step, outcome: Outcome | None) -> Issue:
    name = outcome.value if outcome else ""
    return issue_at(step.place, "outcome_before_identity", f"步骤“{step.id}”在核实本人之前就记了结果“{name}”")


def _slots_heard(script: Script, states: Iterable[State]) -> Iterator[Issue]:
    for state in states:
        step = script.steps[state.step]
        for line in lines_of(step):
            missing = {name for name in names_in(line.text) if _slot(name) not in (None, *state.known)}
            for name in sorted(missing):
                yield issue_at(line.place, "slot_not_heard", f"步骤“{step.id}”要说“{{{name}}}”，但这时可能还没有听到")


def _slot(name: str) -> SlotName | None:
    return FIELDS[name].slot if name in FIELDS else None


def _debt_in_care(script: Script) -> Iterator[Issue]:
    first = [script.risk[risk] for risk in (Severity.P0, Risk.SELF_HARM) if risk in script.risk]
    starts = [State(name, is_verified=is_known) for name in first for is_known in (True, False)]
    for state in explore(script, starts=starts, is_care=True):
        step = script.steps[state.step]
        for line in lines_of(step):
            if line.is_private:
                yield issue_at(line.place, "debt_in_care", f"最重的风险出现以后，步骤“{step.id}”还可能谈到：{line.text}")


def _routes_for(script: Script, step: Step, intent: Intent) -> Sequence[Route]:
    always = () if intent in intents_taken(step) else script.always
    return [route for route in (*step.routes, *always) if intent in route.when.intents]


def _is_covered(routes: Iterable[Route]) -> bool:
    """Whether these routes catch the intent in every state: one without further condition, or one per identity state."""
    open_routes = [route for route in routes if not (route.when.has or route.when.lacks or route.when.heard)]
    open_routes = [route for route in open_routes if route.when.problem is None and route.when.matches is None]
    states = {route.when.is_verified for route in open_routes}
    return None in states or {True, False} <= states


def _way_to_human(script: Script) -> Iterator[Issue]:
    people = reaching(script, [step.id for step in script.steps.values() if _is_person(step.actions)])
    for step in script.steps.values():
        if not is_listening(step):
            continue
        routes = _routes_for(script, step, Intent.REQUEST_HUMAN)
        if not _is_covered(routes) or not any(route.goto in people or _is_person(route.actions) for route in routes):
            yield issue_at(step.place, "no_way_to_human", f"在步骤“{step.id}”说“转人工”到不了人工")


def _is_person(actions: Iterable[Action]) -> bool:
    return any(
        action.do is Do.TRANSFER or (action.do is Do.CALLBACK and action.args.get("by") == "person") for action in actions
    )


def _repeat(script: Script) -> Iterator[Issue]:
    for step in script.steps.values():
        if is_listening(step) and not _is_covered(_routes_for(script, step, Intent.ASK_REPEAT)):
            yield issue_at(step.place, "no_repeat", f"在步骤“{step.id}”说“再说一遍”没有人理")


def _opt_out(script: Script) -> Iterator[Issue]:
    stops = reaching(script, [step.id for step in script.steps.values() if does(step.actions, Do.STOP_CALLING)])
    for step in script.steps.values():
        if not is_listening(step):
            continue
        routes = _routes_for(script, step, Intent.STOP_CALLING)
        good = [route for route in routes if route.goto in stops or does(route.actions, Do.STOP_CALLING)]
        if not _is_covered(good):
            yield issue_at(step.place, "no_opt_out", f"在步骤“{step.id}”说“不要再打了”没有登记（stop_calling）")
