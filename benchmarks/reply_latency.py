"""End of speech (known from the file) to the first reply frame on the socket, at several numbers of calls at once.

    python -m benchmarks.reply_latency [--engine scripted] [--calls 1 10 40] [--seconds 30] [--speech DIR]

Beside the delay stands the false-cut rate: answers that were taken for finished before their last sound. Answers with
pauses inside belong to it. Speech: `DIR/<kind>/*.wav`, kinds as in ivr.script.model.AskKind, or the word `kokoro`;
without it, speech is made of hums with the rhythm of words (voice activity hears a voice, no engine hears words).
"""

from __future__ import annotations

import argparse
import asyncio
import math
import random
import re
import time
import urllib.request
from pathlib import Path
from typing import Any

import aiohttp
import numpy as np

from benchmarks import clips
from benchmarks.media import media_process, write_report
from benchmarks.peer import FRAME, Peer
from speech.audio import decode_mulaw, encode_mulaw, line_clip, read_wav

PORT = 18_931
AIMS = {"p50": 0.45, "p95": 0.70}
SETTLE_S = 1.0
PHRASES = "是的,对,好的,我这个月二十八号还,我明天下午三点还,我先还三千二百块,大概一千五百块"
TEXTS = {"yes_no": "是的", "date": "明天还", "amount": "三千二百块", "open": "我最近手头紧"}
"""What the scripted recogniser hears."""


def main() -> None:
    """Measure and print one table; JSON under var/."""
    options = _options()
    rows = [_measure(options, kind, calls) for kind in options.kinds for calls in options.calls]
    print(
        f"{'engine':10} {'kind':8} {'calls':>5} {'turns':>6} {'p50':>6} {'p95':>6} {'p99':>6} "
        f"{'cuts %':>7} {'dec p95':>8} {'late':>6}"
    )
    for row in rows:
        print(
            f"{row['engine']:10} {row['kind']:8} {row['calls']:5d} {row['turns']:6d} {row['p50']:6.3f} {row['p95']:6.3f} "
            f"{row['p99']:6.3f} {row['false_cut_pct']:7.1f} {row['decision_p95']:8.3f} {row['peer_late_s']:6.3f}"
        )
    print(f"-> {write_report(f'reply_latency_{options.engine}{_mark(options.speech)}', {'aims': AIMS, 'rows': rows})}")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--engine", default="scripted")
    parser.add_argument("--calls", type=int, nargs="+", default=[1, 10, 40])
    parser.add_argument("--kinds", nargs="+", default=["yes_no", "date"])
    parser.add_argument("--seconds", type=float, default=25.0)
    parser.add_argument("--speech", type=Path)
    return parser.parse_args()


def _mark(speech: Path | None) -> str:
    return f"_{speech.name}" if speech else ""


def _measure(options: argparse.Namespace, kind: str, calls: int) -> dict[str, Any]:
    sounds = _clips(options.speech, kind)
    environ = {
        "HUILING_RECOGNIZER": options.engine,
        "BENCH_KIND": kind,
        "BENCH_TEXT": TEXTS[kind],
        "BENCH_PHRASES": ",".join(TEXTS.values()),
    }
    with media_process(PORT, **environ) as address:
        delays, cuts, late = asyncio.run(_talk(address, sounds, calls, options.seconds))
        decision = _decision_p95(address)
    turns = len(delays) + cuts
    return {
        "engine": options.engine,
        "kind": kind,
        "calls": calls,
        "turns": turns,
        **{f"p{share}": _percentile(delays, share) for share in (50, 95, 99)},
        "false_cut_pct": 100.0 * cuts / max(1, turns),
        "decision_p95": decision,
        "peer_late_s": late,
    }


async def _talk(address: str, sounds: list[bytes], calls: int, seconds: float) -> tuple[list[float], int, float]:
    peers = [Peer(f"call{number}") for number in range(calls)]
    delays: list[float] = []
    cuts = [0]
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as http:
        running = [asyncio.create_task(_begin(peer, http, address, seconds, place / calls)) for place, peer in enumerate(peers)]
        await asyncio.gather(*(_answer(peer, sounds, delays, cuts, place) for place, peer in enumerate(peers)))
        await asyncio.gather(*running)
    return delays, cuts[0], max(peer.late_s for peer in peers)


async def _begin(peer: Peer, http: aiohttp.ClientSession, address: str, seconds: float, wait_s: float) -> None:
    await asyncio.sleep(wait_s)
    await peer.run(http, address, seconds)


