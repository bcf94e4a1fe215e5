"""`python -m speech.shipped_clips`: the inventory in the default voice as package data, so that nobody waits for it.

A zip of mu-law clips under the names that the store of prompts gives them: with another voice, engine or reading the names
differ, and everything is rendered as without it. Rendering belongs to `speech.prompts`.
"""

from __future__ import annotations

import io
import zipfile
from functools import cached_property
from pathlib import Path

FILE = Path(__file__).parent / "voices" / "clips.zip"
_THEN = (1980, 1, 1, 0, 0, 0)
"""The time of every member: the same clips give the same file."""


class ShippedClips:
    """The clips of a file; none if there is no file. Shared by threads and by processes that were forked."""

    def __init__(self, file: Path = FILE) -> None:
        self._file = file

    def __contains__(self, name: str) -> bool:
        return name in self._names

    def get(self, name: str) -> bytes | None:
        """The mu-law bytes of the clip of this name; None when it is not among them."""
        return self._archive.read(name) if name in self._names else None

    @cached_property
    def _archive(self) -> zipfile.ZipFile:
        """Read whole: an open file's position would be shared with forked processes."""
        return zipfile.ZipFile(io.BytesIO(self._file.read_bytes()))

    @cached_property
    def _names(self) -> frozenset[str]:
        return frozenset(self._archive.namelist() if self._file.is_file() else ())


def write(file: Path, clips: dict[str, bytes]) -> None:
    """Write the clips (mu-law bytes by name), whole or not at all."""
    draft = file.with_suffix(".part")
    with zipfile.ZipFile(draft, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name in sorted(clips):
            archive.writestr(zipfile.ZipInfo(name, _THEN), clips[name], zipfile.ZIP_DEFLATED)
    draft.replace(file)


def main() -> None:
    """Render what is missing of the inventory, into the cache, and write all of it."""
    from kit.settings import load_settings
    from speech.mandarin.pieces import inventory
    from speech.prompts import open_prompts

    store = open_prompts(load_settings({}), b"")
    done = store.render_all(inventory())
    write(FILE, {store.public_name(text): store.clip(text) for text in inventory()})
    print(f"{FILE}：{len(inventory())} 段（新渲染 {done.made} 段），{FILE.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
