"""The parts of a step, from YAML to values: conditions, actions, routes, patience. Collects faults, stops at none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from enum import StrEnum
from typing import TypeVar

from ivr.script.fields import FIELDS
from ivr.script.issues import Issue, issue_at
from ivr.script.model import BACK, KEYS, REPEAT, STAY, Action, Ask, AskKind, Condition, Do, Line, Patience, Place, Route, Step
from ivr.script.source import Data, Items, Table, Text
from ivr.script.wording import Wording, expand, line_of, texts
from kit.vocabulary import Intent, Outcome, Risk, SlotName

SPECIAL = frozenset({REPEAT, BACK, STAY})
EXIT = "exit:"
STEP_KEYS = tuple(
    "say reword do ask phrases slots ignores digits routes keys silence unclear goto end interruptible outcome".split()  # noqa: SIM905
)
CONDITION_KEYS = ("if", "has", "lacks", "heard", "problem", "matches", "verified")
ROUTE_KEYS = (*CONDITION_KEYS, "do", "goto", "outcome", "phrases")
PATIENCE_KEYS = ("after", "tries", "goto")
SILENCE_AFTER_S = 5.0
TRIES = 2

Word = TypeVar("Word", bound=StrEnum)


@dataclass(slots=True)
class Scope:
    """Where names are looked up while one file is read.

    `prefix` is "" in a script and "name." in a shared flow; `starts` are the first steps of the flows in use;
    `exits` are a flow's ways out, already resolved. `targets` gathers every step named, to be checked at the end.
    """

    prefix: str
    starts: Mapping[str, str]
    exits: Mapping[str, str]
    wording: Wording
    issues: list[Issue]
    targets: list[tuple[str, Place]] = field(default_factory=list)
    silence: Patience | None = None
    unclear: Patience | None = None

    def fault(self, place: Place, code: str, message: str) -> None:
        """Add an issue."""
        self.issues.append(issue_at(place, code, message))

    def target(self, name: str, place: Place) -> str:
        """The full name of a step, as seen from this file."""
        if name in SPECIAL:
            return name
        if name.startswith(EXIT):
            return self._exit(name.removeprefix(EXIT), place)
        full = self.prefix + name if self.prefix else self.starts.get(name, name)
        self.targets.append((full, place))
        return full

    def _exit(self, name: str, place: Place) -> str:
        if name not in self.exits:
            self.fault(place, "unknown_exit", f"没有声明叫“{name}”的出口")
            return ""
        return self.exits[name]


def keys_allowed(table: Table, allowed: Sequence[str], scope: Scope) -> None:
    """Every key that is not in `allowed` is an issue."""
    for key in table.entries:
        if key not in allowed:
            scope.fault(table.keys[key], "unknown_key", f"不认识的键“{key}”{_hint(key, allowed)}")


def word(kind: type[Word], text: Text, code: str, scope: Scope) -> Word | None:
    """A word of the vocabulary, or an issue with the nearest word."""
    try:
        return kind(text.value)
    except ValueError:
        known = [member.value for member in kind]
        scope.fault(text.place, code, f"词表里没有“{text.value}”{_hint(text.value, known)}")
        return None


def _hint(name: str, known: Sequence[str]) -> str:
    near = get_close_matches(name, known, n=1)
    return f"，是不是“{near[0]}”？" if near else ""


def words(kind: type[Word], data: Data | None, code: str, scope: Scope) -> frozenset[Word]:
    """The known words among one text or a list."""
    found = (word(kind, text, code, scope) for text in texts(data, scope.issues))
    return frozenset(item for item in found if item is not None)


def text_of(data: Data | None, scope: Scope) -> Text | None:
    """A text, None when absent; a list or mapping is an issue."""
    if data is None or isinstance(data, Text):
        return data
    scope.fault(data.place, "bad_value", "这里应当是一个词")
    return None


def yes_or_no(data: Data | None, scope: Scope) -> bool | None:
    """yes/no as typed; None when absent."""
    text = text_of(data, scope)
    if text is None:
        return None
    if text.value not in ("yes", "no", "true", "false"):
        scope.fault(text.place, "bad_value", f"“{text.value}”应当写 yes 或 no")
    return text.value in ("yes", "true")


def number(data: Data | None, scope: Scope, default: float) -> float:
    """A number, with or without an `s` for seconds."""
    text = text_of(data, scope)
    if text is None:
        return default
    digits = text.value.removesuffix("s")
    if digits.replace(".", "", 1).isdecimal() and digits.isascii():
        return float(digits)
    scope.fault(text.place, "bad_value", f"“{text.value}”不是数字")
    return default


def lines(data: Data | None, scope: Scope) -> tuple[Line, ...]:
    """The lines of a `say`."""
    return tuple(line_of(text, scope.wording, scope.issues) for text in texts(data, scope.issues))


def condition(table: Table, scope: Scope) -> Condition:
    """The condition part of a route."""
    get = table.entries.get
    problem = text_of(get("problem"), scope)
    matches = text_of(get("matches"), scope)
    if matches is not None and matches.value not in FIELDS:
        scope.fault(matches.place, "unknown_field", f"没有叫“{matches.value}”的字段")
    return Condition(
        intents=words(Intent, get("if"), "unknown_intent", scope),
        has=words(SlotName, get("has"), "unknown_slot", scope),
        lacks=words(SlotName, get("lacks"), "unknown_slot", scope),
        problem=word(SlotName, problem, "unknown_slot", scope) if problem else None,
        matches=matches.value if matches else None,
        is_verified=yes_or_no(get("verified"), scope),
        heard=words(SlotName, get("heard"), "unknown_slot", scope),
    )


def actions(data: Data | None, scope: Scope) -> tuple[Action, ...]:
    """`do:` is one action or a list; an action is a word, or a word with arguments."""
    if data is None:
        return ()
    values = data.values if isinstance(data, Items) else (data,)
    return tuple(item for value in values for item in _action(value, scope))


def _action(data: Data, scope: Scope) -> list[Action]:
    if isinstance(data, Text):
        do = word(Do, data, "unknown_action", scope)
        return [Action(do)] if do else []
    if isinstance(data, Items):
        scope.fault(data.place, "bad_value", "动作应当是一个词，或“词: 参数”")
        return []
    found: list[Action] = []
    for key, value in data:
        do = word(Do, Text(key, data.keys[key]), "unknown_action", scope)
        if do:
            found.append(Action(do, _arguments(do, value, scope)))
    return found


def _arguments(do: Do, data: Data, scope: Scope) -> dict[str, str]:
    if isinstance(data, Text):
        data = Table({_ONLY[do]: data}, {_ONLY[do]: data.place}, data.place) if do in _ONLY else data
    if not isinstance(data, Table):
        scope.fault(data.place, "bad_value", f"动作“{do.value}”的参数应当写成“名称: 值”")
        return {}
    found: dict[str, str] = {}
    for key, value in data:
        text = text_of(value, scope)
        if text is not None:
            found[key] = _argument(key, text, scope)
    return found


_ONLY = {Do.FORGET: "slot", Do.ESCALATE: "risk", Do.CALLBACK: "by"}


def _argument(key: str, text: Text, scope: Scope) -> str:
    if key == "failed":
        return scope.target(text.value, text.place)
    if key == "slot":
        word(SlotName, text, "unknown_slot", scope)
    if key == "risk":
        word(Risk, text, "unknown_risk", scope)
    return text.value


def outcome(data: Data | None, scope: Scope) -> Outcome | None:
    """An outcome of the vocabulary."""
    text = text_of(data, scope)
    return word(Outcome, text, "unknown_outcome", scope) if text else None


def goto(table: Table, scope: Scope, place: Place) -> str:
    """Where a route leads; "" (and an issue) when it does not say."""
    text = text_of(table.entries.get("goto"), scope)
    if text is None or not text.value:
        scope.fault(place, "missing_key", "没有写 goto：这条路不知道通向哪一步")
        return ""
    return scope.target(text.value, text.place)


def route(data: Data, scope: Scope) -> Route | None:
    """A route: a mapping, or just the name of a step."""
    if isinstance(data, Text):
        return Route(Condition(), scope.target(data.value, data.place), place=data.place)
    if isinstance(data, Items):
        scope.fault(data.place, "bad_value", "一条路应当写成 {if: 意图, goto: 步骤}")
        return None
    keys_allowed(data, ROUTE_KEYS, scope)
    get = data.entries.get
    return Route(
        when=condition(data, scope),
        goto=goto(data, scope, data.place),
        actions=actions(get("do"), scope),
        outcome=outcome(get("outcome"), scope),
        place=data.place,
    )


def routes(data: Data | None, scope: Scope) -> tuple[Route, ...]:
    """A list of routes."""
    if data is None:
        return ()
    if not isinstance(data, Items):
        scope.fault(data.place, "bad_value", "这里应当是一列路（每条以 - 开头）")
        return ()
    return tuple(found for item in data.values if (found := route(item, scope)) is not None)


def patience(data: Data | None, scope: Scope, default: Patience | None) -> Patience | None:
    """A `silence:` or `unclear:`; what is not written comes from the file's defaults."""
    if data is None:
        return default
    if not isinstance(data, Table):
        scope.fault(data.place, "bad_value", "应当写成 {after: 5s, tries: 2, goto: 步骤}")
        return default
    keys_allowed(data, PATIENCE_KEYS, scope)
    start = default or Patience(SILENCE_AFTER_S, TRIES, "")
    get = data.entries.get
    return Patience(
        after_s=number(get("after"), scope, start.after_s),
        tries=int(number(get("tries"), scope, start.tries)),
        goto=goto(data, scope, data.place) if "goto" in data.entries or not start.goto else start.goto,
    )


