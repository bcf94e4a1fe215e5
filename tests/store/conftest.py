"""A migrated SQLite store per test, copied from one that was migrated once."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from kit.clock import ManualClock
from kit.settings import Settings
from store import schema
from store.session import Store

MONDAY = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
"""Monday 10:00 in Shanghai."""


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("migrated")
    store = Store(Settings(data_dir=folder), ManualClock(MONDAY))
    schema.migrate(store)
    with store.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    store.close()
    return folder


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(MONDAY)


@pytest.fixture
def store(migrated: Path, tmp_path: Path, clock: ManualClock) -> Iterator[Store]:
    shutil.copytree(migrated, tmp_path / "data")
    store = Store(Settings(data_dir=tmp_path / "data"), clock)
    yield store
    store.close()
