"""`python -m simulator.demo [--short]`: sets everything up, calls the cast, judges, reports.

Exit code 1 when more than one persona's call came out wrong (with --only: any), and always when somebody unverified heard
of a debt or anything went wrong with somebody in mortal danger: those are never forgiven.
"""

from __future__ import annotations

import argparse
import csv
import json
import shutil
import signal
import sys
import time
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from simulator.cast import Cast, Persona
from simulator.demo.judge import Judged, is_good, judge
from simulator.demo.stage import MOST_LINES, PROCESSES, Stage, StageFault, lines, procfile, set_stage

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "var" / "demo"
SHORT = ("pays_today", "despair", "wrong_number", "keys_only", "followup_all_well", "voicemail", "busy")
HEADINGS = ("name", "phone", "id_last4", "loan_no", "amount_yuan", "due_on", "overdue_days")
CAMPAIGNS = {"due_reminder": "演示-到期提醒", "overdue_reminder": "演示-逾期提醒", "first_followup": "演示-首次回访"}
KEPT = frozenset({"prompts", "digest.key"})
ALLOWED_WRONG = 1
"""Personas that may come out wrong, in the short run too: speech is heard for real, and an ear may err once.

Never one whose fault is grave (simulator.demo.judge).
"""
console = Console()


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the demonstration; the exit code."""
    parser = argparse.ArgumentParser(prog="python -m simulator.demo", description=__doc__)
    parser.add_argument("--short", action="store_true", help="seven personas instead of all")
    parser.add_argument("--only", nargs="*", default=[], metavar="PERSONA", help="these personas alone")
    given = parser.parse_args(arguments)
    cast = Cast.load()
    dialled = {key: one for key, one in cast.personas.items() if one.script}
    if unknown := sorted(set(given.only) - set(dialled)):
        parser.error(f"没有这样的角色：{'、'.join(unknown)}。可选：{'、'.join(sorted(dialled))}")
    wanted = given.only or (SHORT if given.short else tuple(cast.personas))
    borrowers = [one for key, one in dialled.items() if key in wanted]
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that every process that was started is stopped
    began = time.monotonic()
    try:
        judged = _play(cast, borrowers)
    except StageFault as fault:
        console.print(f"[red]演示没有完成：[/red]{fault}", markup=True)
        return 1
    wrong = [one for one in judged if not one.is_right]
    _show(judged)
    console.print(f"{len(judged) - len(wrong)} / {len(judged)} 正确，用时 {time.monotonic() - began:.0f} 秒。")
    console.print(f"报告：{FOLDER / 'report' / 'index.html'}（make demo-serve 打开）")
    return 0 if is_good(judged, allowed_wrong=0 if given.only else ALLOWED_WRONG) else 1


def _play(cast: Cast, borrowers: list[Persona]) -> list[Judged]:
    _clear(FOLDER / "data")
    agents = {one.key: one for one in cast.personas.values() if one.is_agent}
    stage = set_stage(ROOT, FOLDER, agents=[])
    numbers = _numbers(stage, [*borrowers, *agents.values()])
    person = numbers["agent_accepts"]
    stage = set_stage(ROOT, FOLDER, agents=[numbers["agent_voicemail"], f"{person}*"], duty_manager=person)
    today = stage.begins_at.date()
    _step("语音模型")
    stage.show("flask", "--app", "app", "speech", "setup")
    _step("借款人和坐席的语音")
    clips = ROOT / "var" / "simulator" / "clips"
    stage.show(sys.executable, "-m", "simulator.clips", "--out", str(clips), "--only", *numbers)
    subscribers = FOLDER / "subscribers.json"
    subscribers.write_text(json.dumps({numbers[key]: key for key in numbers}), encoding="utf-8")
    lists = _write_lists(borrowers, numbers, today)
    _step("建立批次，导入名单，渲染提示音")
    stage.run("flask", "--app", "app", "store", "migrate", quiet=True)
    for script in lists:
        stage.show("flask", "--app", "app", "campaigns", "create", CAMPAIGNS[script], "--script", script)
        stage.show("flask", "--app", "app", "campaigns", "import", str(lists[script]), "--campaign", CAMPAIGNS[script])
    names = [CAMPAIGNS[script] for script in lists]
    stage.show("flask", "--app", "app", "campaigns", "prepare", *names)
    with stage.running("simulator", _simulator(stage, subscribers, clips), ready=[f"{stage.carrier_url}/simulator/health"]):
        count = lines(stage.await_ear())
        stage = stage.with_lines(count)
        with stage.running("house", procfile(*PROCESSES), ready=[f"{stage.web_url}/readyz", f"{stage.media_url}/readyz"]):
            _step(f"拨打，同时至多 {count} 路" + ("" if count == MOST_LINES else "：角色的耳朵在这台机器上只顾得过来这么多"))
            stage.show("flask", "--app", "app", "campaigns", "start", *names, "--wait")
            heard = _heard(stage)
            (FOLDER / "calls.json").write_text(json.dumps(heard, ensure_ascii=False, indent=1), encoding="utf-8")
            rows = _rows(stage, names)
    _step("报告")
    stage.run("flask", "--app", "app", "campaigns", "report", *names, "--out", str(FOLDER / "report"), quiet=True)
    return [
        judge(one.key, one.expected, rows.get(str(one.facts["loan_no"]), {}), heard.get(one.key), today) for one in borrowers
    ]


def _clear(data: Path) -> None:
    """Remove what the last demonstration left, all but its rendered prompts and the key that names them."""
    for path in data.glob("*"):
        if path.name in KEPT:
            continue
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()


def _numbers(stage: Stage, personas: list[Persona]) -> dict[str, str]:
    seeds = [str(one.facts["seed"]) for one in personas]
    told = stage.run(sys.executable, "-m", "kit.phone", *seeds, quiet=True).split()
    return {one.key: number for one, number in zip(personas, told, strict=True)}


def _write_lists(borrowers: list[Persona], numbers: Mapping[str, str], today: date) -> dict[str, Path]:
    """One CSV a script, as a lender would send it."""
    lists: dict[str, Path] = {}
    for script in CAMPAIGNS:
        listed = [one for one in borrowers if one.script == script]
        if not listed:
            continue
        lists[script] = FOLDER / f"{script}.csv"
        with lists[script].open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(HEADINGS)
            for one in listed:
                facts = {**one.facts, "phone": numbers[one.key], "due_on": today + timedelta(days=int(one.facts["due_on"]))}
                writer.writerow([facts[heading] for heading in HEADINGS])
    return lists


def _simulator(stage: Stage, subscribers: Path, clips: Path) -> list[str]:
    options = {
        "port": stage.carrier_url.rpartition(":")[2],
        "account-sid": stage.account_sid,
        "auth-token": stage.auth_token,
        "subscribers": str(subscribers),
        "clips": str(clips),
        "ear": f"{Path(sys.executable).parent / 'flask'} --app app speech hear - --engine whisper --json",
        "ear-cache": str(ROOT / "var" / "simulator" / "ear"),
        "now": stage.begins_at.isoformat(),
        "cps": "5",
    }
    return [sys.executable, "-m", "simulator", *(part for name, value in options.items() for part in (f"--{name}", value))]


def _heard(stage: Stage) -> dict[str, Any]:
    """The simulator's view of each persona's own call."""
    calls = stage.ask("/simulator/calls")["calls"]
    own = [one for one in calls if not one.get("parent_sid")]
    return {one["persona"]: stage.ask(f"/simulator/calls/{one['sid']}.json") for one in own if one.get("persona")}


def _rows(stage: Stage, names: list[str]) -> dict[str, Any]:
    told = [json.loads(stage.run("flask", "--app", "app", "campaigns", "status", name, "--json", quiet=True)) for name in names]
    return {row["loan_no"]: row for status in told for row in status["targets"]}


def _step(title: str) -> None:
    console.print(f"[bold]▶ {title}[/bold]")


def _show(judged: list[Judged]) -> None:
    table = Table("角色", "结果", "承诺", "风险", "秒", "应答中位(秒)", "真人(秒)", "对错", title="演示结果")
    for one in judged:
        table.add_row(
            one.persona,
            one.outcome,
            one.promise,
            one.risk,
            "" if one.seconds is None else f"{one.seconds:.0f}",
            "" if one.latency_s is None else f"{one.latency_s:.2f}",
            "" if one.person_after_s is None else f"{one.person_after_s:.1f}",
            _verdict(one),
        )
    console.print(table)


def _verdict(one: Judged) -> str:
    if one.is_right:
        return "[green]对[/green]"
    return f"[red]{'不可原谅' if one.is_grave else '错'}：{'；'.join(one.faults)}[/red]"


if __name__ == "__main__":
    sys.exit(main())