async def _answer(peer: Peer, sounds: list[bytes], delays: list[float], cuts: list[int], seed: int) -> None:
    """Answer whenever asked; the clip's last voiced frame is its end, since files are trimmed."""
    chance = random.Random(seed)
    while not peer.sent and not peer.is_over:
        await asyncio.sleep(0.02)
    while not peer.is_over:
        await peer.until_quiet()
        await asyncio.sleep(0.3 + chance.random() * 0.6)
        begun = time.monotonic()
        ended = await peer.say(chance.choice(sounds))
        if peer.is_over:
            return
        if any(name == "media" and begun <= at < ended for at, name in peer.sent):
            cuts[0] += 1
            await asyncio.sleep(SETTLE_S)
            continue
        replied = await peer.wait_for("media", after=ended, patience_s=6.0)
        if replied is not None:
            delays.append(replied - ended)


def _decision_p95(address: str) -> float:
    """From the process's own histogram: recognised text to first frame, seconds (upper bound of the bucket)."""
    text = urllib.request.urlopen(f"http://{address}/metrics", timeout=5).read().decode()
    buckets = [
        (float(bound), float(count))
        for bound, count in re.findall(r'huiling_decision_seconds_bucket\{le="([^"]+)"\} (\S+)', text)
    ]
    total = buckets[-1][1] if buckets else 0.0
    return next((bound for bound, count in buckets if total and count >= 0.95 * total), math.nan)


def _percentile(values: list[float], share: int) -> float:
    return float(np.percentile(values, share)) if values else math.nan


def _clips(folder: Path | None, kind: str) -> list[bytes]:
    """mu-law clips trimmed to their first and last sound."""
    if str(folder) == "kokoro":
        return _spoken(kind)
    if folder is not None:
        paths = sorted((folder / kind).glob("*.wav"))
        return [_trimmed(line_clip(*read_wav(path.read_bytes()))) for path in paths]
    return [_hums(pattern) for pattern in HUMS.get(kind, HUMS["yes_no"])]


def _spoken(kind: str) -> list[bytes]:
    """Answers by three voices; dates and amounts with a pause of 0.3 to 0.6 s inside as well."""
    if kind == "yes_no":
        return [clip for _, clip in clips.spoken(("是的", "对", "好的"))]
    first, second = (clips.spoken(texts, clips.VOICES[:3]) for texts in SPLIT[kind])
    pairs = zip(first, second, (0.3, 0.4, 0.5, 0.6, 0.35, 0.45), strict=False)
    return [clips.with_pause(one, pause_s, other) for (_, one), (_, other), pause_s in pairs]


SPLIT = {
    "date": (("我这个月", "我明天"), ("二十八号还", "下午三点还")),
    "amount": (("我先还", "大概"), ("三千二百块", "一千五百块")),
}

HUMS: dict[str, list[list[float]]] = {
    "yes_no": [[0.35], [0.5], [0.7]],
    "date": [[0.5, -0.3, 0.8], [0.9, -0.5, 0.6], [1.2]],
    "amount": [[0.6, -0.4, 0.9], [1.1]],
}
"""Seconds of voice; negative ones are pauses."""


def _hums(pattern: list[float]) -> bytes:
    parts = [_voice(seconds) if seconds > 0 else np.zeros(round(-seconds * 8000)) for seconds in pattern]
    return encode_mulaw(np.concatenate(parts).astype(np.int16))


def _voice(seconds: float) -> np.ndarray[Any, Any]:
    """Harmonics with formants that glide and a syllable rhythm of 4 Hz: what a voice detector takes for speech."""
    at = np.arange(round(seconds * 8000)) / 8000
    pitch = 2 * np.pi * np.cumsum(140 + 20 * np.sin(2 * np.pi * 2 * at)) / 8000
    wave = sum(
        np.sin(n * pitch) * (np.exp(-((n * 140 - 600) ** 2) / 2e5) + 0.5 * np.exp(-((n * 140 - 1500) ** 2) / 2e5) + 0.02)
        for n in range(1, 24)
    )
    return np.asarray(wave * (0.75 + 0.25 * np.sin(2 * np.pi * 4 * at)) * 2500)


def _trimmed(mulaw: bytes) -> bytes:
    loud = np.abs(decode_mulaw(mulaw).astype(np.int32)) > 400
    places = np.flatnonzero(loud)
    return mulaw[: int(places[-1]) + FRAME] if len(places) else mulaw


if __name__ == "__main__":
    main()
