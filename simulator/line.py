"""A leg that was answered: 20 ms in, 20 ms out, for as long as nobody hangs up. Moves bytes; understands nothing."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from simulator.audio import FRAME_BYTES, SILENCE, level
from simulator.clock import Clock

FRAME_S = 0.02
VOICED_LEVEL = 0.006
"""Below this a frame is silence (-44 dBFS)."""

Mark = Callable[[], None]


@dataclass(frozen=True, slots=True)
class Sound:
    """mu-law to be played; `text` where the network knows the words: its own voice, or empty for a mere tone."""

    mulaw: bytes
    text: str | None = None


class Playout:
    """What is still to be played to the subscriber, in order, with marks between."""

    def __init__(self) -> None:
        self._items: deque[Sound | Mark] = deque()
        self._offset = 0
        self.buffered_bytes = 0
        self.on_arrival: Callable[[Sound], None] = lambda sound: None
        self.on_clear: Callable[[int], None] = lambda dropped: None

    def put(self, mulaw: bytes, text: str | None = None) -> None:
        """Add sound behind what waits."""
        if mulaw:
            sound = Sound(mulaw, text)
            self._items.append(sound)
            self.buffered_bytes += len(mulaw)
            self.on_arrival(sound)

    def mark(self, reached: Mark) -> None:
        """Call `reached` once all sound before it was played: at once when nothing waits."""
        if self._items:
            self._items.append(reached)
        else:
            reached()

    async def played(self) -> None:
        """Wait until everything put so far was played or cleared."""
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.mark(lambda: None if done.done() else done.set_result(None))
        await done

    def clear(self) -> None:
        """Drop the sound; every pending mark is reached now."""
        items, self._items = self._items, deque()
        dropped, self._offset, self.buffered_bytes = self.buffered_bytes, 0, 0
        self.on_clear(dropped)
        for item in items:
            if not isinstance(item, Sound):
                item()

    def take(self) -> tuple[bytes, bool]:
        """The next frame (silence when nothing waits) and whether it carries voice. Reaches the marks that it passes."""
        while self._items and not isinstance(self._items[0], Sound):
            self._reach()
        frame = b""
        known: str | None = None
        while self._items and len(frame) < FRAME_BYTES:
            head = self._items[0]
            if not isinstance(head, Sound):
                self._reach()
                continue
            piece = head.mulaw[self._offset : self._offset + FRAME_BYTES - len(frame)]
            frame += piece
            known = known if head.text is None else (known or "") + head.text
            self._advance(len(piece), len(head.mulaw))
        if not frame:
            return SILENCE * FRAME_BYTES, False
        voiced = level(frame) > VOICED_LEVEL if known is None else bool(known)
        return frame.ljust(FRAME_BYTES, SILENCE), voiced

    def _reach(self) -> None:
        mark = self._items.popleft()
        if not isinstance(mark, Sound):
            mark()

    def _advance(self, taken: int, of: int) -> None:
        self._offset += taken
        self.buffered_bytes -= taken
        if self._offset >= of:
            self._items.popleft()
            self._offset = 0


class Mouth:
    """What the subscriber says: clips in order, their background noise between them."""

    def __init__(self, ambience: bytes = b"") -> None:
        """`ambience`: mu-law that repeats while nothing is said; silence when empty."""
        self._clips: deque[tuple[bytes, asyncio.Future[None]]] = deque()
        self._offset = 0
        self._ambience = ambience
        self._ambience_at = 0

    @property
    def is_speaking(self) -> bool:
        """Whether a clip is on its way out."""
        return bool(self._clips)

    def say(self, mulaw: bytes) -> asyncio.Future[None]:
        """Queue a clip; the future ends with its last frame."""
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._clips.append((mulaw, done))
        return done

    def hush(self) -> None:
        """Stop in the middle of the word."""
        for _, done in self._clips:
            if not done.done():
                done.set_result(None)
        self._clips.clear()
        self._offset = 0

    def take(self) -> bytes:
        """The next 20 ms."""
        if not self._clips:
            return self._background()
        clip, done = self._clips[0]
        frame = clip[self._offset : self._offset + FRAME_BYTES]
        self._offset += FRAME_BYTES
        if self._offset >= len(clip):
            self._clips.popleft()
            self._offset = 0
            if not done.done():
                done.set_result(None)
        return frame.ljust(FRAME_BYTES, SILENCE)

    def _background(self) -> bytes:
        if len(self._ambience) < FRAME_BYTES:
            return SILENCE * FRAME_BYTES
        if self._ambience_at + FRAME_BYTES > len(self._ambience):
            self._ambience_at = 0
        frame = self._ambience[self._ambience_at : self._ambience_at + FRAME_BYTES]
        self._ambience_at += FRAME_BYTES
        return frame


class Line:
    """Both directions of one answered leg, and the tape of what was on it."""

    def __init__(self, clock: Clock, *, ambience: bytes = b"") -> None:
        self.clock = clock
        self.playout = Playout()
        self.mouth = Mouth(ambience)
        self.hung_up = asyncio.Event()
        self.listeners: list[Callable[[bytes], None]] = []
        """Who gets what the subscriber says, frame by frame."""
        self.keys: list[Callable[[str], None]] = []
        """Who gets the keys that the subscriber presses."""
        self.on_played: Callable[[bool], None] = lambda voiced: None
        self.on_bridged: Callable[[], None] = lambda: None
        self.tape_said = bytearray()
        self.tape_played = bytearray()

    async def run(self) -> None:
        """Move frames at their pace until the leg ends; lateness is made up, not passed on."""
        start, count = self.clock.now(), 0
        while not self.hung_up.is_set():
            self._tick()
            count += 1
            await self.clock.until(start + count * FRAME_S)

    def press(self, digits: str) -> None:
        """The subscriber presses keys."""
        for digit in digits:
            for key in list(self.keys):
                key(digit)

    def _tick(self) -> None:
        played, voiced = self.playout.take()
        said = self.mouth.take()
        self.tape_played += played
        self.tape_said += said
        self.on_played(voiced)
        for listener in list(self.listeners):
            listener(said)
