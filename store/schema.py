"""Brings the schema up to date, once, however many processes ask at the same time; and says whether it is current."""

from __future__ import annotations

import contextlib
import fcntl
import logging
import sqlite3
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
from sqlalchemy.exc import DataError, IntegrityError, SQLAlchemyError

from store.models import Table
from store.session import Store

MIGRATIONS = Path(__file__).parent / "migrations"
MIGRATE = "flask --app app store migrate"
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
        raise SchemaBehind(f"数据库版本为 {found or '空'}，程序需要 {newest_revision()}：请先执行 {MIGRATE}")


def fault(store: Store) -> str:
    """What keeps the database from being used, in Chinese; nothing when all is well."""
    try:
        check(store)
    except SchemaBehind as behind:
        return str(behind)
    except (SQLAlchemyError, OSError) as broken:
        return words(store, broken) or ""
    return ""


def words(store: Store, error: Exception) -> str | None:
    """A fault of the database in Chinese, without a statement, a value or an address; None for what is none."""
    if isinstance(error, ModuleNotFoundError) and not store.is_sqlite:
        return f"数据库驱动缺少 Python 包 {error.name}：请运行 make install 重新安装依赖"
    if not isinstance(error, SQLAlchemyError):
        return None
    if _is_foreign(error):
        return f"{store.url.database} 不是 SQLite 数据库，或已损坏：从备份恢复，或换一个 HUILING_DATA_DIR"
    if isinstance(error, IntegrityError | DataError):
        return f"数据库不接受这次写入（{type(error).__name__}）：什么都没有改"
    where = f"能不能读写 {store.url.database}" if store.is_sqlite else "HUILING_DATABASE_URL 与数据库服务是否在运行"
    return f"数据库用不了（{type(error).__name__}）：检查{where}；升级过程序则先执行 {MIGRATE}"


def _is_foreign(error: SQLAlchemyError) -> bool:
    cause = getattr(error, "orig", None)
    return getattr(cause, "sqlite_errorcode", None) in (sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT)


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
