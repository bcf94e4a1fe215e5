"""Folders and files that only their owner may read: names, numbers and words of people lie there."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path


def private_folder(path: Path) -> None:
    """Make the folder and its missing parents with mode 0700; those that are there stay as they are. Raises OSError."""
    if not path.parent.exists():
        private_folder(path.parent)
    path.mkdir(mode=0o700, exist_ok=True)


def private_file(path: Path) -> None:
    """Make an empty file with mode 0600; one that is there is not touched, a missing folder stays missing. Raises OSError.

    Not even opened: closing any handle of a file drops all POSIX locks that this process holds on it, a database's too.
    """
    if path.parent.is_dir():
        with suppress(FileExistsError):
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
