"""The callers' ear: a command that reads a path a line and answers a JSON line. What it heard once is kept on disk."""

from __future__ import annotations

import asyncio
import hashlib
import json
import logging
import os
import shlex
import time
from pathlib import Path
from typing import Protocol

from simulator import audio

log = logging.getLogger("simulator")

WARM_S = 300.0
WARM_HUM_S = 6.0
"""About as long as what a bot says in one go."""
DEFAULT_COMMAND = ".venv/bin/flask --app app speech hear - --engine whisper --json"


class Ear(Protocol):
    """Turns sound into text."""

    @property
    def pace_s(self) -> float | None:
        """Seconds that it takes over one utterance with nothing else to hear; None until all it needs is loaded."""

    async def warm(self) -> None:
        """Load what has to be loaded, and take the pace."""

    async def hear(self, mulaw: bytes) -> str:
        """What was said, empty when nothing was understood."""

    async def close(self) -> None:
        """Stop listening."""


class Deaf:
    """No ear: callers answer turn by turn."""

    pace_s = 0.0

    async def warm(self) -> None:
        """Nothing to load."""

    async def hear(self, mulaw: bytes) -> str:
        """Nothing."""
        return ""

    async def close(self) -> None:
        """Nothing to stop."""


class CommandEar:
    """A persistent process: one WAV path a line in, one {"path", "text"} a line out. Started anew when it dies."""

    def __init__(self, command: str, *, cache: Path, timeout_s: float = 60.0) -> None:
        self._command = command
        self._cache = cache
        self._timeout_s = timeout_s
        self._process: asyncio.subprocess.Process | None = None
        self._reader: asyncio.Task[None] | None = None
        self._waiting: dict[str, asyncio.Future[str]] = {}
        self._hearing: dict[str, asyncio.Task[str]] = {}
        """By the digest of the sound: callers who hear the same thing at once share one answer."""
        self._starting = asyncio.Lock()
        self.asked = self.remembered = 0
        self.pace_s: float | None = None

    async def warm(self) -> None:
        """Start the process and have it hear a hum twice: its model is loaded before the first call, and its pace known."""
        path = self._cache / "warm.wav"
        self._cache.mkdir(parents=True, exist_ok=True)
        path.write_bytes(audio.wav([audio.babble(WARM_HUM_S)]))
        try:
            async with asyncio.timeout(WARM_S):
                await self._ask(str(path))
                began = time.monotonic()
                await self._ask(str(path))
                self.pace_s = round(time.monotonic() - began, 3)
        except (TimeoutError, OSError) as fault:
            log.warning("the ear does not start: %s", type(fault).__name__)

    async def hear(self, mulaw: bytes) -> str:
        """From memory, else from the process; empty when it fails or takes longer than the limit."""
        digest = hashlib.sha256(self._command.encode() + b"\0" + mulaw).hexdigest()
        kept = self._cache / f"{digest}.json"
        if kept.exists():
            self.remembered += 1
            return str(json.loads(kept.read_text(encoding="utf-8"))["text"])
        if digest not in self._hearing:
            self._hearing[digest] = asyncio.create_task(self._hear_anew(digest, mulaw, kept))
            self._hearing[digest].add_done_callback(lambda _: self._hearing.pop(digest))
        return await asyncio.shield(self._hearing[digest])

    async def _hear_anew(self, digest: str, mulaw: bytes, kept: Path) -> str:
        self.asked += 1
        path = self._cache / f"{digest}.wav"
        self._cache.mkdir(parents=True, exist_ok=True)
        path.write_bytes(audio.wav([mulaw]))
        try:
            text = await asyncio.wait_for(self._ask(str(path)), self._timeout_s)
        except (TimeoutError, OSError) as fault:
            log.warning("the ear failed: %s", type(fault).__name__)
            return ""
        _write(kept, json.dumps({"text": text}, ensure_ascii=False))
        path.unlink(missing_ok=True)
        return text

    async def close(self) -> None:
        """End the process."""
        if self._reader is not None:
            self._reader.cancel()
        if self._process is not None and self._process.returncode is None:
            self._process.kill()
            await self._process.wait()

    async def _ask(self, path: str) -> str:
        process = await self._running()
        answer: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._waiting[path] = answer
        assert process.stdin is not None
        process.stdin.write(path.encode() + b"\n")
        await process.stdin.drain()
        return await answer

    async def _running(self) -> asyncio.subprocess.Process:
        async with self._starting:
            if self._process is None or self._process.returncode is not None:
                self._process = await asyncio.create_subprocess_exec(
                    *shlex.split(self._command),
                    stdin=asyncio.subprocess.PIPE,
                    stdout=asyncio.subprocess.PIPE,
                    limit=1 << 20,
                    env={**os.environ, "PYTHONUNBUFFERED": "1"},
                )
                self._reader = asyncio.create_task(self._read(self._process))
            return self._process

    async def _read(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdout is not None
        while line := await process.stdout.readline():
            try:
                said = json.loads(line)
                path, text = str(said["path"]), str(said["text"])
            except (ValueError, KeyError, TypeError):
                continue
            self._settle(path, text)
        await process.wait()
        log.warning("the ear ended with %s", process.returncode)
        for path in list(self._waiting):
            self._fail(path)

    def _settle(self, path: str, text: str) -> None:
        answer = self._waiting.pop(path, None)
        if answer is not None and not answer.done():
            answer.set_result(text)

    def _fail(self, path: str) -> None:
        answer = self._waiting.pop(path)
        if not answer.done():
            answer.set_exception(OSError("the ear ended"))


def _write(path: Path, text: str) -> None:
    part = path.with_suffix(".part")
    part.write_text(text, encoding="utf-8")
    part.replace(path)
