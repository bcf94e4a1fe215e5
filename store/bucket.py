"""Blobs in S3 or what speaks like it. S3 cannot append: they grow in a spool and are uploaded when closed.

Fits store.blobs.Blobs by shape.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from cryptography.fernet import MultiFernet

from store.folder import DirectoryBlobs
from store.sealed import BlobUnreadable, BlobWriter, can_write, chunks, drafted, whole


class BucketBlobs:
    """Blobs in S3 (or what speaks like it); they grow in a spool and what a lost worker left there stays readable."""

    def __init__(self, url: str, spool: Path, cipher: MultiFernet, client: Any = None) -> None:
        parts = urlsplit(url)
        self._bucket, self._prefix = parts.netloc, parts.path.strip("/")
        self._spool = DirectoryBlobs(spool, cipher)
        self._spool_folder = spool
        self._cipher = cipher
        self._given = client

    @property
    def _client(self) -> Any:
        if self._given is None:
            import boto3

            self._given = boto3.client("s3")
        return self._given

    def create(self, name: str) -> BlobWriter:
        return self._spool.create(name)

    def finish(self, name: str) -> str:
        """Upload, then clear the spool. What cannot be uploaded stays in the spool and is readable there."""
        self._upload(self._spool.path(name), name)
        self._spool.remove(name)
        return f"s3:{name}"

    def salvage(self, name: str) -> str | None:
        if not self._spool.path(name).exists():
            return self._sha256(name)
        sha256 = self._spool.salvage(name)
        if sha256 is not None:
            self.finish(name)
        return sha256

    def _sha256(self, name: str) -> str | None:
        """Of a blob that was uploaded; None when there is none."""
        try:
            return hashlib.sha256(self._client.get_object(Bucket=self._bucket, Key=self._key(name))["Body"].read()).hexdigest()
        except Exception:  # boto3's family of errors, as below: it is not there, or not now
            return None

    def put(self, name: str, data: bytes) -> None:
        draft = drafted(self._spool.path(name), name, data, self._cipher)
        try:
            self._upload(draft, name)
        finally:
            draft.unlink()

    def get(self, name: str) -> bytes | None:
        return whole(self.read(name))

    def remove(self, name: str) -> None:
        self._spool.remove(name)
        try:
            self._client.delete_object(Bucket=self._bucket, Key=self._key(name))
        except Exception as fault:  # boto3's family of errors
            raise OSError(f"not deleted: {type(fault).__name__}") from None

    def _upload(self, path: Path, name: str) -> None:
        try:
            self._client.upload_file(str(path), self._bucket, self._key(name))
        except Exception as fault:  # boto3 raises a family of its own, with no common base besides Exception
            raise OSError(f"upload failed: {type(fault).__name__}") from None

    def read(self, name: str) -> Iterator[bytes]:
        if self._spool.path(name).exists():
            yield from self._spool.read(name)
            return
        try:
            body = self._client.get_object(Bucket=self._bucket, Key=self._key(name))["Body"]
        except Exception as fault:
            raise BlobUnreadable(f"S3 读取失败：{type(fault).__name__}") from None
        yield from chunks(body, name, self._cipher)

    def is_ready(self) -> bool:
        try:
            self._client.head_bucket(Bucket=self._bucket)
        except Exception:
            return False
        return can_write(self._spool_folder, self._cipher)

    def _key(self, name: str) -> str:
        return f"{self._prefix}/{name}.blob" if self._prefix else f"{name}.blob"
