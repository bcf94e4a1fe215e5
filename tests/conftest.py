"""Options of the whole test suite."""

from __future__ import annotations

import pytest
from hypothesis import settings

settings.register_profile("house", deadline=None, derandomize=True, database=None)
settings.load_profile("house")
"""The same examples on every run and machine, however busy it is."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--update` rewrites tests/conversations: the difference is then reviewed."""
    parser.addoption("--update", action="store_true", help="rewrite the conversations as they go now")
