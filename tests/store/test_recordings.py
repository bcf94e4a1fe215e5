"""The contract of a Recorder, on the fake and on blobs; encryption at rest; what a killed worker leaves."""

from __future__ import annotations

import os
import subprocess
import sys
import wave
from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet
from pydantic import SecretStr
from sqlalchemy import select

from ivr.ports import Recorder
from kit.clock import ManualClock
from kit.settings import Settings
from store import ledger, private_keys, recordings
from store.blobs import open_blobs
from store.bucket import BucketBlobs
from store.folder import DirectoryBlobs
from store.models import LedgerEntry, RecordingPart
from store.recordings import StoredRecorder
from store.sealed import BlobUnreadable
from store.session import Store
from tests.fakes.bucket import Bucket
from tests.fakes.notebook import FakeRecorder
from tests.store import cast


@pytest.fixture(params=["fake", "blobs"])
def recorder(request: pytest.FixtureRequest) -> tuple[Recorder, str]:
    if request.param == "fake":
        return FakeRecorder(), "call_1"
    store: Store = request.getfixturevalue("store")
    _, call = cast.ready_call(store)
    return StoredRecorder(store), call.id


class TestContract:
    """What every Recorder does."""

    def test_it_is_ready(self, recorder: tuple[Recorder, str]) -> None:
        assert recorder[0].is_ready()

    def test_parts_have_references_of_their_own(self, recorder: tuple[Recorder, str]) -> None:
        made, call_id = recorder
        first, second = made.start(call_id), made.start(call_id)
        first.write(b"\x01" * 160, b"\x02" * 160)
        assert first.close() != second.close()

    def test_both_sides_are_equally_long(self, recorder: tuple[Recorder, str]) -> None:
        part = recorder[0].start(recorder[1])
        with pytest.raises(ValueError):
            part.write(b"\x01", b"")
        part.close()

    def test_nothing_is_written_after_closing(self, recorder: tuple[Recorder, str]) -> None:
        part = recorder[0].start(recorder[1])
        part.close()
        with pytest.raises(OSError):
            part.write(b"\x01", b"\x01")


def test_parts_are_joined_with_the_silence_between_them(store: Store, clock: ManualClock, tmp_path: Path) -> None:
    _, call = cast.ready_call(store)
    recorder = StoredRecorder(store)
    first = recorder.start(call.id)
    first.write(b"\x10" * 12_000, b"\x20" * 12_000)
    first.close()
    clock.advance(2)
    second = recorder.start(call.id)
    second.write(b"\x30" * 100, b"\x40" * 100)
    second.close()
    heard = recordings.listen(store, call.id, by="zhou")
    assert heard.parts == 2
    assert heard.callee == b"\x10" * 12_000 + b"\xff" * 4_000 + b"\x30" * 100
    assert heard.ours == b"\x20" * 12_000 + b"\xff" * 4_000 + b"\x40" * 100
    recordings.write_wav(heard, tmp_path / "f.wav")
    with wave.open(str(tmp_path / "f.wav")) as file:
        assert (file.getnchannels(), file.getframerate(), file.getnframes()) == (2, 8_000, 16_100)
        frames = file.readframes(16_100)
    assert frames[12_000 * 4 : 12_000 * 4 + 4] == b"\0\0\0\0"
    with store.reading() as session:
        whats = [entry.what for entry in session.scalars(select(LedgerEntry))]
    assert whats.count("recording.closed") == 2
    assert whats.count("recording.played") == 1
    assert ledger.verify(store) == []


def test_sound_lies_encrypted(store: Store) -> None:
    _, call = cast.ready_call(store)
    part = StoredRecorder(store).start(call.id)
    part.write(b"secret sound " * 1_000, b"secret sound " * 1_000)
    part.close()
    files = list(store.settings.data_dir.rglob("*.blob"))
    assert len(files) == 1
    assert b"secret sound" not in files[0].read_bytes()
    assert files[0].stat().st_mode & 0o777 == 0o600


