"""The words that scripts share: phrase groups for the ear, forbidden and private words for the mouth. Values only."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from ivr.script.fields import FIELDS, Privacy
from ivr.script.issues import Issue, issue_at
from ivr.script.model import Line
from ivr.script.source import Data, Items, Table, Text

_BRACES = re.compile(r"\{([^{}]*)\}")


@dataclass(frozen=True, slots=True)
class Wording:
    """`groups`: likely replies by name. `forbidden`: never said. `private`: never said before the callee is verified."""

    groups: Mapping[str, tuple[str, ...]]
    forbidden: tuple[str, ...] = ()
    private: tuple[str, ...] = ()


def names_in(text: str) -> tuple[str, ...]:
    """The names in braces, in order."""
    return tuple(_BRACES.findall(text))


def texts(data: Data | None, issues: list[Issue]) -> tuple[Text, ...]:
    """One text or a list of texts; anything else is an issue."""
    if data is None:
        return ()
    if isinstance(data, Text):
        return (data,) if data.value else ()
    if isinstance(data, Items):
        found = tuple(item for item in data.values if isinstance(item, Text))
        if len(found) == len(data.values):
            return found
    issues.append(issue_at(data.place, "bad_value", "这里应当是一句话，或一列句子"))
    return ()


def phrase_groups(table: Table | None, issues: list[Issue]) -> Mapping[str, tuple[str, ...]]:
    """The groups of phrases.yaml."""
    if table is None:
        return {}
    return {name: tuple(text.value for text in texts(data, issues)) for name, data in table}


def word_lists(table: Table | None, issues: list[Issue]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """(forbidden, private) words of forbidden.yaml; words that need a source are forbidden to the voice as well."""
    if table is None:
        return (), ()
    lists = {name: tuple(text.value for text in texts(data, issues)) for name, data in table}
    return lists.get("forbidden", ()) + lists.get("only_with_source", ()), lists.get("private", ())


def expand(data: Data | None, wording: Wording, issues: list[Issue]) -> tuple[str, ...]:
    """Phrases with `$group` replaced by the group's members; no repetition, order kept."""
    found: dict[str, None] = {}
    for text in texts(data, issues):
        if not text.value.startswith("$"):
            found[text.value] = None
            continue
        group = wording.groups.get(text.value[1:])
        if group is None:
            issues.append(issue_at(text.place, "unknown_phrase_group", f"没有叫“{text.value}”的说法组"))
            continue
        found.update(dict.fromkeys(group))
    return tuple(found)


def line_of(text: Text, wording: Wording, issues: list[Issue]) -> Line:
    """A line to be spoken; it is private when it names a private field or a private word."""
    is_private = any(word in text.value for word in wording.private)
    for name in names_in(text.value):
        field = FIELDS.get(name)
        if field is None:
            issues.append(issue_at(text.place, "unknown_field", f"没有叫“{{{name}}}”的字段"))
        elif field.privacy is Privacy.PRIVATE:
            is_private = True
    return Line(text.value, text.place, is_private)
