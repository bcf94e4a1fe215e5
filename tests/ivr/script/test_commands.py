"""`flask ivr check` and `flask ivr draw` as an author uses them."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace

import pytest
from click.testing import Result
from flask import Flask

from ivr.commands import cli
from tests.ivr.script.small import FILES, SMALL, line_of, swapped


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "_shared").mkdir()
    for name, text in FILES.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


def _run(folder: Path, *args: str) -> Result:
    app = Flask("test")
    app.config["HUILING_SETTINGS"] = SimpleNamespace(scripts_dir=folder)
    app.cli.add_command(cli)
    return app.test_cli_runner().invoke(args=["ivr", *args])


def _spoil(folder: Path) -> str:
    text = swapped(swapped(SMALL, "ask: date", "ask: day"), "有一件事需要本人确认。", "不然要坐牢的。")
    (folder / "small.yaml").write_text(text, encoding="utf-8")
    return text


def test_a_clean_folder(folder: Path) -> None:
    for args in (["check"], ["check", "--all"], ["check", "small"], ["check", str(folder / "small.yaml")]):
        assert _run(folder, *args).exit_code == 0


@pytest.mark.parametrize("place", ["small.yaml", "_shared/people.yaml", "_shared/forbidden.yaml"])
@pytest.mark.parametrize("args", [("check",), ("check", "--all"), ("check", "small"), ("draw", "small")])
def test_a_file_that_is_not_utf8_is_an_issue_at_its_line(folder: Path, place: str, args: tuple[str, ...]) -> None:
    text = (folder / place).read_text(encoding="utf-8")
    (folder / place).write_bytes(b"# plain\n" + f"# 话术\n{text}".encode("gb18030"))
    result = _run(folder, *args)
    assert isinstance(result.exception, SystemExit)
    assert result.exit_code == 1
    assert f"{place}:2: bad_encoding: 第 11 字节起不是 UTF-8" in result.output


def test_every_issue_is_listed_with_file_and_line(folder: Path) -> None:
    text = _spoil(folder)
    result = _run(folder, "check", "small")
    assert result.exit_code == 1
    assert f"small.yaml:{line_of(text, 'ask: day')}: unknown_ask: " in result.output
    assert f"small.yaml:{line_of(text, '不然要坐牢的。')}: forbidden_phrase: 不能说“坐牢”" in result.output


def test_issues_as_json(folder: Path) -> None:
    _spoil(folder)
    result = _run(folder, "check", "--all", "--json")
    assert result.exit_code == 1
    issues = json.loads(result.stdout)
    assert {"unknown_ask", "forbidden_phrase"} <= {issue["code"] for issue in issues}
    assert set(issues[0]) == {"file", "line", "code", "message"}


def test_a_script_elsewhere_uses_the_shared_files_of_the_house(folder: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "draft"
    elsewhere.mkdir()
    (elsewhere / "small.yaml").write_text(SMALL, encoding="utf-8")
    assert _run(folder, "check", str(elsewhere / "small.yaml")).exit_code == 0


def test_no_script_is_no_success(tmp_path: Path) -> None:
    assert _run(tmp_path, "check").exit_code == 1
    assert _run(tmp_path, "check", "nothing").exit_code == 1


def test_draw_writes_a_picture(folder: Path, tmp_path: Path) -> None:
    target = tmp_path / "small.svg"
    assert _run(folder, "draw", "small", "-o", str(target)).exit_code == 0
    assert target.read_text(encoding="utf-8").startswith("<svg")


def test_draw_names_the_faults_of_a_bad_script(folder: Path) -> None:
    _spoil(folder)
    result = _run(folder, "draw", "small")
    assert result.exit_code == 1
    assert "unknown_ask" in result.output


def test_schema_is_written(folder: Path) -> None:
    assert _run(folder, "schema").exit_code == 0
    assert json.loads((folder / "schema.json").read_text(encoding="utf-8"))["oneOf"]
