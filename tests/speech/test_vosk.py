"""The Vosk engine on the trial model of these tests (tests/speech/trial_model), and on the results that Vosk gives."""

from __future__ import annotations

import json
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from speech.engines.vosk import AT_ONCE, Decoder, VoskRecognizer, Word, heard_from, words_from
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


def test_words_of_a_result() -> None:
    result = {"result": [{"word": "是的", "start": 0.3, "end": 0.9, "conf": 1.00002}], "text": "是的"}
    assert words_from(json.dumps(result)) == [Word("是的", 0.3, 0.9, 1.0)]
    assert words_from('{"text": ""}') == []


def test_nothing_said() -> None:
    assert heard_from([], ["是"], engine="vosk") == NOTHING


def test_text_has_no_spaces_and_no_unknown() -> None:
    words = [Word("[unk]", 0.0, 0.2, 0.5), Word("我", 0.2, 0.4, 1.0), Word("明天", 0.4, 1.0, 1.0)]
    heard = heard_from(words, ["我明天"], engine="vosk")
    assert (heard.text, heard.is_rejected, heard.confidence, heard.start_s, heard.end_s) == ("我明天", False, 0.8, 0.2, 1.0)


def test_rejected_where_unknown_takes_most_of_the_time() -> None:
    words = [Word("[unk]", 0.0, 1.2, 1.0), Word("是", 1.2, 1.5, 1.0)]
    assert heard_from(words, ["是"], engine="vosk").is_rejected


def test_all_unknown_is_an_empty_rejection() -> None:
    heard = heard_from([Word("[unk]", 0.1, 1.2, 1.0)], ["是"], engine="vosk")
    assert (heard.text, heard.confidence, heard.is_rejected) == ("", 0.0, True)


def test_a_mixture_of_phrases_is_rejected() -> None:
    words = [Word("我", 0.0, 0.3, 1.0), Word("报警", 0.3, 0.8, 1.0)]
    heard = heard_from(words, ["我明天还款", "再打就报警"], engine="vosk")
    assert (heard.text, heard.is_rejected) == ("我报警", True)


@pytest.mark.parametrize(
    ("said", "confidence", "is_rejected"),
    [
        ("是的", 0.5, False),  # half of what sounds alike
        ("是的", 0.4, True),
        ("是的 我是", 0.8, False),
        ("是的 我是 好的", 0.9, True),
    ],
)
def test_what_is_less_likely_than_not_is_rejected(said: str, confidence: float, is_rejected: bool) -> None:
    words = [Word(word, at, at + 0.4, confidence) for at, word in enumerate(said.split())]
    heard = heard_from(words, ["是的", "我是", "好的"], engine="vosk")
    assert (heard.text, heard.is_rejected) == (said.replace(" ", ""), is_rejected)


def test_what_is_heard_freely_is_rejected_below_what_the_model_allows() -> None:
    words = [Word("是的", 0.0, 0.4, 0.3)]
    assert [heard_from(words, [], engine="vosk", least=least).is_rejected for least in (0.0, 0.3, 0.31)] == [False, False, True]


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
