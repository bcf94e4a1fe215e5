"""The second pass of a grammar's ear: the same Vosk model hears the same sound freely, when the grammar did not fit.

As an engine of a chain (`vosk,vosk-free`): loads nothing twice, gives no partials. Worth its time only on a model whose
card trusts its free hearing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from kit.settings import Settings
from speech import classes
from speech.engines import vosk
from speech.engines.gathering import GatheringListener
from speech.phrases import plain, same_sound
from speech.ports import EngineUnavailable, Heard, Listener, Pcm


class FreeVosk:
    """Hears whole utterances without a grammar; what sounds exactly like an expected phrase is written as that phrase."""

    name = "vosk-free"
    has_partials = False

    def __init__(self, recognizer: vosk.VoskRecognizer) -> None:
        self._recognizer = recognizer

    def open(self) -> Listener:
        """An ear for one call."""
        return GatheringListener(self.transcribe)

    def transcribe(self, pcm: Pcm, phrases: Sequence[str] = ()) -> Heard:
        """Hear a whole utterance at LINE_RATE_HZ."""
        heard = self._recognizer.transcribe(pcm)
        listed = [plain(phrase) for phrase in classes.split(phrases)[0]]
        return replace(heard, text=same_sound(heard.text, listed), engine=self.name) if heard.text else heard

    def missing_words(self, phrases: Sequence[str]) -> tuple[str, ...]:
        """Nothing: it hears anything."""
        return ()


def load(settings: Settings) -> FreeVosk:
    """The engine on the model that the grammar's ear uses. Raises EngineUnavailable where that hears freely already."""
    recognizer = vosk.load(settings)
    if not recognizer.has_grammars:
        raise EngineUnavailable("vosk-free 多余：这个 Vosk 模型不能用语法，第一遍已是自由听写。")
    return FreeVosk(recognizer)
