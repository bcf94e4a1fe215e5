"""Names for the ways through a script, so that what was walked can be compared with what there is."""

from __future__ import annotations

from collections.abc import Iterator

from ivr.script.model import Do, Script, Step
from kit.vocabulary import Risk, Severity

TIME_UP = "time_up"
FAULT = "fault"


def goto(step: str) -> str:
    """A step that goes on by itself."""
    return f"{step} -> goto"


def route(step: str, index: int) -> str:
    """The step's n-th route, counted from 1 as in the file."""
    return f"{step} -> route {index + 1}"


def anywhere(index: int) -> str:
    """The n-th `always` route."""
    return f"always -> route {index + 1}"


def key(step: str, pressed: str) -> str:
    """A key of a step."""
    return f"{step} -> key {pressed}"


def silence(step: str) -> str:
    """The end of the silence ladder."""
    return f"{step} -> silence"


def unclear(step: str) -> str:
    """The end of the ladder of misunderstandings."""
    return f"{step} -> unclear"


def failed(step: str) -> str:
    """Nobody took the call that this step wanted to hand over."""
    return f"{step} -> failed"


def risk(found: Risk | Severity) -> str:
    """A risk that takes over."""
    return f"risk -> {found.name.lower()}"


def all_edges(script: Script) -> frozenset[str]:
    """Every way that a call can take through the script. FAULT is no way of the script's own."""
    return frozenset(
        {TIME_UP}
        | {anywhere(index) for index in range(len(script.always))}
        | {risk(found) for found in script.risk}
        | {edge for step in script.steps.values() for edge in _of_step(step)}
    )


def _of_step(step: Step) -> Iterator[str]:
    if any(action.do is Do.TRANSFER for action in step.actions):
        yield failed(step.id)
    elif step.goto is not None:
        yield goto(step.id)
    if step.ask is None:
        return
    yield from (route(step.id, index) for index in range(len(step.routes)))
    yield from (key(step.id, pressed) for pressed in step.keys)
    if step.silence:
        yield silence(step.id)
    if step.unclear:
        yield unclear(step.id)
