"""YAML text -> Script: shared flows resolved into flat, prefixed steps. Reads content; judges none of it but its form."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from hashlib import sha256
from pathlib import Path

from ivr.script.check import check
from ivr.script.issues import BadScript, Issue, issue_at
from ivr.script.model import AskKind, Due, Line, Place, Route, Script, Step
from ivr.script.parts import (
    Scope,
    key_routes,
    keys_allowed,
    lines,
    number,
    patience,
    routes,
    step,
    text_of,
    word,
)
from ivr.script.source import Data, Items, Table, Text, read_yaml
from ivr.script.wording import Wording, expand, phrase_groups, texts, word_lists
from kit.vocabulary import Purpose, Risk, Severity

Read = Callable[[str], str | None]
"""A file's text by its path below the scripts' folder; None when there is no such file. Raises BadScript: not UTF-8."""

PHRASES = "_shared/phrases.yaml"
WORDS = "_shared/forbidden.yaml"
SCRIPT_KEYS = tuple(
    "script title purpose due start max_call_s use defaults always keys risk resume fault time_up steps".split()  # noqa: SIM905
)
FLOW_KEYS = ["flow", "title", "exits", "start", "defaults", "always", "keys", "risk", "steps"]
USE_KEYS = ("flow", "exits")
DEFAULT_KEYS = ("silence", "unclear")
_NONE = Table({}, {}, Place("", 0))


def load_script(folder: Path, script_id: str) -> Script:
    """A script that is whole and passes every check. Raises BadScript with all issues otherwise."""
    script, issues = examine(folder, script_id)
    if script is None or issues:
        raise BadScript(issues)
    return script


def script_ids(folder: Path) -> tuple[str, ...]:
    """The scripts of a folder, by file name; `_shared` is no script."""
    return tuple(sorted(path.stem for path in folder.glob("*.yaml")))


def examine(folder: Path, script_id: str, *, shared: Path | None = None) -> tuple[Script | None, list[Issue]]:
    """The script, as far as it could be read, and everything that is wrong with it, by file and line.

    Shared files that `folder` lacks are read from `shared`.
    """

    def read(name: str) -> str | None:
        places = [folder / name, *([shared / name] if shared and name.startswith("_shared/") else [])]
        found = next((path for path in places if path.is_file()), None)
        return read_text(found, name) if found else None

    script, issues = parse_script(read, f"{script_id}.yaml")
    if script is not None:
        issues = [*issues, *check(script)]
    return script, sorted(set(issues))


def read_text(path: Path, name: str) -> str:
    """A script file's text; `name` is its path below the scripts' folder. Raises BadScript when it is not UTF-8, OSError."""
    data = path.read_bytes()
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as fault:
        place = Place(name, data.count(b"\n", 0, fault.start) + 1)
        message = f"第 {fault.start + 1} 字节起不是 UTF-8：请另存为 UTF-8（记事本、Excel 常存成 GB18030）"
        raise BadScript([issue_at(place, "bad_encoding", message)]) from None


@dataclass(slots=True)
class _Parts:
    """What is gathered while the files of one script are read."""

    steps: dict[str, Step] = field(default_factory=dict)
    always: list[Route] = field(default_factory=list)
    always_phrases: dict[str, None] = field(default_factory=dict)
    keys: dict[str, Route] = field(default_factory=dict)
    risk: dict[Risk | Severity, str] = field(default_factory=dict)
    targets: list[tuple[str, Place]] = field(default_factory=list)


def parse_script(read: Read, file: str) -> tuple[Script | None, list[Issue]]:
    """Build a script from texts. None when its skeleton is missing; issues of form only (`check` judges content)."""
    issues: list[Issue] = []
    texts_read: dict[str, str] = {}

    def table_of(name: str, asked_at: Place) -> Table | None:
        try:
            text = texts_read[name] if name in texts_read else read(name)
        except BadScript as fault:
            issues.extend(fault.issues)
            return None
        if text is None:
            issues.append(issue_at(asked_at, "missing_file", f"找不到文件 {name}"))
            return None
        texts_read[name] = text
        return read_yaml(text, name, issues)

    top = table_of(file, Place(file, 1))
    if top is None:
        return None, issues
    groups = phrase_groups(table_of(PHRASES, top.place), issues)
    wording = Wording(groups, *word_lists(table_of(WORDS, top.place), issues))
    scope = Scope("", {}, {}, wording, issues)
    keys_allowed(top, SCRIPT_KEYS, scope)
    flows = _flows(top, scope, table_of)
    scope.starts = {name: f"{name}.{_start(flow)}" for name, (flow, _) in flows.items()}
    parts = _Parts()
    _gather(top, scope, parts)
    for name, (flow, exits) in flows.items():
        ways_out = {key: scope.target(text.value, text.place) for key, text in exits.items()}
        inner = Scope(f"{name}.", {}, ways_out, wording, issues)
        _gather(flow, inner, parts)
        parts.targets.extend(inner.targets)
    script = _script(top, scope, parts, digest_of(texts_read))
    _targets_exist(script, [*scope.targets, *parts.targets], issues)
    return script, issues


def digest_of(files: Mapping[str, str]) -> str:
    """SHA-256 over every file's name and text."""
    digest = sha256()
    for name in sorted(files):
        for part in (name, files[name]):
            data = part.encode()
            digest.update(len(data).to_bytes(8, "big") + data)
    return digest.hexdigest()


