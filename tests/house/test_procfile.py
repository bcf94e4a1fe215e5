"""The whole Procfile starts, says that it is ready, and stops when it is told to."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from simulator.demo.stage import PROCESSES, procfile, sealed

ROOT = Path(__file__).parents[2]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def house(tmp_path: Path) -> Iterator[tuple[subprocess.Popen[bytes], dict[str, str], Path]]:
    web, media = free_port(), free_port()
    settings = {
        "HUILING_DATA_DIR": str(tmp_path / "data"),
        "HUILING_WEB_BIND": f"127.0.0.1:{web}",
        "HUILING_MEDIA_BIND": f"127.0.0.1:{media}",
        "HUILING_PUBLIC_BASE_URL": f"http://127.0.0.1:{web}",
        "HUILING_CARRIER_API_BASE_URL": f"http://127.0.0.1:{free_port()}",
        "HUILING_RECOGNIZER": "vosk",
        "HUILING_AGENT_NUMBERS": "+12025550101*",
    }
    environment = sealed(ROOT, settings)
    subprocess.run(["flask", "--app", "app", "store", "migrate"], cwd=ROOT, env=environment, check=True, capture_output=True)
    log = tmp_path / "log.txt"
    with log.open("wb") as sink:
        process = subprocess.Popen(
            procfile(*PROCESSES), cwd=ROOT, env=environment, stdout=sink, stderr=sink, start_new_session=True
        )
        try:
            yield process, environment, log
        finally:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)  # honcho's children lead groups of their own: only it can end them
                try:
                    process.wait(30)
                except subprocess.TimeoutExpired:
                    os.killpg(process.pid, signal.SIGKILL)
                    process.wait()


def ready(address: str) -> bool:
    try:
        with urllib.request.urlopen(f"http://{address}/readyz", timeout=2) as answer:
            return bool(json.load(answer)["status"] == "ready")
    except OSError:
        return False


@pytest.mark.procfile
def test_the_procfile_starts_is_ready_and_stops(house: tuple[subprocess.Popen[bytes], dict[str, str], Path]) -> None:
    process, environment, log = house
    limit = time.monotonic() + 90
    waiting = {environment["HUILING_WEB_BIND"], environment["HUILING_MEDIA_BIND"]}
    while waiting:
        assert process.poll() is None, log.read_text()
        assert time.monotonic() < limit, log.read_text()
        waiting = {address for address in waiting if not ready(address)}
        time.sleep(0.2)
    process.send_signal(signal.SIGTERM)
    process.wait(timeout=60)
    said = log.read_text()
    assert "Traceback" not in said
    for name in PROCESSES:
        assert f"{name}.1" in said
