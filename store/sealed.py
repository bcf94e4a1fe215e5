"""The sealed format of blobs: a row of encrypted chunks. What was written before a crash can be read.

A writer holds a lock on its file until it is released: whoever gets the lock knows that the writer is gone.

On disk: a magic line, then for each chunk its length (4 bytes, big-endian) and a Fernet token over the chunk's number,
the blob's name and its bytes, so that chunks can be neither reordered nor moved to another blob. A torn last chunk is
dropped by readers.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, BinaryIO

from cryptography.fernet import InvalidToken, MultiFernet

from kit.folders import private_folder

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


def chunks(file: Any, name: str, cipher: MultiFernet) -> Iterator[bytes]:
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


def whole(parts: Iterable[bytes]) -> bytes | None:
    """All of a blob that is being read; None when it cannot be."""
    try:
        return b"".join(parts)
    except BlobUnreadable:
        return None


def drafted(path: Path, name: str, data: bytes, cipher: MultiFernet) -> Path:
    """A finished blob of one chunk beside the place where it belongs."""
    draft = path.with_name(f"{path.name}.{os.urandom(4).hex()}.part")
    writer = BlobWriter(draft, name, cipher)
    writer.append(data)
    writer.close()
    return draft


def sha256_if_abandoned(path: Path) -> str | None:
    """SHA-256 of a blob whose writer is gone; None while it lives."""
    with open(path, "rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return None
        return hashlib.file_digest(file, "sha256").hexdigest()


def can_write(folder: Path, cipher: MultiFernet) -> bool:
    """Whether a blob could be written and read there now, with room to spare: it tries."""
    probe = folder / f"probe.{os.getpid()}.{os.urandom(4).hex()}"
    try:
        writer = BlobWriter(probe, "probe", cipher)
        writer.append(b"probe")
        writer.close()
        with open(probe, "rb") as file:
            is_readable = list(chunks(file, "probe", cipher)) == [b"probe"]
        return is_readable and shutil.disk_usage(folder).free >= MIN_FREE_BYTES
    except (OSError, BlobUnreadable):
        return False
    finally:
        probe.unlink(missing_ok=True) if probe.parent.is_dir() else None


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
