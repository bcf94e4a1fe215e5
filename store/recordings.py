"""Recordings of calls: stereo 8 kHz mu-law in parts, one a worker. Fits ivr.ports.Recorder by shape.

Sound is sealed once a second: a killed worker loses at most that. Its next part begins where its clock says.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
from sqlalchemy import func, or_, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session, aliased

from kit.ids import new_id
from speech import audio
from speech.audio import MULAW_SILENCE, decode_mulaw
from speech.ports import LINE_RATE_HZ
from store import calls, ledger
from store.blobs import Blobs, open_blobs
from store.models import Call, RecordingPart
from store.sealed import BlobUnreadable, BlobWriter
from store.session import Store

SALVAGE_AFTER_S = 60.0
"""A part this young is not touched: its writer may be about to lock it."""
_NOTHING = hashlib.sha256().hexdigest()
"""Of a part whose worker died before it wrote anything."""
LOG = logging.getLogger(__name__)


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
        if self._writer.is_released:
            raise OSError("the recording is closed")
        self._callee += callee
        self._ours += ours
        while len(self._callee) >= LINE_RATE_HZ:
            self._seal(LINE_RATE_HZ)

    def close(self) -> str:
        """Seal the rest, note the hash in the ledger; the reference. Closing again gives it again.

        Raises OSError when it cannot be kept where it belongs: what was written stays and is salvaged later.
        """
        if self._ref is None:
            self._ref = self._finished()
        return self._ref

    def _finished(self) -> str:
        if self._writer.is_released:
            raise OSError("the recording was let go before")
        try:
            if self._callee:
                self._seal(len(self._callee))
            sha256 = self._writer.sync()
            ref = self._blobs.finish(self._part.ref)
            _note(self._store, self._part.id, sha256, self._frames)
            return ref
        finally:
            self._writer.release()

    def _seal(self, size: int) -> None:
        self._writer.append(bytes(self._callee[:size]) + bytes(self._ours[:size]))
        del self._callee[:size], self._ours[:size]
        self._frames += size


def _note(store: Store, part_id: str, sha256: str, frames: int) -> None:
    """The part is closed, once: the row and the ledger say how. Raises OSError."""
    now = store.clock.now()
    try:
        with store.transaction() as session:
            part = session.scalars(select(RecordingPart).where(RecordingPart.id == part_id).with_for_update()).one()
            if part.closed_at is not None:
                return
            part.sha256, part.frames, part.closed_at = sha256, frames, now
            payload = {"part": part.part_no, "sha256": sha256, "frames": frames}
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

    def salvage(self) -> int:
        """Finish the parts that lost workers left behind, as far as they can be reached from here; how many."""
        with self._store.reading() as session:
            left = [(part.id, part.ref) for part in _left_behind(session, self._store.clock.now())]
        return sum(self._salvage(part_id, ref) for part_id, ref in left)

    def _salvage(self, part_id: str, ref: str) -> bool:
        try:
            sha256 = self._blobs.salvage(ref)
            if sha256 is None:
                return False
            frames = sum(len(callee) for callee, _ in _sides(self._blobs, ref)) if sha256 != _NOTHING else 0
            _note(self._store, part_id, sha256, frames)
        except (OSError, BlobUnreadable) as fault:
            LOG.warning("a recording's part could not be salvaged", extra={"part": part_id, "fault": type(fault).__name__})
            return False
        return True

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


def _left_behind(session: Session, now: datetime) -> Sequence[RecordingPart]:
    """Open parts that nobody writes any more: their call is over, or a further part was begun."""
    later = aliased(RecordingPart)
    is_followed = select(later.id).where(later.call_id == RecordingPart.call_id, later.part_no > RecordingPart.part_no).exists()
    query = select(RecordingPart).join(Call, Call.id == RecordingPart.call_id)
    query = query.where(
        RecordingPart.closed_at.is_(None),
        RecordingPart.started_at <= now - timedelta(seconds=SALVAGE_AFTER_S),
        or_(Call.ended_at.is_not(None), is_followed),
    )
    return session.scalars(query.order_by(RecordingPart.started_at)).all()


@dataclass(frozen=True, slots=True)
class Listened:
    """A recording, joined: both sides as mu-law, equally long."""

    callee: bytes
    ours: bytes
    parts: int

    @property
    def seconds(self) -> float:
        return len(self.callee) / LINE_RATE_HZ


def listen(store: Store, call_id: str, *, by: str, blobs: Blobs | None = None) -> Listened:
    """The whole recording; who listened is noted in the ledger first. LookupError when there is none, or none any more."""
    with store.transaction() as session:
        if session.scalars(select(Call.erased_at).where(Call.id == call_id)).one_or_none() is not None:
            raise LookupError("the recording was erased")
        query = select(RecordingPart).where(RecordingPart.call_id == call_id).order_by(RecordingPart.part_no)
        parts = session.scalars(query).all()
        if not parts:
            raise LookupError("no recording")
        ledger.append(session, "recording.played", call_id, {"by": store.digest(by)}, now=store.clock.now())
    sources = blobs or open_blobs(store.settings)
    callee, ours = bytearray(), bytearray()
    for part in parts:
        if part.frames == 0:
            continue
        began = int((part.started_at - parts[0].started_at).total_seconds() * LINE_RATE_HZ)
        for side in (callee, ours):
            side += MULAW_SILENCE * max(0, began - len(side))
        for one, other in _sides(sources, part.ref):
            callee += one
            ours += other
    return Listened(bytes(callee), bytes(ours), len(parts))


def write_wav(recording: Listened, path: Path) -> None:
    """Stereo 16-bit PCM at 8 kHz: left the callee, right what we played."""
    both = np.stack([decode_mulaw(recording.callee), decode_mulaw(recording.ours)], axis=1)
    path.write_bytes(audio.write_wav(both, LINE_RATE_HZ))


def _sides(blobs: Blobs, ref: str) -> Iterator[tuple[bytes, bytes]]:
    for chunk in blobs.read(ref):
        half = len(chunk) // 2
        yield chunk[:half], chunk[half:]
