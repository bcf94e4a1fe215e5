"""Names -> engines, loaded when first asked for. Says honestly what is missing and which command mends it."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from kit.settings import Settings
from speech.fallback import FallbackRecognizer
from speech.ports import EngineUnavailable, Recognizer, Synthesizer

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class VoiceFacts:
    """What is known of a voice engine without loading it. `version` changes when the same text would sound otherwise."""

    name: str
    module: str
    version: str
    is_for_people: bool

    @property
    def identity(self) -> str:
        """Name and version, part of every clip's key."""
        return f"{self.name}/{self.version}"


SYNTHESIZERS: Mapping[str, VoiceFacts] = {
    facts.name: facts
    for facts in (
        VoiceFacts("kokoro", "speech.engines.kokoro", "v1.0-int8-1", is_for_people=True),
        VoiceFacts("pyttsx3", "speech.engines.pyttsx3", "espeak-ng-1", is_for_people=False),
        VoiceFacts("scripted", "speech.engines.scripted_voice", "1", is_for_people=False),
    )
}
RECOGNIZERS: Mapping[str, str] = {
    "vosk": "speech.engines.vosk",
    "whisper": "speech.engines.whisper",
    "scripted": "speech.engines.scripted_ear",
    "vosk-free": "speech.engines.vosk_free",
}
"""Each module offers `load(settings)`, which raises EngineUnavailable."""


def voice_facts(settings: Settings, name: str = "") -> VoiceFacts:
    """What is known of the voice engine named, or the setting's: a live campaign refuses one that is not for people."""
    (known,) = _names(name or settings.synthesizer, SYNTHESIZERS, "合成")[:1]
    return SYNTHESIZERS[known]


def synthesizer(settings: Settings, name: str = "") -> Synthesizer:
    """The voice engine named, or the setting's. Raises EngineUnavailable."""
    facts = voice_facts(settings, name)
    engine: Synthesizer = _load(facts.name, facts.module, "合成", settings)
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
            found.append(_load(name, RECOGNIZERS[name], "识别", settings))
        except EngineUnavailable as reason:
            reasons.append(str(reason))
            _log.warning("an ear is not available", extra={"engine": name, "reason": str(reason)})
    if not found:
        raise EngineUnavailable("；".join(reasons))
    return found[0] if len(found) == 1 else FallbackRecognizer(found)


def _names(text: str, known: Iterable[str], kind: str) -> list[str]:
    names = [name.strip() for name in text.split(",") if name.strip()]
    for name in names:
        if name not in known:
            raise EngineUnavailable(f"没有名为 {name!r} 的{kind}引擎；可用：{'、'.join(known)}")
    if not names:
        raise EngineUnavailable(f"没有指定{kind}引擎；可用：{'、'.join(known)}")
    return names


def _load(name: str, module: str, kind: str, settings: Settings) -> Any:
    try:
        engine = import_module(module)
    except ImportError as error:
        raise EngineUnavailable(f"{kind}引擎 {name} 缺少 Python 包 {error.name}：请运行 make install 重新安装依赖") from None
    return engine.load(settings)
