"""The exam: held-out voices over telephone lines, heard by a finished model directory.

Two voices of Kokoro and two espeak-ng variants that training never uses. Real recordings: `flask speech evaluate`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from rapidfuzz.distance import Levenshtein

from speech.endpointing import AFFIRM, DENY
from speech.engines.vosk import VoskRecognizer
from speech.evaluation import comparable
from speech.ports import Heard
from speech.training.spoken import Spoken, load
from speech.training.telephone import telephone
from speech.training.voices import EXAM_KINDS, Place

SNRS_DB = (15.0, 5.0)
ENGINES = ("kokoro-exam", "espeak-exam")


@dataclass(slots=True)
class Score:
    """What was heard of one set."""

    name: str
    wrong: int = 0
    length: int = 0
    exact: int = 0
    count: int = 0
    taken: int = 0
    """Answers that the grammar did not reject."""
    flipped: int = 0
    """Taken answers whose sense is the opposite."""
    mistakes: list[str] = field(default_factory=list)

    def add(self, said: str, heard: Heard) -> None:
        """Count one utterance."""
        text = comparable(heard.text)
        errors = Levenshtein.distance(comparable(said), text)
        self.wrong += errors
        self.length += len(comparable(said))
        self.count += 1
        self.exact += not errors
        is_taken = bool(heard.text) and not heard.is_rejected
        self.taken += is_taken
        self.flipped += is_taken and _sense(said) * _sense(heard.text) < 0
        if errors:
            self.mistakes.append(f"{said}→{heard.text or '∅'}{'✗' if heard.is_rejected else ''}")

    def row(self) -> dict[str, float | str | int]:
        """The figures as shares."""
        return {
            "set": self.name,
            "utterances": self.count,
            "error": round(self.wrong / max(1, self.length), 4),
            "exact": round(self.exact / max(1, self.count), 4),
            "taken": round(self.taken / max(1, self.count), 4),
            "flipped": round(self.flipped / max(1, self.taken), 4),
        }


def _sense(text: str) -> int:
    return 1 if text in AFFIRM else -1 if text in DENY else 0


def answers() -> tuple[str, ...]:
    """The grammar of a yes-or-no question."""
    return tuple(sorted(AFFIRM | DENY))


def held_out(place: Place, model_dir: Path, *, numbers: Sequence[str] = ()) -> list[Score]:
    """Every set of the held-out voices at each noise level. `numbers`: the class grammar for dates, amounts and digits."""
    ear = VoskRecognizer(model_dir)
    scores = []
    for engine in ENGINES:
        shards = {kind: load(place.shard(engine, at)) for at, kind in enumerate(EXAM_KINDS)}
        for snr_db in SNRS_DB:
            scores.extend(_sets(ear, f"{engine} {snr_db:g} dB", shards, snr_db, numbers))
    return scores


def _sets(
    ear: VoskRecognizer, name: str, shards: dict[str, list[Spoken]], snr_db: float, numbers: Sequence[str]
) -> list[Score]:
    short = tuple(dict.fromkeys(one.text for one in shards["short"]))
    yes_no = [one for one in shards["short"] if one.text in AFFIRM | DENY]
    return [
        _score(f"{name} yes/no", ear, yes_no, snr_db, answers()),
        _score(f"{name} short", ear, shards["short"], snr_db, short),
        _score(f"{name} outside", ear, shards["general"], snr_db, answers()),
        _score(f"{name} numbers", ear, shards["number"], snr_db, numbers),
        _score(f"{name} replies", ear, shards["reply"], snr_db, ()),
    ]


def _score(name: str, ear: VoskRecognizer, spoken: Iterable[Spoken], snr_db: float, phrases: Sequence[str]) -> Score:
    score = Score(name)
    generator = np.random.default_rng(7)
    for one in spoken:
        score.add(one.text, ear.transcribe(telephone(one.samples, snr_db, generator), phrases))
    return score
