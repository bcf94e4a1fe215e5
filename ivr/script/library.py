"""Scripts by id and revision: a live call finishes on the revision that it began with. Copies content; judges none."""

from __future__ import annotations

import shutil
from functools import cache
from pathlib import Path
from tempfile import mkdtemp

from ivr.script.issues import BadScript
from ivr.script.load import load_script
from ivr.script.model import Script


class RevisionLost(LookupError):
    """A call's script was changed and no copy of its revision was kept."""


class Library:
    """The scripts' folder, and `kept`: copies of the revisions that campaigns started on (shared between machines)."""

    def __init__(self, folder: Path, kept: Path) -> None:
        self._folder = folder
        self._kept = kept
        self._revision = cache(self._read_revision)

    def current(self, script_id: str) -> Script:
        """The script as it is now. Raises BadScript with every issue."""
        return load_script(self._folder, script_id)

    def keep(self, script_id: str) -> Script:
        """The script as it is now, with a copy of everything that it was made from. Raises BadScript."""
        script = self.current(script_id)
        target = self._kept / script.digest
        if not target.exists():
            self._kept.mkdir(parents=True, exist_ok=True)
            draft = Path(mkdtemp(prefix=".keep-", dir=self._kept))
            shutil.copytree(self._folder, draft, dirs_exist_ok=True)
            try:
                draft.rename(target)
            except OSError:
                shutil.rmtree(draft, ignore_errors=True)
        return script

    def revision(self, script_id: str, digest: str) -> Script:
        """The script at that digest. Raises RevisionLost."""
        return self._revision(script_id, digest)

    def _read_revision(self, script_id: str, digest: str) -> Script:
        for folder in (self._kept / digest, self._folder):
            try:
                script = load_script(folder, script_id)
            except (BadScript, OSError):
                continue
            if script.digest == digest:
                return script
        raise RevisionLost(f"{script_id} 的修订 {digest[:12]} 已不在；请恢复话术目录或 data_dir 下的 scripts")
