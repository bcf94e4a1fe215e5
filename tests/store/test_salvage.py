"""What a lost media worker left of its recordings is finished by whoever comes after, once."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import select

from desk.intake import StoredNotebook
from kit.clock import ManualClock
from kit.vocabulary import HangUpReason, Outcome
from speech.ports import LINE_RATE_HZ
from store import ledger, private_keys
from store.blobs import Blobs
from store.bucket import BucketBlobs
from store.folder import DirectoryBlobs
from store.models import LedgerEntry, RecordingPart
from store.recordings import SALVAGE_AFTER_S, PartBeingRecorded, StoredRecorder, listen
from store.session import Store
from tests.fakes.bucket import Bucket
from tests.store import cast

CALLEE, OURS = b"\x11", b"\x22"


@dataclass
class Place:
    """A blob store of either kind. `bucket` is used by one of them."""

    blobs: Blobs
    bucket: Bucket


@pytest.fixture(params=["directory", "bucket"])
def place(request: pytest.FixtureRequest, store: Store, tmp_path: Path) -> Place:
    cipher = private_keys.blob_cipher(store.settings)
    bucket = Bucket()
    if request.param == "directory":
        return Place(DirectoryBlobs(tmp_path / "blobs", cipher), bucket)
    return Place(BucketBlobs("s3://calls", tmp_path / "spool", cipher, client=bucket), bucket)


@pytest.fixture
def recorder(store: Store, place: Place) -> StoredRecorder:
    return StoredRecorder(store, place.blobs)


def recorded(recorder: StoredRecorder, call_id: str, seconds: float = 3.5) -> PartBeingRecorded:
    part = recorder.start(call_id)
    part.write(CALLEE * round(LINE_RATE_HZ * seconds), OURS * round(LINE_RATE_HZ * seconds))
    return part


def die(part: PartBeingRecorded) -> None:
    """What the kernel does for a killed process: its locks are gone, its open files are closed."""
    part._writer.release()


def over(store: Store, call_id: str) -> None:
    StoredNotebook(store).finish(call_id, Outcome.HUNG_UP_DURING, HangUpReason.CALLEE, store.clock.now())


def parts(store: Store) -> list[RecordingPart]:
    with store.reading() as session:
        return list(session.scalars(select(RecordingPart).order_by(RecordingPart.part_no)))


def closings(store: Store) -> list[dict[str, object]]:
    with store.reading() as session:
        closed = select(LedgerEntry.payload).where(LedgerEntry.what == "recording.closed")
        return [json.loads(payload) for payload in session.scalars(closed)]


def test_a_lost_part_is_finished_once(store: Store, clock: ManualClock, place: Place, recorder: StoredRecorder) -> None:
    _, call = cast.ready_call(store)
    die(recorded(recorder, call.id))
    over(store, call.id)
    clock.advance(SALVAGE_AFTER_S)
    assert [recorder.salvage(), recorder.salvage()] == [1, 0]
    (part,) = parts(store)
    assert (part.frames, part.closed_at) == (3 * LINE_RATE_HZ, clock.now()), "whole seconds were sealed"
    assert closings(store) == [{"part": 1, "sha256": part.sha256, "frames": 3 * LINE_RATE_HZ}]
    assert ledger.verify(store) == []
    if isinstance(place.blobs, BucketBlobs):
        assert set(place.bucket.objects) == {f"calls/{part.ref}.blob"}
    heard = listen(store, call.id, by="test", blobs=place.blobs)
    assert (heard.callee, heard.ours) == (CALLEE * 3 * LINE_RATE_HZ, OURS * 3 * LINE_RATE_HZ)


def test_a_part_is_the_writers_while_it_lives(store: Store, clock: ManualClock, recorder: StoredRecorder) -> None:
    _, call = cast.ready_call(store)
    living = recorded(recorder, call.id)
    over(store, call.id)
    clock.advance(SALVAGE_AFTER_S)
    assert recorder.salvage() == 0
    living.close()
    assert recorder.salvage() == 0
    assert len(closings(store)) == 1


def test_a_call_that_goes_on_elsewhere_needs_no_end(store: Store, clock: ManualClock, recorder: StoredRecorder) -> None:
    _, call = cast.ready_call(store)
    die(recorded(recorder, call.id))
    clock.advance(SALVAGE_AFTER_S)
    assert recorder.salvage() == 0, "the call may be taken up again any moment"
    living = recorded(recorder, call.id)
    assert recorder.salvage() == 1
    living.close()
    assert [part.frames for part in parts(store)] == [3 * LINE_RATE_HZ, round(3.5 * LINE_RATE_HZ)]


def test_a_worker_that_died_before_it_wrote_leaves_no_riddle(store: Store, clock: ManualClock, tmp_path: Path) -> None:
    blobs = DirectoryBlobs(tmp_path / "blobs", private_keys.blob_cipher(store.settings))
    recorder = StoredRecorder(store, blobs)
    _, call = cast.ready_call(store)
    recorder._new_part(call.id)
    recorded(recorder, call.id).close()
    clock.advance(SALVAGE_AFTER_S)
    assert recorder.salvage() == 1
    assert [part.frames for part in parts(store)] == [0, round(3.5 * LINE_RATE_HZ)]
    assert listen(store, call.id, by="test", blobs=blobs).seconds == 3.5


class TestBucket:
    """What only a bucket can meet."""

    @pytest.fixture
    def bucket(self) -> Bucket:
        return Bucket()

    def _blobs(self, store: Store, spool: Path, bucket: Bucket) -> BucketBlobs:
        return BucketBlobs("s3://calls", spool, private_keys.blob_cipher(store.settings), client=bucket)

    def test_what_could_not_be_uploaded_is_uploaded_when_it_can(
        self, store: Store, clock: ManualClock, tmp_path: Path, bucket: Bucket
    ) -> None:
        recorder = StoredRecorder(store, self._blobs(store, tmp_path / "spool", bucket))
        _, call = cast.ready_call(store)
        part = recorded(recorder, call.id)
        bucket.is_down = True
        for _ in range(2):
            with pytest.raises(OSError):
                part.close()
        over(store, call.id)
        clock.advance(SALVAGE_AFTER_S)
        assert recorder.salvage() == 0
        bucket.is_down = False
        assert recorder.salvage() == 1
        assert [part.frames for part in parts(store)] == [round(3.5 * LINE_RATE_HZ)]
        assert not list((tmp_path / "spool").rglob("*.blob"))

    def test_a_part_that_was_uploaded_but_not_noted_is_noted(
        self, store: Store, clock: ManualClock, tmp_path: Path, bucket: Bucket
    ) -> None:
        blobs = self._blobs(store, tmp_path / "spool", bucket)
        recorder = StoredRecorder(store, blobs)
        _, call = cast.ready_call(store)
        part = recorded(recorder, call.id)
        die(part)
        blobs.finish(parts(store)[0].ref)
        over(store, call.id)
        clock.advance(SALVAGE_AFTER_S)
        assert recorder.salvage() == 1
        assert parts(store)[0].frames == 3 * LINE_RATE_HZ

    def test_another_machines_spool_is_left_to_that_machine(
        self, store: Store, clock: ManualClock, tmp_path: Path, bucket: Bucket
    ) -> None:
        there = StoredRecorder(store, self._blobs(store, tmp_path / "there", bucket))
        here = StoredRecorder(store, self._blobs(store, tmp_path / "here", bucket))
        _, call = cast.ready_call(store)
        die(recorded(there, call.id))
        over(store, call.id)
        clock.advance(SALVAGE_AFTER_S)
        assert [here.salvage(), there.salvage(), here.salvage()] == [0, 1, 0]
