"""What is installed and whether it works: packages, models, engines, and one sentence spoken and heard."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from importlib import metadata

from rapidfuzz.distance import Levenshtein

from kit.settings import Settings
from speech import audio, catalogue, models
from speech.ears import configured, ear_facts
from speech.mandarin.readings import readings
from speech.ports import EngineUnavailable, Heard, Synthesizer
from speech.prompts import RenderFailed, render_clip

SENTENCE = "您好，您本期的还款还没有到账，请问您什么时候方便还款？"
PACKAGES = ("vosk", "faster-whisper", "onnxruntime", "soxr", "pypinyin", "pyttsx3", "espeakng-loader", "webrtcvad-wheels")

OnBytes = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the report. `is_needed`: the settings cannot work without it."""

    is_well: bool
    text: str
    is_needed: bool = True


def examine(settings: Settings, on_bytes: OnBytes = lambda count: None) -> Iterator[Finding]:
    """Findings one by one, the slow ones last: models are hashed anew, engines loaded, a sentence said and heard."""
    yield from _packages()
    yield from _models(settings, on_bytes)
    clip, is_plain = yield from _voice(settings)
    yield from _ears(settings, clip, is_plain=is_plain)


def bytes_to_hash(settings: Settings) -> int:
    """How many bytes of models `examine` will read."""
    folders = (models.model_dir(name, settings.resolved_cache_dir) for name in models.MODELS)
    return sum(file.stat().st_size for folder in folders for file in folder.rglob("*") if file.is_file())


def _packages() -> Iterator[Finding]:
    for name in PACKAGES:
        try:
            yield Finding(True, f"{name} {metadata.version(name)}")
        except metadata.PackageNotFoundError:
            yield Finding(False, f"缺少 Python 包 {name}：请运行 make install 重新安装依赖")


def _models(settings: Settings, on_bytes: OnBytes) -> Iterator[Finding]:
    for model in models.MODELS.values():
        folder = models.model_dir(model.name, settings.resolved_cache_dir)
        is_needed = model.name in _needed_models(settings)
        if not folder.is_dir():
            yield Finding(False, f"{model.title}：没有；请运行 {model.command}", is_needed)
            continue
        wrong = [] if models.is_whole(folder) else [models.SEAL]
        wrong = wrong or models.faults(model, folder, on_bytes)
        size_mb = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file()) / 1e6
        if wrong:
            yield Finding(False, f"{model.title}：{wrong[0]} 不完整或被改动；请运行 {model.command}", is_needed)
        else:
            yield Finding(True, f"{model.title}：{size_mb:.0f} MB，校验无误")


def _needed_models(settings: Settings) -> set[str]:
    wanted = {settings.synthesizer, *_chosen(settings)}
    return {
        name for name, engine in ((models.KOKORO.name, "kokoro"), (models.WHISPER_BASE.name, "whisper")) if engine in wanted
    }


def _voice(settings: Settings) -> Generator[Finding, None, tuple[bytes, bool]]:
    """Says the sentence; returns its clip, empty when it could not be said, and whether people would understand it."""
    try:
        synthesizer: Synthesizer = catalogue.synthesizer(settings)
        clip = render_clip(synthesizer, SENTENCE, settings.voice)
    except (EngineUnavailable, RenderFailed) as reason:
        yield Finding(False, f"合成：{reason}")
        return b"", False
    people = "" if synthesizer.is_for_people else "（开发用嗓音，真实外呼不接受）"
    yield Finding(
        True, f"合成：{synthesizer.name} {synthesizer.version}，{settings.voice}，{audio.duration_s(clip):.1f} 秒{people}"
    )
    return clip, synthesizer.is_for_people


def _chosen(settings: Settings) -> list[str]:
    """The ears that the settings name."""
    return [name.strip() for name in settings.recognizer.split(",")]


def _ears(settings: Settings, clip: bytes, *, is_plain: bool) -> Iterator[Finding]:
    """`is_plain`: the voice is one that an ear must understand."""
    chosen, folder = _chosen(settings), configured(settings)
    if "vosk" in chosen and folder.is_dir():
        yield Finding(True, f"耳朵：{ear_facts(folder)}")
    for name in dict.fromkeys([*chosen, "whisper"]):
        try:
            ear = catalogue.recognizer(settings, name)
            heard = ear.transcribe(audio.decode_mulaw(clip), (SENTENCE,) if name == "vosk" else ()) if clip else None
        except EngineUnavailable as reason:
            yield Finding(False, f"识别：{reason}", name in chosen)
            continue
        yield _heard(ear.name, heard, is_plain=is_plain, is_needed=name in chosen)


def _heard(name: str, heard: Heard | None, *, is_plain: bool, is_needed: bool) -> Finding:
    """What an ear made of the sentence, and how far its sounds are from it; half of them wrong is not hearing."""
    if heard is None:
        return Finding(True, f"识别：{name}")
    away = pinyin_distance(SENTENCE, heard.text)
    is_well = not is_plain or 2 * away < pinyin_distance(SENTENCE, "")
    advice = "" if is_well else "：这只耳朵听不懂，检查 VOSK_MODEL_PATH"
    return Finding(is_well, f"识别：{name} 听到「{heard.text}」，拼音差 {away} 个音节{advice}", is_needed)


def pinyin_distance(said: str, heard: str) -> int:
    """How many toneless syllables must be changed, added or dropped to turn one text's sound into the other's."""
    return int(Levenshtein.distance(*([syllable[:-1] for syllable in readings(text)] for text in (said, heard))))
