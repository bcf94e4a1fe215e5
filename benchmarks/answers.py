"""Answers as people give them, with the pauses inside and what has been said by when: dates, amounts, yes and no.

A `|` is a pause before which the answer is not yet whole; a `/` is one after which only courtesy or a nearer time comes.
Two answers in three have a pause. Their lengths: log-normal about 0.4 s, one in ten above 0.67 s, one in a hundred above
1 s ("a quarter to half a second": Lundholm Fors 2015; 0.2 to 1 s medium, longer ones rare: Campione and Véronis 2002).
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import clips
from speech.audio import encode_mulaw
from speech.endpointing import AFFIRM, DENY

ANSWERS: dict[str, tuple[str, ...]] = {
    "yes_no": ("是的", "对", "好的"),
    "date": (
        "我这个月|二十八号还", "我明天|下午三点还", "二十八号", "下周五", "下个月|五号吧", "嗯|后天", "月底还", "明天下午还",
        "大概|下周三之前", "十一月|三十号", "我看看|二十五号可以吗", "发工资|就还", "明天", "最晚|下个月十号", "二十八号/下午",
        "我也说不好|月底吧",
    ),
    "amount": (
        "我先还|三千二百块", "大概|一千五百块", "三千|五百块", "三千", "两千块", "一万|二千块", "嗯|我看看|五百块", "最多|八百",
        "先还一半", "三千二百块/可以吗", "全部还清", "五千/左右", "一千|二百|五十块", "手里没钱", "两千块钱吧",
    ),
}  # fmt: skip
PHRASES = {"yes_no": sorted(AFFIRM | DENY), "date": ["发工资就还", "没钱"], "amount": ["手里没钱", "没钱"], "open": []}
"""What a script's step would list beside its class."""

MEDIAN_PAUSE_S, SPREAD, SHORTEST_PAUSE_S = 0.4, 0.4, 0.15
SYLLABLE_S = 0.2
LAG_S = 0.2
"""A word's way from its end to the partial text. Vosk on the first model: median 0.05 s, p95 0.29 s, in steps of 0.1 s."""
STEP_S = 0.1
TAKES = 4
"""Each answer is given so many times, with other pauses."""


@dataclass(frozen=True, slots=True)
class Answer:
    """mu-law that begins with a frame naming it; `whole_s`: when the answer was whole; partial texts by their time."""

    sound: bytes
    text: str
    whole_s: float
    partials: tuple[tuple[float, str], ...]


Speaker = Callable[[str], list[bytes]]
"""mu-law of a piece by each voice."""


def answers(kind: str, speaker: Speaker, takes: int = TAKES) -> list[Answer]:
    """Every answer of a kind by every voice, with pauses drawn anew for each."""
    chance = random.Random(kind)
    found: list[Answer] = []
    for shape in ANSWERS[kind] * takes:
        pieces = shape.replace("/", "|").split("|")
        for said in zip(*(speaker(piece) for piece in pieces), strict=True):
            found.append(_joined(len(found), shape, list(zip(pieces, said, strict=True)), chance))
    return found


def _joined(number: int, shape: str, pieces: list[tuple[str, bytes]], chance: random.Random) -> Answer:
    sound, partials, text, whole_s = _name(number), list[tuple[float, str]](), "", 0.0
    for place, (piece, said) in enumerate(pieces):
        began = len(sound) / 8000
        for count in range(1, len(piece) + 1):
            ended = began + len(said) / 8000 * count / len(piece)
            partials.append((_seen(ended), text + piece[:count]))
        text += piece
        sound += said
        if "/" not in shape or text == shape.split("/")[0].replace("|", ""):
            whole_s = len(sound) / 8000
        if place < len(pieces) - 1:
            sound += b"\xff" * round(_pause_s(chance) * 8000)
    return Answer(sound, text, whole_s, tuple(partials))


def _pause_s(chance: random.Random) -> float:
    return max(SHORTEST_PAUSE_S, MEDIAN_PAUSE_S * float(np.exp(SPREAD * chance.gauss(0, 1))))


def _seen(ended_s: float) -> float:
    return float(np.ceil((ended_s + LAG_S) / STEP_S) * STEP_S)


_BITS = 12
_SILENT, _ONE, _ZERO = 0xFF, 0xFE, 0x7E
"""mu-law of 0, +8 and -8: nobody hears them, and no detector."""


def _name(number: int) -> bytes:
    bits = [_ONE if number >> bit & 1 else _ZERO for bit in range(_BITS)]
    return bytes([*bits, *[_SILENT] * (160 - _BITS)])


def named(pcm: np.ndarray[Any, Any]) -> int | None:
    """The number of the answer that begins with this frame; None for any other frame."""
    head = pcm[:_BITS]
    if len(pcm) != 160 or not np.all(np.abs(head) == 8) or np.any(pcm[_BITS:]):
        return None
    return sum(int(sample > 0) << bit for bit, sample in enumerate(head))


def write_partials(path: Path, given: list[Answer]) -> None:
    """For the scripted ear of another process."""
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps([answer.partials for answer in given], ensure_ascii=False), encoding="utf-8")


def kokoro(piece: str) -> list[bytes]:
    """A piece by two of Kokoro's voices."""
    return [sound for _, sound in clips.spoken((piece,), clips.VOICES[1:3])]


def hums(piece: str) -> list[bytes]:
    """A piece as a hum of its length: voice activity hears a voice, no engine hears words."""
    return [encode_mulaw(clips.hum(SYLLABLE_S * len(piece) + 0.1).astype(np.int16))]
