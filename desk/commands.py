"""Command line of this room: `flask desk ...`."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import fields
from datetime import datetime
from typing import Any

import click
from flask.cli import AppGroup

from desk import cases as moves
from desk import inbox
from desk.cases import CaseAction, CaseState, IllegalMove, Person
from desk.inbox import CaseFile, CaseLine, NoSuchCase
from kit.clock import local_time
from kit.edge import Refusal
from kit.vocabulary import Severity
from store.models import Hold, Turn
from store.session import the_store

cli = AppGroup("desk", help="需要人来办的事：风险、投诉、回电。")


@cli.command("list")
@click.option("--severity", type=click.Choice([one.name for one in Severity]), help="只看某一等级。")
@click.option("--state", type=click.Choice([one.value for one in CaseState]), help="只看某一状态；缺省为未办结的。")
@click.option("--json", "as_json", is_flag=True, help="每行一个 JSON 对象。")
def list_cases(severity: str | None, state: str | None, as_json: bool) -> None:
    """列出工单：最重的在前，最急的在前。"""
    store = the_store()
    lines = inbox.queue(
        store,
        severity=Severity[severity] if severity else None,
        state=CaseState(state) if state else None,
        now=store.clock.now(),
    )
    if as_json:
        for line in lines:
            click.echo(json.dumps(as_dict(line), ensure_ascii=False))
        return
    if not lines:
        click.echo("没有工单。")
    for line in lines:
        _echo_line(line)


@cli.command("show")
@click.argument("case_id")
@click.option("--json", "as_json", is_flag=True)
def show_case(case_id: str, as_json: bool) -> None:
    """一张工单的全部：原因、该做什么、期限、通话文字、经过。"""
    store = the_store()
    try:
        file = inbox.case_file(store, case_id, now=store.clock.now())
    except NoSuchCase:
        raise Refusal(f"没有工单 {case_id}") from None
    if as_json:
        click.echo(json.dumps(file_as_dict(file), ensure_ascii=False))
        return
    _echo_file(file)


@cli.command("take")
@click.argument("case_id")
@click.option("--by", required=True, help="谁领取。")
@click.option("--note", default="")
@click.option("--supervisor", is_flag=True, help="以主管身份。")
def take_case(case_id: str, by: str, note: str, supervisor: bool) -> None:
    """领取工单：首问负责，跟到办结。"""
    _act(case_id, CaseAction.TAKE, Person(by, supervisor), note)


@cli.command("close")
@click.argument("case_id")
@click.option("--by", required=True, help="谁办结。")
@click.option("--note", required=True, help="怎样办结的。")
@click.option("--supervisor", is_flag=True, help="以主管身份。")
def close_case(case_id: str, by: str, note: str, supervisor: bool) -> None:
    """办结工单：待处理完毕的暂停催收随之解除。"""
    if not note.strip():
        raise Refusal("请写明怎样办结（--note）")
    _act(case_id, CaseAction.CLOSE, Person(by, supervisor), note)


def _act(case_id: str, action: CaseAction, by: Person, note: str) -> None:
    store = the_store()
    try:
        state = inbox.act(store, case_id, action, by=by, note=note, now=store.clock.now())
    except NoSuchCase:
        raise Refusal(f"没有工单 {case_id}") from None
    except IllegalMove as fault:
        raise Refusal(str(fault)) from None
    click.echo(f"{case_id}：{moves.state_name(state)}")


def as_dict(line: CaseLine) -> dict[str, Any]:
    """JSON shape of a line: instants in ISO 8601, severity by name."""
    found = {field.name: getattr(line, field.name) for field in fields(line)}
    found["severity"] = line.severity.name
    return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in found.items()}


def file_as_dict(file: CaseFile) -> dict[str, Any]:
    """JSON shape of a case in full."""
    return as_dict(file.line) | {
        "turns": [
            {"speaker": turn.speaker, "text": turn.text, "step": turn.step, "started_s": turn.started_s, "why": _why(turn)}
            for turn in file.turns
        ],
        "holds": [
            {
                "rule": hold.rule,
                "until": hold.until_at.isoformat() if hold.until_at else None,
                "is_lifted": bool(hold.lifted_at),
            }
            for hold in file.holds
        ],
        "entries": [
            {"at": one.at.isoformat(), "by": one.by, "action": one.action, "to": one.to_state, "note": one.note}
            for one in file.entries
        ],
    }


def _echo_line(line: CaseLine) -> None:
    late = "（已超时）" if line.is_late else ""
    owner = f" · {line.owner}" if line.owner else ""
    click.echo(
        f"{line.severity.name} {line.title} · {moves.state_name(line.state)}{owner} · {line.name} {line.phone_masked}"
        f" · 期限 {local_time(line.due_at)}{late} · {line.id}"
    )
    click.echo(f"   “{line.quote}” {line.why}")


def _echo_file(file: CaseFile) -> None:
    _echo_line(file.line)
    click.echo(f"该做什么：{file.line.what_to_do}")
    for hold in file.holds:
        click.echo(f"暂停催收：{hold.rule}，{_hold_text(hold)}")
    click.echo("通话：")
    _echo_turns(file.turns)
    click.echo("经过：")
    for entry in file.entries:
        click.echo(f"   {local_time(entry.at)} {entry.by} {entry.action} → {entry.to_state} {entry.note}")


def _echo_turns(turns: Sequence[Turn]) -> None:
    for turn in turns:
        speaker = "我方" if turn.speaker == "bot" else "客户"
        cut = "" if turn.heard_whole else "（被打断）"
        keys = f" [按键 {turn.keys}]" if turn.keys else ""
        click.echo(f"   {turn.started_s:6.1f} 秒 {speaker}：{turn.text}{keys}{cut}")
        for reason in _why(turn):
            click.echo(f"              · {reason}")


def _why(turn: Turn) -> list[str]:
    """Why the turn was understood as it was, risks first."""
    meaning = turn.meaning or {}
    risks = [f"{found['category']} {found['severity']} {found.get('why', '')}".strip() for found in meaning.get("risk", ())]
    return [*risks, *meaning.get("why", ())]


def _hold_text(hold: Hold) -> str:
    if hold.lifted_at:
        return f"已由 {hold.lifted_by} 解除"
    if hold.is_permanent:
        return "永久"
    signed = "，须主管签字" if hold.lift_by else ""
    return (f"至 {local_time(hold.until_at)}" if hold.until_at else "至处理完毕") + signed
