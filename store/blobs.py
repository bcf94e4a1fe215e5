"""Encrypted blobs in a directory or in S3: what is asked of them, and the one that the settings name."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

from kit.settings import Settings
from store import private_keys
from store.bucket import BucketBlobs
from store.folder import DirectoryBlobs
from store.sealed import BlobWriter


class Blobs(Protocol):
    """Where blobs lie. Names are like `recordings/CALL/0001`."""

    def create(self, name: str) -> BlobWriter:
        """A new blob. Raises OSError."""

    def finish(self, name: str) -> str:
        """The writer was closed: put the blob where it stays; its reference. Raises OSError."""

    def salvage(self, name: str) -> str | None:
        """Finish a blob whose writer died; its SHA-256. Again is harmless. Raises OSError.

        None when its writer lives, or when nothing of it can be reached from here: another machine's spool may hold it.
        """

    def put(self, name: str, data: bytes) -> None:
        """A blob of one chunk, whole or not at all, in place of what was there. Raises OSError."""

    def read(self, name: str) -> Iterator[bytes]:
        """The chunks in order. Raises BlobUnreadable."""

    def get(self, name: str) -> bytes | None:
        """All of a blob; None when it is not there or cannot be read."""

    def remove(self, name: str) -> None:
        """Delete the blob for good; one that is not there is fine. Raises OSError."""

    def is_ready(self) -> bool:
        """Whether a blob could be written now: it tries."""


def open_blobs(settings: Settings) -> Blobs:
    """The blob store of the settings: a directory, or s3://bucket/prefix."""
    cipher = private_keys.blob_cipher(settings)
    if settings.blob_store.startswith("s3://"):
        return BucketBlobs(settings.blob_store, settings.data_dir / "spool", cipher)
    return DirectoryBlobs(Path(settings.blob_store) if settings.blob_store else settings.data_dir / "blobs", cipher)