def ask(table: Table, scope: Scope) -> Ask | None:
    """What a step listens for; None when it does not listen."""
    get = table.entries.get
    text = text_of(get("ask"), scope)
    kind = word(AskKind, text, "unknown_ask", scope) if text else None
    if kind is None:
        return None
    return Ask(
        kind=kind,
        phrases=expand(get("phrases"), scope.wording, scope.issues),
        slots=words(SlotName, get("slots"), "unknown_slot", scope),
        max_digits=int(number(get("digits"), scope, 1)),
        ignores=words(SlotName, get("ignores"), "unknown_slot", scope),
    )


def step(name: str, data: Data, place: Place, scope: Scope) -> Step | None:
    """One step of one file, with full names."""
    if not isinstance(data, Table):
        scope.fault(data.place, "bad_value", f"步骤“{name}”应当是“键: 值”的结构")
        return None
    keys_allowed(data, STEP_KEYS, scope)
    get = data.entries.get
    asked = ask(data, scope)
    acted = actions(get("do"), scope)
    target = text_of(get("goto"), scope)
    bare = Step(
        id=scope.prefix + name,
        place=place,
        say=lines(get("say"), scope),
        actions=acted,
        ask=asked,
        goto=scope.target(target.value, target.place) if target else _failed(acted),
        end=outcome(get("end"), scope),
        is_interruptible=yes_or_no(get("interruptible"), scope) is not False,
        outcome=outcome(get("outcome"), scope),
    )
    return _listening(bare, data, scope) if asked else bare


