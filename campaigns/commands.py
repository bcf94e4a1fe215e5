"""Command line of campaigns: `flask campaigns create | import | start | pause | stop | status | list | report`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import cast

import click
from flask import current_app
from flask.cli import AppGroup
from rich.console import Console
from rich.table import Table

from campaigns import watching
from campaigns.facts import UNFIT_FACTS, verifying_facts
from campaigns.intake import take_roster
from campaigns.launch import CannotStart, Launch
from campaigns.report import write_report
from campaigns.roster import VERIFYING, BadRoster, read_roster
from campaigns.status import (
    CAMPAIGN_STATES,
    NoSuchCampaign,
    Status,
    as_json,
    status_of,
)
from kit.clock import Clock, local_time
from kit.edge import Refusal
from store import campaigns, targets
from store.session import the_store
from store.words import FINAL_CAMPAIGNS, CampaignState, TargetState

cli = AppGroup("campaigns", help="外呼批次：建立、导入、启动、查看、报告。")
SHOWN_REJECTS = 20
MAX_NAME = 50


def _clock() -> Clock:
    return cast(Clock, current_app.config["HUILING_CLOCK"])


@contextmanager
def _told() -> Iterator[None]:
    """What campaigns refuse becomes one clear sentence and exit code 1; kit.edge says what any command may meet."""
    try:
        yield
    except (NoSuchCampaign, CannotStart, BadRoster) as error:
        raise Refusal(str(error)) from None
    except campaigns.NameTaken as error:
        raise Refusal(f"批次“{error}”已经存在；换个名字，或用 flask campaigns import 往里加名单") from None
    except campaigns.IllegalStep as error:
        raise Refusal(f"批次当前状态不允许这样做（{error}）") from None


@cli.command("create")
@click.argument("name")
@click.option("--script", "script_id", required=True, help="话术编号，如 due_reminder")
def create(name: str, script_id: str) -> None:
    """建立一个批次（草稿）。"""
    name = _named(name)
    with _told():
        script = _launch().library.current(script_id)
        with the_store().transaction() as session:
            campaigns.create(session, name, script_id=script_id, purpose=script.purpose, now=_clock().now())
    click.echo(f"已建立批次“{name}”（{script.title}）。下一步：flask campaigns import 名单.csv --campaign {name}")


@cli.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--campaign", "name", required=True, help="批次名")
def import_(file: Path, name: str) -> None:
    """导入 CSV 名单；坏行逐条说明，好行保留。"""
    with _told():
        status = status_of(the_store(), name)
        if status.state in FINAL_CAMPAIGNS:
            raise Refusal(f"批次“{name}”已经结束，导入的人不会有人拨打：请新建批次")
        verifying = verifying_facts(_launch().library.current(status.script_id))
        roster = read_roster(file.read_bytes(), needs=VERIFYING & verifying if len(verifying) == 1 else frozenset())
        with watching.bar("导入") as step:
            imported = take_roster(the_store(), status.campaign_id, roster, source=file.name, now=_clock().now(), progress=step)
    click.echo(f"新增 {imported.added} 位，已在批次中 {imported.known} 位，退回 {len(imported.rejects)} 行。")
    for reject in imported.rejects[:SHOWN_REJECTS]:
        click.echo(f"  第 {reject.line} 行：{reject.reason}", err=True)
    if len(imported.rejects) > SHOWN_REJECTS:
        click.echo(f"  …… 另有 {len(imported.rejects) - SHOWN_REJECTS} 行", err=True)
    if not imported.added and not imported.known:
        raise Refusal("没有一行可用，没有加入任何人：改好名单后重新导入")


@cli.command("prepare")
@click.argument("names", nargs=-1, required=True)
def prepare(names: tuple[str, ...]) -> None:
    """检查并渲染提示音，不拨打；start 会先做这一步，也可以提前做。"""
    with _told():
        _prepare(names)


@cli.command("start")
@click.argument("names", nargs=-1, required=True)
@click.option("--wait", is_flag=True, help="等到现在能拨的都拨完，并显示进度")
def start(names: tuple[str, ...], wait: bool) -> None:
    """检查、渲染提示音，然后开始拨打；可以一次启动多个批次。"""
    with _told():
        _prepare(names)
        for warning in _launch().warnings():
            click.echo(f"注意：{warning}", err=True)
        for name in names:
            _launch().run(name)
            click.echo(f"批次“{name}”已开始。")
        if wait:
            _wait(names)


@cli.command("pause")
@click.argument("name")
def pause(name: str) -> None:
    """暂停：不再拨新电话，正在进行的通话照常结束。"""
    _step(name, CampaignState.PAUSED, "已暂停；继续：flask campaigns start")


@cli.command("stop")
@click.argument("name")
@click.option("--yes", is_flag=True, help="不再询问")
def stop(name: str, yes: bool) -> None:
    """停止：不能再继续。"""
    if not yes:
        click.confirm(f"停止后不能再继续，确定停止“{name}”？", abort=True)
    _step(name, CampaignState.STOPPED, "已停止")


@cli.command("status")
@click.argument("name")
@click.option("--json", "is_json", is_flag=True, help="给程序看的 JSON")
def status(name: str, is_json: bool) -> None:
    """每位借款人一个结果。"""
    with _told():
        found = status_of(the_store(), name)
    if is_json:
        click.echo(json.dumps(as_json(found), ensure_ascii=False))
    else:
        Console().print(watching.table([found]))


@cli.command("list")
def list_() -> None:
    """所有批次。"""
    table = Table("批次", "话术", "状态", "建立", "名单", "完成")
    with the_store().reading() as session:
        for one in campaigns.every(session):
            counts = targets.count_by_state(session, one.id)
            done = str(counts[TargetState.DONE])
            state = CAMPAIGN_STATES[one.state]
            table.add_row(one.name, one.script_id, state, local_time(one.created_at), str(sum(counts.values())), done)
    Console().print(table)


@cli.command("report")
@click.argument("names", nargs=-1, required=True)
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), required=True, help="输出目录")
def report(names: tuple[str, ...], out: Path) -> None:
    """写一份 HTML 报告：逐句转写、判断理由、双声道录音。"""
    with _told():
        page = write_report(the_store(), names, out=out, now=_clock().now(), library=_launch().library)
    click.echo(f"报告：{page}")


def _launch() -> Launch:
    return cast(Launch, current_app.extensions["launch"])


def _prepare(names: tuple[str, ...]) -> None:
    for name in names:
        with watching.bar(f"准备 {name}") as step:
            _launch().prepare(name, progress=step)
        _tell_incomplete(status_of(the_store(), name))


def _tell_incomplete(found: Status) -> None:
    """Who cannot be called with what is known of them, by contract number."""
    rows = [row for row in found.rows if row.blocked_rule == UNFIT_FACTS]
    for row in rows[:SHOWN_REJECTS]:
        click.echo(f"  合同 {row.loan_no}：{row.blocked_reason}，不会拨打；更正名单后重新导入", err=True)
    if len(rows) > SHOWN_REJECTS:
        click.echo(f"  …… 另有 {len(rows) - SHOWN_REJECTS} 位资料不全或对不上", err=True)


def _named(name: str) -> str:
    """A name that people can type again: not empty, printable, at most MAX_NAME characters."""
    name = name.strip()
    if not name or len(name) > MAX_NAME or not name.isprintable():
        raise Refusal(f"批次名不能为空，不超过 {MAX_NAME} 个字，不能有换行等控制字符")
    return name


def _step(name: str, to: CampaignState, message: str) -> None:
    with _told():
        found = status_of(the_store(), name)
        with the_store().transaction() as session:
            campaigns.step(session, found.campaign_id, to, now=_clock().now())
    click.echo(f"批次“{name}”{message}。")


def _wait(names: tuple[str, ...]) -> None:
    """Show what goes on until nobody is being called and nobody may be called now."""
    watching.watch(lambda: [status_of(the_store(), name) for name in names], _clock(), idle_reason=_launch().idle_reason)