def _flows(
    top: Table, scope: Scope, table_of: Callable[[str, Place], Table | None]
) -> dict[str, tuple[Table, dict[str, Text]]]:
    """The shared flows in use: name -> (its table, its exits as written in the script)."""
    found: dict[str, tuple[Table, dict[str, Text]]] = {}
    for name, data in _table(top, "use", scope):
        if not isinstance(data, Table):
            scope.fault(data.place, "bad_value", "应当写成 {flow: _shared/文件.yaml, exits: {出口: 步骤}}")
            continue
        keys_allowed(data, USE_KEYS, scope)
        path = text_of(data.entries.get("flow"), scope)
        if path is None:
            scope.fault(data.place, "missing_key", "没有写 flow：用哪个共享流程文件")
            continue
        flow = table_of(path.value, path.place)
        if flow is None:
            continue
        keys_allowed(flow, FLOW_KEYS, scope)
        found[name] = (flow, _exits(data, flow, scope))
    return found


def _exits(used: Table, flow: Table, scope: Scope) -> dict[str, Text]:
    declared = {text.value: text.place for text in texts(flow.entries.get("exits"), scope.issues)}
    given = _table(used, "exits", scope)
    for name in given.entries:
        if name not in declared:
            scope.fault(given.keys[name], "unknown_exit", f"这个流程没有叫“{name}”的出口")
    for name, place in declared.items():
        if name not in given.entries:
            scope.fault(used.place, "missing_exit", f"没有写出口“{name}”通向哪一步（声明在 {place.file}:{place.line}）")
    found = {name: text_of(data, scope) for name, data in given if name in declared}
    return {name: text for name, text in found.items() if text is not None}


def _start(flow: Table) -> str:
    data = flow.entries.get("start")
    return data.value if isinstance(data, Text) else ""


def _table(table: Table, key: str, scope: Scope) -> Table:
    data = table.entries.get(key)
    if isinstance(data, Table):
        return data
    if data is not None and not (isinstance(data, Text) and not data.value):
        scope.fault(data.place, "bad_value", f"“{key}”应当是“键: 值”的结构")
    return _NONE


def _gather(table: Table, scope: Scope, parts: _Parts) -> None:
    """Read one file's steps, always routes and risk table into `parts`."""
    _defaults(table, scope)
    for name, data in (steps := _table(table, "steps", scope)):
        made = step(name, data, steps.keys[name], scope)
        if made is not None and made.id in parts.steps:
            scope.fault(made.place, "duplicate_key", f"步骤“{made.id}”已经有了")
        elif made is not None:
            parts.steps[made.id] = made
    always = table.entries.get("always")
    parts.always.extend(routes(always, scope))
    parts.always_phrases.update(dict.fromkeys(_always_phrases(always, scope)))
    for pressed, route in key_routes(table.entries.get("keys"), scope).items():
        parts.keys.setdefault(pressed, route)
    for name, data in (risk := _table(table, "risk", scope)):
        key = _risk_key(name, risk.keys[name], scope)
        text = text_of(data, scope)
        if key is not None and text is not None:
            parts.risk.setdefault(key, scope.target(text.value, text.place))
    if scope.prefix:
        scope.target(_start(table), table.place)


