"""A call in the terminal: typed words stand for speech. For writers of scripts; touches no carrier and no database.

Words are understood as in a call; `#1234` presses keys; an empty line is silence; `/hangup`, `/interrupt WORDS`,
`/lost`, `/done` and `/failed` (the transfer), `/timeup`; `!promise_to_pay pay_on=2026-11-27` types a meaning.
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable, Iterable
from datetime import date, timedelta
from itertools import count
from pathlib import Path

from rich.console import Console
from rich.markup import escape

from ivr.dialogue import effects as out
from ivr.dialogue.play import CUES, BadPlay, Beat, Either, Play, PlayLine, Stage
from ivr.meaning import Meaning
from ivr.script.fields import Facts
from kit.labels import OUTCOMES, RISKS
from speech.audio import write_wav
from speech.ports import Synthesizer

COMMANDS = {
    "/hangup": "hangs_up",
    "/interrupt": "interrupt",
    "/lost": "line_lost",
    "/timeup": "time_up",
    "/machine": "machine",
    "/order": "order",
}
TRANSFERS = {"/done": "done", "/failed": "failed"}
PLAYERS = ("aplay", "paplay", "afplay", "ffplay")
HELP = "直接打字＝说话；#1234＝按键；空行＝不出声；/interrupt 听到的话；/hangup /lost /timeup /done /failed；/quit"
FICTIONAL_NUMBER = "12025550195"
"""Lies in the range of the North American plan that is kept for fiction: it can stand in plays and rings nobody."""
STYLES = {"bot": "bold cyan", "private": "bold magenta", "effect": "yellow", "end": "bold green"}
NAMES = {"bot": "机器人", "private": "机器人（仅本人）", "effect": "记录", "end": "结束"}


def invented_facts(today: date, name: str = "王小明") -> Facts:
    """A borrower who does not exist, five days overdue: id ends in 1234."""
    return {
        "lender": "安行汽车金融",
        "callback_number": FICTIONAL_NUMBER,
        "borrower_name": name,
        "id_last4": "1234",
        "birth_md": "0512",
        "plate_tail": "678",
        "loan_tail": "9012",
        "amount_fen": 320_000,
        "due_on": today - timedelta(days=5),
        "overdue_days": 5,
        "vehicle": "大众朗逸",
    }


def cue_of(typed: str) -> PlayLine:
    """What a typed line means as a line of a play."""
    word, _, rest = typed.strip().partition(" ")
    if not typed.strip():
        return "silence", ""
    if word in TRANSFERS:
        return "transfer", TRANSFERS[word]
    if word in COMMANDS:
        return COMMANDS[word], rest.strip()
    if word.startswith("#"):
        return "press", word[1:] or "#"
    return "caller", typed.strip()


def talk(stage: Stage, read: Callable[[], str], console: Console, speak: Callable[[str], None] | None = None) -> None:
    """Play a call until it is over or `read` raises EOFError. `speak` says our lines aloud."""
    console.print(f"[dim]{escape(stage.script.title)} · {HELP}[/dim]")
    show(stage.begin(), console, speak)
    while not stage.is_done:
        try:
            typed = read()
        except EOFError:
            break
        if typed.strip() == "/quit":
            break
        try:
            lines = stage.cue(*cue_of(typed))
        except (BadPlay, ValueError) as fault:
            console.print(f"[red]{escape(str(fault))}[/red]")
            continue
        if stage.meaning is not None:
            console.print(f"[dim]  听懂：{escape(understood(stage.meaning))}[/dim]")
        show(lines, console, speak)
        show_state(stage, console)
    console.print(f"结果：[bold]{OUTCOMES[stage.dialogue.outcome]}[/bold]（{stage.dialogue.outcome.value}）")


def replay(play: Play, stage: Stage, console: Console) -> None:
    """Perform a play aloud on the console, with what was understood and why."""
    show(stage.begin(), console)
    _replay(play.beats, stage, console)


def _replay(beats: Iterable[Beat], stage: Stage, console: Console) -> None:
    for beat in beats:
        if isinstance(beat, Either):
            for name, branch in beat.branches.items():
                console.rule(escape(name))
                _replay(branch, stage.fork(), console)
            return
        if beat[0] not in CUES:
            continue
        console.print(f"[bold white]{beat[0]}：{escape(beat[1])}[/bold white]")
        lines = stage.cue(*beat)
        if stage.meaning is not None:
            console.print(f"[dim]  听懂：{escape(understood(stage.meaning))}[/dim]")
        show(lines, console)


def show(lines: Iterable[PlayLine], console: Console, speak: Callable[[str], None] | None = None) -> None:
    """Our lines, each in its colour."""
    for key, text in lines:
        console.print(f"[{STYLES[key]}]{NAMES[key]}：{escape(text)}[/]")
        if speak and key in ("bot", "private"):
            speak(text)


def show_state(stage: Stage, console: Console) -> None:
    """Where the dialogue stands."""
    dialogue = stage.dialogue
    who = "已核实" if dialogue.is_verified else "未核实"
    waits = next((f"，{effect.after_s:g} 秒" for effect in stage.effects if isinstance(effect, out.WakeAt)), "")
    console.print(f"[dim]  步骤 {escape(dialogue.step)}（{who}{waits}）{escape(' · '.join(dialogue.trail))}[/dim]")


def aloud(voice: Synthesizer, folder: Path, console: Console) -> Callable[[str], None]:
    """Says a text through the first sound player there is; without one, names the WAV file that was written."""
    player = next((found for name in PLAYERS if (found := shutil.which(name))), None)
    names = (folder / f"talk-{number:03}.wav" for number in count(1))

    def speak(text: str) -> None:
        pcm, rate = voice.render(text, voice.voices()[0])
        path = next(names)
        path.write_bytes(write_wav(pcm, rate))
        if player:
            subprocess.run([player, str(path)], check=False, capture_output=True)
        else:
            console.print(f"[dim]  {path}[/dim]")

    return speak


def understood(meaning: Meaning) -> str:
    """A meaning in a line: intents, slots, risks and why."""
    parts = ["、".join(intent.value for intent in meaning.intents) or meaning.intent.value]
    parts += [
        f"{slot.name.value}={slot.value}" + (f"（{slot.problem.value}）" if slot.problem else "") for slot in meaning.slots
    ]
    parts += [f"风险 {RISKS[risk.category]} {risk.severity.name}（{risk.why}）" for risk in meaning.risk]
    return "；".join([*parts, *meaning.why])
