"""Recordings of calls: stereo 8 kHz mu-law in parts, one a worker. Fits ivr.ports.Recorder by shape.

Sound is sealed once a second: a killed worker loses at most that. Its next part begins where its clock says.
"""

from __future__ import annotations

import wave
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError

from kit.ids import new_id
from speech.audio import decode_mulaw
from store import calls, ledger
from store.blobs import Blobs, BlobWriter, open_blobs
from store.models import RecordingPart
from store.session import Store

RATE = 8_000
SILENCE = b"\xff"
"""Mu-law zero."""


class NotEqual(ValueError):
    """Both sides of a recording must be written in equal lengths."""


class PartBeingRecorded:
    """One part. Not shared between threads."""

    def __init__(self, store: Store, blobs: Blobs, part: RecordingPart, writer: BlobWriter) -> None:
        self._store = store
        self._blobs = blobs
        self._part = part
        self._writer = writer
        self._callee = bytearray()
        self._ours = bytearray()
        self._frames = 0
        self._ref: str | None = None

    def write(self, callee: bytes, ours: bytes) -> None:
        """Equal lengths, in order. Raises OSError when it cannot be kept, NotEqual for a caller's mistake."""
        if len(callee) != len(ours):
            raise NotEqual(f"{len(callee)} != {len(ours)}")
        if self._ref is not None:
            raise OSError("the recording is closed")
        self._callee += callee
        self._ours += ours
        while len(self._callee) >= RATE:
            self._seal(RATE)

    def close(self) -> str:
        """Seal the rest, note the hash in the ledger; the reference. Closing again gives it again. Raises OSError."""
        if self._ref is None:
            if self._callee:
                self._seal(len(self._callee))
            sha256 = self._writer.close()
            self._ref = self._blobs.finish(self._part.ref)
            self._note(sha256)
        return self._ref

    def _seal(self, size: int) -> None:
        self._writer.append(bytes(self._callee[:size]) + bytes(self._ours[:size]))
        del self._callee[:size], self._ours[:size]
        self._frames += size

    def _note(self, sha256: str) -> None:
        now = self._store.clock.now()
        try:
            with self._store.transaction() as session:
                part = session.get_one(RecordingPart, self._part.id)
                part.sha256, part.frames, part.closed_at = sha256, self._frames, now
                payload = {"part": part.part_no, "sha256": sha256, "frames": self._frames}
                ledger.append(session, "recording.closed", part.call_id, payload, now=now)
        except SQLAlchemyError as fault:
            raise OSError(f"recording not noted: {type(fault).__name__}") from None


class StoredRecorder:
    """Recordings in the blob store, their parts in SQL."""

    def __init__(self, store: Store, blobs: Blobs | None = None) -> None:
        self._store = store
        self._blobs = blobs or open_blobs(store.settings)

    def start(self, call_id: str) -> PartBeingRecorded:
        """Begin, or continue with a further part. Raises OSError when it cannot record."""
        try:
            part = self._new_part(call_id)
        except (SQLAlchemyError, LookupError) as fault:
            raise OSError(f"recording not begun: {type(fault).__name__}") from None
        return PartBeingRecorded(self._store, self._blobs, part, self._blobs.create(part.ref))

    def is_ready(self) -> bool:
        """Whether a recording could be written now: it writes, reads back and removes a probe."""
        return self._blobs.is_ready()

    def _new_part(self, call_id: str) -> RecordingPart:
        with self._store.transaction() as session:
            calls.locked(session, call_id)
            query = select(func.coalesce(func.max(RecordingPart.part_no), 0)).where(RecordingPart.call_id == call_id)
            number = session.scalars(query).one() + 1
            part = RecordingPart(
                id=new_id("part"),
                call_id=call_id,
                part_no=number,
                ref=f"recordings/{call_id}/{number:04d}",
                started_at=self._store.clock.now(),
            )
            session.add(part)
            return part


@dataclass(frozen=True, slots=True)
class Listened:
    """A recording, joined: both sides as mu-law, equally long."""

    callee: bytes
    ours: bytes
    parts: int

    @property
    def seconds(self) -> float:
        return len(self.callee) / RATE


def listen(store: Store, call_id: str, *, by: str, blobs: Blobs | None = None) -> Listened:
    """The whole recording; who listened is noted in the ledger first. LookupError when there is none."""
    with store.transaction() as session:
        query = select(RecordingPart).where(RecordingPart.call_id == call_id).order_by(RecordingPart.part_no)
        parts = session.scalars(query).all()
        if not parts:
            raise LookupError("no recording")
        ledger.append(session, "recording.played", call_id, {"by": store.digest(by)}, now=store.clock.now())
    sources = blobs or open_blobs(store.settings)
    callee, ours = bytearray(), bytearray()
    for part in parts:
        began = int((part.started_at - parts[0].started_at).total_seconds() * RATE)
        for side in (callee, ours):
            side += SILENCE * max(0, began - len(side))
        for one, other in _sides(sources, part.ref):
            callee += one
            ours += other
    return Listened(bytes(callee), bytes(ours), len(parts))


def write_wav(recording: Listened, path: Path) -> None:
    """Stereo 16-bit PCM at 8 kHz: left the callee, right what we played."""
    both = np.stack([decode_mulaw(recording.callee), decode_mulaw(recording.ours)], axis=1)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(both.astype("<i2").tobytes())


def _sides(blobs: Blobs, ref: str) -> Iterator[tuple[bytes, bytes]]:
    for chunk in blobs.read(ref):
        half = len(chunk) // 2
        yield chunk[:half], chunk[half:]