def _defaults(table: Table, scope: Scope) -> None:
    defaults = _table(table, "defaults", scope)
    keys_allowed(defaults, DEFAULT_KEYS, scope)
    scope.silence = patience(defaults.entries.get("silence"), scope, None)
    scope.unclear = patience(defaults.entries.get("unclear"), scope, None)


def _always_phrases(data: Data | None, scope: Scope) -> tuple[str, ...]:
    if not isinstance(data, Items):
        return ()
    tables = (item for item in data.values if isinstance(item, Table))
    found = (expand(item.entries.get("phrases"), scope.wording, scope.issues) for item in tables)
    return tuple(phrase for phrases in found for phrase in phrases)


def _risk_key(name: str, place: Place, scope: Scope) -> Risk | Severity | None:
    if name in Severity.__members__ and name != Severity.P3.name:
        return Severity[name]
    return word(Risk, Text(name, place), "unknown_risk", scope)


def _script(top: Table, scope: Scope, parts: _Parts, digest: str) -> Script:
    phrases = tuple(parts.always_phrases)
    return Script(
        id=_id(top, scope),
        title=_required(top, "title", scope),
        purpose=_purpose(top, scope),
        due=word(Due, due, "unknown_due", scope) if (due := text_of(top.entries.get("due"), scope)) else None,
        digest=digest,
        start=_step_named(top, "start", scope),
        steps={name: _with_common(found, phrases, parts.keys) for name, found in parts.steps.items()},
        always=tuple(parts.always),
        risk=parts.risk,
        resume=_resume(top, scope),
        fault=_step_named(top, "fault", scope),
        time_up=_step_named(top, "time_up", scope),
        max_call_s=number(top.entries.get("max_call_s"), scope, 300.0),
        place=top.place,
        always_phrases=phrases,
        forbidden=scope.wording.forbidden,
        private=scope.wording.private,
    )


def _with_common(found: Step, phrases: tuple[str, ...], keys: Mapping[str, Route]) -> Step:
    """A listening step with the phrases of `always` and the common keys, which a step that takes digits does not have."""
    if found.ask is None:
        return found
    all_phrases = tuple(dict.fromkeys((*found.ask.phrases, *phrases)))
    takes_digits = found.ask.kind in (AskKind.DIGITS, AskKind.AMOUNT, AskKind.SCORE)
    all_keys = found.keys if takes_digits else {**keys, **found.keys}
    return replace(found, ask=replace(found.ask, phrases=all_phrases), keys=all_keys)


def _required(top: Table, key: str, scope: Scope) -> str:
    text = text_of(top.entries.get(key), scope)
    if text is not None and text.value:
        return text.value
    scope.fault(top.place, "missing_key", f"缺少“{key}”")
    return ""


def _id(top: Table, scope: Scope) -> str:
    name = _required(top, "script", scope)
    if name and f"{name}.yaml" != top.place.file:
        scope.fault(top.keys["script"], "bad_id", f"script 写的是“{name}”，文件名却是 {top.place.file}")
    return name


def _purpose(top: Table, scope: Scope) -> Purpose:
    text = text_of(top.entries.get("purpose"), scope)
    if text is None:
        scope.fault(top.place, "missing_key", "缺少“purpose”")
        return Purpose.COLLECTION
    return word(Purpose, text, "unknown_purpose", scope) or Purpose.COLLECTION


def _step_named(top: Table, key: str, scope: Scope) -> str:
    text = text_of(top.entries.get(key), scope)
    return scope.target(text.value, text.place) if text is not None else _required(top, key, scope)


def _resume(top: Table, scope: Scope) -> tuple[Line, ...]:
    if "resume" not in top.entries:
        scope.fault(top.place, "missing_key", "缺少“resume”：断线恢复后先说什么")
    return lines(top.entries.get("resume"), scope)


def _targets_exist(script: Script, targets: list[tuple[str, Place]], issues: list[Issue]) -> None:
    for name, place in targets:
        if name not in script.steps:
            issues.append(issue_at(place, "unknown_step", f"没有叫“{name}”的步骤"))
