"""The simulator as a process of its own."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import urllib.request

import pytest

from tests.simulator.world import ACCOUNT, CALLEE, TOKEN


@pytest.mark.servers
def test_it_starts_says_where_and_ends_on_sigterm() -> None:
    command = [
        sys.executable,
        "-m",
        "simulator",
        "--port",
        "0",
        "--account-sid",
        ACCOUNT,
        "--auth-token",
        TOKEN,
        "--ear",
        "none",
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line.startswith("simulator: listening on http://127.0.0.1:")
        base = line.split()[-1]
        added = urllib.request.Request(
            f"{base}/simulator/subscribers", data=json.dumps({"phone": CALLEE, "persona": "silent"}).encode(), method="POST"
        )
        with urllib.request.urlopen(added, timeout=5) as response:
            assert response.status == 201
        with urllib.request.urlopen(f"{base}/simulator/health", timeout=5) as response:
            assert json.load(response) == {"status": "ok", "live": 0, "numbers": 1, "ear_pace_s": 0.0}
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=10) == 0
        assert process.stderr is not None
        assert process.stderr.read() == ""


def test_a_missing_subscribers_file_is_exit_code_2() -> None:
    command = [sys.executable, "-m", "simulator", "--port", "0", "--account-sid", ACCOUNT, "--auth-token", TOKEN]
    done = subprocess.run([*command, "--subscribers", "/nowhere.json"], capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 2
    assert "/nowhere.json" in done.stderr
