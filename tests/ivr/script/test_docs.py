"""The authors' guide explains every key, condition, action, field and issue that there is."""

from __future__ import annotations

import re
from pathlib import Path

from ivr.script.fields import FIELDS
from ivr.script.load import DEFAULT_KEYS, SCRIPT_KEYS
from ivr.script.model import AskKind, Do
from ivr.script.parts import CONDITION_KEYS, STEP_KEYS

GUIDE = Path("docs/scripts.md").read_text(encoding="utf-8")


def test_every_key_is_explained() -> None:
    keys = {
        *SCRIPT_KEYS,
        *STEP_KEYS,
        *CONDITION_KEYS,
        *DEFAULT_KEYS,
        *(do.value for do in Do),
        *(kind.value for kind in AskKind),
    }
    assert {key for key in keys if f"`{key}`" not in GUIDE} == set()


def test_every_field_is_listed() -> None:
    assert {name for name in FIELDS if f"`{{{name}}}`" not in GUIDE} == set()


def test_every_issue_is_explained() -> None:
    source = "".join(path.read_text(encoding="utf-8") for path in Path("ivr/script").glob("*.py"))
    codes = set(re.findall(r'(?:issue_at|fault)\([^"]*?"(\w+)", f?"', source, flags=re.DOTALL))
    codes |= set(re.findall(r'"(unknown_\w+)"', source))
    assert len(codes) > 35
    assert {code for code in codes if f"`{code}`" not in GUIDE} == set()


def test_every_shipped_file_is_in_the_list() -> None:
    text = Path("scripts_zh/README.md").read_text(encoding="utf-8")
    names = [path.relative_to("scripts_zh").as_posix() for path in Path("scripts_zh").rglob("*.yaml")]
    assert {name for name in names if f"`{name}`" not in text} == set()
