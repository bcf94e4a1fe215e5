"""kill -9 of the media worker in the middle of ten calls: all ten come back at their step and finish with their outcome."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import aiohttp
import pytest

from benchmarks.answers import hums
from benchmarks.peer import Peer
from desk.intake import StoredNotebook
from kit.vocabulary import Outcome
from store.session import Store
from tests.store import cast
from tests.store.conftest import clock, migrated, store

__all__ = ["clock", "migrated", "store"]
ROOT = Path(__file__).parents[3]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _start(port: int, data: Path) -> subprocess.Popen[bytes]:
    command = [
        sys.executable, "-m", "gunicorn", "tests.ivr.runtime.killable:app()", "--worker-class", "gthread",
        "--threads", "24", "--bind", f"127.0.0.1:{port}", "--timeout", "0", "--log-level", "error",
    ]  # fmt: skip
    process = subprocess.Popen(command, cwd=ROOT, env={**os.environ, "HUILING_DATA_DIR": str(data)}, start_new_session=True)
    for _ in range(300):
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=2).close()
        except OSError:
            time.sleep(0.1)
        else:
            return process
    raise RuntimeError("the media process did not start")


async def _calls(
    address: str, call_ids: list[str], seconds: float, *, answer: bool, kill: subprocess.Popen[bytes] | None
) -> None:
    """Hold all calls at once; `kill` the process group when all have been greeted; `answer` when asked again."""
    peers = [Peer(call_id) for call_id in call_ids]
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as http:
        running = [asyncio.create_task(peer.run(http, address, seconds, is_hanging_up=False)) for peer in peers]
        for _ in range(1200):
            if all(peer.sent for peer in peers):
                break
            await asyncio.sleep(0.05)
        assert all(peer.sent for peer in peers), "not everybody was greeted"
        if kill is not None:
            await asyncio.sleep(0.2)
            os.killpg(kill.pid, signal.SIGKILL)
        if answer:
            await asyncio.gather(*(_deny(peer) for peer in peers))
        await asyncio.gather(*running, return_exceptions=True)


async def _deny(peer: Peer) -> None:
    await peer.until_quiet()
    await asyncio.sleep(0.3)
    await peer.say(hums("不是的")[0])


@pytest.mark.servers
def test_ten_calls_survive_a_killed_media_worker(store: Store) -> None:
    calls = [cast.ready_call(store, seed)[1].id for seed in range(1, 11)]
    data, port = store.settings.data_dir, _free_port()
    store.close()
    first = _start(port, data)
    try:
        asyncio.run(_calls(f"127.0.0.1:{port}", calls, 90.0, answer=False, kill=first))
    finally:
        if first.poll() is None:
            os.killpg(first.pid, signal.SIGKILL)
        first.wait()
    notebook = StoredNotebook(store)
    for call_id in calls:
        sheet = notebook.open_call(call_id)
        assert sheet is not None
        assert sheet.outcome is None
        assert sheet.memory is not None, "the greeting was on its way, so the memory had been written"
    store.close()
    second = _start(port, data)
    try:
        asyncio.run(_calls(f"127.0.0.1:{port}", calls, 90.0, answer=True, kill=None))
    finally:
        os.killpg(second.pid, signal.SIGTERM)
        second.wait(30)
    outcomes = [sheet.outcome for call_id in calls if (sheet := notebook.open_call(call_id))]
    assert outcomes == [Outcome.WRONG_NUMBER] * 10
