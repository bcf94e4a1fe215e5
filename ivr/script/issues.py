"""What is wrong with a script: one value per fault. Names the place; mends nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ivr.script.model import Place


@dataclass(frozen=True, slots=True, order=True)
class Issue:
    """One fault. `code` is stable and English, `message` is for content authors, in Chinese; `line` counts from 1."""

    file: str
    line: int
    code: str
    message: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.code}: {self.message}"


def issue_at(place: Place, code: str, message: str) -> Issue:
    """An issue that stands at `place`."""
    return Issue(file=place.file, line=place.line, code=code, message=message)


class BadScript(Exception):
    """A script cannot be used; `issues` says all that is wrong with it."""

    def __init__(self, issues: Sequence[Issue]) -> None:
        self.issues = tuple(sorted(set(issues)))
        super().__init__("\n".join(str(issue) for issue in self.issues))
