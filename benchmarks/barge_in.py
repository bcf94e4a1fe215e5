"""Somebody speaks over the prompt: onset to `clear` on the socket, and how often we stop for nothing.

    python -m benchmarks.barge_in [--engine scripted] [--calls 8] [--seconds 60] [--speech DIR] [--only KIND...]

The scripted recogniser gives no partials here: sound alone decides. False: a `clear` within a second of an 嗯, 对, cough
or noise. What such a stop costs is a short gap, since the prompt goes on afterwards. The voices are ones that the
network was not trained with. `late start` begins with a word of listening (好的我知道了). `DIR/*.wav`: more interruptions.
"""

from __future__ import annotations

import argparse
import asyncio
import math
import random
import time
from collections import defaultdict
from pathlib import Path
from typing import Any

import aiohttp
import numpy as np

from benchmarks import clips
from benchmarks.media import media_process, write_report
from benchmarks.peer import Peer
from speech.audio import line_clip, read_wav

PORT = 18_932
AIMS = {"p95": 0.35, "false_pct": 2.0}
FALSE_WITHIN_S = 1.0
GROUPS = {
    "all hums": ("嗯", "嗯嗯", "哦", "啊"),
    "all noises": ("cough", "bang", "car", "clicks", "hiss", "other"),
    "all yes": ("对", "对对对", "好的", "好好好", "是的"),
    "aim (嗯 对 cough noise)": ("嗯", "嗯嗯", "对", "cough", "bang", "car", "clicks", "hiss", "other"),
}
Tried = dict[str, list[float | None]]


def main() -> None:
    """Measure and print; JSON under var/."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--engine", default="scripted")
    parser.add_argument("--calls", type=int, default=8)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--speech", type=Path)
    parser.add_argument("--only", nargs="+", default=(), help="only these sounds, by the names in the table")
    options = parser.parse_args()
    sounds = {name: found for name, found in sounds_of(options.speech).items() if not options.only or name in options.only}
    phrases = ",".join([*clips.INTERRUPTIONS, *clips.ACCOMPANIMENTS])
    environ = {"HUILING_RECOGNIZER": options.engine, "BENCH_PROMPT_S": "30", "BENCH_PHRASES": phrases}
    with media_process(PORT, **environ) as address:
        tried = asyncio.run(_talk(address, sounds, options.calls, options.seconds))
    rows = report(tried)
    path = write_report(f"barge_in_{options.engine}", {"engine": options.engine, "aims": AIMS, "rows": rows})
    print(f"-> {path}")


def report(tried: Tried) -> dict[str, Any]:
    """Print a line for each sound and each group of sounds; the same as rows."""
    for name, kinds in GROUPS.items():
        tried[name] = [delay for kind in kinds for delay in tried.get(kind, ())]
    rows = {kind: _row(kind, found) for kind, found in sorted(tried.items()) if found}
    for kind, row in rows.items():
        print(
            f"{kind:24} {row['tried']:5d} tried  stopped {row['stopped_pct']:5.1f} %  "
            f"p50 {row['p50']:.3f}  p95 {row['p95']:.3f} s"
        )
    return rows


def _row(kind: str, found: list[float | None]) -> dict[str, Any]:
    delays = [delay for delay in found if delay is not None]
    return {
        "tried": len(found),
        "stopped_pct": 100.0 * len(delays) / max(1, len(found)),
        "p50": float(np.percentile(delays, 50)) if delays else math.nan,
        "p95": float(np.percentile(delays, 95)) if delays else math.nan,
    }


def sounds_of(folder: Path | None) -> dict[str, list[bytes]]:
    """mu-law by the names in the table."""
    sounds: dict[str, list[bytes]] = defaultdict(list)
    for name, texts in (("interruption", clips.INTERRUPTIONS), ("late start", clips.AMBIGUOUS)):
        sounds[name] += [clip for _, clip in clips.at_levels(clips.spoken(texts, clips.HELD_OUT))]
    for text, clip in [*clips.at_levels(clips.spoken(clips.ACCOMPANIMENTS, clips.HELD_OUT)), *clips.noises()]:
        sounds[text].append(clip)
    for path in sorted(folder.glob("*.wav")) if folder else []:
        sounds["real speech"].append(clips.trimmed(line_clip(*read_wav(path.read_bytes()))))
    return sounds


async def _talk(address: str, sounds: dict[str, list[bytes]], calls: int, seconds: float) -> Tried:
    tried: Tried = defaultdict(list)
    peers = [Peer(f"call{number}") for number in range(calls)]
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as http:
        running = [asyncio.create_task(peer.run(http, address, seconds)) for peer in peers]
        await asyncio.gather(*(_disturb(peer, sounds, tried, place) for place, peer in enumerate(peers)))
        await asyncio.gather(*running)
    return tried


async def _disturb(peer: Peer, sounds: dict[str, list[bytes]], tried: Tried, seed: int) -> None:
    """Make a sound into the prompt; after a stop, wait until it goes on or ask for it with a key."""
    chance = random.Random(seed)
    while not peer.is_over:
        while not peer.is_bot_speaking and not peer.is_over:
            await peer.press("1")
            await asyncio.sleep(0.3)
        await asyncio.sleep(0.8 + chance.random() * 0.4)
        is_any = chance.random() < 0.7 or "interruption" not in sounds
        kind = chance.choice(list(sounds)) if is_any else "interruption"
        clip = chance.choice(sounds[kind])
        begun = time.monotonic()
        await peer.say(clip)
        stopped = await peer.wait_for("clear", after=begun, patience_s=FALSE_WITHIN_S)
        if peer.is_over:
            return
        tried[kind].append(stopped - begun if stopped is not None else None)
        await asyncio.sleep(1.2)


if __name__ == "__main__":
    main()
