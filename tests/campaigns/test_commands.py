"""The manager's commands: clear words, clear refusals, nothing lost."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskCliRunner

from app import create_app
from campaigns import watching
from campaigns.status import status_of
from kit.clock import ManualClock
from kit.phone import invented_mainland
from kit.settings import Settings
from store import schema, targets
from store.models import Borrower
from store.session import Store
from tests.store.conftest import MONDAY

HEAD = "姓名,手机号,身份证后四位,合同号,应还金额,应还日期,逾期天数\n"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(
        data_dir=tmp_path / "data",
        cache_dir=tmp_path / "cache",
        synthesizer="scripted",
        recognizer="scripted",
        carrier_api_base_url="http://127.0.0.1:1",
        caller_id="+12025550100",
        agent_numbers="+12025550101*",
    )


@pytest.fixture
def runner(settings: Settings) -> Iterator[FlaskCliRunner]:
    app = create_app(settings, clock=ManualClock(MONDAY))
    store: Store = app.extensions["store"]
    schema.migrate(store)
    yield app.test_cli_runner()
    store.close()


def listed(tmp_path: Path, *numbers: int) -> str:
    rows = [f"王小明,{invented_mainland(n)},1234,L{n},3200.50,2026-11-20,3\n" for n in numbers]
    path = tmp_path / "list.csv"
    path.write_text(HEAD + "".join(rows) + "某,1,2,,x,y,z\n", encoding="utf-8")
    return str(path)


def run(runner: FlaskCliRunner, *words: str, code: int = 0) -> str:
    result = runner.invoke(args=["campaigns", *words])
    assert result.exit_code == code, result.output
    return result.output


def test_create_import_status(runner: FlaskCliRunner, tmp_path: Path) -> None:
    run(runner, "create", "十一月", "--script", "overdue_reminder")
    told = run(runner, "import", listed(tmp_path, 1, 2), "--campaign", "十一月")
    assert "新增 2 位" in told
    assert "退回 1 行" in told
    assert "第 4 行：" in told
    again = run(runner, "import", listed(tmp_path, 1, 2), "--campaign", "十一月")
    assert "新增 0 位，已在批次中 2 位" in again
    status = json.loads(run(runner, "status", "十一月", "--json"))
    assert [row["state"] for row in status["targets"]] == ["waiting", "waiting"]
    assert invented_mainland(1)[3:] not in json.dumps(status)


def test_refusals_are_sentences(runner: FlaskCliRunner, tmp_path: Path) -> None:
    run(runner, "create", "甲", "--script", "due_reminder")
    assert "已经存在" in run(runner, "create", "甲", "--script", "due_reminder", code=1)
    assert "现有：甲" in run(runner, "status", "乙", code=1)
    told = run(runner, "create", "丙", "--script", "../scripts_zh/due_reminder", code=1)
    assert "现有：due_reminder、first_followup、overdue_reminder" in told
    bad = tmp_path / "bad.csv"
    bad.write_text("a,b\n1,2\n", encoding="utf-8")
    assert "缺少列" in run(runner, "import", str(bad), "--campaign", "甲", code=1)
    assert "不允许" in run(runner, "pause", "甲", code=1)


def test_who_cannot_be_verified_is_named_at_import_and_not_called(runner: FlaskCliRunner, tmp_path: Path) -> None:
    run(runner, "create", "甲", "--script", "overdue_reminder")
    path = tmp_path / "without.csv"
    path.write_text(HEAD + f"王小明,{invented_mainland(1)},,L1,3200.50,2026-11-20,3\n", encoding="utf-8")
    told = run(runner, "import", str(path), "--campaign", "甲", code=1)
    assert "新增 0 位" in told
    assert "没有一行可用" in told
    assert "第 2 行：缺身份证后四位：话术要用它核实本人" in told


def test_who_is_known_without_last4_is_named_at_preparation_until_a_list_brings_it(
    runner: FlaskCliRunner, tmp_path: Path
) -> None:
    run(runner, "create", "甲", "--script", "overdue_reminder")
    run(runner, "import", listed(tmp_path, 1, 2), "--campaign", "甲")
    store: Store = runner.app.extensions["store"]
    with store.transaction() as session:
        session.query(Borrower).filter(Borrower.phone_e164 == invented_mainland(1)).update({"id_last4": ""})
    told = run(runner, "prepare", "甲")
    assert "合同 L1：资料不全：身份证后四位（核实本人要用），不会拨打" in told
    assert "合同 L2" not in told
    assert states(runner, "甲") == {"L1": "blocked", "L2": "waiting"}
    run(runner, "import", listed(tmp_path, 1), "--campaign", "甲")
    assert states(runner, "甲") == {"L1": "waiting", "L2": "waiting"}
    assert "资料不全" not in run(runner, "prepare", "甲")


def states(runner: FlaskCliRunner, name: str) -> dict[str, str]:
    status = json.loads(run(runner, "status", name, "--json"))
    return {row["loan_no"]: row["state"] for row in status["targets"]}


def test_a_started_campaign_has_rendered_every_prompt(runner: FlaskCliRunner, tmp_path: Path) -> None:
    run(runner, "create", "甲", "--script", "overdue_reminder")
    run(runner, "import", listed(tmp_path, 1), "--campaign", "甲")
    assert "已开始" in run(runner, "start", "甲")
    store: Store = runner.app.extensions["store"]
    with store.reading() as session:
        from store import campaigns

        campaign = campaigns.by_name(session, "甲")
        assert campaign is not None
        assert campaign.script_digest is not None
        (target,) = targets.of_campaign(session, campaign.id)
        assert target.prepared_at is not None
    assert "已暂停" in run(runner, "pause", "甲")
    assert "已开始" in run(runner, "start", "甲")


def test_who_is_added_to_a_running_campaign_is_prepared_later(runner: FlaskCliRunner, tmp_path: Path) -> None:
    run(runner, "create", "甲", "--script", "overdue_reminder")
    run(runner, "import", listed(tmp_path, 1), "--campaign", "甲")
    run(runner, "start", "甲")
    run(runner, "import", listed(tmp_path, 2), "--campaign", "甲")
    assert runner.app.extensions["preparation"].prepare_running() == 1
    assert runner.app.extensions["preparation"].prepare_running() == 0


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"agent_numbers": ""}, "P0"),
        ({"agent_numbers": "+12025550101"}, "P0"),
        ({"caller_id": ""}, "HUILING_CALLER_ID"),
        ({"carrier_api_base_url": "https://api.twilio.com"}, "真人听不懂"),
        ({"caller_id": "zzz"}, "不是 E.164"),
        ({"caller_id": "+1202555010x"}, "不是 E.164"),
        ({"lender": "某某贷款催收部"}, "含“贷款、催收”"),
        ({"lender": "某某逾 期处理中心"}, "含“逾期”"),
        ({"lender": " "}, "没有机构名称"),
        ({"policy_file": Path("/nonexist")}, "/nonexist：没有这个文件"),
        ({"policy_file": Path("app.py")}, "合规策略不可用"),
        ({"policy_file": Path("tests/speech/clips")}, "合规策略不可用"),
        ({"recognizer": "bogus"}, "没有名为 'bogus' 的识别引擎"),
        ({"recognizer": "vosk", "vosk_model_path": "/nonexist"}, "耳朵不可用"),
        ({"synthesizer": "bogus"}, "没有名为 'bogus' 的合成引擎"),
    ],
)
def test_a_campaign_does_not_start_without_what_it_needs(
    settings: Settings, tmp_path: Path, change: dict[str, object], reason: str
) -> None:
    app = create_app(settings.model_copy(update=change), clock=ManualClock(MONDAY))
    schema.migrate(app.extensions["store"])
    runner = app.test_cli_runner()
    run(runner, "create", "甲", "--script", "overdue_reminder")
    run(runner, "import", listed(tmp_path, 1), "--campaign", "甲")
    told = run(runner, "start", "甲", code=1)
    assert reason in told
    assert "zzz" not in told
    assert json.loads(run(runner, "status", "甲", "--json"))["state"] == "draft"
    app.extensions["store"].close()


def test_all_reasons_are_said_at_once(settings: Settings, tmp_path: Path) -> None:
    bad = {"caller_id": "zzz", "lender": "贷款部", "policy_file": Path("/nonexist"), "recognizer": "bogus"}
    app = create_app(settings.model_copy(update=bad), clock=ManualClock(MONDAY))
    schema.migrate(app.extensions["store"])
    runner = app.test_cli_runner()
    run(runner, "create", "甲", "--script", "overdue_reminder")
    told = run(runner, "start", "甲", code=1)
    for name in ("HUILING_CALLER_ID", "HUILING_LENDER", "HUILING_POLICY_FILE", "HUILING_RECOGNIZER"):
        assert name in told
    app.extensions["store"].close()


@pytest.mark.parametrize("name", ["", "  ", "十\n一", "长" * 51])
def test_a_campaign_has_a_name_that_can_be_typed_again(runner: FlaskCliRunner, name: str) -> None:
    assert "批次名不能为空" in run(runner, "create", name, "--script", "due_reminder", code=1)
    assert "批次名不能" not in run(runner, "list")


@pytest.mark.parametrize(
    ("alive", "slots", "ticks", "said"),
    [
        (False, 0, False, "连不上 Redis"),
        (True, 0, False, "没有看到 media、worker 与 beat 进程"),
        (True, 5, False, "没有看到 worker 与 beat 进程"),
        (True, 5, True, "进程都在"),
    ],
)
def test_who_waits_is_told_once_who_is_missing(
    runner: FlaskCliRunner, monkeypatch: pytest.MonkeyPatch, *, alive: bool, slots: int, ticks: bool, said: str
) -> None:
    live = runner.app.extensions["live"]
    monkeypatch.setattr(live, "is_alive", lambda: alive)
    monkeypatch.setattr(live, "media_slots", lambda: slots)
    monkeypatch.setattr(live, "ticks_lately", lambda: ticks)
    passed = iter(range(0, 1000, 4))
    monkeypatch.setattr("campaigns.watching.time.monotonic", lambda: next(passed))
    run(runner, "create", "甲", "--script", "due_reminder")
    with runner.app.app_context():
        patience = watching.Patience(runner.app.extensions["launch"].idle_reason)
        found = [status_of(runner.app.extensions["store"], "甲")]
        told = [patience.said(found) for _ in range(8)]
    assert [bool(words) for words in told].count(True) == 1
    assert said in next(words for words in told if words)


def test_a_report_is_written_for_a_campaign_without_calls(runner: FlaskCliRunner, tmp_path: Path) -> None:
    run(runner, "create", "甲", "--script", "overdue_reminder")
    run(runner, "import", listed(tmp_path, 1), "--campaign", "甲")
    run(runner, "report", "甲", "--out", str(tmp_path / "report"))
    page = (tmp_path / "report" / "index.html").read_text(encoding="utf-8")
    assert "王**" in page
    assert "王小明" not in page


@pytest.mark.parametrize("manager", ["", "+12025550102"])
def test_a_campaign_without_a_duty_manager_starts_and_says_so(settings: Settings, tmp_path: Path, manager: str) -> None:
    app = create_app(settings.model_copy(update={"duty_manager": manager}), clock=ManualClock(MONDAY))
    store: Store = app.extensions["store"]
    schema.migrate(store)
    runner = app.test_cli_runner()
    run(runner, "create", "甲", "--script", "overdue_reminder")
    run(runner, "import", listed(tmp_path, 1), "--campaign", "甲")
    told = run(runner, "start", "甲")
    assert "已开始" in told
    assert ("没有设置值班经理（HUILING_DUTY_MANAGER）" in told) == (not manager)
    store.close()


def test_nobody_is_taken_into_a_campaign_that_is_over(runner: FlaskCliRunner, tmp_path: Path) -> None:
    run(runner, "create", "甲", "--script", "overdue_reminder")
    run(runner, "stop", "甲", "--yes")
    assert "已经结束，导入的人不会有人拨打" in run(runner, "import", listed(tmp_path, 1), "--campaign", "甲", code=1)
    assert "已经结束，不能再开始" in run(runner, "start", "甲", code=1)
    assert states(runner, "甲") == {}
