"""The voices behind one contract: the scripted one, espeak's pinyin voice, and Kokoro where it is installed."""

from __future__ import annotations

import subprocess
from pathlib import Path

import numpy as np
import pytest

from kit.settings import Settings, load_settings
from speech import audio, catalogue
from speech.engines import kokoro, pyttsx3, scripted_voice
from speech.mandarin.readings import readings, words
from speech.ports import EngineUnavailable, Synthesizer
from speech.prompts import render_clip

TEXT = "您好，请问您现在方便吗？"


@pytest.fixture(
    params=[
        "scripted",
        "pyttsx3",
        pytest.param("kokoro", marks=pytest.mark.engines),
    ]
)
def voice(request: pytest.FixtureRequest) -> Synthesizer:
    try:
        return catalogue.synthesizer(load_settings(), request.param)
    except EngineUnavailable as reason:
        pytest.skip(str(reason))


def test_it_speaks_as_long_as_the_text_and_without_silence_at_the_ends(voice: Synthesizer) -> None:
    pcm, rate_hz = voice.render(TEXT, voice.voices()[0])
    assert pcm.dtype == np.int16
    per_syllable_s = len(pcm) / rate_hz / len(readings(TEXT))
    assert 0.1 < per_syllable_s < 0.45
    assert len(audio.trim(pcm, rate_hz)) >= len(pcm) - 0.1 * rate_hz


def test_its_clip_is_fit_for_the_line(voice: Synthesizer) -> None:
    clip = audio.decode_mulaw(render_clip(voice, TEXT, voice.voices()[0]))
    assert audio.active_dbfs(clip, 8000) == pytest.approx(audio.TARGET_DBFS, abs=1.5)
    assert audio.peak_dbfs(clip) <= audio.PEAK_DBFS + 0.3
    assert not audio.is_clipped(clip)


def test_other_words_sound_otherwise_and_the_same_words_alike(voice: Synthesizer) -> None:
    first, again, other = (render_clip(voice, text, voice.voices()[0]) for text in (TEXT, TEXT, "请问您现在方便还款吗？"))
    assert first == again
    assert first != other


def test_nothing_to_say_is_no_sound() -> None:
    assert len(scripted_voice.ScriptedVoice().render("。", "hum")[0]) == 0


def test_espeak_is_given_pinyin_and_never_characters(monkeypatch: pytest.MonkeyPatch) -> None:
    assert pyttsx3.pinyin("明天还3200元，好吗？") == "ming2 tian1 huan2 san1 qian1 er4 bai3 yuan2 , hao3 ma5 ?"
    orders: list[bytes] = []

    def run(command: list[str], **given: object) -> None:
        assert isinstance(given["input"], bytes)
        orders.append(given["input"])
        raise subprocess.CalledProcessError(1, command)

    monkeypatch.setattr(subprocess, "run", run)
    with pytest.raises(EngineUnavailable, match=r"运行失败（CalledProcessError）：请运行 make"):
        pyttsx3.load(Settings()).render("还款", "any")
    assert orders[0].isascii()


def test_kokoro_is_given_tokens_of_its_vocabulary_with_a_mark_at_the_end() -> None:
    numbers = kokoro.tokens(words("还款"))
    table = {number: char for char, number in kokoro.vocabulary().items()}
    assert "".join(table[number] for number in numbers) == "xwa↗nkʰwa↓n."
    assert kokoro.tokens(words("还款？"))[-1] == kokoro.vocabulary()["?"]


def test_long_texts_are_cut_at_marks() -> None:
    said = words("您好，" * 60 + "再见。好的！" + "一二三" * 70)
    chunks = list(kokoro._chunks(said))
    assert [word for chunk in chunks for word in chunk] == list(said)
    assert max(len(kokoro.tokens(chunk)) for chunk in chunks) < 260
    assert sum(chunk[-1].is_mark for chunk in chunks) >= len(chunks) - 5


def test_the_eight_mandarin_voices_are_carried(tmp_path: Path) -> None:
    folder = Path(kokoro.__file__).parent.parent / "voices"
    names = sorted(path.stem for path in folder.glob("*.bin"))
    assert len(names) == 8
    for name in names:
        assert kokoro.style(folder / f"{name}.bin").shape == (510, 256)
    assert Settings().voice in names
    assert "Apache License 2.0" in (folder / "NOTICE.txt").read_text(encoding="utf-8")
    with pytest.raises(EngineUnavailable, match="缺少模型 kokoro"):
        kokoro.load(Settings(cache_dir=tmp_path))


@pytest.mark.engines
def test_kokoro_names_its_voices_when_asked_for_another() -> None:
    try:
        engine = kokoro.load(load_settings())
    except EngineUnavailable as reason:
        pytest.skip(str(reason))
    assert len(engine.voices()) == 8
    with pytest.raises(EngineUnavailable, match=r"没有嗓音 'af_bella'；可用：zf_xiaobei"):
        engine.render(TEXT, "af_bella")
    slow, fast = (engine.render(TEXT, "zm_yunxi", speed=speed)[0] for speed in (0.8, 1.3))
    assert len(slow) > 1.3 * len(fast)