def _failed(acted: Sequence[Action]) -> str | None:
    return next((action.args["failed"] for action in acted if "failed" in action.args), None)


def _listening(bare: Step, table: Table, scope: Scope) -> Step:
    get = table.entries.get
    return replace(
        bare,
        reword=_reword(get("reword"), scope),
        routes=routes(get("routes"), scope),
        keys=key_routes(get("keys"), scope),
        silence=patience(get("silence"), scope, scope.silence),
        unclear=patience(get("unclear"), scope, scope.unclear),
    )


def _reword(data: Data | None, scope: Scope) -> tuple[tuple[Line, ...], ...]:
    if data is None:
        return ()
    if isinstance(data, Items):
        return tuple(lines(item, scope) for item in data.values)
    return (lines(data, scope),)


def key_routes(data: Data | None, scope: Scope) -> dict[str, Route]:
    """Routes by telephone key."""
    if data is None:
        return {}
    if not isinstance(data, Table):
        scope.fault(data.place, "bad_value", "按键应当写成 {1: 步骤, 2: 步骤}")
        return {}
    found: dict[str, Route] = {}
    for key, value in data:
        if key not in KEYS:
            scope.fault(data.keys[key], "bad_value", f"“{key}”不是电话按键")
        made = route(value, scope)
        if made is not None:
            found[key] = made
    return found
