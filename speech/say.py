"""Texts -> WAV files, one or a batch; what is already there as asked is left alone."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from speech import audio
from speech.mandarin.readings import words
from speech.models import sha256_of
from speech.ports import EngineUnavailable, Pcm, Synthesizer

RATES_HZ = (8000, 16000, 22050, 24000)
MIN_SPEED, MAX_SPEED = 0.5, 2.0

Render = Callable[..., tuple[Pcm, int]]


class BadOrder(ValueError):
    """A line of a batch cannot be read; the message says which and why, in Chinese."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """One text to be said into a file."""

    text: str
    out: Path
    voice: str
    speed: float = 1.0
    rate_hz: int = 8000


def read_orders(lines: str, *, voice: str, rate_hz: int, folder: Path) -> tuple[list[Order], list[str]]:
    """Orders of a JSON-lines batch (`text`, `out`, optional `voice`, `speed`, `rate_hz`) and the faults of bad lines.

    Relative outputs lie under `folder`; no two lines write the same file.
    """
    orders, faults = [], []
    written: dict[Path, int] = {}
    for number, line in enumerate(lines.splitlines(), 1):
        if not line.strip():
            continue
        try:
            order = _order(json.loads(line), voice, rate_hz, folder)
            if (first := written.setdefault(order.out, number)) != number:
                raise BadOrder(f"out 与第 {first} 行相同")
            orders.append(order)
        except (BadOrder, ValueError) as fault:
            reason = "不是 JSON" if isinstance(fault, json.JSONDecodeError) else str(fault)
            faults.append(f"第 {number} 行：{reason}")
    return orders, faults


def check(order: Order) -> Order:
    """The order itself. Raises BadOrder when it cannot be said."""
    if not words(order.text):
        raise BadOrder("没有可以读出的文字")
    if not MIN_SPEED <= order.speed <= MAX_SPEED:
        raise BadOrder(f"speed 须在 {MIN_SPEED} 到 {MAX_SPEED} 之间")
    if order.rate_hz not in RATES_HZ:
        raise BadOrder(f"rate_hz 只能是 {'、'.join(map(str, RATES_HZ))}")
    return order


def is_done(order: Order, identity: str) -> bool:
    """Whether the output was made from this very order and was not changed since."""
    try:
        noted = json.loads(_note(order.out).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return isinstance(noted, dict) and noted.get("key") == key(order, identity) and noted.get("sha256") == sha256_of(order.out)


def say(order: Order, synthesizer: Synthesizer) -> float:
    """Write the WAV file and the note beside it; the seconds of sound. Raises EngineUnavailable."""
    render: Render = synthesizer.render
    pcm, rate_hz = render(order.text, order.voice, speed=order.speed)
    sound = audio.normalise(audio.resample(pcm, rate_hz, order.rate_hz), order.rate_hz)
    if not len(sound):
        raise EngineUnavailable(f"{synthesizer.name} 没有给出声音")
    data = audio.write_wav(sound, order.rate_hz)
    order.out.parent.mkdir(parents=True, exist_ok=True)
    _put(order.out, data)
    note = {"key": key(order, f"{synthesizer.name}/{synthesizer.version}"), "sha256": hashlib.sha256(data).hexdigest()}
    _put(_note(order.out), json.dumps(note).encode())
    return len(sound) / order.rate_hz


def key(order: Order, identity: str) -> str:
    """A digest of all that decides how the file sounds: readings included, so that a corrected reading is said anew."""
    said = " ".join(word.text if word.is_mark else "-".join(word.syllables) for word in words(order.text))
    parts = (said, order.voice, identity, f"{order.speed:.3f}", str(order.rate_hz))
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def _order(row: object, voice: str, rate_hz: int, folder: Path) -> Order:
    if not isinstance(row, Mapping):
        raise BadOrder("不是一个对象")
    if not isinstance(row.get("text"), str) or not isinstance(row.get("out"), str):
        raise BadOrder("缺少 text 或 out")
    values: dict[str, Any] = {"voice": voice, "speed": 1.0, "rate_hz": rate_hz} | dict(row)
    try:
        order = Order(
            text=row["text"],
            out=folder / row["out"],
            voice=str(values["voice"]),
            speed=float(values["speed"]),
            rate_hz=int(values["rate_hz"]),
        )
    except (TypeError, ValueError):
        raise BadOrder("speed 或 rate_hz 不是数字") from None
    return check(order)


def _note(out: Path) -> Path:
    return out.with_name(out.name + ".json")


def _put(path: Path, data: bytes) -> None:
    draft = path.with_name(path.name + ".part")
    draft.write_bytes(data)
    draft.replace(path)
