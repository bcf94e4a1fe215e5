"""The command line of speaking: one text, a batch, the doctor, the inventory; hermetic, with the scripted voice."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import Result
from flask import Flask
from flask.testing import FlaskCliRunner

from kit.settings import Settings
from speech import audio, catalogue, commands, doctor
from speech.commands import cli
from speech.doctor import Finding, pinyin_distance
from speech.engines.scripted_ear import ScriptedRecognizer
from speech.engines.scripted_voice import ScriptedVoice
from speech.mandarin.pieces import inventory
from speech.say import Order, is_done, key


@pytest.fixture
def runner(tmp_path: Path) -> FlaskCliRunner:
    settings = Settings(
        cache_dir=tmp_path / "cache", data_dir=tmp_path / "var", synthesizer="scripted", recognizer="scripted", voice="hum"
    )
    app = Flask("speech-only")
    app.config["HUILING_SETTINGS"] = settings
    app.cli.add_command(cli)
    return app.test_cli_runner()


def _batch(runner: FlaskCliRunner, path: Path, *rows: object) -> Result:
    lines = [row if isinstance(row, str) else json.dumps(row, ensure_ascii=False) for row in rows]
    path.write_text("\n".join(lines), encoding="utf-8")
    return runner.invoke(args=["speech", "say", "--batch", str(path)])


@pytest.mark.parametrize("rate_hz", [8000, 24000])
def test_one_text_becomes_a_wav_of_the_rate_asked(runner: FlaskCliRunner, tmp_path: Path, rate_hz: int) -> None:
    out = tmp_path / "new" / "one.wav"
    result = runner.invoke(args=["speech", "say", "您好，再见。", "--out", str(out), "--rate-hz", str(rate_hz)])
    assert result.exit_code == 0, result.output
    pcm, rate = audio.read_wav(out.read_bytes())
    assert rate == rate_hz
    assert 0.5 < len(pcm) / rate < 2.0
    assert audio.active_dbfs(pcm, rate) == pytest.approx(audio.TARGET_DBFS, abs=0.5)


def test_faster_is_shorter(runner: FlaskCliRunner, tmp_path: Path) -> None:
    for name, speed in (("slow", "0.8"), ("fast", "1.6")):
        runner.invoke(args=["speech", "say", "您好再见", "--out", str(tmp_path / f"{name}.wav"), "--speed", speed])
    slow, fast = (audio.read_wav((tmp_path / f"{name}.wav").read_bytes())[0] for name in ("slow", "fast"))
    assert len(slow) == pytest.approx(2 * len(fast), rel=0.1)


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (["，。", "--out", "x.wav"], "没有可以读出的文字"),
        (["您好", "--out", "x.wav", "--speed", "9"], "speed 须在"),
        (["您好", "--out", "x.wav", "--engine", "festival"], "没有名为 'festival' 的合成引擎；可用：kokoro、pyttsx3、scripted"),
        (
            ["您好", "--out", "x.wav", "--engine", "kokoro"],
            "缺少模型 kokoro（Kokoro-82M v1.0 int8（合成语音））：请运行 flask speech setup",
        ),
        (["您好", "--out", "/proc/none/x.wav"], "写不出文件"),
    ],
)
def test_what_cannot_be_said_is_refused_in_one_line(runner: FlaskCliRunner, args: list[str], says: str) -> None:
    result = runner.invoke(args=["speech", "say", *args])
    assert result.exit_code == 1
    assert says in result.output
    assert "Traceback" not in result.output


def test_neither_text_nor_batch_is_a_usage_error(runner: FlaskCliRunner) -> None:
    assert runner.invoke(args=["speech", "say", "您好"]).exit_code == 2


def test_a_batch_skips_what_is_there_and_renews_what_changed(runner: FlaskCliRunner, tmp_path: Path) -> None:
    rows: list[dict[str, object]] = [
        {"text": "我明天还", "out": str(tmp_path / "a.wav")},
        {"text": "你是谁", "out": str(tmp_path / "b.wav"), "speed": 1.2},
    ]
    first = _batch(runner, tmp_path / "batch.jsonl", *rows)
    assert first.exit_code == 0, first.output
    assert first.output.count(".wav（") == 2
    assert "2 句已有，未变" in _batch(runner, tmp_path / "batch.jsonl", *rows).output
    (tmp_path / "a.wav").write_bytes(b"damaged")
    rows[1]["speed"] = 1.3
    again = _batch(runner, tmp_path / "batch.jsonl", *rows)
    assert again.output.count(".wav（") == 2
    assert audio.read_wav((tmp_path / "a.wav").read_bytes())


def test_bad_lines_are_named_and_good_ones_kept(runner: FlaskCliRunner, tmp_path: Path) -> None:
    good = {"text": "我明天还", "out": str(tmp_path / "a.wav")}
    result = _batch(
        runner,
        tmp_path / "batch.jsonl",
        "not json",
        good,
        {"text": "缺少输出"},
        [1],
        "",
        {**good, "speed": "fast"},
        {**good, "rate_hz": 1},
        {**good, "text": "我后天还"},
    )
    assert result.exit_code == 1
    assert (tmp_path / "a.wav").exists()
    for says in (
        "第 1 行：不是 JSON",
        "第 3 行：缺少 text 或 out",
        "第 4 行：不是一个对象",
        "第 6 行：speed",
        "第 7 行：rate_hz",
        "第 8 行：out 与第 2 行相同",
    ):
        assert says in result.output
    assert "6 行有误，其余 1 句已完成" in result.output


def test_a_corrected_reading_or_another_voice_is_said_anew(tmp_path: Path) -> None:
    order = Order(text="还款3200元", out=tmp_path / "a.wav", voice="hum")
    same = Order(text="还款三千二百元", out=tmp_path / "a.wav", voice="hum")
    other = Order(text="还款3200元", out=tmp_path / "a.wav", voice="zf_xiaoyi")
    assert key(order, "e/1") == key(same, "e/1")
    assert len({key(order, "e/1"), key(other, "e/1"), key(order, "e/2")}) == 3
    assert not is_done(order, "e/1")


def test_the_inventory_is_rendered_once(runner: FlaskCliRunner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    some = inventory()[::50]
    monkeypatch.setattr(commands, "inventory", lambda: some)
    assert f"新渲染 {len(some)} 段" in runner.invoke(args=["speech", "inventory"]).output
    assert f"新渲染 0 段（0 秒），已有 {len(some)} 段" in runner.invoke(args=["speech", "inventory"]).output
    assert len(list((tmp_path / "cache/prompts").rglob("*.au"))) == len(some)


def test_the_doctor_names_what_is_missing_and_how_to_mend_it(runner: FlaskCliRunner) -> None:
    result = runner.invoke(args=["speech", "doctor"])
    assert "○ Kokoro-82M v1.0 int8（合成语音）：没有；请运行 flask speech setup" in result.output
    assert "✓ 合成：scripted 1，hum" in result.output
    assert "开发用嗓音" in result.output


def test_the_doctor_fails_when_the_settings_cannot_work(tmp_path: Path) -> None:
    settings = Settings(cache_dir=tmp_path, data_dir=tmp_path, recognizer="whisper")
    findings = list(doctor.examine(settings))
    needed = [finding.text for finding in findings if finding.is_needed and not finding.is_well]
    assert any("Kokoro" in text and "flask speech setup" in text for text in needed)
    assert any("合成：缺少模型 kokoro" in text for text in needed)
    assert any("Whisper" in text for text in needed)
    assert Finding(True, "soxr 1.1.0") in findings or any(text.startswith("soxr ") for text in (f.text for f in findings))


@pytest.mark.parametrize(("text", "is_plain", "is_well"), [("", True, False), ("", False, True), (doctor.SENTENCE, True, True)])
def test_an_ear_that_understands_nothing_is_ill(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, is_plain: bool, is_well: bool
) -> None:
    monkeypatch.setattr(ScriptedVoice, "is_for_people", is_plain)
    monkeypatch.setattr(catalogue, "recognizer", lambda settings, name: ScriptedRecognizer(otherwise=text))
    settings = Settings(cache_dir=tmp_path, data_dir=tmp_path, synthesizer="scripted", voice="hum", recognizer="scripted")
    (ear,) = [finding for finding in doctor.examine(settings) if finding.text.startswith("识别：") and finding.is_needed]
    assert ear.is_well is is_well


def test_a_model_that_is_not_there_is_not_praised(tmp_path: Path) -> None:
    settings = Settings(cache_dir=tmp_path, data_dir=tmp_path, recognizer="vosk", vosk_model_path=str(tmp_path / "nowhere"))
    assert not [finding for finding in doctor.examine(settings) if finding.is_well and "nowhere" in finding.text]


def test_exit_code_of_the_doctor(runner: FlaskCliRunner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        doctor, "examine", lambda settings, on_bytes: iter([Finding(True, "好"), Finding(False, "可无", False)])
    )
    assert runner.invoke(args=["speech", "doctor"]).exit_code == 0
    monkeypatch.setattr(doctor, "examine", lambda settings, on_bytes: iter([Finding(False, "缺")]))
    broken = runner.invoke(args=["speech", "doctor"])
    assert broken.exit_code == 1
    assert "✗ 缺" in broken.output


@pytest.mark.parametrize(
    ("said", "heard", "distance"),
    [("请还款", "请环款。", 0), ("三千二百元", "3200元", 0), ("您好", "你好", 1), ("您好", "", 2)],
)
def test_distance_counts_syllables(said: str, heard: str, distance: int) -> None:
    assert pinyin_distance(said, heard) == distance
