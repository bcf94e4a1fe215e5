"""kill -9 of the media process in the middle of ten calls through the phone company: all ten finish with their outcome.

Everything is real but speech: the Procfile's own commands, signed webhooks, sockets, SQLite, Valkey, the dialler. The bot
hums its prompts, the callers' ear knows the hums by heart, and they answer by keys.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from campaigns.status import Status, status_of
from ivr.dialogue.lines import static_pieces
from ivr.script.load import load_script
from kit.clock import SystemClock
from kit.phone import invented_mainland
from kit.settings import Settings
from kit.vocabulary import Outcome
from simulator.demo.stage import Stage, set_stage
from store.models import RecordingPart
from store.recordings import StoredRecorder
from store.session import Store

ROOT = Path(__file__).parents[2]
CAMPAIGN, SCRIPT = "断线", "overdue_reminder"
PERSONAS = ["pays_tomorrow"] * 6 + ["wrong_number"] * 2 + ["wife_answers"] * 2
OUTCOMES = {"pays_tomorrow": Outcome.PROMISE, "wrong_number": Outcome.WRONG_NUMBER, "wife_answers": Outcome.THIRD_PARTY}
PATIENCE_S = 150.0


def _number(place: int) -> str:
    return invented_mainland(7_700 + place)


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    """A stage without engines: the voice hums, the ear hears nothing."""
    made = set_stage(ROOT, tmp_path, agents=[f"{invented_mainland(7_800 + seed)}*" for seed in range(4)])
    changes = {
        "HUILING_SYNTHESIZER": "scripted",
        "HUILING_VOICE": "hum",
        "HUILING_RECOGNIZER": "scripted",
        "HUILING_CACHE_DIR": str(tmp_path / "cache"),
        "HUILING_MEDIA_SLOTS": "12",
        "HUILING_CALLS_PER_S": "10",
    }
    return replace(made, environment={**made.environment, **changes})


@pytest.fixture
def store(stage: Stage) -> Iterator[Store]:
    opened = Store(
        Settings(data_dir=Path(stage.environment["HUILING_DATA_DIR"])),
        SystemClock(float(stage.environment["HUILING_CLOCK_OFFSET_S"])),
    )
    yield opened
    opened.close()


def _procfile(stage: Stage, name: str) -> list[str]:
    """The Procfile's command for a process."""
    lines = (ROOT / "Procfile").read_text(encoding="utf-8").splitlines()
    (command,) = [line.partition(": ")[2] for line in lines if line.startswith(f"{name}: ")]
    return ["sh", "-c", f"exec {command}"]


def _media(stage: Stage, name: str) -> AbstractContextManager[subprocess.Popen[bytes]]:
    return stage.running(name, _procfile(stage, "media"), ready=[f"{stage.media_url}/readyz"])


def _simulator(stage: Stage) -> list[str]:
    numbers, texts = stage.folder / "numbers.json", stage.folder / "texts.json"
    numbers.write_text(json.dumps({_number(place): one for place, one in enumerate(PERSONAS)}), encoding="utf-8")
    script = load_script(ROOT / "scripts_zh", SCRIPT)
    texts.write_text(json.dumps(sorted(static_pieces(script)), ensure_ascii=False), encoding="utf-8")
    options = {
        "port": stage.carrier_url.rpartition(":")[2],
        "account-sid": stage.account_sid,
        "auth-token": stage.auth_token,
        "subscribers": str(numbers),
        "cast": str(Path(__file__).with_name("cast_by_keys.yaml")),
        "ear": f"{sys.executable} -m tests.house.hum_ear {texts}",
        "ear-cache": str(stage.folder / "ear"),
        "now": stage.begins_at.isoformat(),
        "cps": "20",
    }
    return [sys.executable, "-m", "simulator", *(part for name, value in options.items() for part in (f"--{name}", value))]


