"""Nothing in the ledger changes unseen: rows refuse change, and whoever gets past that is found, whatever was touched."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from kit.clock import ManualClock
from kit.phone import invented_mainland
from kit.settings import Settings
from store import ledger
from store.ledger import PersonalValue
from store.session import Store
from tests.store.conftest import MONDAY


def fill(store: Store, count: int) -> None:
    with store.transaction() as session:
        for number in range(count):
            payload = {"number": number, "rule": "allowed"}
            ledger.append(session, "test.fact", f"borrower_{number}", payload, now=MONDAY + timedelta(seconds=number))


def tampered(store: Store, *statements: str) -> list[str]:
    """Drop the triggers, do the deed, verify; what was found as `table number what`."""
    with store.engine.connect() as connection:
        _without_triggers(connection)
        for statement in statements:
            assert connection.exec_driver_sql(statement).rowcount != 0, statement
        connection.commit()
    return [f"{found.table} {found.number} {found.what}" for found in ledger.verify(store)]


def _without_triggers(connection: Connection) -> None:
    for name in connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'trigger'").scalars().all():
        connection.exec_driver_sql(f"DROP TRIGGER {name}")


def test_a_whole_ledger_verifies_sealed_or_not(store: Store) -> None:
    assert ledger.verify(store) == []
    fill(store, 5)
    assert ledger.verify(store) == []
    assert ledger.seal(store, limit=2) == 5
    fill(store, 2)
    assert ledger.verify(store) == []
    assert ledger.seal(store) == 2
    assert ledger.seal(store) == 0
    assert ledger.verify(store) == []


@pytest.mark.parametrize("table", ["ledger_entry", "ledger_seal"])
@pytest.mark.parametrize("deed", ["UPDATE {} SET at = '2020-01-01 00:00:00'", "DELETE FROM {}"])
def test_rows_refuse_change(store: Store, table: str, deed: str) -> None:
    fill(store, 1)
    ledger.seal(store)
    with store.engine.connect() as connection, pytest.raises(DBAPIError, match="append-only"):
        connection.exec_driver_sql(deed.format(table))


SEALED_IN_TWO = 6
TAIL = 3
DEEDS: dict[str, Callable[[int], str]] = {
    "at": lambda n: f"UPDATE ledger_entry SET at = '2020-01-01 00:00:00.000000' WHERE number = {n}",
    "what": lambda n: f"UPDATE ledger_entry SET what = 'test.other' WHERE number = {n}",
    "subject": lambda n: f"UPDATE ledger_entry SET subject = 'x' || substr(subject, 2) WHERE number = {n}",
    "payload": lambda n: f"UPDATE ledger_entry SET payload = replace(payload, 'allowed', 'forced') WHERE number = {n}",
    "mac": lambda n: f"UPDATE ledger_entry SET mac = 'x' || substr(mac, 2) WHERE number = {n}",
    "number": lambda n: f"UPDATE ledger_entry SET number = 900 WHERE number = {n}",
    "removed": lambda n: f"DELETE FROM ledger_entry WHERE number = {n}",
    "copied": lambda n: (
        "INSERT INTO ledger_entry (number, at, what, subject, payload, mac) "
        f"SELECT 901, at, what, subject, payload, mac FROM ledger_entry WHERE number = {n}"
    ),
    "swapped": lambda n: (
        "UPDATE ledger_entry SET payload = (SELECT payload FROM ledger_entry AS other "
        f"WHERE other.number = {n % (SEALED_IN_TWO + TAIL) + 1}) WHERE number = {n}"
    ),
}
SEAL_DEEDS: dict[str, Callable[[int], str]] = {
    "at": lambda n: f"UPDATE ledger_seal SET at = '2020-01-01 00:00:00.000000' WHERE number = {n}",
    "first": lambda n: f'UPDATE ledger_seal SET "first" = "first" + 1 WHERE number = {n}',
    "last": lambda n: f'UPDATE ledger_seal SET "last" = "last" - 1 WHERE number = {n}',
    "count": lambda n: f"UPDATE ledger_seal SET count = count + 1 WHERE number = {n}",
    "previous": lambda n: f"UPDATE ledger_seal SET previous = 'x' || substr(previous, 2) WHERE number = {n}",
    "digest": lambda n: f"UPDATE ledger_seal SET digest = 'x' || substr(digest, 2) WHERE number = {n}",
    "removed": lambda n: f"DELETE FROM ledger_seal WHERE number = {n}",
}


@pytest.fixture(scope="module")
def filled(migrated: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("filled") / "data"
    shutil.copytree(migrated, folder)
    store = Store(Settings(data_dir=folder), ManualClock(MONDAY))
    fill(store, SEALED_IN_TWO)
    ledger.seal(store, limit=SEALED_IN_TWO // 2)
    fill(store, TAIL)
    store.close()
    return folder


@pytest.mark.parametrize("number", range(1, SEALED_IN_TWO + TAIL + 1))
@pytest.mark.parametrize("deed", DEEDS)
def test_any_touched_entry_is_found_and_named(filled: Path, tmp_path: Path, deed: str, number: int) -> None:
    shutil.copytree(filled, tmp_path / "data")
    store = Store(Settings(data_dir=tmp_path / "data"), ManualClock(MONDAY))
    found = tampered(store, DEEDS[deed](number))
    store.close()
    named = {"number": 900, "copied": 901}.get(deed, number)
    assert any(line.startswith(f"ledger_entry {named} ") for line in found), found


@pytest.mark.parametrize("number", [1, 2])
@pytest.mark.parametrize("deed", SEAL_DEEDS)
def test_any_touched_seal_is_found(filled: Path, tmp_path: Path, deed: str, number: int) -> None:
    shutil.copytree(filled, tmp_path / "data")
    store = Store(Settings(data_dir=tmp_path / "data"), ManualClock(MONDAY))
    found = tampered(store, SEAL_DEEDS[deed](number))
    store.close()
    assert any(line.startswith("ledger_seal") for line in found), found


@given(data=st.data())
@hypothesis_settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_single_byte_changed_anywhere_is_found(filled: Path, tmp_path: Path, data: st.DataObject) -> None:
    shutil.rmtree(tmp_path / "data", ignore_errors=True)
    shutil.copytree(filled, tmp_path / "data")
    store = Store(Settings(data_dir=tmp_path / "data"), ManualClock(MONDAY))
    number = data.draw(st.integers(1, SEALED_IN_TWO + TAIL))
    column = data.draw(st.sampled_from(["what", "subject", "payload", "mac"]))
    with store.engine.connect() as connection:
        old = connection.exec_driver_sql(f"SELECT {column} FROM ledger_entry WHERE number = {number}").scalar_one()
    place = data.draw(st.integers(0, len(old) - 1))
    letter = data.draw(st.characters(min_codepoint=33, max_codepoint=126, exclude_characters=old[place] + "'%:"))
    new = old[:place] + letter + old[place + 1 :]
    found = tampered(store, f"UPDATE ledger_entry SET {column} = '{new}' WHERE number = {number}")
    store.close()
    assert f"ledger_entry {number} changed_or_inserted" in found


def test_a_cut_off_end_is_found_even_when_the_database_forgets_its_numbers(filled: Path, tmp_path: Path) -> None:
    shutil.copytree(filled, tmp_path / "data")
    store = Store(Settings(data_dir=tmp_path / "data"), ManualClock(MONDAY))
    found = tampered(
        store,
        "DELETE FROM ledger_seal WHERE number = 2",
        "DELETE FROM ledger_entry WHERE number > 3",
        "UPDATE sqlite_sequence SET seq = 3 WHERE name = 'ledger_entry'",
        "UPDATE sqlite_sequence SET seq = 1 WHERE name = 'ledger_seal'",
    )
    assert found == ["ledger_seal 2 cut_off"]
    (tmp_path / "data" / "ledger.anchor").unlink()
    assert [found.what for found in ledger.verify(store)] == ["removed"]
    (tmp_path / "data" / "ledger.anchor").write_text("nonsense")
    assert [found.what for found in ledger.verify(store)] == ["changed"]
    store.close()


def test_an_entry_forged_with_another_key_is_found(store: Store, tmp_path: Path) -> None:
    fill(store, 2)
    ledger.seal(store)
    (store.settings.data_dir / "digest.key").write_text("another")
    with_another_key = Store(store.settings, store.clock)
    fill(with_another_key, 1)
    with_another_key.close()
    assert [(found.number, found.what) for found in ledger.verify(store)] == [(3, "changed_or_inserted")]


@pytest.mark.parametrize("value", ["王合作", invented_mainland(3), [invented_mainland(3)], "11010119900101123X"])
def test_personal_values_are_refused(store: Store, value: object) -> None:
    with pytest.raises(PersonalValue, match="name") as fault, store.transaction() as session:
        ledger.append(session, "test.fact", "borrower_1", {"name": value}, now=MONDAY)
    assert str(value) not in str(fault.value)


def test_an_entry_is_written_with_its_fact_or_not_at_all(store: Store) -> None:
    def write_and_fall() -> None:
        with store.transaction() as session:
            ledger.append(session, "test.fact", "borrower_1", {}, now=MONDAY)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        write_and_fall()
    fill(store, 1)
    assert ledger.verify(store) == []
    ledger.seal(store)
    assert json.loads((store.settings.data_dir / "ledger.anchor").read_text())["last"] == 1
