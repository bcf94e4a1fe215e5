"""The door to SQL: one engine a process, one session a transaction, never shared across threads.

Writers on SQLite begin IMMEDIATE, so that what a transaction read is still true when it commits; on PostgreSQL the
same promise is kept by row locks. Commits survive a killed process always, and a lost machine when synced.
"""

from __future__ import annotations

import contextlib
import functools
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from flask import current_app
from sqlalchemy import Engine, create_engine, event
from sqlalchemy.engine import URL, Connection, ExceptionContext, make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.orm import Session as Session

from kit.clock import Clock
from kit.folders import private_file, private_folder
from kit.settings import BadSettings, Settings
from store import private_keys

BUSY_TIMEOUT_MS = 15_000


class WriterBusy(RuntimeError):
    """A transaction was begun inside another of the same thread, or one of this process hangs."""


class Store:
    """Everything that must not be lost. `transaction()` for writing, `reading()` for looking."""

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self.settings = settings
        self.clock = clock
        self._making = threading.Lock()
        self._writing = threading.Lock()
        self._engine: Engine | None = None

    @property
    def engine(self) -> Engine:
        """Made at the first use: building an application touches no disk."""
        with self._making:
            if self._engine is None:
                self._engine = make_engine(self.url)
            return self._engine

    @functools.cached_property
    def url(self) -> URL:
        return database_url(self.settings)

    @functools.cached_property
    def digest_key(self) -> bytes:
        """The key of digests, seals and file names."""
        return private_keys.digest_key(self.settings)

    @property
    def is_sqlite(self) -> bool:
        return self.url.get_backend_name() == "sqlite"

    def digest(self, text: str) -> str:
        """The keyed digest of a personal value: 64 hex digits."""
        return private_keys.keyed_digest(self.digest_key, text)

    @contextlib.contextmanager
    def transaction(self, *, is_synced: bool = True) -> Iterator[Session]:
        """A session that commits when the block ends and rolls back when it raises. Not to be nested.

        `is_synced` False spares SQLite the wait for the disk: such a commit survives the death of every process, but a
        power cut may undo it, unless a synced one followed.
        """
        writer = self.engine.execution_options(huiling_writes="FULL" if is_synced else "NORMAL")
        with self._one_writer(), Session(writer, expire_on_commit=False, info={"store": self}) as session, session.begin():
            yield session

    @contextlib.contextmanager
    def _one_writer(self) -> Iterator[None]:
        """Threads queue up here: SQLite itself makes writers poll, which costs them up to a tenth of a second."""
        if not self.is_sqlite:
            yield
            return
        if not self._writing.acquire(timeout=BUSY_TIMEOUT_MS / 1000):
            raise WriterBusy("another transaction of this process does not end")
        try:
            yield
        finally:
            self._writing.release()

    @contextlib.contextmanager
    def reading(self) -> Iterator[Session]:
        """A session for looking only: whatever it changed is thrown away."""
        with Session(self.engine, expire_on_commit=False, info={"store": self}) as session:
            yield session

    def close(self) -> None:
        """Give all connections back; the next use opens anew."""
        with self._making:
            if self._engine is not None:
                self._engine.dispose()
                self._engine = None


def the_store() -> Store:
    """The running application's store."""
    store: Store = current_app.extensions["store"]
    return store


def store_of(session: Session) -> Store:
    """The store that opened the session."""
    store: Store = session.info["store"]
    return store


def database_url(settings: Settings) -> URL:
    """The address of SQL: as set, or SQLite in the data directory. PostgreSQL is spoken by psycopg. Raises BadSettings."""
    if not settings.database_url:
        private_folder(settings.data_dir)
        return URL.create("sqlite", database=str(settings.data_dir.resolve() / "huiling.db"))
    try:
        url = make_url(settings.database_url)
    except (ArgumentError, ValueError):
        raise BadSettings("HUILING_DATABASE_URL：不是 SQLAlchemy 地址") from None
    if url.drivername in ("postgres", "postgresql"):
        return url.set(drivername="postgresql+psycopg")
    return url


def make_engine(url: URL) -> Engine:
    """An engine for one process. Its errors hold no values: names, numbers and words of people would stand there."""
    is_sqlite = url.get_backend_name() == "sqlite"
    engine = create_engine(url, pool_size=16, max_overflow=48, pool_pre_ping=not is_sqlite, hide_parameters=True)
    event.listen(engine, "handle_error", _hide_detail)
    if is_sqlite:
        if url.database and url.database != ":memory:" and not url.database.startswith("file:"):
            private_file(Path(url.database))
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    return engine


def _hide_detail(context: ExceptionContext) -> None:
    """PostgreSQL repeats the row in the lines after the first (`DETAIL: Key (phone)=(...) already exists`)."""
    for error in (context.original_exception, context.sqlalchemy_exception):
        if error is not None:
            error.args = tuple(part.partition("\n")[0] if isinstance(part, str) else part for part in error.args)


def _prepare_sqlite(connection: Any, record: Any) -> None:
    """The driver opens no transactions by itself: _begin_sqlite does."""
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in (f"busy_timeout = {BUSY_TIMEOUT_MS}", "journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    synchronous = connection.get_execution_options().get("huiling_writes")
    if synchronous:
        connection.exec_driver_sql(f"PRAGMA synchronous = {synchronous}")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if synchronous else "BEGIN")
