"""The labelled corpus and its figures: accuracy, macro-F1, risk recall and precision. Reads; judges nothing else.

Notes: `expect=` what the step expects; `fresh:N` batches written as borrowers speak, measured before the rules were widened
for them. Right at first sight, batch 1 / 2 / 3 / 4 / 5, in percent: despair 62 / 58 / 50 / 75 / 60, its look-alikes
85 / 98 / 95 / 60 / 100, who answers 67 / 80 / 71 / - / 80, promises 84 / 92 / 93 / - / 88, paid, hardship and dispute
72 / 65 / 41 / - / 92, wishes 94 / 88 / 90 / - / 80, follow-up 33 / 80 / 69 / - / -. What is new will be heard about as well.

`p0:N` and `near:N` are batches for the gravest risks, labelled for these alone and measured before anything was mended.
Right at first sight: p0:1 14 % (rules alone), p0:2 33 % (with frames), p0:3 44 % (and evidence; these three are the most
roundabout words that we could think of), p0:4 85 %, p0:5 85 % (a mix of plain, dialect, homophones and rambling), p0:6 81 %
of self_harm and 83 % of violence_threat (another author's, who saw no rules), p0:7 73 %, p0:8 93 %, p0:9 100 % (these while
p0:6 was mended, by whoever mended it), p0:10 73 % and 100 % (the third of p0:6's author kept back until then).
False alarms at first sight: near:1 10.3 % (rules alone), near:2 7.8 %, near:3 12.9 %, near:4 14.6 %, near:5 17 %, near:6
13 %; the near:3 and near:4 lines are pairs to p0:4 and p0:5 that differ in a word or two.

`ordinary:N` are answers of every day with the hyperbole, trades and animals that sound grave. False alarms at first sight:
ordinary:1 5.5 % (another author's), ordinary:2 15 %, ordinary:3 14 %, ordinary:4 10 % (while it was mended; these three are
written to provoke, around the very words of the rules), ordinary:5 2.5 % (kept back from ordinary:1; 8 % before the mending).
The evidence alone lets 0.2 % of left-out ordinary lines pass for each risk, and hears 61 % of left-out self_harm and 71 % of
violence_threat.
"""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from ivr.meaning import Hints, Meaning
from ivr.understanding import understand
from kit.clock import SHANGHAI
from kit.vocabulary import Intent, Risk, Severity, SlotName

CORPUS = Path(__file__).with_name("corpus.tsv")
HEARD = Path(__file__).with_name("heard.tsv")
"""Lines of the corpus as Whisper wrote them after Kokoro said them over a noisy telephone (`benchmarks.hearing` makes it)."""

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=SHANGHAI)
"""Monday 23 November 2026, ten o'clock in Shanghai."""

ONLY_GRAVEST = ("p0:", "near:", "ordinary:")
"""Notes of lines that are labelled for the gravest risks alone: words of despair and of violence, their look-alikes,
and talk of every day."""

CALLEE = "王小明"
"""Whom the invented calls of the corpus are for."""


@dataclass(frozen=True, slots=True)
class Line:
    """One labelled utterance. `intent` is None where only the risk is labelled."""

    text: str
    intent: Intent | None
    slots: dict[SlotName, str]
    risk: frozenset[tuple[Risk, Severity]]
    expect: frozenset[Intent]
    note: str


@dataclass(frozen=True, slots=True)
class Judged:
    """A line with what was understood."""

    line: Line
    meaning: Meaning

    @property
    def is_right(self) -> bool:
        return self.line.intent is None or self.meaning.intent is self.line.intent

    @property
    def risk(self) -> frozenset[tuple[Risk, Severity]]:
        return frozenset((found.category, found.severity) for found in self.meaning.risk)

    @property
    def wrong_slots(self) -> dict[SlotName, str]:
        said = {slot.name: _text(slot.value) for slot in self.meaning.slots}
        return {name: said.get(name, "") for name, value in self.line.slots.items() if said.get(name) != value}


@dataclass(frozen=True, slots=True)
class HeardText:
    """What an ear made of a line; `heard` is empty where it heard nothing that it believed."""

    text: str
    heard: str
    voice: str


def lines(path: Path = CORPUS) -> list[Line]:
    """Every line of the corpus."""
    return [_line(row) for row in _rows(path)]


def heard_texts(path: Path = HEARD) -> list[HeardText]:
    """Every line that was sent through an ear."""
    return [HeardText(**row) for row in _rows(path)]


def judge(path: Path = CORPUS) -> list[Judged]:
    """The corpus understood at NOW, each line with the intents that its note expects."""
    return [Judged(line, understand(line.text, Hints(now=NOW, expect=line.expect, callee_name=CALLEE))) for line in lines(path)]


def accuracy(judged: Iterable[Judged]) -> float:
    """Share of labelled lines whose primary intent is right."""
    labelled = [one for one in judged if one.line.intent]
    return sum(one.is_right for one in labelled) / len(labelled)


def f1_by_intent(judged: Iterable[Judged]) -> dict[Intent, float]:
    """F1 of every intent that the corpus labels."""
    right, said, meant = Counter[Intent](), Counter[Intent](), Counter[Intent]()
    for one in judged:
        if one.line.intent:
            meant[one.line.intent] += 1
            said[one.meaning.intent] += 1
            right[one.line.intent] += one.is_right
    return {intent: 2 * right[intent] / (meant[intent] + said[intent]) for intent in meant}


def risk_figures(judged: Iterable[Judged]) -> dict[Severity, tuple[float, float, int]]:
    """By labelled severity: recall (category and severity right), precision, and the number of labels."""
    judged = list(judged)
    labelled = [one for one in judged if not one.line.note.startswith(ONLY_GRAVEST)]
    figures = {}
    for severity in Severity:
        known = judged if severity is Severity.P0 else labelled
        meant = [(one, risk) for one in known for risk in one.line.risk if risk[1] is severity]
        said = [(one, risk) for one in known for risk in one.risk if risk[1] is severity]
        hit = sum(risk in one.risk for one, risk in meant)
        sound = sum(risk in one.line.risk for one, risk in said)
        figures[severity] = (hit / max(1, len(meant)), sound / max(1, len(said)), len(meant))
    return figures


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


def _line(row: dict[str, str]) -> Line:
    slots = dict(pair.split("=", 1) for pair in row["slots"].split(";")) if row["slots"] != "-" else {}
    risk = [one.split(":") for one in row["risk"].split(";")] if row["risk"] != "-" else []
    expect = next((part[7:] for part in row["note"].split() if part.startswith("expect=")), "")
    return Line(
        row["text"],
        None if row["intent"] == "*" else Intent(row["intent"]),
        {SlotName(name): value for name, value in slots.items()},
        frozenset((Risk(category), Severity[severity]) for category, severity in risk),
        frozenset(Intent(code) for code in expect.split(",") if code),
        row["note"],
    )


def _text(value: object) -> str:
    return value.isoformat() if isinstance(value, date | datetime) else str(value)