KILLED = """
import os, signal, sys
from pathlib import Path
from kit.clock import SystemClock
from kit.settings import Settings
from store.recordings import StoredRecorder
from store.session import Store
part = StoredRecorder(Store(Settings(data_dir=Path(sys.argv[1])), SystemClock())).start(sys.argv[2])
for _ in range(95):
    part.write(b"\\x11" * 160, b"\\x22" * 160)
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_killed_worker_loses_less_than_a_second(store: Store) -> None:
    _, call = cast.ready_call(store)
    store.close()
    command = [sys.executable, "-c", KILLED, str(store.settings.data_dir), call.id]
    assert subprocess.run(command, check=False, timeout=60).returncode == -9
    heard = recordings.listen(store, call.id, by="zhou")
    assert 0 <= 95 * 160 - len(heard.callee) < 8_000
    assert set(heard.callee) == {0x11}
    with store.reading() as session:
        assert session.scalars(select(RecordingPart.closed_at)).all() == [None]


@pytest.mark.parametrize("cut", [1, 3, 10, 200])
def test_a_torn_end_is_dropped(tmp_path: Path, cut: int) -> None:
    blobs = DirectoryBlobs(tmp_path, private_keys.blob_cipher(Settings(data_dir=tmp_path)))
    writer = blobs.create("a/b")
    writer.append(b"one")
    writer.append(b"two" * 100)
    writer.close()
    path = blobs.path("a/b")
    os.truncate(path, path.stat().st_size - cut)
    assert list(blobs.read("a/b")) == [b"one"]


def test_changed_or_moved_chunks_are_refused(tmp_path: Path) -> None:
    blobs = DirectoryBlobs(tmp_path, private_keys.blob_cipher(Settings(data_dir=tmp_path)))
    writer = blobs.create("a")
    writer.append(b"one")
    writer.close()
    data = bytearray(blobs.path("a").read_bytes())
    blobs.path("b").write_bytes(bytes(data))
    with pytest.raises(BlobUnreadable, match="次序"):
        list(blobs.read("b"))
    data[-5] ^= 1
    blobs.path("a").write_bytes(bytes(data))
    with pytest.raises(BlobUnreadable, match="解密"):
        list(blobs.read("a"))


def test_keys_rotate(tmp_path: Path) -> None:
    old, new = Fernet.generate_key().decode(), Fernet.generate_key().decode()

    def blobs(keys: str) -> Any:
        return open_blobs(Settings(data_dir=tmp_path, blob_key=SecretStr(keys)))

    writer = blobs(old).create("a")
    writer.append(b"sound")
    writer.close()
    assert list(blobs(f"{new},{old}").read("a")) == [b"sound"]
    with pytest.raises(BlobUnreadable):
        list(blobs(new).read("a"))
    with pytest.raises(private_keys.BadKey):
        blobs("changeme")


def test_names_do_not_leave_the_directory(tmp_path: Path) -> None:
    blobs = DirectoryBlobs(tmp_path / "in", private_keys.blob_cipher(Settings(data_dir=tmp_path)))
    with pytest.raises(ValueError):
        blobs.create("../out")


def test_a_recorder_that_cannot_write_is_not_ready_and_says_oserror(store: Store, tmp_path: Path) -> None:
    _, call = cast.ready_call(store)
    (tmp_path / "file").write_text("in the way")
    cipher = private_keys.blob_cipher(store.settings)
    recorder = StoredRecorder(store, DirectoryBlobs(tmp_path / "file", cipher))
    assert not recorder.is_ready()
    with pytest.raises(OSError):
        recorder.start(call.id)
    with pytest.raises(OSError):
        StoredRecorder(store).start("call_nobody")


def test_private_keys_are_made_once_and_for_the_owner_only(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path)
    assert private_keys.digest_key(settings) == private_keys.digest_key(settings)
    private_keys.blob_cipher(settings)
    assert {path.name: oct(path.stat().st_mode & 0o777) for path in tmp_path.iterdir()} == {
        "digest.key": "0o600",
        "blob.key": "0o600",
    }


def test_a_bucket_takes_closed_blobs_and_the_spool_keeps_what_it_cannot(tmp_path: Path) -> None:
    bucket = Bucket()
    cipher = private_keys.blob_cipher(Settings(data_dir=tmp_path))
    blobs = BucketBlobs("s3://calls/prefix", tmp_path / "spool", cipher, client=bucket)
    writer = blobs.create("recordings/c/0001")
    writer.append(b"sound")
    assert list(blobs.read("recordings/c/0001")) == [b"sound"]
    writer.close()
    assert blobs.finish("recordings/c/0001") == "s3:recordings/c/0001"
    assert set(bucket.objects) == {"calls/prefix/recordings/c/0001.blob"}
    assert list(blobs.read("recordings/c/0001")) == [b"sound"]
    assert blobs.is_ready()

    writer = blobs.create("recordings/c/0002")
    writer.append(b"more")
    writer.close()
    bucket.is_down = True
    assert not blobs.is_ready()
    with pytest.raises(OSError):
        blobs.finish("recordings/c/0002")
    assert list(blobs.read("recordings/c/0002")) == [b"more"]
    with pytest.raises(BlobUnreadable):
        list(blobs.read("recordings/c/0001"))
