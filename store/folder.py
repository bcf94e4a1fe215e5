"""Blobs as sealed files in a directory. Fits store.blobs.Blobs by shape."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

from cryptography.fernet import MultiFernet

from store.sealed import BlobUnreadable, BlobWriter, can_write, chunks, drafted, sha256_if_abandoned, whole


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
        return sha256_if_abandoned(path) if path.exists() else hashlib.sha256().hexdigest()

    def put(self, name: str, data: bytes) -> None:
        draft = drafted(self._path(name), name, data, self._cipher)
        draft.replace(self._path(name))

    def get(self, name: str) -> bytes | None:
        return whole(self.read(name))

    def read(self, name: str) -> Iterator[bytes]:
        path = self._path(name)
        if not path.exists():
            raise BlobUnreadable("录音文件不存在")
        with open(path, "rb") as file:
            yield from chunks(file, name, self._cipher)

    def is_ready(self) -> bool:
        return can_write(self._folder, self._cipher)

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
