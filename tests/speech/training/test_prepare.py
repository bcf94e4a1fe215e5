"""The voices of other languages: fetched once; what could not be fetched is told, and tried again the next time."""

from __future__ import annotations

import io
import json
import subprocess
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from speech.training import teacher_voice, voices
from speech.training.voices import Place, prepare

Npm = Callable[[Path], bytes]


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    monkeypatch.setattr(teacher_voice, "with_durations", lambda published, out: out)
    return Place(tmp_path / "training" / "full", tmp_path / "published.onnx")


@pytest.fixture
def npm(monkeypatch: pytest.MonkeyPatch) -> Callable[[Npm], list[str]]:
    """Puts a function in place of npm: it gets the folder and gives what npm prints. Returns the calls so far."""

    def install(answer: Npm) -> list[str]:
        calls: list[str] = []

        def run(command: list[str], *, cwd: Path, **_: Any) -> subprocess.CompletedProcess[bytes]:
            calls.append(command[-1])
            return subprocess.CompletedProcess(command, 0, answer(cwd))

        monkeypatch.setattr(subprocess, "run", run)
        return calls

    return install


def packed(*names: str) -> Npm:
    def answer(folder: Path) -> bytes:
        with tarfile.open(folder / "kokoro.tgz", "w:gz") as archive:
            for name in names:
                entry = tarfile.TarInfo(f"package/{name}")
                entry.size = 4
                archive.addfile(entry, io.BytesIO(b"\0" * 4))
        return json.dumps([{"filename": "kokoro.tgz"}]).encode()

    return answer


def missing(folder: Path) -> bytes:
    raise FileNotFoundError("npm")


@pytest.mark.parametrize("fault", [missing, lambda folder: b"[]", lambda folder: b"no json", packed("README.md")])
def test_without_npm_it_says_what_is_lost_and_tries_again(
    place: Place, npm: Callable[[Npm], list[str]], capsys: pytest.CaptureFixture[str], fault: Npm
) -> None:
    npm(fault)
    prepare(place)
    told = capsys.readouterr().out
    assert "需要 npm" in told
    assert "外语音色" in told
    assert not place.foreign.exists()
    calls = npm(packed("voices/af_heart.bin", "README.md"))
    prepare(place)
    prepare(place)
    assert calls == [voices.FOREIGN], "fetched once, then kept"
    assert [path.name for path in place.foreign.iterdir()] == ["af_heart.bin"]
    assert capsys.readouterr().out == ""


def test_an_empty_folder_of_an_earlier_run_is_filled(place: Place, npm: Callable[[Npm], list[str]]) -> None:
    place.foreign.mkdir(parents=True)
    npm(packed("voices/af_heart.bin"))
    prepare(place)
    assert (place.foreign / "af_heart.bin").exists()
