"""What a call makes of answers and of speech that is none (a television, somebody beside): right, wrong, asked again.

The exam's voices (`python -m speech.training speak`), never heard in training, over a noisy line; heard by the step's grammar
and then freely, understood as a talk does. `listed`: the answer is among the step's phrases; `general`: words from the
dictionary in any order, of which nothing should follow (a few do mean something).

Run: .venv/bin/python -m benchmarks.misheard [MODEL]       (needs `make ear`'s speech; about a minute)
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

from ivr.runtime.talk import Talk
from ivr.understanding import understand
from kit.edge import settings_of_process
from kit.vocabulary import Intent
from speech.engines.vosk import VoskRecognizer
from speech.engines.vosk_free import FreeVosk
from speech.fallback import FallbackRecognizer
from speech.models_zh import SHIPPED
from speech.ports import Heard, Pcm
from speech.training.exam import SNRS_DB
from speech.training.spoken import load
from speech.training.telephone import telephone
from speech.training.voices import EXAM_KINDS, EXAMS, Place
from tests.ivr.runtime.listening import talk_with
from tests.understanding.test_properties import HINTS

STEP = (
    "下周五还", "我明天还", "月底还", "发工资就还", "我没钱", "我失业了", "我生病住院了", "生意不好", "忘了", "我已经还了",
    "没收到钱", "客户没付款", "家里有事", "再说一遍", "你是谁", "转人工", "别再打了", "打错了", "他不在", "我在忙", "可以",
    "不可以", "好的", "不行", "知道了",
)  # fmt: skip
"""The phrases of a step that asks when the debt is paid."""
ENDS = ("right", "wrong", "again")


def main(model: Path = SHIPPED) -> None:
    """Prints a table: how many utterances of each kind end how, at each distance of the noise."""
    ear = VoskRecognizer(model)
    chain = FallbackRecognizer([ear, FreeVosk(ear)])
    talk = talk_with(HINTS)
    found: Counter[tuple[str, float, str]] = Counter()
    for kind, snr_db, text, line in _utterances():
        said = understand(text, HINTS).intents
        if kind != "general" and said == (Intent.UNCLEAR,):
            continue
        found[kind, snr_db, _end(talk, chain.transcribe(line, STEP), said)] += 1
        if kind == "short":
            found["short, listed", snr_db, _end(talk, chain.transcribe(line, (*STEP, text)), said)] += 1
    table = Table("kind", "dB", *ENDS)
    for kind, snr_db in sorted({(kind, snr_db) for kind, snr_db, _ in found}):
        table.add_row(kind, f"{snr_db:g}", *(str(found[kind, snr_db, end]) for end in ENDS))
    Console().print(table)


def _utterances() -> Iterator[tuple[str, float, str, Pcm]]:
    """(kind, signal to noise, text, sound at LINE_RATE_HZ). Raises OSError when nothing was spoken yet."""
    place = Place(settings_of_process().resolved_cache_dir / "training" / "full", Path())
    for engine in EXAMS:
        for snr_db in SNRS_DB:
            for kind in ("general", "reply", "short"):
                generator = np.random.default_rng(7)
                for one in load(place.shard(engine, EXAM_KINDS.index(kind))):
                    yield kind, snr_db, one.text, telephone(one.samples, snr_db, generator)


def _end(talk: Talk, heard: Heard, said: Sequence[Intent]) -> str:
    intents = talk.understand(heard).intents if heard.text else (Intent.UNCLEAR,)
    return "again" if intents == (Intent.UNCLEAR,) else "right" if intents == said else "wrong"


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
