"""Names -> engines, loaded when first asked for. Says honestly what is missing and which command mends it."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from importlib import import_module
from typing import Any

from kit.settings import Settings
from speech.fallback import FallbackRecognizer
from speech.ports import EngineUnavailable, Recognizer, Synthesizer

_log = logging.getLogger(__name__)

SYNTHESIZERS: Mapping[str, str] = {
    "kokoro": "speech.engines.kokoro",
    "pyttsx3": "speech.engines.pyttsx3",
    "scripted": "speech.engines.scripted_voice",
}
RECOGNIZERS: Mapping[str, str] = {
    "vosk": "speech.engines.vosk",
    "whisper": "speech.engines.whisper",
    "scripted": "speech.engines.scripted_ear",
}
"""Each module offers `load(settings)`, which raises EngineUnavailable."""


def synthesizer(settings: Settings, name: str = "") -> Synthesizer:
    """The voice engine named, or the setting's. Raises EngineUnavailable."""
    engine: Synthesizer = _load(name or settings.synthesizer, SYNTHESIZERS, "合成", settings)
    return engine


def recognizer(settings: Settings, names: str = "") -> Recognizer:
    """The ear named, or the setting's; several names apart by commas make a chain.

    An ear of a chain that cannot be loaded is left out with a warning; EngineUnavailable, with every reason, when none
    is left.
    """
    found: list[Recognizer] = []
    reasons: list[str] = []
    wanted = _names(names or settings.recognizer, RECOGNIZERS, "识别")
    for name in wanted:
        try:
            found.append(_load(name, RECOGNIZERS, "识别", settings))
        except EngineUnavailable as reason:
            reasons.append(str(reason))
            _log.warning("an ear is not available", extra={"engine": name, "reason": str(reason)})
    if not found:
        raise EngineUnavailable("；".join(reasons))
    return found[0] if len(found) == 1 else FallbackRecognizer(found)


def _names(text: str, known: Mapping[str, str], kind: str) -> list[str]:
    names = [name.strip() for name in text.split(",") if name.strip()]
    for name in names:
        if name not in known:
            raise EngineUnavailable(f"没有名为 {name!r} 的{kind}引擎；可用：{'、'.join(known)}")
    if not names:
        raise EngineUnavailable(f"没有指定{kind}引擎；可用：{'、'.join(known)}")
    return names


def _load(name: str, known: Mapping[str, str], kind: str, settings: Settings) -> Any:
    (name,) = _names(name, known, kind)[:1]
    try:
        module = import_module(known[name])
    except ImportError as error:
        raise EngineUnavailable(f"{kind}引擎 {name} 缺少 Python 包 {error.name}：请运行 make 重新安装依赖") from None
    return module.load(settings)
