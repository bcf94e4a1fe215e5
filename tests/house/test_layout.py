"""The house keeps its own rules: generated pages are current, modules stay small, numbers stay out of files."""

from __future__ import annotations

import re
import subprocess
import tomllib
from functools import cache
from pathlib import Path

import pytest

from kit import settings_docs

ROOT = Path(__file__).parents[2]
ROOMS = ("kit", "law", "ivr", "speech", "campaigns", "desk", "store", "console", "simulator")
CHINESE_MOBILE = re.compile(r"(?<![\d.a-fA-F+])(?:\+?86)?1[3-9]\d{9}(?![\d.a-fA-F])")
HARD_LIMIT = 400


@cache
def tracked(*suffixes: str) -> tuple[Path, ...]:
    listing = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout.decode()
    return tuple(ROOT / name for name in listing.split("\0") if name.endswith(suffixes) and (ROOT / name).exists())


def test_settings_pages_are_current() -> None:
    assert (ROOT / settings_docs.MARKDOWN).read_text(encoding="utf-8") == settings_docs.markdown()
    assert (ROOT / settings_docs.EXAMPLE).read_text(encoding="utf-8") == settings_docs.example()


def test_every_module_says_what_it_is() -> None:
    silent = [
        path.relative_to(ROOT)
        for room in ROOMS
        for path in (ROOT / room).rglob("*.py")
        if "migrations" not in path.parts and not path.read_text(encoding="utf-8").startswith('"""')
    ]
    assert silent == []


def test_no_module_is_longer_than_the_hard_limit() -> None:
    long = [
        path.relative_to(ROOT)
        for path in tracked(".py")
        if path.relative_to(ROOT).parts[0] in (*ROOMS, "app.py")
        and len(path.read_text(encoding="utf-8").splitlines()) > HARD_LIMIT
    ]
    assert long == []


def test_no_mobile_number_stands_in_any_file() -> None:
    found = [
        str(path.relative_to(ROOT))
        for path in tracked(".py", ".yaml", ".md", ".csv", ".tsv", ".json", ".toml", ".html", ".txt", ".ini", ".sh")
        if "contract" not in path.parts and CHINESE_MOBILE.search(path.read_text(encoding="utf-8"))
    ]
    assert found == []


def test_every_direct_dependency_has_its_line() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = [*project["dependencies"], *(name for extra in project["optional-dependencies"].values() for name in extra)]
    page = (ROOT / "docs/dependencies.md").read_text(encoding="utf-8")
    names = {re.split(r"[\[<>=~; ]", name)[0] for name in wanted}
    assert sorted(name for name in names if f"`{name}`" not in page) == []


@pytest.mark.parametrize("name", ["README.md", "CHANGELOG.md", "CONTRIBUTING.md", "LICENSE", "NOTICE", "Procfile"])
def test_the_front_matter_is_there(name: str) -> None:
    assert (ROOT / name).stat().st_size > 0


def test_every_page_that_is_named_is_there() -> None:
    """A reader who follows a name of a page finds it: from the root, or from where it is named."""
    lost = {
        f"{path.relative_to(ROOT)}: {name}"
        for path in tracked(".py", ".yaml", ".md", ".importlinter", "Makefile")
        for name in re.findall(r"(?<![\w./*{}-])[\w./-]+\.md\b", path.read_text(encoding="utf-8"))
        if not any((place / name).exists() for place in (ROOT, path.parent, ROOT / "docs"))
    }
    assert not lost, "\n".join(sorted(lost))
