"""`flask ivr understand`: one line in, one line out, whatever the bytes."""

from __future__ import annotations

import json

import pytest
from click.testing import Result
from flask import Flask

from ivr.commands import cli
from kit.clock import ManualClock
from tests.understanding import corpus


@pytest.fixture
def app() -> Flask:
    app = Flask("app")
    app.config["HUILING_CLOCK"] = ManualClock(corpus.NOW)
    return app


def run(app: Flask, said: bytes, *options: str) -> Result:
    return app.test_cli_runner().invoke(cli, ["understand", *options], input=said)


def test_prints_one_object_a_line(app: Flask) -> None:
    result = run(app, "我明天还三千五\n\n不想活了\n".encode(), "--json")
    rows = [json.loads(line) for line in result.stdout.splitlines()]
    assert [set(row) for row in rows] == [{"text", "intent", "intents", "slots", "risk", "why"}] * 3
    assert rows[0]["slots"] == {"pay_on": "2026-11-24", "amount_fen": 350000}
    assert rows[1]["intent"] == "unclear"
    assert rows[2]["risk"] == [{"category": "self_harm", "severity": "P0"}]


def test_expectation_and_moment_are_options(app: Flask) -> None:
    said = "不是\n下周三\n".encode()
    result = run(app, said, "--json", "--now", "2027-02-01T09:00", "--expect", "is_callee, promise_to_pay")
    rows = [json.loads(line) for line in result.stdout.splitlines()]
    assert rows[0]["intent"] == "deny"
    assert rows[1]["slots"]["pay_on"] == "2027-02-10"


def test_bytes_that_are_no_text_do_not_stop_it(app: Flask) -> None:
    result = run(app, b"\xff\xfe\xed\xa0\x80\n" + "打错了\n".encode(), "--json")
    assert result.exit_code == 0
    assert json.loads(result.stdout.splitlines()[1])["intent"] == "wrong_person"


@pytest.mark.parametrize(
    ("options", "words"), [(("--now", "昨天"), "不是 ISO 时刻"), (("--expect", "affirm,maybe"), "没有这个意图代码：maybe")]
)
def test_bad_options_are_named(app: Flask, options: tuple[str, ...], words: str) -> None:
    result = run(app, b"x\n", *options)
    assert result.exit_code == 2
    assert words in result.output


def test_people_read_a_line(app: Flask) -> None:
    assert run(app, "打错了\n".encode()).stdout == "打错了\twrong_person\t{}\tP1:wrong_person\n"
