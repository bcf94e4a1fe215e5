"""What of Whisper's drafts is believed: loops, inventions, figures, traditional Hanzi. The model itself: engines only."""

from __future__ import annotations

import numpy as np
import pytest

from kit.settings import load_settings
from speech.engines import whisper
from speech.engines.whisper import joined, pieces
from speech.engines.whisper_drafts import NUMBERS_HINT, PROMPT, Draft, believed, collapsed, numbers_as_said, prompt_of
from speech.ports import FRAME_SAMPLES, NOTHING, EngineUnavailable, Heard
from speech.simplified import simplified


def hear(text: str, spoken_s: float, *phrases: str, logprob: float = -0.2, no_speech: float = 0.01) -> Heard:
    return believed(Draft(text, logprob, no_speech), spoken_s, phrases, engine="whisper")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("是是是是", "是"),
        ("不是不是", "不是"),
        ("不是不是不是", "不是"),
        ("便便便便便便", "便"),
        ("好的好的好的再见", "好的再见"),
        ("谢谢", "谢谢"),
        ("我爸爸说慢慢还", "我爸爸说慢慢还"),
        ("一三八八八九", "一三八八八九"),
        ("三千三千", "三千三千"),
        ("", ""),
    ],
)
def test_loops_are_taken_for_one(text: str, expected: str) -> None:
    assert collapsed(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("138085553316", "一三八零八五五五三三一六"),
        ("1392 5800 47", "一三九二五八零零四七"),
        ("我下个月15号还2,000块", "我下个月十五号还两千块"),
        ("Bye bye", "拜拜"),
        ("OK", "好的"),
        ("没有数字", "没有数字"),
    ],
)
def test_figures_are_written_as_said(text: str, expected: str) -> None:
    assert numbers_as_said(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"), [("3826", "三八二六"), ("38 26", "三八二六"), ("3,826", "三八二六"), ("八一25", "八一二五")]
)
def test_figures_are_digits_where_digits_were_asked_for(text: str, expected: str) -> None:
    assert numbers_as_said(text, one_by_one=True) == expected
    assert numbers_as_said("我11月20号还3200", one_by_one=True) == numbers_as_said("我11月20号还3200")
    heard = believed(Draft(f"是{text}", -0.1, 0.0), 2.0, sorted("零一二三四五六七八九"), engine="whisper")
    assert heard.text == f"是{expected}"


@pytest.mark.parametrize(
    ("text", "spoken_s"),
    [
        ("请不吝点赞 订阅 转发 打赏支持明镜与点点栏目", 4.0),
        ("字幕由Amara.org社区提供", 3.0),
        ("谢谢观看", 1.5),
        ("C", 0.5),
        ("我明天上午就去银行把钱都还上你放心吧", 0.5),  # cannot be said in half a second
        ("以下", 0.4),  # our own hint
        ("四千零九元", 2.0),
    ],
)
def test_inventions_are_rejected_and_have_no_text(text: str, spoken_s: float) -> None:
    heard = hear(text, spoken_s)
    assert (heard.text, heard.is_rejected, heard.confidence) == ("", True, 0.0)


def test_text_out_of_silence_is_rejected() -> None:
    assert hear("我明天还", 0.8, logprob=-1.4, no_speech=0.9).is_rejected
    assert hear("我明天还", 0.8, logprob=-0.3, no_speech=0.9).text == "我明天还"


def test_a_homophone_of_a_phrase_is_that_phrase() -> None:
    assert hear("我已经环款了", 1.5, "我已经还款了").text == "我已经还款了"


def test_the_phrases_read_back_in_a_row_are_rejected() -> None:
    assert hear("是的，不是，我已经还了，没有钱", 2.0, "是的", "不是", "我已经还了", "没有钱").is_rejected


def test_traditional_becomes_simplified() -> None:
    assert hear("我沒有錢還貸款", 1.5).text == "我没有钱还贷款"
    assert simplified("轉帳給銀監會") == "转账给银监会"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("我先还两千４剩下的月底还４", "我先还两千剩下的月底还"),
        ("车在厂里Ｇ我没钱修２", "车在厂里我没钱修"),
        ("还2000４下周还", "还两千下周还"),
        ("我１５号还", "我十五号还"),
        ("我还4000块", "我还四千块"),
    ],
)
def test_a_spoilt_comma_is_no_figure(text: str, expected: str) -> None:
    assert hear(text, 3.0).text == expected


def test_nothing_is_nothing() -> None:
    assert hear("  。", 1.0) == NOTHING


def test_the_number_hint_is_for_longer_utterances_only() -> None:
    assert prompt_of((), 0.8) == PROMPT
    assert prompt_of(("是的", "不是"), 3.0) == PROMPT + NUMBERS_HINT + "是的。不是。"


def test_long_audio_is_cut_and_nothing_is_lost() -> None:
    clip = np.arange(8000 * 60, dtype=np.int64).astype(np.int16)
    parts = pieces(clip)
    assert len(parts) >= 3
    assert all(len(part) <= 24 * 8000 + FRAME_SAMPLES for part in parts)
    assert np.array_equal(np.concatenate(parts), clip)


def test_joined_pieces_are_as_sure_as_the_least_sure() -> None:
    assert joined([Heard("你好", 0.9), NOTHING, Heard("再见", 0.4)]) == Heard("你好再见", 0.4)
    assert joined([NOTHING]) == NOTHING


def test_a_missing_model_is_named_with_its_remedy(tmp_path: object) -> None:
    settings = load_settings({"HUILING_CACHE_DIR": str(tmp_path)})
    with pytest.raises(EngineUnavailable, match="flask speech setup"):
        whisper.load(settings)


@pytest.mark.engines
def test_silence_and_noise_give_nothing() -> None:
    try:
        ear = whisper.load(load_settings({}))
    except EngineUnavailable as reason:
        pytest.skip(str(reason))
    noise = (np.random.default_rng(5).normal(size=16000) * 200).astype(np.int16)
    assert ear.transcribe(np.zeros(16000, np.int16)) == NOTHING
    assert ear.transcribe(noise).text == ""
    listener = ear.open()
    assert listener.feed(noise) == ""
    assert listener.finish().text == ""
