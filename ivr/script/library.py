"""Scripts by id and revision: a live call finishes on the revision that it began with. Keeps content; judges none.

A revision is the texts of all files that a script was made from, in one JSON document under its digest. It lies where
every machine can read it, so that a call may begin on one and be taken up again on another.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Protocol

from ivr.script.load import Read, load_script, parse_script, read_text, script_ids
from ivr.script.model import Script


class RevisionLost(LookupError):
    """A call's script was changed and no copy of its revision was kept."""


class NoSuchScript(LookupError):
    """There is no script of this id; the message lists those that there are."""


class Shelf(Protocol):
    """Where revisions lie, for all machines."""

    def put(self, name: str, data: bytes) -> None:
        """Keep the document whole or not at all; again is harmless. Raises OSError."""

    def get(self, name: str) -> bytes | None:
        """The document; None when it is not there or cannot be read."""


class Library:
    """The scripts' folder, and the shelf of revisions that campaigns started on."""

    def __init__(self, folder: Path, shelf: Shelf) -> None:
        self._folder = folder
        self._shelf = shelf
        self._revision = cache(self._find_revision)

    def current(self, script_id: str) -> Script:
        """The script as it is now. Raises NoSuchScript, or BadScript with every issue."""
        if script_id not in script_ids(self._folder):
            raise NoSuchScript(f"没有编号为“{script_id}”的话术；现有：{'、'.join(script_ids(self._folder)) or '（没有）'}")
        return load_script(self._folder, script_id)

    def keep(self, script_id: str) -> Script:
        """The script as it is now, with its revision kept. Raises NoSuchScript, BadScript, or OSError: not kept."""
        script = self.current(script_id)
        texts: dict[str, str] = {}
        if _parsed(_noting(_reader(self._folder), texts), script_id, script.digest) is None:
            raise OSError("话术在读取时被改动，请再试一次")
        self._shelf.put(_name(script.digest), json.dumps(texts, ensure_ascii=False, sort_keys=True).encode())
        return script

    def revision(self, script_id: str, digest: str) -> Script:
        """The script at that digest. Raises RevisionLost."""
        return self._revision(script_id, digest)

    def _find_revision(self, script_id: str, digest: str) -> Script:
        script = _parsed(_reader(self._folder), script_id, digest) or _parsed(self._kept(digest), script_id, digest)
        if script is None:
            raise RevisionLost(f"{script_id} 的修订 {digest[:12]} 已不在：HUILING_BLOB_STORE 里没有 {_name(digest)}")
        return script

    def _kept(self, digest: str) -> Read:
        found = self._shelf.get(_name(digest))
        texts: Mapping[str, str] = json.loads(found) if found else {}
        return texts.get


def _name(digest: str) -> str:
    return f"scripts/{digest}"


def _reader(folder: Path) -> Read:
    def read(name: str) -> str | None:
        path = folder / name
        return read_text(path, name) if path.is_file() else None

    return read


def _noting(read: Read, texts: dict[str, str]) -> Read:
    """The same reader, with everything that it gave noted in `texts`."""

    def noted(name: str) -> str | None:
        text = read(name)
        if text is not None:
            texts[name] = text
        return text

    return noted


def _parsed(read: Read, script_id: str, digest: str) -> Script | None:
    """The script that these files make, if it is the wanted revision: it passed the checks of its day when it was kept."""
    try:
        script, _ = parse_script(read, f"{script_id}.yaml")
    except OSError:
        return None
    return script if script is not None and script.digest == digest else None
