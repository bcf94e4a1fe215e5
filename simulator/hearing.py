"""How a subscriber hears: cuts what is played into utterances and has the ear put each into words meanwhile."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from simulator import audio
from simulator.call import Call
from simulator.ear import Ear
from simulator.line import VOICED_LEVEL, Line, Sound

BATCH_GAP_S = 0.15
"""Sound that arrives in one go (a large frame after the other) is heard as one."""
BATCH_LIMIT_BYTES = 25 * audio.RATE_HZ
END_GAP_S = 0.35
"""An utterance is over when this long nothing was played and nothing waits."""
PAUSE_S = 0.6
LONG_PAUSE_S = 2.0


@dataclass(slots=True, eq=False)
class Utterance:
    """One stretch of the other side's speech, in line seconds."""

    began: float
    ended: float = 0.0
    parts: list[asyncio.Future[str]] = field(default_factory=list)
    is_cut: bool = False
    share_played: float = 1.0
    is_used: bool = False
    """Already answered, by talking over it."""

    async def text(self) -> str:
        """Its words; of one that was cut only those that were played."""
        whole = "".join([await part for part in self.parts])
        return whole[: round(len(whole) * self.share_played)] if self.is_cut else whole


class Listener:
    """Attached to one line. `utterances` get complete ones; `started` is set while the other side talks."""

    def __init__(self, call: Call, line: Line, ear: Ear) -> None:
        self._call = call
        self._line = line
        self._ear = ear
        self._pending = bytearray()
        self._arrived_at = 0.0
        self._arrived_bytes = 0
        self._parts: list[asyncio.Future[str]] = []
        self._voice_at = 0.0
        self.utterances: asyncio.Queue[Utterance] = asyncio.Queue()
        self.current: Utterance | None = None
        self.started = asyncio.Event()
        self.is_deaf = False
        """Set when a person is on the other side: their words need no ear."""
        self.spoke_until: float | None = None
        line.playout.on_arrival = self._on_arrival
        line.playout.on_clear = self._on_clear
        line.on_played = self._on_played

    @property
    def is_talking(self) -> bool:
        """Whether the other side is in the middle of an utterance."""
        return self.current is not None

    def _on_arrival(self, sound: Sound) -> None:
        self._arrived_at = self._line.clock.now()
        self._arrived_bytes += len(sound.mulaw)
        if sound.text is not None:
            if sound.text:
                self._submit()
                self._parts.append(_known(sound.text))
        elif not self.is_deaf and (self._pending or audio.level(sound.mulaw) > VOICED_LEVEL / 2):
            self._pending += sound.mulaw

    def _on_clear(self, dropped: int) -> None:
        self._submit()
        if self.current is not None and dropped:
            self.current.is_cut = True
            self.current.share_played = max(0.0, 1 - dropped / max(1, self._arrived_bytes))

    def _submit(self) -> None:
        if self._pending:
            heard, self._pending = bytes(self._pending), bytearray()
            self._parts.append(asyncio.ensure_future(self._ear.hear(heard)))

    def _on_played(self, voiced: bool) -> None:
        now = self._line.clock.now()
        if self._pending and (now - self._arrived_at >= BATCH_GAP_S or len(self._pending) > BATCH_LIMIT_BYTES):
            self._submit()
        if voiced:
            self._voice_at = now
            if self.current is None:
                self._begin(now)
        elif self.current is not None and now - self._voice_at >= self._gap(now):
            self._end(self.current)

    def _gap(self, now: float) -> float:
        if self._line.playout.buffered_bytes > 0.4 * audio.RATE_HZ:
            return LONG_PAUSE_S
        return PAUSE_S if now - self._arrived_at < 0.2 else END_GAP_S

    def _begin(self, now: float) -> None:
        self.current = Utterance(began=now)
        self.started.set()
        if self.spoke_until is not None:
            self._call.note("reply", latency_s=round(now - self.spoke_until, 3))
            self.spoke_until = None

    def _end(self, utterance: Utterance) -> None:
        self._submit()
        utterance.ended = self._voice_at
        utterance.parts, self._parts, self._arrived_bytes = self._parts, [], self._line.playout.buffered_bytes
        self.current = None
        self.started.clear()
        self.utterances.put_nowait(utterance)

    async def so_far(self) -> str:
        """The words of the present utterance, those included that were received but not yet played."""
        self._submit()
        return "".join([await part for part in list(self._parts)])


def _known(text: str) -> asyncio.Future[str]:
    future: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    future.set_result(text)
    return future
