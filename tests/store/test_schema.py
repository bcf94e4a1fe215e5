"""Models and migrations agree; migrating twice, or from many processes, is the same as once."""

from __future__ import annotations

import multiprocessing
import sqlite3
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from sqlalchemy import event, select, text
from sqlalchemy.exc import IntegrityError, SQLAlchemyError, StatementError

from kit.clock import SystemClock
from kit.settings import Settings
from store import schema
from store.models import CallbackSeen, Loan
from store.session import Store, WriterBusy, database_url


def test_models_and_migrations_agree(store: Store) -> None:
    assert schema.differences(store) == []


def test_check_refuses_an_empty_database_and_names_the_command(tmp_path: Path) -> None:
    store = Store(Settings(data_dir=tmp_path), SystemClock())
    with pytest.raises(schema.SchemaBehind, match="flask --app app store migrate"):
        schema.check(store)
    schema.migrate(store)
    schema.check(store)
    store.close()


def _migrate_in(folder: str) -> None:
    store = Store(Settings(data_dir=Path(folder)), SystemClock())
    schema.migrate(store)
    store.close()


def test_processes_that_migrate_at_once_do_it_once(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    workers = [context.Process(target=_migrate_in, args=(str(tmp_path),)) for _ in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
    assert [worker.exitcode for worker in workers] == [0, 0, 0]
    store = Store(Settings(data_dir=tmp_path), SystemClock())
    schema.check(store)
    store.close()


def test_migrating_again_changes_nothing(store: Store) -> None:
    assert schema.migrate(store) == schema.migrate(store) == schema.newest_revision()


def test_instants_come_back_aware_and_naive_ones_are_refused(store: Store) -> None:
    shanghai = datetime(2026, 11, 23, 10, 0, tzinfo=timezone(timedelta(hours=8)))
    with store.transaction() as session:
        session.add(CallbackSeen(source="s", key="k", seen_at=shanghai))
    with store.reading() as session:
        seen_at = session.scalars(select(CallbackSeen.seen_at)).one()
    assert seen_at == shanghai
    assert seen_at.tzinfo is UTC
    with pytest.raises(StatementError, match="zone"), store.transaction() as session:
        session.add(CallbackSeen(source="s", key="naive", seen_at=datetime(2026, 1, 1)))


def test_foreign_keys_bind_on_sqlite(store: Store) -> None:
    now = store.clock.now()
    loan = Loan(
        id="loan_1",
        loan_no="L1",
        borrower_id="nobody",
        amount_due_fen=1,
        due_on=now.date(),
        overdue_days=0,
        as_of_on=now.date(),
        created_at=now,
        updated_at=now,
    )
    with pytest.raises(IntegrityError), store.transaction() as session:
        session.add(loan)


def test_a_block_that_raises_writes_nothing(store: Store) -> None:
    def write_and_fall() -> None:
        with store.transaction() as session:
            session.add(CallbackSeen(source="s", key="k", seen_at=store.clock.now()))
            session.flush()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        write_and_fall()
    with store.reading() as session:
        assert session.scalars(select(CallbackSeen)).all() == []


def test_writers_hold_the_database_from_their_first_look(store: Store) -> None:
    with store.transaction() as session:
        session.execute(text("SELECT 1"))
        other = store.engine.raw_connection()
        cursor = other.cursor()
        cursor.execute("PRAGMA busy_timeout = 0")
        with pytest.raises(Exception, match="locked"):
            cursor.execute("BEGIN IMMEDIATE")
        other.invalidate()


def test_a_transaction_inside_another_is_named_not_hung(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("store.session.BUSY_TIMEOUT_MS", 1)
    with store.transaction(), pytest.raises(WriterBusy), store.transaction():
        pass
    with store.transaction() as session:
        session.add(CallbackSeen(source="s", key="after", seen_at=store.clock.now()))


@pytest.mark.parametrize(("is_synced", "level"), [(True, 2), (False, 1)])
def test_only_synced_commits_wait_for_the_disk(store: Store, is_synced: bool, level: int) -> None:
    with store.transaction(is_synced=is_synced) as session:
        assert session.execute(text("PRAGMA synchronous")).scalar_one() == level


def test_postgresql_is_spoken_by_psycopg() -> None:
    for given in ("postgres://db/h", "postgresql://db/h"):
        assert database_url(Settings(database_url=given)).drivername == "postgresql+psycopg"


def test_the_lines_in_which_postgresql_repeats_a_row_are_dropped(store: Store) -> None:
    """A driver's error as psycopg words it, raised while a statement is executed."""

    def refuse(*_: object) -> None:
        raise sqlite3.IntegrityError("duplicate key value\nDETAIL:  Key (name)=(王小明) already exists.")

    event.listen(store.engine, "do_execute", refuse)
    with pytest.raises(SQLAlchemyError) as caught, store.engine.connect() as connection:
        connection.exec_driver_sql("SELECT 1")
    told = f"{caught.value}{caught.value.__cause__!r}"
    assert "duplicate key value" in told
    assert "王小明" not in told
