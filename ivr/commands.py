"""Command line of this room: `flask ivr ...`."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from tempfile import mkdtemp

import click
from flask import current_app
from flask.cli import AppGroup
from rich.console import Console

from ivr import terminal, understanding
from ivr.dialogue import play
from ivr.meaning import Hints, Meaning, meaning_to_line
from ivr.script.draw import draw as drawn
from ivr.script.issues import BadScript
from ivr.script.load import examine, load_script, script_ids
from ivr.script.model import Script
from ivr.script.schema import schema_text
from kit.clock import SHANGHAI, Clock
from kit.edge import Refusal
from kit.settings import Settings
from kit.vocabulary import Intent
from speech import catalogue
from speech.ports import EngineUnavailable

cli = AppGroup("ivr", help="话术与通话。")


@cli.command("talk")
@click.argument("script")
@click.option("--now", "now_text", help="通话时刻，ISO 8601；缺省为现在。")
@click.option("--name", default="王小明", show_default=True, help="借款人姓名（虚构）。")
@click.option("--voice", is_flag=True, help="把机器人的话说出来（pyttsx3）。")
def talk(script: str, now_text: str | None, name: str, voice: bool) -> None:
    """在终端里打字，走一遍话术。"""
    now = _moment(now_text)
    facts = terminal.invented_facts(now.date(), name)
    stage = play.Stage(_script(script), facts, now, _understand)
    console = Console(highlight=False)
    terminal.talk(stage, lambda: input("你> "), console, _aloud(console) if voice else None)


@cli.command("replay")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def replay(file: Path) -> None:
    """重放一个对话剧本（tests/conversations/*.yaml）。"""
    try:
        written = play.read(file.read_text(encoding="utf-8"))
        facts = {**terminal.invented_facts(written.now.date()), **written.facts}
        stage = play.Stage(_script(written.script), facts, written.now, _understand)
        terminal.replay(written, stage, Console(highlight=False))
    except play.BadPlay as fault:
        raise Refusal(str(fault)) from None


@cli.command("check")
@click.argument("script", required=False)
@click.option("--all", "is_all", is_flag=True, help="检查话术目录里的每一个话术。")
@click.option("--json", "is_json", is_flag=True, help="输出 JSON。")
def check(script: str | None, is_all: bool, is_json: bool) -> None:
    """检查话术，列出全部问题（文件:行号）；SCRIPT 是话术名或 .yaml 文件；不写就检查全部。"""
    folder: Path = current_app.config["HUILING_SETTINGS"].scripts_dir
    if script is None or is_all:
        places = [(folder, name) for name in script_ids(folder)]
    else:
        places = [(Path(script).parent, Path(script).stem)] if script.endswith(".yaml") else [(folder, script)]
    issues = [issue for place, name in places for issue in examine(place, name, shared=folder)[1]]
    if is_json:
        click.echo(json.dumps([asdict(issue) for issue in issues], ensure_ascii=False, indent=1))
    else:
        for issue in issues:
            click.echo(str(issue))
        click.echo(f"检查了 {len(places)} 个话术，{len(issues)} 个问题。", err=True)
    if not places:
        click.echo(f"{folder} 里没有话术：检查 HUILING_SCRIPTS_DIR", err=True)
    if issues or not places:
        raise SystemExit(1)


@cli.command("draw")
@click.argument("script")
@click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path), help="写到哪个文件；缺省为 话术名.svg。")
def draw(script: str, output: Path | None) -> None:
    """把话术画成流程图（SVG）。"""
    target = output or Path(f"{script}.svg")
    target.write_text(drawn(_script(script)), encoding="utf-8")
    click.echo(f"已写入 {target}")


@cli.command("schema")
@click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path), help="缺省写到话术目录的 schema.json。")
def schema(output: Path | None) -> None:
    """按词表重新生成编辑器用的 JSON Schema。"""
    target = output or current_app.config["HUILING_SETTINGS"].scripts_dir / "schema.json"
    target.write_text(schema_text(), encoding="utf-8")
    click.echo(f"已写入 {target}")


def _script(script_id: str) -> Script:
    settings: Settings = current_app.config["HUILING_SETTINGS"]
    try:
        return load_script(settings.scripts_dir, script_id)
    except BadScript as fault:
        raise Refusal(str(fault)) from None


def _aloud(console: Console) -> Callable[[str], None]:
    try:
        voice = catalogue.synthesizer(current_app.config["HUILING_SETTINGS"], "pyttsx3")
    except EngineUnavailable as fault:
        raise Refusal(str(fault)) from None
    return terminal.aloud(voice, Path(mkdtemp(prefix="huiling-")), console)


def _moment(text: str | None) -> datetime:
    clock: Clock = current_app.config["HUILING_CLOCK"]
    try:
        moment = datetime.fromisoformat(text) if text else clock.now()
    except ValueError:
        raise click.BadParameter(f"不是 ISO 时刻：{text}", param_hint="--now") from None
    return (moment if moment.tzinfo else moment.replace(tzinfo=SHANGHAI)).astimezone(SHANGHAI)


def _understand(text: str, hints: Hints) -> Meaning:
    return understanding.understand(text, hints)


@cli.command("understand")
@click.option("--now", "now_text", help="说话的时刻，ISO 8601，缺时区按北京时间；缺省为现在。")
@click.option("--expect", default="", help="这一步等待的意图代码，逗号分隔。")
@click.option("--json", "as_json", is_flag=True, help="每行输出一个 JSON 对象。")
def understand(now_text: str | None, expect: str, as_json: bool) -> None:
    """从标准输入逐行读借款人的话（UTF-8），逐行输出含义。

    JSON：{"text", "intent", "intents", "slots", "risk":[{"category","severity"}], "why"}。slots 以槽名为键，
    值为日期或时刻（ISO 8601）、金额（分）或文字；日期不是“当天”时另有 “槽名.bound”（by/from），
    要再问的另有 “槽名.problem” 与 “槽名.heard”，此时值可为 null。
    """
    hints = Hints(now=_moment(now_text), expect=_expected(expect))
    for line in sys.stdin.buffer:
        meaning = understanding.understand(line.decode("utf-8", "replace").rstrip("\r\n"), hints)
        row = meaning_to_line(meaning)
        if as_json:
            click.echo(json.dumps(row, ensure_ascii=False))
            continue
        risk = " ".join(f"{found.severity.name}:{found.category.value}" for found in meaning.risk) or "-"
        click.echo("\t".join((row["text"], row["intent"], json.dumps(row["slots"], ensure_ascii=False), risk)))


def _expected(codes: str) -> frozenset[Intent]:
    wanted = [code.strip() for code in codes.split(",") if code.strip()]
    unknown = [code for code in wanted if code not in set(Intent)]
    if unknown:
        raise click.BadParameter(f"没有这个意图代码：{'、'.join(unknown)}", param_hint="--expect")
    return frozenset(Intent(code) for code in wanted)
