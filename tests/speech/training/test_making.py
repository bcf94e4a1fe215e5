"""`python -m speech.training`: where it works and writes, what each stage takes and leaves."""

from __future__ import annotations

from pathlib import Path

import pytest

from speech.training import __main__ as making
from speech.training import onset
from speech.training.__main__ import Work, main


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache that the environment names, where every model seems to lie."""
    monkeypatch.setenv("HUILING_CACHE_DIR", str(tmp_path))
    for module in (making, onset):
        monkeypatch.setattr(module, "require", lambda name, folder: Path(folder) / "models" / name)
    return tmp_path


@pytest.fixture
def works(monkeypatch: pytest.MonkeyPatch) -> list[Work]:
    """What the stages prepare and export were called with; both do nothing."""
    called: list[Work] = []
    for name in ("prepare", "export"):
        monkeypatch.setitem(making.STAGES, name, called.append)
    return called


def test_the_environment_names_the_cache(cache: Path, works: list[Work]) -> None:
    main(["prepare"])
    assert works[0].place.folder == cache / "training" / "full"
    assert works[0].place.published.parent == cache / "models" / "kokoro"


def test_a_bad_setting_is_told_in_words(monkeypatch: pytest.MonkeyPatch, works: list[Work]) -> None:
    monkeypatch.setenv("HUILING_CACHE_DIRR", "x")
    with pytest.raises(SystemExit, match="HUILING_CACHE_DIR"):
        main(["prepare"])
    assert works == []
