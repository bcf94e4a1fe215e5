"""Finds a play for every way through the scripts: `python -m tests.conversations.explore` rewrites `*.ways_*.yaml`.

Callers' words are tried where the dialogue listens, through the real understanding: the step's own phrases first, then
those of all steps, at last a meaning as typed. The shortest way there becomes a branch of the play. The plays that
people wrote count first: only what they leave out is sought.
"""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from ivr import terminal
from ivr.dialogue.edges import FAULT, all_edges
from ivr.dialogue.memory import Phase
from ivr.dialogue.play import Beat, Either, Play, PlayLine, Stage, perform, write
from ivr.script.fields import FactValue
from ivr.script.model import Condition, Script
from ivr.understanding import understand
from kit.vocabulary import Risk, Severity, SlotName
from tests.conversations.stage import FILES, FOLDER, performance_of, script_of

NOW = datetime.fromisoformat("2026-11-23T10:00:00+08:00")
FACTS: dict[str, dict[str, FactValue]] = {"due_reminder": {"due_on": date(2026, 11, 26), "overdue_days": 0}}
MOST_MOMENTS = 1500
WORDS = """
我真的不想活了 我要砍死你们 我要找律师起诉你们 我得了癌症刚做完手术 我失业了没有收入
你们利息算得不对 我的车卖了 车被扣走了 车出了车祸
后天还 后天先还一千 下周五还两千
全部还清 还一半 昨天还的 上个月十五号 明年五月还 还一万块 五十万 明天下午三点 今天晚上十一点 凌晨三点
你打错了 我是他老婆 他不在 是我 我是他本人 不是 喂 再见 谢谢 等一下 嗯 对 好的 不用 你再说一遍 一二三四 五六七八
我要投诉 别再打了 转人工 我听不懂普通话 我不同意录音 我在开会晚点再打
以后晚上打给我 你是谁 你是机器人吗 什么事 多少钱 几号到期 怎么还
发个账单 我换手机号了 我忘了 没钱 不还 我想分期 能不能延期
已经还了 不对 不对，是后天 不对，是一千五 方便 不方便 顺利 有困难 正常
卖了 稳定 换工作了 收入少了 都在 丢了 没变化 搬家了
"""
OTHERWISE = ("!rating", "!vehicle_ok", "!papers_ok", "!details_ok", "!unclear", "!job_ok")
SLOTS = {
    SlotName.PAY_ON: "pay_on=2026-11-25",
    SlotName.PAID_ON: "paid_on=2026-11-20",
    SlotName.AMOUNT_FEN: "amount_fen=100000",
    SlotName.CALLBACK_AT: "callback_at=2026-11-24T15:00:00+08:00",
    SlotName.DIGITS: "digits=5678",
    SlotName.VEHICLE_STATE: "vehicle_state=sold",
}


@dataclass(slots=True)
class Moment:
    """A stage that listens, and the cues that led there."""

    stage: Stage
    cues: tuple[PlayLine, ...]


@dataclass(slots=True)
class Node:
    """Cues as a tree, to be written with branches."""

    after: dict[PlayLine, Node] = field(default_factory=dict)


def main() -> None:
    for script_id in sys.argv[1:] or ("overdue_reminder", "due_reminder", "first_followup"):
        for old in FOLDER.glob(f"{script_id}.ways_*.yaml"):
            old.unlink()
        script = script_of(script_id)
        found, left = explore(script)
        for group, paths in sorted(found.items()):
            _write(script, group, paths)
        print(script_id, "ways:", len(all_edges(script)), "left:", sorted(left))


def explore(script: Script) -> tuple[dict[str, list[tuple[PlayLine, ...]]], set[str]]:
    """Paths by the flow in which their way lies, and the ways that were not found."""
    plays = [file for file in FILES if file.name.startswith(f"{script.id}.") and ".ways_" not in file.name]
    left = set(all_edges(script)).difference(*(performance_of(file).trail for file in plays))
    found: dict[str, list[tuple[PlayLine, ...]]] = {}
    stage = Stage(script, {**terminal.invented_facts(NOW.date()), **FACTS.get(script.id, {})}, NOW, understand)
    stage.begin()
    seen: set[tuple[object, ...]] = set()
    queue = deque([Moment(stage, ())])
    while queue and left and len(seen) < MOST_MOMENTS:
        here = queue.popleft()
        for cues in _tries(script, here.stage, left):
            there = here.stage.fork()
            there.trail, there.steps = set(), set()
            for cue in cues:
                there.cue(*cue)
            path = (*here.cues, *cues)
            if new := there.trail & left:
                left -= new
                found.setdefault(_group(min(new)), []).append(path)
            if FAULT in there.trail:
                print("fault:", *path)
            key = _key(there)
            if key not in seen and not there.dialogue.is_over and there.dialogue.to_dict()["phase"] != Phase.ENDING:
                seen.add(key)
                queue.append(Moment(there, path))
    return found, left


