"""Options of the whole test suite."""

from __future__ import annotations

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--update` rewrites tests/conversations: the difference is then reviewed."""
    parser.addoption("--update", action="store_true", help="rewrite the conversations as they go now")
