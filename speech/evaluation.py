"""How well an ear hears: character and toneless-pinyin error on a list of recordings with transcripts, by subset.

Counts and tabulates; prints nothing. Both sides are compared without punctuation, figures as they are said, 幺 as 一.
"""

from __future__ import annotations

import csv
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from rapidfuzz.distance import Levenshtein
from rich.table import Table

from speech.hear import BadFile, load
from speech.mandarin.writing import spoken
from speech.phrases import plain, sounds
from speech.ports import LINE_RATE_HZ, Recognizer


class BadManifest(ValueError):
    """The list of recordings cannot be used; the message says why, in Chinese."""


@dataclass(frozen=True, slots=True)
class Sample:
    """A recording and what is said in it."""

    file: Path
    transcript: str
    subset: str


@dataclass(slots=True)
class Score:
    """Sums over the recordings of one subset heard by one engine. Rates are shares of what was really said."""

    engine: str
    subset: str
    files: int = 0
    failed: int = 0
    exact: int = 0
    characters: int = 0
    character_errors: int = 0
    syllables: int = 0
    syllable_errors: int = 0
    audio_s: float = 0.0
    took_s: float = 0.0

    @property
    def character_error(self) -> float:
        """Character error rate."""
        return self.character_errors / self.characters if self.characters else 0.0

    @property
    def pinyin_error(self) -> float:
        """Toneless pinyin error rate."""
        return self.syllable_errors / self.syllables if self.syllables else 0.0

    @property
    def real_time_factor(self) -> float:
        """Seconds of work for a second of audio."""
        return self.took_s / self.audio_s if self.audio_s else 0.0

    def count(self, transcript: str, text: str) -> None:
        """Add one recording."""
        said, heard = comparable(transcript), comparable(text)
        self.files += 1
        self.exact += said == heard
        self.characters += len(said)
        self.character_errors += Levenshtein.distance(said, heard)
        self.syllables += len(sounds(said))
        self.syllable_errors += Levenshtein.distance(sounds(said), sounds(heard))

    def as_json(self) -> dict[str, Any]:
        """All sums and rates."""
        rates = {"character_error": self.character_error, "pinyin_error": self.pinyin_error}
        rates |= {"exact_rate": self.exact / self.files if self.files else 0.0, "rtf": self.real_time_factor}
        return {**asdict(self), **{name: round(rate, 4) for name, rate in rates.items()}}


def comparable(text: str) -> str:
    """A text as it is compared: figures as said, no punctuation, no spaces, 幺 as 一."""
    return plain(spoken(text)).replace(" ", "").replace("幺", "一")


def samples(manifest: Path, subset: str = "") -> list[Sample]:
    """The recordings of a TSV with at least the columns file and transcript (subset is optional). Raises BadManifest."""
    try:
        with manifest.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file, delimiter="\t"))
    except (OSError, UnicodeDecodeError) as error:
        raise BadManifest(f"读不到清单 {manifest}：{error}") from None
    if not rows or not {"file", "transcript"} <= rows[0].keys():
        raise BadManifest(f"清单 {manifest} 需要制表符分隔的列 file 与 transcript")
    found = [
        Sample(manifest.parent / row["file"], row["transcript"], row.get("subset") or "all")
        for row in rows
        if row["file"] and row["transcript"] and (not subset or row.get("subset") == subset)
    ]
    if not found:
        raise BadManifest(f"清单 {manifest} 没有子集 {subset!r} 的录音")
    return found


def evaluate(
    recognizer: Recognizer,
    recordings: Iterable[Sample],
    phrases: Callable[[Sample], Sequence[str]],
    *,
    on_done: Callable[[Sample, str], None] = lambda sample, text: None,
) -> list[Score]:
    """Scores by subset, in order of appearance, and over all as the last. Files that cannot be read count as failed."""
    scores: dict[str, Score] = {}
    total = Score(recognizer.name, "合计")
    for sample in recordings:
        score = scores.setdefault(sample.subset, Score(recognizer.name, sample.subset))
        text = _hear(recognizer, sample, phrases(sample), (score, total))
        on_done(sample, text)
    return [*scores.values(), *([total] if len(scores) > 1 else [])]


def _hear(recognizer: Recognizer, sample: Sample, phrases: Sequence[str], scores: Sequence[Score]) -> str:
    try:
        pcm, _ = load(sample.file)
    except BadFile:
        for score in scores:
            score.failed += 1
        return ""
    began = time.perf_counter()
    text = recognizer.transcribe(pcm, phrases).text
    took = time.perf_counter() - began
    for score in scores:
        score.count(sample.transcript, text)
        score.audio_s += len(pcm) / LINE_RATE_HZ
        score.took_s += took
    return text


def grammar_for(recordings: Sequence[Sample], phrases: Sequence[str], *, is_closed: bool) -> Callable[[Sample], Sequence[str]]:
    """Which phrases go with a recording: the given ones, or all transcripts of its subset (`is_closed`)."""
    if not is_closed:
        return lambda sample: phrases
    by_subset: dict[str, dict[str, None]] = {}
    for sample in recordings:
        by_subset.setdefault(sample.subset, {})[sample.transcript] = None
    return lambda sample: [*by_subset[sample.subset], *phrases]


def table(scores: Sequence[Score]) -> Table:
    """The scores for people."""
    shown = Table("引擎", "子集", "条数", "字错率", "拼音错率", "整句正确", "实时率", "读不了")
    for score in scores:
        rates = (f"{score.character_error:.1%}", f"{score.pinyin_error:.1%}", f"{score.exact}/{score.files}")
        shown.add_row(score.engine, score.subset, str(score.files), *rates, f"{score.real_time_factor:.3f}", str(score.failed))
    return shown
