"""Files that only their owner may read."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path

from kit.folders import private_file, private_folder


def test_new_folders_and_files_are_their_owners(tmp_path: Path) -> None:
    private_folder(tmp_path / "a" / "b")
    private_file(tmp_path / "a" / "b" / "f")
    modes = [os.stat(path).st_mode & 0o777 for path in (tmp_path / "a", tmp_path / "a" / "b", tmp_path / "a" / "b" / "f")]
    assert modes == [0o700, 0o700, 0o600]


def test_a_database_in_use_is_not_opened_beside_its_connection(tmp_path: Path) -> None:
    """Closing another handle would drop the locks of this process: a second process could then take the log away."""
    path = tmp_path / "x.db"
    connection = sqlite3.connect(path)
    connection.execute("pragma journal_mode=wal")
    connection.execute("create table t (x)")
    connection.commit()
    private_file(path)
    others = "import sqlite3, sys; c = sqlite3.connect(sys.argv[1]); c.execute('select count(*) from t').fetchone(); c.close()"
    assert os.spawnlp(os.P_WAIT, "python3", "python3", "-c", others, str(path)) == 0
    assert path.with_name("x.db-wal").exists()
    connection.close()
