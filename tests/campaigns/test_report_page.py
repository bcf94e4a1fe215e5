"""The report in a real browser: it opens from disk, lays out, and says what it should."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from flask.testing import FlaskCliRunner

from tests.campaigns.test_commands import listed, run, runner, settings

__all__ = ["runner", "settings"]

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
QUIET = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@pytest.mark.browser
@pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed (apt-get install chromium)")
def test_the_report_opens_in_a_browser(runner: FlaskCliRunner, tmp_path: Path) -> None:
    run(runner, "create", "甲", "--script", "overdue_reminder")
    run(runner, "import", listed(tmp_path, 1, 2), "--campaign", "甲")
    run(runner, "report", "甲", "--out", str(tmp_path / "report"))
    page = (tmp_path / "report" / "index.html").as_uri()
    shot = tmp_path / "page.png"
    command = [str(CHROMIUM), *QUIET, f"--user-data-dir={tmp_path / 'profile'}", f"--screenshot={shot}", page]
    subprocess.run(command, check=True, capture_output=True, timeout=60)
    assert shot.read_bytes().startswith(b"\x89PNG")
    told = subprocess.run([*command[:-2], "--dump-dom", page], check=True, capture_output=True, timeout=60).stdout.decode()
    assert told.count("<tr>") == 3
    assert "王**" in told
    assert "王小明" not in told
