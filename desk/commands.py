"""Command line of this room: `flask desk ...`."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import fields
from datetime import datetime
from typing import Any

import click
from flask.cli import AppGroup

from desk import cases as moves
from desk import inbox, numbers
from desk.cases import CaseAction, CaseState, IllegalMove, Person
from desk.inbox import CaseFile, CaseLine, NoSuchCase
from kit.clock import local_time
from kit.edge import Refusal
from kit.vocabulary import Severity
from store import restraints
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
    file = _file(case_id)
    if as_json:
        click.echo(json.dumps(file_as_dict(file), ensure_ascii=False))
        return
    _echo_file(file)


def _moving(name: str, note: str) -> Callable[[Callable[..., None]], click.Command]:
    """A command that moves a case: who does it, and what there is to say. `note` asks for words; without, they are optional."""

    def dress(command: Callable[..., None]) -> click.Command:
        command = click.option("--supervisor", is_flag=True, help="以主管身份。")(command)
        command = click.option("--note", required=bool(note), default=None if note else "", help=note or "附言。")(command)
        command = click.option("--by", required=True, help="谁来做。")(command)
        return cli.command(name)(click.argument("case_id")(command))

    return dress


def _plain(name: str, action: CaseAction, about: str, *, asked: str = "") -> None:
    """A command that makes one move; `asked`: the words that must come with it."""

    def move(case_id: str, by: str, note: str, supervisor: bool) -> None:
        _act(case_id, action, Person(by, supervisor), _said(note) if asked else note)

    move.__doc__ = about
    _moving(name, asked)(move)


_plain("take", CaseAction.TAKE, "领取工单：首问负责，跟到办结。")
_plain("note", CaseAction.NOTE, "在工单上记一笔，状态不变。", asked="记下什么。")
_plain("wait", CaseAction.WAIT, "挂起工单：等客户或别的部门。", asked="等谁、等什么、到什么时候。")
_plain("resume", CaseAction.RESUME, "恢复处理挂起的工单。")
_plain(
    "hand-over",
    CaseAction.HAND_OVER,
    "改派：工单离开现在的处理人，重新待领取；只有主管可以（--supervisor）。",
    asked="为什么改派，请谁领取。",
)
_plain(
    "reopen",
    CaseAction.REOPEN,
    "重开已办结的工单：解除了的暂停催收重新生效；只有主管可以（--supervisor）。",
    asked="为什么重开。",
)


@_moving("close", note="怎样办结的。")
@click.option("--yes", is_flag=True, help="不再询问。")
def close_case(case_id: str, by: str, note: str, supervisor: bool, yes: bool) -> None:
    """办结工单：待处理完毕的暂停催收随之解除。"""
    note, file = _said(note), _file(case_id)
    lifted = [hold.rule for hold in file.holds if restraints.ends_with_case(hold)]
    if lifted and not yes and (file.line.state, CaseAction.CLOSE) in moves.MOVES:
        click.confirm(f"办结后解除暂停催收（{'、'.join(lifted)}），可以再次拨打催收电话。确定办结？", abort=True)
    _act(case_id, CaseAction.CLOSE, Person(by, supervisor), note)


@cli.command("reverify")
@click.argument("call_or_case")
@click.option("--by", required=True, help="谁核实的。")
@click.option("--yes", is_flag=True, help="不再询问。")
def reverify(call_or_case: str, by: str, yes: bool) -> None:
    """解锁号码：已核实那通电话（或那张工单）所拨的号码确是借款人本人的。"""
    store = the_store()
    try:
        number = numbers.locked(store, call_or_case)
    except numbers.NoSuchNumber as fault:
        raise Refusal(str(fault)) from None
    shown = f"{number.borrower_name} {number.phone_masked or '（名单里已换成别的号码）'}，{local_time(number.since_at)} 锁定"
    if not yes:
        click.confirm(f"{shown}。解锁后可以再次拨打，已核实机主就是借款人？", abort=True)
    numbers.reverify(store, number, by=_named(by), now=store.clock.now())
    click.echo(f"已解锁：{shown}")


@cli.command("number")
@click.argument("case_id")
@click.option("--by", required=True, help="谁要看；记入账本。")
def show_number(case_id: str, by: str) -> None:
    """看未办结工单的完整号码，好给客户打电话：谁在什么时候看过，账本上都有。"""
    store = the_store()
    try:
        click.echo(numbers.unmasked(store, case_id, by=_named(by), now=store.clock.now()))
    except numbers.NoSuchNumber as fault:
        raise Refusal(str(fault)) from None


def _named(by: str) -> str:
    if not by.strip():
        raise Refusal("请写明是谁（--by）")
    return by.strip()


def _said(note: str) -> str:
    if not note.strip():
        raise Refusal("请写明（--note）")
    return note


def _file(case_id: str) -> CaseFile:
    store = the_store()
    try:
        return inbox.case_file(store, case_id, now=store.clock.now())
    except NoSuchCase:
        raise Refusal(f"没有工单 {case_id}") from None


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
    signed = "，须主管签字" if hold.needs_sign_off else ""
    return (f"至 {local_time(hold.until_at)}" if hold.until_at else "至处理完毕") + signed
