"""A process killed anywhere inside a save leaves all of the turn or nothing of it."""

from __future__ import annotations

import subprocess
import sys

import pytest

from desk.intake import StoredNotebook
from store import ledger
from store.session import Store
from tests.desk.test_notebook import MEMORY, _everything
from tests.store import cast

KILLED = """
import os, signal, sys
from datetime import date
from pathlib import Path
from sqlalchemy import event
from desk.intake import StoredNotebook
from ivr.dialogue.effects import Complaint, Escalate, Promise, StopCalling
from ivr.meaning import Bound
from ivr.ports import Turn
from kit.clock import ManualClock
from kit.settings import Settings
from kit.vocabulary import Risk, Severity
from store.session import Store
from tests.desk.test_notebook import MEMORY
from tests.store.conftest import MONDAY

folder, call_id, fatal = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
store = Store(Settings(data_dir=folder), ManualClock(MONDAY))
seen = 0

def count(*_):
    global seen
    seen += 1
    if seen == fatal:
        os.kill(os.getpid(), signal.SIGKILL)

event.listen(store.engine, "before_cursor_execute", count)
lasting = [
    Promise(date(2026, 11, 27), None, Bound.ON, "q"),
    Complaint("q"),
    StopCalling("q"),
    Escalate(Risk.DISPUTE, Severity.P2, "q", "w"),
]
turns = [Turn("bot", "a", "s", 0.0, 1.0), Turn("callee", "b", "s", 1.0, 2.0)]
StoredNotebook(store).save_turn(call_id, turns, MEMORY, lasting, MONDAY)
print(seen)
"""


def _save(store: Store, call_id: str, fatal: int) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", KILLED, str(store.settings.data_dir), call_id, str(fatal)]
    return subprocess.run(command, check=False, timeout=60, capture_output=True, text=True)


@pytest.mark.servers
def test_all_or_nothing_wherever_it_is_killed(store: Store) -> None:
    _, other = cast.ready_call(store, 1)
    whole = _save(store, other.id, 0)
    assert whole.returncode == 0, whole.stderr
    statements = int(whole.stdout)
    _, call = cast.ready_call(store, 2)
    store.close()
    before = _everything(store)
    for fatal in sorted({1, 2, 3, statements // 3, statements // 2, statements * 2 // 3, statements - 1, statements}):
        store.close()
        assert _save(store, call.id, fatal).returncode == -9
        assert _everything(store) == before, f"killed at statement {fatal} of {statements}"
        sheet = StoredNotebook(store).open_call(call.id)
        assert sheet is not None
        assert sheet.memory is None
        assert ledger.verify(store) == []
    assert _save(store, call.id, 0).returncode == 0
    after = _everything(store)
    assert all(after[name] == before[name] + added for name, added in {"turn": 2, "promise": 1, "case": 2, "hold": 2}.items())
    assert _save(store, call.id, 0).returncode == 0
    assert _everything(store) == after
    sheet = StoredNotebook(store).open_call(call.id)
    assert sheet is not None
    assert sheet.memory == MEMORY
