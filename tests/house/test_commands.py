"""The edge of the command line: bad settings and bad input are said in Chinese, without a traceback or a personal value."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from flask.cli import FlaskGroup, ScriptInfo
from sqlalchemy import insert
from sqlalchemy.exc import IntegrityError

import app as door
from app import create_app
from kit.clock import ManualClock
from kit.phone import invented_mainland
from kit.settings import Settings, load_settings
from speech.prompts import write_clip
from store import schema
from store.blobs import open_blobs
from store.models import Borrower
from store.session import Store
from tests.store.conftest import MONDAY

ROOT = Path(__file__).parents[2]
MIGRATE = "flask --app app store migrate"
NEED_A_DATABASE = (("campaigns", "list"), ("desk", "list"), ("store", "verify"), ("store", "seal"))


def run(settings: Settings, *args: str) -> Result:
    app = create_app(settings, clock=ManualClock(MONDAY))
    result = app.test_cli_runner().invoke(args=list(args))
    app.extensions["store"].close()
    return result


def refused(result: Result, *words: str) -> None:
    """One clear message, exit code 1, no traceback."""
    assert isinstance(result.exception, SystemExit), result.exception
    assert result.exit_code == 1, result.output
    assert "Traceback" not in result.output
    for word in words:
        assert word in result.output


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path / "data", cache_dir=tmp_path / "cache", recognizer="scripted", synthesizer="scripted")


def test_a_database_that_was_not_migrated_is_named_with_the_command_that_mends_it(settings: Settings) -> None:
    for args in NEED_A_DATABASE:
        refused(run(settings, *args), MIGRATE)
    refused(run(settings, "store", "check"), MIGRATE)
    assert run(settings, "store", "migrate").exit_code == 0
    for args in NEED_A_DATABASE:
        assert run(settings, *args).exit_code == 0


def test_help_needs_no_database(settings: Settings) -> None:
    assert run(settings, "campaigns", "create", "--help").exit_code == 0
    assert not settings.data_dir.exists()


def test_a_file_that_is_no_database_is_named(settings: Settings) -> None:
    settings.data_dir.mkdir()
    (settings.data_dir / "huiling.db").write_bytes(b"garbage " * 500)
    for args in (*NEED_A_DATABASE, ("store", "check"), ("store", "migrate")):
        refused(run(settings, *args), "huiling.db 不是 SQLite 数据库")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"data_dir": Path("/proc/nope")}, "/proc/nope：没有这个文件或目录"),
        ({"database_url": "sqlite:////nonexist/x.db"}, "/nonexist/x.db"),
        ({"database_url": "postgresql://someone:s3cr3t@127.0.0.1:1/x"}, "HUILING_DATABASE_URL"),
        ({"database_url": "postgresql://someone:s3cr3t@[/x"}, "HUILING_DATABASE_URL"),
    ],
)
def test_a_database_that_cannot_be_opened_is_said(settings: Settings, change: dict[str, object], words: str) -> None:
    bad = settings.model_copy(update=change)
    for args in (("store", "check"), ("campaigns", "list"), ("desk", "list"), ("store", "migrate")):
        result = run(bad, *args)
        refused(result, words)
        assert "s3cr3t" not in result.output


def test_a_folder_without_scripts_is_said(settings: Settings) -> None:
    refused(run(settings.model_copy(update={"scripts_dir": Path("/nonexist")}), "ivr", "check"), "HUILING_SCRIPTS_DIR")


def test_a_bad_key_is_said(settings: Settings, tmp_path: Path) -> None:
    bad = load_settings({"HUILING_DATA_DIR": str(tmp_path / "data"), "HUILING_BLOB_KEY": "changeme"})
    assert run(bad, "store", "migrate").exit_code == 0
    refused(run(bad, "campaigns", "create", "甲", "--script", "due_reminder"), "HUILING_BLOB_KEY 不是 Fernet 密钥")


def test_a_place_that_cannot_be_written_is_said(settings: Settings) -> None:
    refused(run(settings, "ivr", "draw", "due_reminder", "-o", "/nonexist/x.svg"), "/nonexist/x.svg：没有这个文件或目录")
    assert run(settings, "store", "migrate").exit_code == 0
    assert run(settings, "campaigns", "create", "甲", "--script", "due_reminder").exit_code == 0
    refused(run(settings, "campaigns", "report", "甲", "--out", "/proc/x"), "/proc/x：没有这个文件或目录")
    refused(run(settings, "ivr", "schema", "-o", "/nonexist/x.json"), "/nonexist/x.json：没有这个文件或目录")


def test_input_that_is_not_utf8_is_said(settings: Settings, tmp_path: Path) -> None:
    play = tmp_path / "x.yaml"
    play.write_bytes("script: 话术".encode("gb18030"))
    refused(run(settings, "ivr", "replay", str(play)), "不是 UTF-8")


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (("campaigns", "import", "/nonexist.csv", "--campaign", "甲"), "没有这个文件或目录"),
        (("campaigns", "create", "甲"), "缺少 '--script'"),
        (("campaigns", "creat", "甲"), "没有命令 creat；有：create、"),
        (("campaigns", "list", "--jsn"), "没有选项 --jsn"),
        (("campaigns", "--jsn"), "没有选项 --jsn"),
        (("desk", "list", "--severity", "P9"), "只能是 P0、P1、P2、P3 之一"),
        (("ivr", "talk", "due_reminder", "--now", "soon"), "不是 ISO 时刻：soon"),
        (("speech", "say"), "请给出文字和 --out"),
    ],
)
def test_wrong_usage_is_said_in_chinese(settings: Settings, args: tuple[str, ...], words: str) -> None:
    result = run(settings, *args)
    assert isinstance(result.exception, SystemExit)
    assert result.exit_code == 2
    assert words in result.output


def test_a_fault_of_ours_is_logged_without_numbers_and_says_so(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(store: Store) -> None:
        raise KeyError(invented_mainland(7))

    monkeypatch.setattr(schema, "migrate", broken)
    result = run(settings, "store", "migrate")
    assert result.exit_code == 70
    assert "程序内部出错（KeyError）" in result.output
    assert invented_mainland(7)[3:] not in result.output
    assert caplog.records[-1].exc_info is not None


def through_flask(environment: dict[str, str], monkeypatch: pytest.MonkeyPatch, *args: str) -> Result:
    """As `flask --app app ...` does it, settings read from the environment."""
    monkeypatch.setattr("kit.settings._dotenv", dict)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    info = ScriptInfo(create_app=lambda: door.app)
    return CliRunner().invoke(FlaskGroup(load_dotenv=False), list(args), obj=info)


BAD = {
    "HUILING_ENVIRONMENT": ("producton", "只能是 development、production 之一"),
    "HUILING_PUBLIC_BASE_URL": ("foo", "需要 http"),
    "HUILING_CARRIER_API_BASE_URL": ("http://[", "需要 http"),
    "HUILING_MEDIA_BASE_URL": ("media", "需要 ws"),
    "HUILING_MEDIA_MODE": ("bogus", "只能是 stream、record、keypad 之一"),
    "HUILING_MEDIA_SLOTS": ("many", "需要整数"),
    "HUILING_CALLS_PER_S": ("0", "不能小于 1"),
    "HUILING_LOG_LEVEL": ("LOUD", "只能是 DEBUG、INFO、WARNING、ERROR 之一"),
    "HUILING_AGENT_NUMBERS": ("12025550101", "第 1 项：需要 E.164"),
    "HUILING_DUTY_MANAGER": ("+1", "电话号码"),
    "HUILING_BLOB_KEY": ("k3y", "不是 Fernet 密钥"),
    "HUILING_DATABASE_URL": ("foo://u:s3cr3t@h/x", "需要 postgresql"),
    "HUILING_REDIS_URL": ("localhost", "需要 redis://"),
    "HUILING_CLOCK_OFFSET_S": ("nan", "HUILING_CLOCK_OFFSET_S"),
    "HUILING_AGENT_NUMBER": ("", "没有这个设置，是不是 HUILING_AGENT_NUMBERS？"),
}


@pytest.mark.parametrize("args", [("store", "check"), ("ivr", "check", "--all"), ("campaigns", "list"), ("speech", "doctor")])
def test_every_command_says_all_bad_settings_at_once(args: tuple[str, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    result = through_flask({name: value for name, (value, _) in BAD.items()}, monkeypatch, *args)
    refused(result, "设置不能用", "docs/settings.md")
    lines = result.output.splitlines()
    for name, (_, words) in BAD.items():
        assert any(line.startswith(name) and words in line for line in lines), (name, result.output)
    assert "s3cr3t" not in result.output
    assert "12025550101" not in result.output
    assert "Input" not in result.output


def test_help_with_bad_settings_says_them_and_shows_no_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    result = through_flask({"HUILING_ENVIRONMENT": "producton"}, monkeypatch, "--help")
    assert result.exit_code == 0
    assert "HUILING_ENVIRONMENT：只能是" in result.output
    assert "Traceback" not in result.output


def test_the_real_command_line_finds_its_way(tmp_path: Path) -> None:
    environment = {"PATH": str(Path(sys.executable).parent), "HUILING_DATA_DIR": str(tmp_path), "HUILING_LOG_LEVEL": "LOUD"}
    said = subprocess.run(
        [str(Path(sys.executable).parent / "flask"), "--app", "app", "store", "check"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert said.returncode == 1
    assert "HUILING_LOG_LEVEL" in said.stderr
    assert "Traceback" not in said.stderr


@pytest.fixture
def store(settings: Settings) -> Iterator[Store]:
    store = Store(settings, ManualClock(MONDAY))
    schema.migrate(store)
    yield store
    store.close()


def test_sql_errors_hold_nothing_of_a_person(store: Store) -> None:
    number = invented_mainland(5)
    with store.transaction() as session, pytest.raises(IntegrityError) as caught:
        session.execute(insert(Borrower).values(id="b", name="王小明", phone_e164=number))
    told = f"{caught.value}{caught.value.__cause__}"
    assert "hide_parameters" in told
    assert "王小明" not in told
    assert number not in told


def test_what_is_kept_belongs_to_its_owner_alone(store: Store) -> None:
    folder = store.settings.data_dir
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    with store.transaction():
        kept = [path for path in folder.iterdir() if path.name.startswith("huiling.db") and path.stat().st_size]
        assert kept
        assert {stat.S_IMODE(path.stat().st_mode) for path in kept} == {0o600}


@pytest.mark.parametrize("umask", [0o022, 0o000])
def test_every_folder_that_is_made_on_the_way_is_private(settings: Settings, umask: int) -> None:
    before = os.umask(umask)
    try:
        open_blobs(settings).put("recordings/call/0001", b"sound")
        write_clip(settings.data_dir / "prompts" / "personal" / "a.au", b"sound")
    finally:
        os.umask(before)
    folders = [path for path in (settings.data_dir, *settings.data_dir.rglob("*")) if path.is_dir()]
    assert len(folders) >= 6
    assert {stat.S_IMODE(path.stat().st_mode) for path in folders} == {0o700}


@pytest.mark.parametrize(
    "process",
    [
        ("gunicorn", "--config", "kit/gunicorn_web.py", "app:create_web()"),
        ("gunicorn", "--config", "kit/gunicorn_media.py", "app:create_media()"),
        ("celery", "--app", "app:celery", "worker"),
        ("store.valkey",),
    ],
    ids=["web", "media", "worker", "valkey"],
)
def test_a_process_with_bad_settings_says_so_without_a_traceback(process: tuple[str, ...]) -> None:
    changed = {**os.environ, "HUILING_CALLS_PER_S": "many"}
    ended = subprocess.run([sys.executable, "-m", *process], cwd=ROOT, env=changed, capture_output=True, text=True, timeout=60)
    assert ended.returncode == 1
    assert "HUILING_CALLS_PER_S：需要整数" in ended.stderr
    assert "Traceback" not in ended.stderr
