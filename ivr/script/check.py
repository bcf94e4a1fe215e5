"""Is a script fit to be spoken? Every rule that a content author can break, and all breaches at once. Changes nothing."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator

from ivr.script.fields import FIELDS
from ivr.script.graph import (
    State,
    explore,
    is_listening,
    lines_of,
    risk_name,
)
from ivr.script.issues import Issue, issue_at
from ivr.script.model import Script, Step
from ivr.script.paths import reachable_rules
from ivr.script.wording import names_in
from kit.vocabulary import Risk, Severity

MAX_SENTENCE = 60
"""Hanzi in one sentence: about 15 s of speech, more is not remembered."""
MAX_STEP = 140
"""Hanzi in one turn of ours."""
MAX_PHRASES = 60
"""Likely replies per step: a larger grammar hears worse."""
MUST_ROUTE: tuple[Risk | Severity, ...] = (
    Severity.P0,
    Severity.P1,
    Severity.P2,
    Risk.WRONG_PERSON,
    Risk.THIRD_PARTY,
    Risk.STOP_CONTACT,
    Risk.SELF_HARM,
)
_HANZI = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff]")
_SENTENCE_END = re.compile(r"[。？！；]")


def check(script: Script) -> list[Issue]:
    """Every fault of a script, sorted by file and line."""
    states = explore(script)
    found = [
        *(issue for step in script.steps.values() for rule in STEP_RULES for issue in rule(step)),
        *_forbidden(script),
        *_phrases(script),
        *_risk_routed(script),
        *_unreachable(script, states),
        *reachable_rules(script, states),
    ]
    return sorted(set(found))


def _shape(step: Step) -> Iterator[Issue]:
    ways = [step.ask is not None, step.goto is not None, step.end is not None]
    if not any(ways):
        yield issue_at(step.place, "dead_end", f"步骤“{step.id}”说完就没有下一步：要写 ask、goto 或 end 之一")
    elif sum(ways) > 1:
        yield issue_at(step.place, "bad_shape", f"步骤“{step.id}”只能写 ask、goto、end 之中的一个")
    if step.ask is not None and not step.routes:
        yield issue_at(step.place, "dead_end", f"步骤“{step.id}”问了问题，却没有写任何 routes")
    if step.end is not None and not step.say:
        yield issue_at(step.place, "silent_end", f"步骤“{step.id}”没有说话就挂断了")


def _branches(step: Step) -> Iterator[Issue]:
    if not is_listening(step):
        return
    if step.silence is None or not step.silence.goto:
        yield issue_at(step.place, "no_silence_branch", f"步骤“{step.id}”没有写对方不说话怎么办（silence）")
    if step.unclear is None or not step.unclear.goto:
        yield issue_at(step.place, "no_unclear_branch", f"步骤“{step.id}”没有写听不懂怎么办（unclear）")
    if not step.reword:
        yield issue_at(step.place, "no_reword", f"步骤“{step.id}”没有写换一种问法（reword）")
    first = [line.text for line in step.say]
    for again in step.reword:
        if again and [line.text for line in again] == first:
            yield issue_at(again[0].place, "no_reword", f"步骤“{step.id}”的 reword 和原话一样，要换一种问法")


def _lengths(step: Step) -> Iterator[Issue]:
    for lines in (step.say, *step.reword):
        for line in lines:
            longest = max((hanzi_in(part) for part in _SENTENCE_END.split(line.text)), default=0)
            if longest > MAX_SENTENCE:
                yield issue_at(line.place, "line_too_long", f"一句话有 {longest} 个字，最多 {MAX_SENTENCE} 个：请拆成短句")
        total = sum(hanzi_in(line.text) for line in lines)
        if total > MAX_STEP:
            yield issue_at(lines[0].place, "line_too_long", f"这一步一共 {total} 个字，最多 {MAX_STEP} 个：请分成几步")


def hanzi_in(text: str) -> int:
    """How many Hanzi are written in a text; names in braces do not count."""
    return len(_HANZI.findall(text))


def _unknown_words(step: Step) -> Iterator[Issue]:
    for line in lines_of(step):
        for name in names_in(line.text):
            if name not in FIELDS:
                yield issue_at(line.place, "unknown_field", f"没有叫“{{{name}}}”的字段")


STEP_RULES: tuple[Callable[[Step], Iterable[Issue]], ...] = (_shape, _branches, _lengths, _unknown_words)


def _forbidden(script: Script) -> Iterator[Issue]:
    for line in (*script.resume, *(line for step in script.steps.values() for line in lines_of(step))):
        plain = "".join(line.text.split())
        for word in script.forbidden:
            if word in plain:
                yield issue_at(line.place, "forbidden_phrase", f"不能说“{word}”")


def _phrases(script: Script) -> Iterator[Issue]:
    for step in script.steps.values():
        own = [phrase for phrase in (step.ask.phrases if step.ask else ()) if phrase not in script.always_phrases]
        if len(own) > MAX_PHRASES:
            yield issue_at(step.place, "too_many_phrases", f"步骤“{step.id}”有 {len(own)} 个说法，最多 {MAX_PHRASES} 个")
        for phrase in own:
            if hanzi_in(phrase) != len(phrase) or not phrase:
                yield issue_at(step.place, "bad_phrase", f"步骤“{step.id}”的说法“{phrase}”只能写汉字")
        if step.ask is not None and not own:
            yield issue_at(step.place, "no_phrases", f"步骤“{step.id}”没有写客户可能怎么回答（phrases）")
    for phrase in script.always_phrases:
        if hanzi_in(phrase) != len(phrase) or not phrase:
            yield issue_at(script.place, "bad_phrase", f"always 里的说法“{phrase}”只能写汉字")


def _risk_routed(script: Script) -> Iterator[Issue]:
    for risk in MUST_ROUTE:
        if risk not in script.risk:
            yield issue_at(script.place, "risk_unrouted", f"risk 里没有写“{risk_name(risk)}”由哪一步接手")


def _unreachable(script: Script, states: frozenset[State]) -> Iterator[Issue]:
    reached = {state.step for state in states}
    for name, step in script.steps.items():
        if name not in reached:
            yield issue_at(step.place, "unreachable_step", f"没有任何一条路能走到步骤“{name}”")
