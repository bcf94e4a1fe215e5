"""Where the demonstration happens: directories, ports, environment, and the processes that are started and stopped.

A stage hears of no other house: every setting is given by name, so that neither the environment nor `.env` can lend one.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

SHANGHAI = ZoneInfo("Asia/Shanghai")
PROCESSES = ("valkey", "web", "media", "worker", "beat")
FROM_OUTSIDE = ("HUILING_CACHE_DIR", "VOSK_MODEL_PATH")
"""Settings that the environment (never `.env`) may give to a stage: where models lie."""
MOST_LINES = 6
EAR_WORK_S = 8.0
"""Of every so many seconds of a call the callers' one ear, which hears by turns, may be at work once.

In the short demonstration each call asks it once in 16 s, all at once in the beginning; beside the house it takes 1.4 times
its pace.
"""
_SETTING = re.compile(r"^# ([A-Z][A-Z0-9_]*)=(.*)$", re.MULTILINE)
READY_S = 120.0
STOP_S = 30.0
LONGEST_S = 2400.0
"""For one command that people watch: several times what the slowest takes."""


class StageFault(Exception):
    """Something of the demonstration could not be started; the message says what and where its log lies."""


@dataclass(frozen=True, slots=True)
class Stage:
    """One demonstration's place and environment. `begins_at` is its Monday 10:00 in Shanghai."""

    root: Path
    folder: Path
    environment: Mapping[str, str]
    begins_at: datetime
    carrier_url: str
    web_url: str
    media_url: str
    account_sid: str
    auth_token: str

    def run(self, *command: str, quiet: bool = False) -> str:
        """Run a command of the house to its end; its standard output. Raises StageFault when it fails."""
        told = subprocess.run(
            command,
            cwd=self.root,
            env=dict(self.environment),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE if quiet else None,
        )
        if told.returncode:
            raise StageFault(f"命令失败（{told.returncode}）：{' '.join(command)}\n{(told.stderr or b'').decode()[-2000:]}")
        return told.stdout.decode()

    def show(self, *command: str) -> None:
        """Run a command whose output people see. Raises StageFault when it fails, or has no end."""
        try:
            returned = subprocess.run(command, cwd=self.root, env=dict(self.environment), timeout=LONGEST_S).returncode
        except subprocess.TimeoutExpired:
            raise StageFault(f"{LONGEST_S / 60:.0f} 分钟还没有结束：{' '.join(command)}；日志在 {self.folder}") from None
        if returned:
            raise StageFault(f"命令失败（{returned}）：{' '.join(command)}")

    @contextmanager
    def running(self, name: str, command: Sequence[str], *, ready: Sequence[str]) -> Iterator[subprocess.Popen[bytes]]:
        """A process for the time of the block, once every `ready` address answers 200. Raises StageFault.

        It leads a process group of its own, which ends with the block.
        """
        log = self.folder / f"{name}.log"
        with log.open("wb") as sink:
            process = subprocess.Popen(
                command, cwd=self.root, env=dict(self.environment), stdout=sink, stderr=sink, start_new_session=True
            )
            try:
                for address in ready:
                    _await(address, process, log)
                yield process
            finally:
                _stop(process)

    def await_ear(self) -> float:
        """Wait until the callers can hear: their ear loads a model. Seconds that it takes over one utterance.

        Raises StageFault.
        """
        limit = time.monotonic() + READY_S
        while (pace_s := self.ask("/simulator/health")["ear_pace_s"]) is None:
            if time.monotonic() > limit:
                raise StageFault(f"角色的耳朵在 {READY_S:.0f} 秒内没有就绪，日志：{self.folder / 'simulator.log'}")
            time.sleep(0.3)
        return float(pace_s)

    def with_lines(self, count: int) -> Stage:
        """The same stage, whose house holds so many calls at once."""
        return replace(self, environment={**self.environment, "HUILING_MEDIA_SLOTS": str(count)})

    def ask(self, path: str) -> Any:
        """JSON from the simulator."""
        with urllib.request.urlopen(f"{self.carrier_url}{path}", timeout=30) as answer:
            return json.load(answer)


