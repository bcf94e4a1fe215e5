"""The carrier's end of many media sockets at once: 20 ms pacing, marks when reached, `clear`; notes when what came."""

from __future__ import annotations

import asyncio
import base64
import json
import time
from collections import deque
from dataclasses import dataclass, field

import aiohttp

FRAME = 160
FRAME_S = 0.02
QUIET = b"\xff" * FRAME
_QUIET_TEXT = base64.b64encode(QUIET).decode()


@dataclass(slots=True)
class Peer:
    """One call. `sent` notes (monotonic seconds, event) of what the bot sent."""

    call_id: str
    sent: list[tuple[float, str]] = field(default_factory=list)
    late_s: float = 0.0
    _playing: deque[int | str] = field(default_factory=deque)
    _mouth: deque[bytes] = field(default_factory=deque)
    _socket: aiohttp.ClientWebSocketResponse | None = None
    _is_over: bool = False

    @property
    def is_bot_speaking(self) -> bool:
        return bool(self._playing)

    @property
    def is_over(self) -> bool:
        return self._is_over

    async def run(self, http: aiohttp.ClientSession, address: str, seconds: float, *, is_hanging_up: bool = True) -> None:
        """Connect, exchange sound for that long or until the bot closes, stop."""
        async with http.ws_connect(f"http://{address}/media", max_msg_size=2**22, compress=0) as socket:
            self._socket = socket
            await self._start()
            reader = asyncio.create_task(self._read(socket))
            try:
                await self._pace(seconds)
                if is_hanging_up and not self._is_over:
                    await self._send({"event": "stop", "streamSid": self.call_id, "stop": {"callSid": self.call_id}})
            except (ConnectionError, aiohttp.ClientError):
                pass
            self._is_over = True
            reader.cancel()

    async def say(self, mulaw: bytes) -> float:
        """Speak a clip; the moment at which its last frame was sent."""
        self._mouth.extend(mulaw[start : start + FRAME].ljust(FRAME, b"\xff") for start in range(0, len(mulaw), FRAME))
        while self._mouth and not self._is_over:
            await asyncio.sleep(FRAME_S / 2)
        return time.monotonic()

    async def press(self, digit: str) -> None:
        """Press a key."""
        if self._socket is not None and not self._socket.closed:
            await self._send({"event": "dtmf", "streamSid": self.call_id, "dtmf": {"track": "inbound_track", "digit": digit}})

    async def wait_for(self, event: str, *, after: float, patience_s: float) -> float | None:
        """When that event came first after a moment; None when it did not within the patience."""
        until = time.monotonic() + patience_s
        while time.monotonic() < until and not self._is_over:
            found = next((at for at, name in reversed(self.sent) if name == event and at >= after), None)
            if found is not None:
                return min(at for at, name in self.sent if name == event and at >= after)
            await asyncio.sleep(0.005)
        return None

    async def until_quiet(self) -> None:
        """Wait until the bot has nothing more to play."""
        while not self._is_over and self._playing:
            await asyncio.sleep(FRAME_S)

    async def _start(self) -> None:
        form = {"encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 1}
        start = {"streamSid": self.call_id, "callSid": self.call_id, "tracks": ["inbound"], "mediaFormat": form}
        start["customParameters"] = {"token": self.call_id}
        await self._send({"event": "connected", "protocol": "Call", "version": "1.0.0"})
        await self._send({"event": "start", "sequenceNumber": "1", "streamSid": self.call_id, "start": start})

    async def _pace(self, seconds: float) -> None:
        begun = time.monotonic()
        for count in range(round(seconds / FRAME_S)):
            due = begun + count * FRAME_S
            if self._is_over:
                return
            now = time.monotonic()
            self.late_s = max(self.late_s, now - due)
            if due > now:
                await asyncio.sleep(due - now)
            await self._frame(count)

    async def _frame(self, count: int) -> None:
        if self._playing and isinstance(self._playing[0], int):
            left = self._playing[0] - FRAME
            self._playing[0] = left
            if left <= 0:
                self._playing.popleft()
        await self._reach()
        payload = base64.b64encode(self._mouth.popleft()).decode() if self._mouth else _QUIET_TEXT
        media = f'{{"track":"inbound","chunk":"{count + 1}","timestamp":"{count * 20}","payload":"{payload}"}}'
        text = f'{{"event":"media","sequenceNumber":"{count + 2}","streamSid":"{self.call_id}","media":{media}}}'
        assert self._socket is not None
        await self._socket.send_str(text)

    async def _read(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        async for message in socket:
            if message.type is not aiohttp.WSMsgType.TEXT:
                break
            data = json.loads(message.data)
            self.sent.append((time.monotonic(), data["event"]))
            if data["event"] == "media":
                self._playing.append(len(data["media"]["payload"]) * 3 // 4)
            elif data["event"] == "mark":
                self._playing.append(data["mark"]["name"])
            else:
                marks = [item for item in self._playing if isinstance(item, str)]
                self._playing.clear()
                for name in marks:
                    await self._mark(name)
        self._is_over = True

    async def _reach(self) -> None:
        while self._playing and isinstance(self._playing[0], str):
            await self._mark(str(self._playing.popleft()))

    async def _mark(self, name: str) -> None:
        await self._send({"event": "mark", "streamSid": self.call_id, "mark": {"name": name}})

    async def _send(self, message: dict[str, object]) -> None:
        assert self._socket is not None
        await self._socket.send_str(json.dumps(message))
