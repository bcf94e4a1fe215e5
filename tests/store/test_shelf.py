"""Whole blobs at once, in a directory and in a bucket: what every machine reads."""

from __future__ import annotations

from pathlib import Path

import pytest

from kit.settings import Settings
from store import private_keys
from store.blobs import Blobs
from store.bucket import BucketBlobs
from store.folder import DirectoryBlobs
from tests.fakes.bucket import Bucket

NAME = "scripts/abc"


@pytest.fixture
def bucket() -> Bucket:
    return Bucket()


@pytest.fixture(params=["directory", "bucket"])
def blobs(request: pytest.FixtureRequest, tmp_path: Path, bucket: Bucket) -> Blobs:
    cipher = private_keys.blob_cipher(Settings(data_dir=tmp_path))
    if request.param == "directory":
        return DirectoryBlobs(tmp_path / "blobs", cipher)
    return BucketBlobs("s3://calls/prefix", tmp_path / "spool", cipher, client=bucket)


def test_what_was_put_is_got(blobs: Blobs) -> None:
    assert blobs.get(NAME) is None
    blobs.put(NAME, "话术".encode())
    assert blobs.get(NAME) == "话术".encode()


def test_putting_again_replaces(blobs: Blobs) -> None:
    blobs.put(NAME, b"one")
    blobs.put(NAME, b"two")
    assert blobs.get(NAME) == b"two"


def test_nothing_but_the_sealed_blob_is_left_behind(blobs: Blobs, tmp_path: Path, bucket: Bucket) -> None:
    blobs.put(NAME, b"in the clear")
    files = [path for path in tmp_path.rglob("*") if path.is_file() and path.name != "blob.key"]
    assert len(files) + len(bucket.objects) == 1
    assert all(b"in the clear" not in path.read_bytes() for path in files)
    assert all(b"in the clear" not in data for data in bucket.objects.values())


def test_a_bucket_that_is_down_says_so_and_keeps_nothing_half(tmp_path: Path, bucket: Bucket) -> None:
    cipher = private_keys.blob_cipher(Settings(data_dir=tmp_path))
    blobs = BucketBlobs("s3://calls", tmp_path / "spool", cipher, client=bucket)
    bucket.is_down = True
    with pytest.raises(OSError, match="upload failed"):
        blobs.put(NAME, b"one")
    assert not [path for path in (tmp_path / "spool").rglob("*") if path.is_file()]
    assert blobs.get(NAME) is None
