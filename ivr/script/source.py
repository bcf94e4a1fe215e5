"""YAML as text: every scalar stays what was typed, every value keeps its line, no key appears twice. Reads no files."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import yaml

from ivr.script.issues import Issue, issue_at
from ivr.script.model import Place


@dataclass(frozen=True, slots=True)
class Text:
    """A scalar as typed; an empty value is an empty text."""

    value: str
    place: Place


@dataclass(frozen=True, slots=True)
class Items:
    """A list."""

    values: tuple[Data, ...]
    place: Place


@dataclass(frozen=True, slots=True)
class Table:
    """A mapping. `keys` says where each key stands."""

    entries: dict[str, Data]
    keys: dict[str, Place]
    place: Place

    def __iter__(self) -> Iterator[tuple[str, Data]]:
        return iter(self.entries.items())


Data = Text | Items | Table


def read_yaml(text: str, file: str, issues: list[Issue]) -> Table | None:
    """The document's mapping, or None when it is not YAML or not a mapping; faults are added to `issues`."""
    try:
        node = yaml.compose(text, Loader=yaml.BaseLoader)
    except yaml.MarkedYAMLError as fault:
        line = fault.problem_mark.line + 1 if fault.problem_mark else 1
        issues.append(issue_at(Place(file, line), "bad_yaml", f"不是合法的 YAML：{fault.problem}"))
        return None
    except yaml.YAMLError as fault:
        issues.append(issue_at(Place(file, 1), "bad_yaml", f"不是合法的 YAML：{' '.join(str(fault).split())}"))
        return None
    try:
        data = _data(node, file, issues) if node is not None else None
    except RecursionError:
        issues.append(issue_at(Place(file, 1), "bad_yaml", "结构嵌套过深或自我引用"))
        return None
    if isinstance(data, Table):
        return data
    issues.append(issue_at(Place(file, 1), "bad_yaml", "文件最外层应当是“键: 值”的结构"))
    return None


def _data(node: yaml.Node, file: str, issues: list[Issue]) -> Data:
    place = Place(file, node.start_mark.line + 1)
    if isinstance(node, yaml.ScalarNode):
        return Text(str(node.value), place)
    if isinstance(node, yaml.SequenceNode):
        return Items(tuple(_data(item, file, issues) for item in node.value), place)
    return _table(node, place, issues)


def _table(node: yaml.Node, place: Place, issues: list[Issue]) -> Table:
    entries: dict[str, Data] = {}
    keys: dict[str, Place] = {}
    for key_node, value_node in node.value:
        key_place = Place(place.file, key_node.start_mark.line + 1)
        if not isinstance(key_node, yaml.ScalarNode):
            issues.append(issue_at(key_place, "bad_yaml", "键必须是文字"))
            continue
        key = str(key_node.value)
        if key in entries:
            issues.append(issue_at(key_place, "duplicate_key", f"“{key}”写了两次（第一次在第 {keys[key].line} 行）"))
            continue
        entries[key] = _data(value_node, place.file, issues)
        keys[key] = key_place
    return Table(entries, keys, place)
