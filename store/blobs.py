"""Encrypted blobs in a directory or in S3. A blob is a row of sealed chunks: what was written before a crash can be read.

A writer holds a lock on its file until it is released: whoever gets the lock knows that the writer is gone.

On disk: a magic line, then for each chunk its length (4 bytes, big-endian) and a Fernet token over the chunk's number,
the blob's name and its bytes, so that chunks can be neither reordered nor moved to another blob. A torn last chunk is
dropped by readers. S3 cannot append: blobs grow in a spool directory and are uploaded when closed.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO, Protocol
from urllib.parse import urlsplit

from cryptography.fernet import InvalidToken, MultiFernet

from kit.folders import private_folder
from kit.settings import Settings
from store import private_keys

MAGIC = b"HUILING-BLOB-1\n"
MIN_FREE_BYTES = 200 * 1024 * 1024


class BlobUnreadable(RuntimeError):
    """A blob is missing, was changed, or its key is not in HUILING_BLOB_KEY."""


class BlobWriter:
    """Appends sealed chunks to one new blob, which is its own until `release`. Raises OSError when it cannot."""

    def __init__(self, path: Path, name: str, cipher: MultiFernet) -> None:
        private_folder(path.parent)
        self._name = name
        self._cipher = cipher
        self._number = 0
        self._hash = hashlib.sha256()
        self._file: BinaryIO = os.fdopen(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb")
        fcntl.flock(self._file, fcntl.LOCK_EX)
        self._put(MAGIC)

    @property
    def is_released(self) -> bool:
        """Whether this writer has let go."""
        return self._file.closed

    def append(self, chunk: bytes) -> None:
        """Seal and hand the chunk to the operating system: a killed process loses nothing of it."""
        token = self._cipher.encrypt(_label(self._name, self._number) + chunk)
        self._put(len(token).to_bytes(4, "big") + token)
        self._number += 1

    def sync(self) -> str:
        """Bring everything to the disk; SHA-256 of the sealed blob. It stays locked."""
        self._file.flush()
        os.fsync(self._file.fileno())
        return self._hash.hexdigest()

    def release(self) -> None:
        """Let go of the blob: whoever finds it unfinished may salvage it."""
        self._file.close()

    def close(self) -> str:
        """`sync` and `release`; the SHA-256."""
        try:
            return self.sync()
        finally:
            self.release()

    def _put(self, data: bytes) -> None:
        self._file.write(data)
        self._file.flush()
        self._hash.update(data)


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


class DirectoryBlobs:
    """Blobs as files."""

    def __init__(self, folder: Path, cipher: MultiFernet) -> None:
        self._folder = folder
        self._cipher = cipher

    def create(self, name: str) -> BlobWriter:
        return BlobWriter(self._path(name), name, self._cipher)

    def finish(self, name: str) -> str:
        return f"file:{name}"

    def salvage(self, name: str) -> str | None:
        path = self._path(name)
        return _abandoned(path) if path.exists() else hashlib.sha256().hexdigest()

    def put(self, name: str, data: bytes) -> None:
        draft = _drafted(self._path(name), name, data, self._cipher)
        draft.replace(self._path(name))

    def get(self, name: str) -> bytes | None:
        return _whole(self, name)

    def read(self, name: str) -> Iterator[bytes]:
        path = self._path(name)
        if not path.exists():
            raise BlobUnreadable("录音文件不存在")
        with open(path, "rb") as file:
            yield from _chunks(file, name, self._cipher)

    def is_ready(self) -> bool:
        return _can_write(self._folder, self._cipher)

    def remove(self, name: str) -> None:
        self._path(name).unlink(missing_ok=True)

    def path(self, name: str) -> Path:
        """The file of a blob. Raises ValueError for names that leave the directory."""
        return self._path(name)

    def _path(self, name: str) -> Path:
        path = (self._folder / name).resolve()
        if not path.is_relative_to(self._folder.resolve()):
            raise ValueError("blob name leaves the directory")
        return path.with_name(f"{path.name}.blob")


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
        draft = _drafted(self._spool.path(name), name, data, self._cipher)
        try:
            self._upload(draft, name)
        finally:
            draft.unlink()

    def get(self, name: str) -> bytes | None:
        return _whole(self, name)

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
        yield from _chunks(body, name, self._cipher)

    def is_ready(self) -> bool:
        try:
            self._client.head_bucket(Bucket=self._bucket)
        except Exception:
            return False
        return _can_write(self._spool_folder, self._cipher)

    def _key(self, name: str) -> str:
        return f"{self._prefix}/{name}.blob" if self._prefix else f"{name}.blob"


def _drafted(path: Path, name: str, data: bytes, cipher: MultiFernet) -> Path:
    """A finished blob of one chunk beside the place where it belongs."""
    draft = path.with_name(f"{path.name}.{os.urandom(4).hex()}.part")
    writer = BlobWriter(draft, name, cipher)
    writer.append(data)
    writer.close()
    return draft


def _abandoned(path: Path) -> str | None:
    """SHA-256 of a blob whose writer is gone; None while it lives."""
    with open(path, "rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return None
        return hashlib.file_digest(file, "sha256").hexdigest()


def _whole(blobs: Blobs, name: str) -> bytes | None:
    try:
        return b"".join(blobs.read(name))
    except BlobUnreadable:
        return None


def _can_write(folder: Path, cipher: MultiFernet) -> bool:
    probe = folder / f"probe.{os.getpid()}.{os.urandom(4).hex()}"
    try:
        writer = BlobWriter(probe, "probe", cipher)
        writer.append(b"probe")
        writer.close()
        with open(probe, "rb") as file:
            is_readable = list(_chunks(file, "probe", cipher)) == [b"probe"]
        return is_readable and shutil.disk_usage(folder).free >= MIN_FREE_BYTES
    except (OSError, BlobUnreadable):
        return False
    finally:
        probe.unlink(missing_ok=True) if probe.parent.is_dir() else None


def _chunks(file: Any, name: str, cipher: MultiFernet) -> Iterator[bytes]:
    """Chunks up to a torn end. Raises BlobUnreadable for anything else that is wrong."""
    head = file.read(len(MAGIC))
    if head != MAGIC:
        if MAGIC.startswith(head):
            return
        raise BlobUnreadable("不是本系统的录音文件")
    number = 0
    while len(size := file.read(4)) == 4:
        token = file.read(int.from_bytes(size, "big"))
        if len(token) < int.from_bytes(size, "big"):
            return
        yield _unsealed(cipher, token, _label(name, number))
        number += 1


def _unsealed(cipher: MultiFernet, token: bytes, label: bytes) -> bytes:
    try:
        chunk = cipher.decrypt(token)
    except InvalidToken:
        raise BlobUnreadable("录音无法解密：文件被改动，或密钥不在 HUILING_BLOB_KEY 中") from None
    if not chunk.startswith(label):
        raise BlobUnreadable("录音分块次序不对：文件被改动")
    return chunk[len(label) :]


def _label(name: str, number: int) -> bytes:
    return number.to_bytes(4, "big") + hashlib.sha256(name.encode()).digest()