def _list(stage: Stage) -> Path:
    due_on = stage.begins_at.date() - timedelta(days=6)
    rows = [f"测试{'甲乙丙丁戊己庚辛壬癸'[n]},{_number(n)},3826,HL-{n},3200.00,{due_on},6" for n in range(len(PERSONAS))]
    path = stage.folder / "list.csv"
    path.write_text("\n".join(["name,phone,id_last4,loan_no,amount_yuan,due_on,overdue_days", *rows]), encoding="utf-8")
    return path


def _prepare(stage: Stage) -> None:
    flask = ("flask", "--app", "app")
    stage.run(*flask, "store", "migrate", quiet=True)
    stage.run(*flask, "campaigns", "create", CAMPAIGN, "--script", SCRIPT, quiet=True)
    stage.run(*flask, "campaigns", "import", str(_list(stage)), "--campaign", CAMPAIGN, quiet=True)
    stage.run(*flask, "campaigns", "prepare", CAMPAIGN, quiet=True)


def _await(holds: Callable[[], bool], what: str, limit_s: float = PATIENCE_S) -> None:
    limit = time.monotonic() + limit_s
    while not holds():
        assert time.monotonic() < limit, what
        time.sleep(0.2)


def _calls(stage: Stage) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = stage.ask("/simulator/calls")["calls"]
    return found


def _outcomes(status: Status) -> dict[str | None, Outcome | None]:
    return {row.loan_no: row.outcome for row in status.rows}


@pytest.mark.procfile
def test_ten_calls_finish_though_the_media_process_is_killed(stage: Stage, store: Store) -> None:
    with ExitStack() as house:
        house.enter_context(stage.running("valkey", _procfile(stage, "valkey"), ready=[]))
        _prepare(stage)
        house.enter_context(stage.running("simulator", _simulator(stage), ready=[f"{stage.carrier_url}/simulator/health"]))
        stage.await_ear()
        first = house.enter_context(_media(stage, "media"))
        house.enter_context(stage.running("web", _procfile(stage, "web"), ready=[f"{stage.web_url}/readyz"]))
        house.enter_context(stage.running("worker", _procfile(stage, "worker"), ready=[]))
        house.enter_context(stage.running("beat", _procfile(stage, "beat"), ready=[]))
        stage.run("flask", "--app", "app", "campaigns", "start", CAMPAIGN, quiet=True)

        _await(lambda: sum(bool(one["digits"]) for one in _calls(stage)) == len(PERSONAS), "not all ten were in their calls")
        os.killpg(first.pid, signal.SIGKILL)
        assert set(_outcomes(status_of(store, CAMPAIGN)).values()) == {None}, "a call was over before the kill"
        assert {one["status"] for one in _calls(stage)} == {"in-progress"}
        first.wait()
        house.enter_context(_media(stage, "media-again"))
        _await(lambda: None not in _outcomes(status_of(store, CAMPAIGN)).values(), "a call has no outcome")
        _await(lambda: {one["status"] for one in _calls(stage)} == {"completed"}, "a line is still open")
        calls = _calls(stage)

    status = status_of(store, CAMPAIGN)
    assert _outcomes(status) == {f"HL-{place}": OUTCOMES[persona] for place, persona in enumerate(PERSONAS)}
    assert len(calls) == len(PERSONAS), "somebody was rung twice"
    assert {row.tries for row in status.rows} == {1}
    promised = {row.promised_on for row in status.rows if row.outcome is Outcome.PROMISE}
    assert promised == {stage.begins_at.date() + timedelta(days=1)}
    later = Store(store.settings, SystemClock(float(stage.environment["HUILING_CLOCK_OFFSET_S"]) + 600))
    StoredRecorder(later).salvage()
    later.close()
    with store.reading() as session:
        parts = session.query(RecordingPart).all()
    assert set(Counter(part.call_id for part in parts).values()) == {2}, "each call was carried and recorded by two workers"
    assert all(part.closed_at and part.frames for part in parts)
