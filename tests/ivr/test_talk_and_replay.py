"""`flask ivr talk` and `flask ivr replay`: a call in the terminal, a play on the console, faults in one line."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import Result
from flask import Flask

import ivr.commands
from ivr import terminal
from ivr.dialogue.play import BadPlay, Either, read, typed, write
from kit.clock import SystemClock
from kit.settings import Settings
from kit.vocabulary import Intent, Risk, Severity, SlotName

ROOT = Path(__file__).parents[2]
NOW = ["--now", "2026-11-23T10:00"]


@pytest.fixture
def app() -> Flask:
    app = Flask("talk")
    app.config["HUILING_SETTINGS"] = Settings(scripts_dir=ROOT / "scripts_zh")
    app.config["HUILING_CLOCK"] = SystemClock()
    app.cli.add_command(ivr.commands.cli)
    return app


def run(app: Flask, *args: str, typing: str = "") -> Result:
    return app.test_cli_runner().invoke(args=["ivr", *args], input=typing)


def test_a_call_is_played_by_typing(app: Flask) -> None:
    typing = "是我\n#1234\n!promise_to_pay pay_on=2026-11-27\n!affirm\n/hangup\n"
    result = run(app, "talk", "overdue_reminder", *NOW, "--name", "李四", typing=typing)
    assert result.exit_code == 0, result.output
    assert "请问您是李四本人吗？" in result.output
    assert "promise pay_on=2026-11-27" in result.output
    assert "听懂：" in result.output
    assert "承诺还款（promise）" in result.output


def test_silence_keys_interruption_and_nonsense_are_taken(app: Flask) -> None:
    typing = "\n/interrupt 我想找\n#1\n/dance\n/order dance\n!no_such_intent\n/quit\n"
    result = run(app, "talk", "overdue_reminder", *NOW, typing=typing)
    assert result.exit_code == 0, result.output
    assert "身份证号码的后四位" in result.output
    assert "看不懂" in result.output


def test_the_end_of_input_ends_the_talk(app: Flask) -> None:
    result = run(app, "talk", "overdue_reminder", *NOW)
    assert result.exit_code == 0
    assert "unknown" in result.output


def test_what_cannot_be_talked_is_named(app: Flask) -> None:
    assert "no_such" in run(app, "talk", "no_such").output
    assert run(app, "talk", "no_such").exit_code == 1
    assert run(app, "talk", "overdue_reminder", "--now", "gestern").exit_code == 2


def test_a_play_is_replayed_with_its_branches(app: Flask, tmp_path: Path) -> None:
    file = tmp_path / "small.yaml"
    file.write_text(
        "script: overdue_reminder\nnow: 2026-11-23T10:00:00+08:00\nplay:\n- either:\n    静:\n    - silence\n    打错:\n"
        "    - caller: '!wrong_person wrong_person:P1'\n",
        encoding="utf-8",
    )
    result = run(app, "replay", str(file))
    assert result.exit_code == 0, result.output
    assert "我想找王小明" in result.output
    assert "打扰您了" in result.output


@pytest.mark.parametrize(
    "text",
    [
        "",
        "- a",
        "script: x",
        "script: x\nnow: yesterday\n",
        "script: x\nnow: 2026-11-23T10:00:00+08:00\nplay: [{dance: now}]",
        "script: x\nnow: 2026-11-23T10:00:00+08:00\nplay: [{either: {a: []}}, silence]",
        "a: [",
    ],
)
def test_what_is_no_play_is_refused(text: str, app: Flask, tmp_path: Path) -> None:
    with pytest.raises(BadPlay):
        read(text)
    file = tmp_path / "bad.yaml"
    file.write_text(text, encoding="utf-8")
    assert run(app, "replay", str(file)).exit_code == 1


def test_a_play_written_and_read_is_the_same() -> None:
    text = (
        "script: due_reminder\ntitle: 例\nnow: '2026-11-23T10:00:00+08:00'\nfacts:\n  amount_fen: '500'\nplay:\n"
        "- bot: 您好：是吗？\n"
        "- either:\n    一:\n    - silence\n    二:\n    - press: '#'\n"
    )
    play = read(text)
    assert play.facts == {"amount_fen": 500}
    assert isinstance(play.beats[-1], Either)
    assert write(play, play.beats) == text


def test_meanings_can_be_typed() -> None:
    meaning = typed("!affirm pay_on=2026-11-27?past amount_fen=100 self_harm:P0")
    assert meaning.intent is Intent.AFFIRM
    assert meaning.risk[0].category is Risk.SELF_HARM
    assert meaning.risk[0].severity is Severity.P0
    amount = meaning.slot(SlotName.AMOUNT_FEN)
    assert amount is not None
    assert amount.value == 100


@pytest.mark.parametrize(
    ("line", "cue"),
    [
        ("", ("silence", "")),
        ("#12", ("press", "12")),
        ("/hangup", ("hangs_up", "")),
        ("/interrupt 您好", ("interrupt", "您好")),
        ("/done", ("transfer", "done")),
        ("你好", ("caller", "你好")),
    ],
)
def test_what_typed_lines_mean(line: str, cue: tuple[str, str]) -> None:
    assert terminal.cue_of(line) == cue
