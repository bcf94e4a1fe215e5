"""Names -> engines, honest reasons, and the chain of ears."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from kit.settings import Settings
from speech import catalogue
from speech.fallback import FallbackRecognizer
from speech.ports import NOTHING, EngineUnavailable, Heard, Listener, Pcm, Recognizer

SOUND = np.arange(1600, dtype=np.int16)


class ToldEar:
    """Answers what it is told to, and remembers what it was asked; fails when told an exception."""

    has_partials = True

    def __init__(self, name: str, answer: Heard | Exception) -> None:
        self.name, self.answer = name, answer
        self.asked: list[tuple[int, tuple[str, ...]]] = []

    def open(self) -> Listener:
        return ToldListener(self)

    def transcribe(self, pcm: Pcm, phrases: Sequence[str] = ()) -> Heard:
        self.asked.append((len(pcm), tuple(phrases)))
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer

    def missing_words(self, phrases: Sequence[str]) -> tuple[str, ...]:
        return tuple(phrases) if self.name == "first" else ()


class ToldListener:
    def __init__(self, ear: ToldEar) -> None:
        self.ear = ear
        self.is_closed = False

    def expect(self, phrases: Sequence[str]) -> None:
        self.phrases = phrases

    def feed(self, pcm: Pcm) -> str:
        return "部分"

    def finish(self) -> Heard:
        return self.ear.transcribe(np.zeros(0, dtype=np.int16))

    def close(self) -> None:
        self.is_closed = True


GOOD, OTHER = Heard("好的", 0.9), Heard("可以", 0.8)
REJECTED, WEAK = Heard("好", 0.4, is_rejected=True), Heard("号", 0.2, is_rejected=True)


def _settings(tmp_path: Path, **values: str) -> Settings:
    return Settings(cache_dir=tmp_path, data_dir=tmp_path, **values)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("first", "second", "heard", "asks_second"),
    [
        (GOOD, OTHER, GOOD, False),
        (REJECTED, OTHER, replace(OTHER, rejected=(REJECTED.text,), ears=2), True),
        (RuntimeError("broken"), OTHER, OTHER, True),
        (REJECTED, NOTHING, replace(REJECTED, ears=2), True),
        (REJECTED, WEAK, replace(REJECTED, rejected=(WEAK.text,), ears=2), True),
        (RuntimeError("broken"), RuntimeError("too"), NOTHING, True),
    ],
)
def test_the_next_ear_is_asked_when_the_first_rejects_or_fails(
    first: Heard | Exception, second: Heard | Exception, heard: Heard, asks_second: bool
) -> None:
    ears = (ToldEar("first", first), ToldEar("second", second))
    chain = FallbackRecognizer(ears)
    assert chain.transcribe(SOUND, ["好的"]) == heard
    assert ears[1].asked == ([(1600, ("好的",))] if asks_second else [])
    listener = chain.open()
    listener.expect(["好的"])
    assert listener.feed(SOUND[:800]) == "部分"
    listener.feed(SOUND[800:])
    assert listener.finish() == heard
    assert ears[1].asked == ([(1600, ("好的",))] * 2 if asks_second else [])
    listener.close()


def test_silence_of_the_first_ear_is_believed_in_a_live_call() -> None:
    second = ToldEar("second", OTHER)
    listener = FallbackRecognizer([ToldEar("first", NOTHING), second]).open()
    listener.expect([])
    listener.feed(SOUND)
    assert listener.finish() == NOTHING
    assert second.asked == []


def test_sound_of_an_earlier_turn_is_not_heard_again() -> None:
    second = ToldEar("second", OTHER)
    listener = FallbackRecognizer([ToldEar("first", REJECTED), second]).open()
    listener.expect(["一"])
    listener.feed(SOUND)
    listener.expect(["二"])
    listener.feed(SOUND[:160])
    listener.finish()
    listener.finish()
    assert second.asked == [(160, ("二",)), (0, ("二",))]


def test_a_chain_has_the_powers_of_its_first_ear() -> None:
    chain = FallbackRecognizer([ToldEar("first", GOOD), ToldEar("second", GOOD)])
    assert chain.name == "first+second"
    assert chain.has_partials
    assert chain.missing_words(["词"]) == ("词",)
    with pytest.raises(ValueError):
        FallbackRecognizer([])


def _plug(monkeypatch: pytest.MonkeyPatch, name: str, ear: Recognizer | EngineUnavailable) -> None:
    def load(settings: Settings) -> Recognizer:
        if isinstance(ear, EngineUnavailable):
            raise ear
        return ear

    module = ModuleType(f"told_{name}")
    module.load = load  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, module.__name__, module)
    monkeypatch.setattr(catalogue, "RECOGNIZERS", {**catalogue.RECOGNIZERS, name: module.__name__})


def test_a_comma_list_is_a_chain_and_a_missing_link_is_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = ToldEar("first", GOOD), ToldEar("second", OTHER)
    _plug(monkeypatch, "one", first)
    _plug(monkeypatch, "two", second)
    _plug(monkeypatch, "gone", EngineUnavailable("没有：请运行 flask speech setup"))
    assert catalogue.recognizer(_settings(tmp_path, recognizer="one, two")).name == "first+second"
    assert catalogue.recognizer(_settings(tmp_path, recognizer="gone,two")) is second
    with pytest.raises(EngineUnavailable, match="flask speech setup"):
        catalogue.recognizer(_settings(tmp_path, recognizer="gone"))


@pytest.mark.parametrize("names", ["sphinx", "vosk,sphinx", "", " , "])
def test_an_unknown_ear_is_refused_with_the_known_ones(tmp_path: Path, names: str) -> None:
    with pytest.raises(EngineUnavailable, match="可用：vosk、whisper、scripted"):
        catalogue.recognizer(_settings(tmp_path, recognizer=names))


def test_an_unknown_voice_engine_is_refused(tmp_path: Path) -> None:
    with pytest.raises(EngineUnavailable, match="没有名为 'say' 的合成引擎；可用：kokoro、pyttsx3、scripted"):
        catalogue.synthesizer(_settings(tmp_path, synthesizer="say"))


def test_a_missing_package_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "speech.engines.kokoro", raising=False)
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(EngineUnavailable, match="缺少 Python 包 onnxruntime"):
        catalogue.synthesizer(_settings(tmp_path))


def test_facts_without_loading_equal_the_engines() -> None:
    classes = {"kokoro": "Kokoro", "pyttsx3": "Pyttsx3", "scripted": "ScriptedVoice"}
    for name, facts in catalogue.SYNTHESIZERS.items():
        engine = getattr(import_module(facts.module), classes[name])
        assert (engine.name, engine.version, engine.is_for_people) == (facts.name, facts.version, facts.is_for_people)


def test_only_kokoro_is_for_people(tmp_path: Path) -> None:
    for name, is_for_people in (("kokoro", True), ("pyttsx3", False), ("scripted", False)):
        assert catalogue.voice_facts(_settings(tmp_path, synthesizer=name)).is_for_people is is_for_people
