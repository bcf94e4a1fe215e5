"""Whatever is done to a good script, reading and checking it ends in issues or a script, never in a crash."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from ivr.script.check import check
from ivr.script.draw import draw
from ivr.script.issues import Issue
from ivr.script.model import Action, Do, Patience, Script, Step
from kit.vocabulary import Outcome
from tests.ivr.script.small import SMALL, loaded

NAMES = ["tell", "bye", "when", "nowhere", "@back", "@repeat", "@stay", "people.failed", ""]
LINES = SMALL.splitlines()


@st.composite
def mangled(draw: st.DrawFn) -> str:
    """The small script with some lines dropped, doubled, swapped, indented or spoilt."""
    lines = list(LINES)
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(lines) - 1))
        other = draw(st.integers(0, len(lines) - 1))
        spoilt = draw(
            st.sampled_from(["", "  " + lines[at], lines[at].strip(), lines[at].replace(":", ""), lines[other], "- x", "{"])
        )
        lines[at : at + 1] = draw(st.sampled_from([[spoilt], [], [lines[at], lines[at]], [spoilt, lines[at]]]))
        lines = lines or ["x"]
    return "\n".join(lines)


@given(text=mangled())
@settings(max_examples=60, deadline=None)
def test_mangled_text_never_crashes(text: str) -> None:
    script, issues = loaded(small=text)
    assert script is not None or issues
    assert all(isinstance(issue, Issue) and issue.line >= 1 and issue.message for issue in issues)


@given(text=st.text(alphabet="ab:- \n[]{}&*!|>\"'#%@`?,贷\t", max_size=60))
@settings(max_examples=80, deadline=None)
def test_any_text_never_crashes(text: str) -> None:
    _, issues = loaded(small=text)
    assert issues


def _changed(step: Step, kind: int, name: str) -> Step:
    """One of a dozen ways to spoil a step."""
    first = replace(step.routes[0], goto=name) if step.routes else None
    patience = Patience(5.0, 1, name)
    spoilt = [
        replace(step, goto=name),
        replace(step, goto=None, ask=None, end=None),
        replace(step, end=Outcome.PAID),
        replace(step, say=()),
        replace(step, silence=None, unclear=None),
        replace(step, silence=patience),
        replace(step, unclear=patience),
        replace(step, routes=(first, *step.routes[1:]) if first else ()),
        replace(step, routes=()),
        replace(step, actions=(Action(Do.TRANSFER, {"failed": name}),)),
        replace(step, actions=(Action(Do.FORGET, {"slot": name}),)),
        replace(step, keys={"1": first} if first else {}),
    ]
    return spoilt[kind]


@given(
    changes=st.lists(st.tuples(st.integers(0, 99), st.integers(0, 11), st.sampled_from(NAMES)), max_size=4),
    dropped=st.sets(st.integers(0, 99), max_size=2),
    start=st.sampled_from(["greet", *NAMES]),
)
@settings(max_examples=60, deadline=None)
def test_a_spoilt_script_never_crashes_the_checker(changes: list[tuple[int, int, str]], dropped: set[int], start: str) -> None:
    good, _ = loaded()
    assert good is not None
    script: Script = replace(good, start=start)
    steps = dict(script.steps)
    names = sorted(steps)
    for number, kind, name in changes:
        chosen = names[number % len(names)]
        steps[chosen] = _changed(steps[chosen], kind, name)
    for number in dropped:
        steps.pop(names[number % len(names)], None)
    script = replace(script, steps=steps)
    issues = check(script)
    assert issues == sorted(set(issues))
    assert draw(script).startswith("<svg")
