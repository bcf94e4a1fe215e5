"""A migrated SQLite store per test, copied from one that was migrated once."""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from kit.clock import ManualClock
from kit.settings import Settings
from store import schema
from store.session import Store
from store.valkey import EmbeddedValkey

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


def wait_for(ready: Callable[[], bool], seconds: float = 20) -> None:
    until = time.monotonic() + seconds
    while not ready():
        assert time.monotonic() < until, "it never happened"
        threading.Event().wait(0.05)


@pytest.fixture(scope="module")
def embedded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    settings = Settings(data_dir=tmp_path_factory.mktemp("valkey"))
    owner = EmbeddedValkey(settings)
    thread = threading.Thread(target=owner.run, daemon=True)
    thread.start()
    wait_for(owner.url_file.exists)
    yield settings
    owner.stop()
    thread.join(10)
    assert not owner.url_file.exists()