def _tries(script: Script, stage: Stage, left: set[str]) -> Iterator[tuple[PlayLine, ...]]:
    dialogue = stage.dialogue
    if dialogue.is_transferring:
        yield (("transfer", "failed"),)
        return
    step = script.steps[dialogue.step]
    yield (("time_up", ""),)
    for key in step.keys:
        yield (("press", key),)
    if step.id.startswith("identity.") and step.ask and step.ask.max_digits > 1:
        yield from ((("press", "1234"),), (("press", "5678"),))
    for text in dict.fromkeys((*(step.ask.phrases if step.ask else ()), *WORDS.split())):
        yield (("caller", text),)
    if step.silence:
        yield (("silence", ""),) * (step.silence.tries + 1)
    if step.unclear:
        yield (("caller", "那个花瓶是蓝色的"),) * (step.unclear.tries + 1)
        yield (("press", "7"),) * (step.unclear.tries + 1)
        yield from ((("caller", odd),) * (step.unclear.tries + 1) for odd in OTHERWISE)
    yield from (((("caller", text),)) for text in _typed(script, step.id, left))


def _typed(script: Script, step_id: str, left: set[str]) -> Iterator[str]:
    step = script.steps[step_id]
    for index, route in enumerate(step.routes):
        if f"{step_id} -> route {index + 1}" in left:
            yield from _meanings(route.when, script)
    for index, route in enumerate(script.always):
        if f"always -> route {index + 1}" in left:
            yield from _meanings(route.when, script)
    for risk in script.risk:
        category = risk if isinstance(risk, Risk) else Risk.INSOLVENCY
        severity = risk if isinstance(risk, Severity) else Severity.P2
        if f"risk -> {risk.name.lower()}" in left:
            yield f"!{category.value}:{severity.name}"


def _meanings(when: Condition, script: Script) -> Iterator[str]:
    slots = [SLOTS[name] for name in sorted(when.heard | when.has) if name in SLOTS]
    if when.matches == "amount_fen" and SlotName.AMOUNT_FEN in when.heard | when.has:
        slots = [slot for slot in slots if not slot.startswith("amount_fen")] + ["amount_fen=320000"]
    if when.problem in SLOTS:
        slots.append(SLOTS[when.problem] + "?past")
    for intent in [str(intent) for intent in sorted(when.intents)] or [""]:
        yield "!" + " ".join([intent, *slots]).strip()


def _key(stage: Stage) -> tuple[object, ...]:
    """What makes one moment different from another for the ways that lie ahead."""
    memory = stage.dialogue.to_dict()
    slots = {slot["name"] for slot in memory["slots"] if slot["problem"] is None}
    names = ("step", "phase", "is_verified")
    is_all = {"amount_fen": 320_000}.items() <= {slot["name"]: slot["value"] for slot in memory["slots"]}.items()
    return (frozenset(slots & {"pay_on", "amount_fen"}), is_all, *(memory[name] for name in names))


def _group(edge: str) -> str:
    step = edge.split(" ")[0]
    return step.split(".")[0] if "." in step else {"always": "always", "risk": "risk", "time_up": "risk"}.get(step, "main")


def _write(script: Script, group: str, paths: Sequence[tuple[PlayLine, ...]]) -> None:
    root = Node()
    for path in paths:
        node = root
        for cue in path:
            node = node.after.setdefault(cue, Node())
    play = Play(script.id, f"走遍 {group}", NOW, FACTS.get(script.id, {}), _beats(root))
    facts = terminal.invented_facts(NOW.date())
    text = write(play, perform(play, script, facts=facts, understand=understand).beats)
    (FOLDER / f"{script.id}.ways_{group}.yaml").write_text(text, encoding="utf-8")


def _beats(node: Node) -> list[Beat]:
    if not node.after:
        return []
    if len(node.after) == 1:
        cue, after = next(iter(node.after.items()))
        return [cue, *_beats(after)]
    return [Either({_name(cue): [cue, *_beats(after)] for cue, after in node.after.items()})]


def _name(cue: PlayLine) -> str:
    return {"press": "按 ", "transfer": "转人工 ", "caller": "说 "}.get(cue[0], cue[0]) + cue[1].replace("!", "")


if __name__ == "__main__":
    main()
