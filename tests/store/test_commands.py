"""`flask store ...`: what it says, and its exit codes."""

from __future__ import annotations

import wave
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner
from flask import Flask

from kit.clock import ManualClock
from kit.settings import Settings
from store import commands, ledger, schema
from store.recordings import StoredRecorder
from store.session import Store
from tests.store import cast
from tests.store.conftest import MONDAY


def run(store: Store, *args: str) -> tuple[int, str]:
    app = Flask("store-test")
    app.extensions["store"] = store
    group: click.Command = commands.cli
    with app.app_context():
        result = CliRunner().invoke(group, list(args))
    return result.exit_code, result.output


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[Store]:
    store = Store(Settings(data_dir=tmp_path / "empty"), ManualClock(MONDAY))
    yield store
    store.close()


def test_check_and_migrate(empty: Store) -> None:
    code, text = run(empty, "check")
    assert code == 1
    assert "flask --app app store migrate" in text
    newest = schema.newest_revision()
    for _ in range(2):
        assert run(empty, "migrate") == (0, f"数据库版本：{newest}\n")
    assert run(empty, "check") == (0, "数据库版本一致。\n")


def test_seal_and_verify(store: Store) -> None:
    cast.ready_call(store)
    assert run(store, "verify") == (0, "账本完整。\n")
    code, text = run(store, "seal")
    assert code == 0
    assert "本次封存" in text
    assert run(store, "seal") == (0, "本次封存 0 条。\n")
    with store.engine.connect() as connection:
        connection.exec_driver_sql("DROP TRIGGER ledger_entry_no_delete")
        connection.exec_driver_sql("DELETE FROM ledger_entry WHERE number = 2")
        connection.commit()
    code, text = run(store, "verify")
    assert code == 1
    assert "ledger_entry #2: removed" in text


def test_a_recording_is_written_as_a_stereo_wav(store: Store, tmp_path: Path) -> None:
    _, call = cast.ready_call(store)
    out = tmp_path / "f.wav"
    code, text = run(store, "recording", call.id, "--out", str(out))
    assert (code, text) == (1, "✗ 没有这通电话的录音\n")
    part = StoredRecorder(store).start(call.id)
    part.write(b"\x10" * 4_000, b"\x90" * 4_000)
    part.close()
    code, text = run(store, "recording", call.id, "--out", str(out), "--by", "zheng")
    assert code == 0
    assert "0.5 秒，1 段" in text
    with wave.open(str(out)) as file:
        assert (file.getnchannels(), file.getnframes()) == (2, 4_000)
    assert ledger.verify(store) == []
