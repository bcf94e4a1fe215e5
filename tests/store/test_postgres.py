"""The same tables, locks and ledger on PostgreSQL (a server of our own, on a socket in a temporary directory)."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, date
from pathlib import Path

import pytest
from sqlalchemy import insert, select
from sqlalchemy.exc import DBAPIError, IntegrityError

from desk import inbox
from desk.cases import CaseAction, Person
from desk.intake import StoredNotebook
from ivr.dialogue.effects import Complaint, Escalate, Lasting, LockNumber, Promise, StopCalling
from ivr.meaning import Bound
from ivr.ports import Turn
from kit.clock import ManualClock
from kit.settings import Settings
from kit.vocabulary import HangUpReason, Outcome, Risk, Severity
from store import attempts, calls, ledger, schema, targets
from store.callbacks import StoredCallbacks
from store.gate_facts import facts_for_gate
from store.models import Borrower, LedgerEntry
from store.session import Store
from store.words import AttemptState
from tests.store import cast
from tests.store.conftest import MONDAY

pytestmark = pytest.mark.postgres


def _binaries() -> Path | None:
    on_path = shutil.which("initdb")
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    found = debian[-1] if debian else (Path(on_path).resolve() if on_path else None)
    return found.parent if found else None


def _as_somebody() -> Callable[[], None] | None:
    """PostgreSQL refuses to run as root: become the user postgres, or nobody."""
    if os.geteuid() != 0:
        return None
    names = {entry.pw_name: entry for entry in pwd.getpwall()}
    user = names.get("postgres") or names["nobody"]

    def become() -> None:
        os.setgid(user.pw_gid)
        os.setuid(user.pw_uid)

    return become


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    binaries = _binaries()
    if binaries is None:
        pytest.skip("PostgreSQL binaries are not installed (Debian: postgresql)")
    folder = Path(tempfile.mkdtemp(prefix="hlpg", dir="/tmp"))  # short: it holds the server's socket
    folder.chmod(0o777)
    become = _as_somebody()

    def call(*command: str) -> None:
        subprocess.run(command, check=True, preexec_fn=become, cwd="/", capture_output=True, timeout=120)

    data = str(folder / "data")
    call(str(binaries / "initdb"), "-D", data, "-U", "huiling", "-A", "trust", "-N", "-E", "UTF8")
    options = f"-k {folder} -c listen_addresses='' -c fsync=off"
    try:
        call(str(binaries / "pg_ctl"), "-D", data, "-w", "-l", str(folder / "log"), "-o", options, "start")
        yield f"postgresql://huiling@/postgres?host={folder}"
    finally:
        call(str(binaries / "pg_ctl"), "-D", data, "-m", "immediate", "stop")
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def store(server: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    settings = Settings(data_dir=tmp_path_factory.mktemp("pg"), database_url=server)
    store = Store(settings, ManualClock(MONDAY))
    threads = [threading.Thread(target=schema.migrate, args=(store,)) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    yield store
    store.close()


def test_models_and_migrations_agree(store: Store) -> None:
    schema.check(store)
    assert schema.differences(store) == []


def test_one_of_many_gets_the_lease_and_the_attempt_is_counted(store: Store) -> None:
    borrower, loan = cast.add_borrower(store, 1)
    target = cast.add_target(store, cast.add_campaign(store), borrower, loan)
    won: list[bool] = []

    def take(owner: str) -> None:
        with store.transaction() as session:
            won.append(targets.lease(session, target.id, owner=owner, now=MONDAY, for_s=60))

    threads = [threading.Thread(target=take, args=(f"d{number}",)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(won) == [False] * 7 + [True]


def test_a_call_is_saved_and_finished(store: Store) -> None:
    attempt, call = cast.ready_call(store, 2)
    with store.transaction() as session:
        assert calls.finish(
            session,
            calls.locked(session, call.id),
            outcome=Outcome.PROMISE,
            reason=HangUpReason.SCRIPT_ENDED,
            now=MONDAY,
        )
    with store.reading() as session:
        facts = facts_for_gate(session, attempt.borrower_id, now=MONDAY)
        found = calls.find(session, call.id)
    assert facts.dialled_today == 1
    assert found is not None
    assert found[0].ended_at == MONDAY
    assert found[0].created_at.tzinfo is UTC


def test_two_workers_that_save_the_same_turn_save_it_once_and_the_desk_works_the_case(store: Store) -> None:
    attempt, call = cast.ready_call(store, 3)
    lasting: list[Lasting] = [
        Promise(date(2026, 11, 27), None, Bound.ON, "周五还"),
        Complaint("态度差"),
        StopCalling("别打了"),
        LockNumber("打错了"),
        Escalate(Risk.DISPUTE, Severity.P2, "利息不对", "命中"),
    ]
    turns = [Turn("callee", "利息不对", "ask", 0.0, 1.0, meaning={"intent": "dispute"})]
    errors: list[BaseException] = []

    def save() -> None:
        try:
            StoredNotebook(store).save_turn(call.id, turns, {"n": 1}, lasting, MONDAY)
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=save) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert errors == []
    sheet = StoredNotebook(store).open_call(call.id)
    assert sheet is not None
    assert sheet.memory == {"n": 1}
    with store.reading() as session:
        assert len(calls.transcript(session, call.id)) == 1
        facts = facts_for_gate(session, attempt.borrower_id, now=MONDAY)
    assert (facts.is_robot_stopped, facts.is_number_locked) == (True, True)
    assert sorted(hold.rule for hold in facts.holds) == ["complaint", "dispute"]
    lines = inbox.queue(store, now=MONDAY)
    assert sorted(line.title for line in lines) == ["争议", "投诉"]
    for action in (CaseAction.TAKE, CaseAction.CLOSE):
        inbox.act(store, lines[0].id, action, by=Person("zhou"), note="", now=MONDAY)
    assert len(inbox.queue(store, now=MONDAY)) == 1
    assert [StoredCallbacks(store).is_first("s", "k", MONDAY) for _ in range(2)] == [True, False]
    StoredCallbacks(store).call_progressed(call.id, "CA3", "completed", {}, MONDAY)
    with store.reading() as session:
        assert attempts.get(session, attempt.id).state is AttemptState.ENDED


def test_the_ledger_refuses_change_and_finds_it(store: Store) -> None:
    def write(number: int) -> None:
        with store.transaction() as session:
            ledger.append(session, "test.fact", f"b{number}", {"number": number}, now=MONDAY)

    threads = [threading.Thread(target=write, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    ledger.seal(store, limit=3)
    for thread in threads:
        thread.join(30)
    ledger.seal(store)
    assert ledger.verify(store) == []
    for deed in ("UPDATE ledger_entry SET what = 'x'", "DELETE FROM ledger_seal", "TRUNCATE ledger_entry"):
        with store.engine.connect() as connection, pytest.raises(DBAPIError, match="append-only"):
            connection.exec_driver_sql(deed)
    with store.reading() as session:
        number = session.scalars(select(LedgerEntry.number).order_by(LedgerEntry.number).limit(1)).one()
    with store.engine.connect() as connection:
        connection.exec_driver_sql("ALTER TABLE ledger_entry DISABLE TRIGGER ALL")
        connection.exec_driver_sql(f"DELETE FROM ledger_entry WHERE number = {number}")
        connection.commit()
    assert [(found.number, found.what) for found in ledger.verify(store)] == [(number, "removed")]


def test_errors_hold_nothing_of_a_person(store: Store) -> None:
    borrower, _ = cast.add_borrower(store, 40)
    row = {column.name: getattr(borrower, column.name) for column in Borrower.__table__.columns} | {"id": "another"}
    with store.transaction() as session, pytest.raises(IntegrityError) as caught:
        session.execute(insert(Borrower).values(row))
    told = f"{caught.value}{caught.value.orig}"
    assert "duplicate key" in told
    assert borrower.name not in told
    assert borrower.phone_e164 not in told
