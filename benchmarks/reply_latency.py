"""End of speech (known from the file) to the first reply frame on the socket, at several numbers of calls at once.

    python -m benchmarks.reply_latency [--engine scripted] [--calls 1 10 40] [--seconds 25] [--kinds yes_no date amount]
        [--speech kokoro|DIR]

Answers and their pauses: benchmarks.answers. `cuts`: answers taken for finished before they were whole; `hasty`: the
answer was whole and something more came (可以吗, 左右); `deaf`: no reply within 6 s. Speech is made of hums with the length
of the words; `kokoro` says them; `DIR/<kind>/*.wav` are recordings, each whole at its end.
"""

from __future__ import annotations

import argparse
import asyncio
import math
import random
import re
import time
import urllib.request
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import numpy as np

from benchmarks.answers import PHRASES, Answer, answers, hums, kokoro, write_partials
from benchmarks.media import media_process, write_report
from benchmarks.peer import FRAME, Peer
from speech.audio import decode_mulaw, line_clip, read_wav

PORT = 18_931
AIMS = {"p50": 0.45, "p95": 0.70}
SETTLE_S = 1.0
KINDS = ["yes_no", "date", "amount"]
PARTIALS = Path("var/benchmark_partials.json")


def main() -> None:
    """Measure and print one table; JSON under var/."""
    options = _options()
    rows = [_measure(options, kind, calls) for kind in options.kinds for calls in options.calls]
    print(
        f"{'engine':10} {'kind':8} {'calls':>5} {'turns':>6} {'p50':>6} {'p95':>6} {'p99':>6} "
        f"{'cuts %':>7} {'hasty %':>8} {'deaf':>5} {'dec p95':>8} {'late':>6}"
    )
    for row in rows:
        print(
            f"{row['engine']:10} {row['kind']:8} {row['calls']:5d} {row['turns']:6d} {row['p50']:6.3f} {row['p95']:6.3f} "
            f"{row['p99']:6.3f} {row['false_cut_pct']:7.1f} {row['hasty_pct']:8.1f} {row['deaf']:5d} "
            f"{row['decision_p95']:8.3f} {row['peer_late_s']:6.3f}"
        )
    print(f"-> {write_report(f'reply_latency_{options.engine}{_mark(options.speech)}', {'aims': AIMS, 'rows': rows})}")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--engine", default="scripted")
    parser.add_argument("--calls", type=int, nargs="+", default=[1, 10, 40])
    parser.add_argument("--kinds", nargs="+", default=KINDS)
    parser.add_argument("--seconds", type=float, default=25.0)
    parser.add_argument("--speech", type=Path)
    return parser.parse_args()


def _mark(speech: Path | None) -> str:
    return f"_{speech.name}" if speech else ""


def _measure(options: argparse.Namespace, kind: str, calls: int) -> dict[str, Any]:
    given = _answers(options.speech, kind)
    write_partials(PARTIALS, given)
    environ = {
        "HUILING_RECOGNIZER": options.engine,
        "BENCH_KIND": kind,
        "BENCH_PARTIALS": str(PARTIALS.resolve()),
        "BENCH_PHRASES": ",".join(PHRASES[kind]),
    }
    with media_process(PORT, **environ) as address:
        found, late = asyncio.run(_talk(address, given, calls, options.seconds))
        decision = _decision_p95(address)
    turns = len(found.delays) + found.cuts + found.hasty
    return {
        "engine": options.engine,
        "kind": kind,
        "calls": calls,
        "turns": turns,
        **{f"p{share}": percentile(found.delays, share) for share in (50, 95, 99)},
        "false_cut_pct": 100.0 * found.cuts / max(1, turns),
        "hasty_pct": 100.0 * found.hasty / max(1, turns),
        "deaf": found.deaf,
        "cut": dict(found.where.most_common()),
        "decision_p95": decision,
        "peer_late_s": late,
    }


@dataclass(slots=True)
class Found:
    """What became of the answers."""

    delays: list[float] = field(default_factory=list)
    cuts: int = 0
    hasty: int = 0
    deaf: int = 0
    where: Counter[str] = field(default_factory=Counter)


async def _talk(address: str, given: list[Answer], calls: int, seconds: float) -> tuple[Found, float]:
    peers = [Peer(f"call{number}") for number in range(calls)]
    found = Found()
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as http:
        running = [asyncio.create_task(_begin(peer, http, address, seconds, place / calls)) for place, peer in enumerate(peers)]
        await asyncio.gather(*(_answer(peer, given, found, place) for place, peer in enumerate(peers)))
        await asyncio.gather(*running)
    return found, max(peer.late_s for peer in peers)


async def _begin(peer: Peer, http: aiohttp.ClientSession, address: str, seconds: float, wait_s: float) -> None:
    await asyncio.sleep(wait_s)
    await peer.run(http, address, seconds)


async def _answer(peer: Peer, given: list[Answer], found: Found, seed: int) -> None:
    """Answer whenever asked, until the call is over."""
    chance = random.Random(seed)
    while not peer.sent and not peer.is_over:
        await asyncio.sleep(0.02)
    while not peer.is_over:
        await peer.until_quiet()
        await asyncio.sleep(0.3 + chance.random() * 0.6)
        answer = chance.choice(given)
        begun = time.monotonic()
        ended = await peer.say(answer.sound)
        if not peer.is_over:
            await _judge(peer, answer, found, begun, ended)


async def _judge(peer: Peer, answer: Answer, found: Found, begun: float, ended: float) -> None:
    cut = next((at for at, name in peer.sent if name == "media" and begun <= at < ended), None)
    if cut is not None:
        is_whole = cut - begun >= answer.whole_s
        found.hasty += is_whole
        found.cuts += not is_whole
        found.where[answer.text] += 1
        await asyncio.sleep(SETTLE_S)
        return
    replied = await peer.wait_for("media", after=ended, patience_s=6.0)
    if replied is not None:
        found.delays.append(replied - ended)
    elif not peer.is_over:
        found.deaf += 1


def _decision_p95(address: str) -> float:
    """From the process's own histogram: recognised text to first frame, seconds (upper bound of the bucket)."""
    text = urllib.request.urlopen(f"http://{address}/metrics", timeout=5).read().decode()
    buckets = [
        (float(bound), float(count))
        for bound, count in re.findall(r'huiling_decision_seconds_bucket\{le="([^"]+)"\} (\S+)', text)
    ]
    total = buckets[-1][1] if buckets else 0.0
    return next((bound for bound, count in buckets if total and count >= 0.95 * total), math.nan)


def percentile(values: list[float], share: int) -> float:
    """nan of nothing."""
    return float(np.percentile(values, share)) if values else math.nan


def _answers(folder: Path | None, kind: str) -> list[Answer]:
    """Each begins with its first sound and ends with its last."""
    if str(folder) == "kokoro":
        return answers(kind, kokoro)
    if folder is None:
        return answers(kind, hums)
    found = [_trimmed(line_clip(*read_wav(path.read_bytes()))) for path in sorted((folder / kind).glob("*.wav"))]
    return [Answer(clip, "", len(clip) / 8000, ()) for clip in found]


def _trimmed(mulaw: bytes) -> bytes:
    loud = np.abs(decode_mulaw(mulaw).astype(np.int32)) > 400
    places = np.flatnonzero(loud)
    return mulaw[: int(places[-1]) + FRAME] if len(places) else mulaw


if __name__ == "__main__":
    main()
