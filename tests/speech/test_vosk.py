"""The Vosk engine on the trial model of these tests (tests/speech/trial_model)."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from speech.engines.vosk import AT_ONCE, Decoder, VoskRecognizer
from speech.ports import NOTHING, EngineUnavailable
from tests.speech.trial import TRIAL


@pytest.fixture(scope="module")
def chinese() -> VoskRecognizer:
    return VoskRecognizer(TRIAL)


def noise(seconds: float, rms: float) -> np.ndarray[tuple[int], np.dtype[np.int16]]:
    return (np.random.default_rng(7).normal(size=int(seconds * 8000)) * rms).astype(np.int16)


class Crowded:
    """What Vosk gives a decoder; tells how many threads were inside decoders at once. Appending is one step to all threads."""

    def __init__(self, entered: list[int], left: list[int], most: list[int]) -> None:
        self._entered, self._left, self._most = entered, left, most

    def AcceptWaveform(self, sound: bytes) -> bool:  # noqa: N802 - Vosk's name
        self._stay()
        return False

    def FinalResult(self) -> str:  # noqa: N802 - Vosk's name
        self._stay()
        return "{}"

    def _stay(self) -> None:
        self._entered.append(1)
        self._most.append(len(self._entered) - len(self._left))
        time.sleep(0.002)
        self._left.append(1)


def test_never_more_threads_inside_the_decoder_than_its_openblas_bears() -> None:
    entered: list[int] = []
    left: list[int] = []
    most: list[int] = []

    def hear(_: int) -> None:
        decoder = Decoder(Crowded(entered, left, most), ((), ()), 8000)
        decoder.accept(noise(0.1, 100))
        decoder.finish()

    with ThreadPoolExecutor(64) as pool:
        list(pool.map(hear, range(64)))
    assert len(left) == 128
    assert max(most) == AT_ONCE <= 32


def test_every_hanzi_can_be_expected(chinese: VoskRecognizer) -> None:
    assert chinese.missing_words(["欧阳婷婷", "我下周五还三千五百元", "诸葛瑾萱", "嗯", "喂"]) == ()
    assert chinese.missing_words(["按A键"]) == ("A",)


def test_a_phrase_with_a_missing_part_never_enters_the_grammar_cut_short(
    chinese: VoskRecognizer, capfd: pytest.CaptureFixture[str]
) -> None:
    listener = chinese.open()
    listener.expect(["按A键", "是的"])
    listener.feed(noise(0.2, 5))
    listener.finish()
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize("rms", [0, 30, 300])
def test_silence_and_noise_say_nothing(chinese: VoskRecognizer, rms: float) -> None:
    heard = chinese.transcribe(noise(3.0, rms), ["是", "不是", "我明天还"])
    assert heard.text == "" or heard.is_rejected or heard.confidence < 0.5


def test_finishing_twice_gives_nothing_the_second_time(chinese: VoskRecognizer) -> None:
    listener = chinese.open()
    listener.feed(noise(0.5, 100))
    listener.finish()
    assert listener.finish() == NOTHING
    listener.close()


def test_a_directory_that_is_no_model_is_named(tmp_path: Path) -> None:
    with pytest.raises(EngineUnavailable, match="VOSK_MODEL_PATH"):
        VoskRecognizer(tmp_path)


def test_a_broken_model_is_named(tmp_path: Path) -> None:
    (tmp_path / "conf").mkdir()
    (tmp_path / "conf" / "mfcc.conf").write_text("--sample-frequency=8000\n")
    with pytest.raises(EngineUnavailable, match=str(tmp_path)):
        VoskRecognizer(tmp_path)
