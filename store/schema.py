"""Brings the schema up to date, once, however many processes ask at the same time; and says whether it is current."""

from __future__ import annotations

import contextlib
import fcntl
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text
from sqlalchemy.engine import Connection
from sqlalchemy.exc import SQLAlchemyError

from store.models import Table
from store.session import Store

MIGRATIONS = Path(__file__).parent / "migrations"
_ADVISORY_LOCK = 7_203_411


class SchemaBehind(RuntimeError):
    """The database has not the schema that this program needs."""


def migrate(store: Store) -> str:
    """Apply what is missing; the revision reached. Safe to call from several processes at once."""
    logging.getLogger("alembic").setLevel(logging.WARNING)
    with _one_at_a_time(store), store.engine.connect() as connection:
        config = _config()
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        connection.commit()
        return current_revision(connection) or ""


def check(store: Store) -> None:
    """Raise SchemaBehind unless the database stands at the newest revision."""
    with store.engine.connect() as connection:
        found = current_revision(connection)
    if found != newest_revision():
        raise SchemaBehind(f"数据库版本为 {found or '空'}，程序需要 {newest_revision()}：请先执行 flask store migrate")


def fault(store: Store) -> str:
    """What keeps the database from being used, in Chinese; nothing when all is well."""
    try:
        check(store)
    except SchemaBehind as behind:
        return str(behind)
    except SQLAlchemyError:
        return "连不上数据库：检查 HUILING_DATABASE_URL"
    return ""


def differences(store: Store) -> list[Any]:
    """What the models say and the database does not, as Alembic's operations; empty when they agree."""
    with store.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        return list(compare_metadata(context, Table.metadata))


def current_revision(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


def newest_revision() -> str | None:
    return ScriptDirectory.from_config(_config()).get_current_head()


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    return config


@contextlib.contextmanager
def _one_at_a_time(store: Store) -> Iterator[None]:
    if store.is_sqlite:
        with open(f"{store.url.database}.migrating", "w", encoding="ascii") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield
        return
    with store.engine.connect() as connection:
        connection.execute(text("SELECT pg_advisory_lock(:lock)"), {"lock": _ADVISORY_LOCK})
        try:
            yield
        finally:
            connection.execute(text("SELECT pg_advisory_unlock(:lock)"), {"lock": _ADVISORY_LOCK})