def lines(ear_pace_s: float) -> int:
    """How many people may be called at once so that each hears in time, by an ear that takes so long over an utterance."""
    return MOST_LINES if ear_pace_s * MOST_LINES <= EAR_WORK_S else max(1, int(EAR_WORK_S / ear_pace_s))


def procfile(*processes: str) -> tuple[str, ...]:
    """The command that starts these processes of the Procfile. honcho puts `.env` above what it is given: it gets none."""
    return ("honcho", "--env", os.devnull, "start", *processes)


def set_stage(root: Path, folder: Path, *, agents: Sequence[str], duty_manager: str = "") -> Stage:
    """A fresh stage below `folder`: free ports, random secrets, a clock that stands on Monday 10:00 in Shanghai."""
    folder.mkdir(parents=True, exist_ok=True)
    web, media, carrier = _free_ports(3)
    account, token = "AC" + secrets.token_hex(16), secrets.token_hex(16)
    now = datetime.now(SHANGHAI)
    monday = (now + timedelta(days=-now.weekday() % 7)).replace(hour=10, minute=0, second=0, microsecond=0)
    house = {
        "HUILING_PUBLIC_BASE_URL": f"http://127.0.0.1:{web}",
        "HUILING_WEB_BIND": f"127.0.0.1:{web}",
        "HUILING_MEDIA_BASE_URL": f"ws://127.0.0.1:{media}",
        "HUILING_MEDIA_BIND": f"127.0.0.1:{media}",
        "HUILING_CARRIER_API_BASE_URL": f"http://127.0.0.1:{carrier}",
        "TWILIO_ACCOUNT_SID": account,
        "TWILIO_AUTH_TOKEN": token,
        "HUILING_CALLER_ID": "+12025550100",
        "HUILING_AGENT_NUMBERS": ",".join(agents),
        "HUILING_DUTY_MANAGER": duty_manager,
        "HUILING_DATA_DIR": str(folder / "data"),
        "HUILING_CLOCK_OFFSET_S": str(round((monday - now).total_seconds())),
        "HUILING_MEDIA_SLOTS": str(MOST_LINES),
        "HUILING_CALLS_PER_S": "1",
        "HUILING_LOG_LEVEL": "INFO",
    }
    return Stage(
        root=root,
        folder=folder,
        environment=sealed(root, house),
        begins_at=monday,
        carrier_url=f"http://127.0.0.1:{carrier}",
        web_url=f"http://127.0.0.1:{web}",
        media_url=f"http://127.0.0.1:{media}",
        account_sid=account,
        auth_token=token,
    )


def sealed(root: Path, house: Mapping[str, str]) -> dict[str, str]:
    """The environment of a house with these settings; every other one that `.env.example` names has its default from there."""
    defaults = dict(_SETTING.findall((root / ".env.example").read_text(encoding="utf-8")))
    defaults |= {f"{name}_FILE": "" for name in defaults}
    outside = {name: os.environ[name] for name in FROM_OUTSIDE if name in os.environ}
    bare = {name: value for name, value in os.environ.items() if not name.startswith(("HUILING_", "TWILIO_", "SIMULATOR_"))}
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"
    return {**bare, **defaults, **outside, **house, "PATH": path, "FLASK_SKIP_DOTENV": "1"}


def _free_ports(count: int) -> list[int]:
    sockets = [socket.socket() for _ in range(count)]
    try:
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [int(one.getsockname()[1]) for one in sockets]
    finally:
        for one in sockets:
            one.close()


def _await(address: str, process: subprocess.Popen[bytes], log: Path) -> None:
    limit = time.monotonic() + READY_S
    last = ""
    while time.monotonic() < limit:
        if process.poll() is not None:
            raise StageFault(f"进程已退出（{process.returncode}），日志：{log}\n{log.read_text(errors='replace')[-2000:]}")
        try:
            with urllib.request.urlopen(address, timeout=5) as answer:
                if answer.status == 200:
                    return
        except urllib.error.HTTPError as error:
            last = error.read().decode(errors="replace")
        except OSError as error:
            last = str(error)
        time.sleep(0.3)
    raise StageFault(f"{address} 在 {READY_S:.0f} 秒内没有就绪：{last}\n日志：{log}")


def _stop(process: subprocess.Popen[bytes]) -> None:
    """End the process and all that it started."""
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            process.wait(STOP_S)
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        return
    process.wait()
