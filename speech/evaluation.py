"""How well an ear hears: character and toneless-pinyin error on a list of recordings with transcripts, by subset.

Counts and tabulates; prints nothing. Both sides are compared without punctuation, figures as they are said, 幺 as 一.
"""

from __future__ import annotations

import csv
import re
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from rapidfuzz.distance import Levenshtein
from rich.table import Table

from speech.endpointing import AFFIRM, DENY
from speech.hear import BadFile, as_said, heard_in, load, ways_of
from speech.phrases import plain, sounds
from speech.ports import LINE_RATE_HZ, Heard, Recognizer
from speech.second_pass import is_sure
from speech.textfile import BadText, text_of


@dataclass(frozen=True, slots=True)
class Sample:
    """A recording and what is said in it: nothing, where the transcript is empty."""

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
    rejected: int = 0
    """Heard as something that the grammar does not list, or as nothing."""
    taken_wrong: int = 0
    """Not rejected, and not what was said."""
    sure: int = 0
    """Believed at once: no second ear is asked (`speech.second_pass`)."""
    sure_wrong: int = 0
    """Of these, not what was said."""
    sure_flipped: int = 0
    """Of these, the opposite of what was said."""
    characters: int = 0
    character_errors: int = 0
    syllables: int = 0
    syllable_errors: int = 0
    audio_s: float = 0.0
    took_s: float = 0.0

    @property
    def exact_rate(self) -> float:
        """Share of the recordings heard exactly."""
        return self.exact / self.files if self.files else 0.0

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

    def count(self, transcript: str, heard: Heard, *, is_sure: bool = False) -> None:
        """Add one recording."""
        text = comparable(heard.text)
        said = min(map(comparable, ways_of(transcript)), key=lambda way: Levenshtein.distance(way, text))
        is_exact = said == text
        self.files += 1
        self.exact += is_exact
        self.rejected += heard.is_rejected or not heard.text
        self.taken_wrong += bool(heard.text) and not heard.is_rejected and not is_exact
        self.sure += is_sure
        self.sure_wrong += is_sure and not is_exact
        self.sure_flipped += is_sure and are_opposite(said, text)
        self.characters += len(said)
        self.character_errors += Levenshtein.distance(said, text)
        self.syllables += len(sounds(said))
        self.syllable_errors += Levenshtein.distance(sounds(said), sounds(text))

    def as_json(self) -> dict[str, Any]:
        """All sums and rates."""
        rates = {"character_error": self.character_error, "pinyin_error": self.pinyin_error}
        rates |= {"exact_rate": self.exact_rate, "rtf": self.real_time_factor}
        return {**asdict(self), **{name: round(rate, 4) for name, rate in rates.items()}}


def comparable(text: str) -> str:
    """A text as it is compared: figures as said, simplified Hanzi, no punctuation, no spaces, 幺 as 一."""
    return plain(as_said(text)).replace(" ", "").replace("幺", "一")


_NEGATION = re.compile("[不没]")


def are_opposite(one: str, other: str) -> bool:
    """Whether a yes stands for a no: listed as such, or the same words with and without a negation."""
    if {one, other} & AFFIRM and {one, other} & DENY:
        return True
    is_negated = bool(_NEGATION.search(one)) != bool(_NEGATION.search(other))
    return is_negated and _NEGATION.sub("", one) == _NEGATION.sub("", other)


_FILE = ("file", "path", "wav", "audio", "audio_filepath")
_TRANSCRIPT = ("transcript", "text", "sentence", "said")


def samples(manifest: Path, subset: str = "") -> list[Sample]:
    """The recordings of a TSV: a column of files (absolute, or beside the list), one of transcripts, perhaps a subset.

    A list without a header has the file first and the transcript second. Raises BadText: a row without a tab, a file, or no
    row at all.
    """
    lines = text_of(manifest).splitlines()
    rows = [(at, row) for at, row in enumerate(csv.reader(lines, delimiter="\t", quoting=csv.QUOTE_NONE), start=1) if any(row)]
    columns = _columns(rows[0][1]) if rows else None
    if columns is None:
        raise BadText(f"清单 {manifest} 需要制表符分隔的列 file 与 transcript")
    named, told, grouped = columns
    body = rows if rows[0][1][named].lower().endswith(".wav") else rows[1:]
    for at, row in body:
        if len(row) <= max(named, told) or not row[named].strip():
            raise BadText(f"清单 {manifest} 第 {at} 行没有文件名，或列数不够：列之间要用制表符")
    found = [_sample(manifest, row, columns) for _, row in body]
    found = [sample for sample in found if not subset or (grouped is not None and sample.subset == subset)]
    if not found:
        raise BadText(f"清单 {manifest} 没有子集 {subset!r} 的录音" if subset else f"清单 {manifest} 里没有录音")
    return found


_Columns = tuple[int, int, int | None]


def _columns(first: Sequence[str]) -> _Columns | None:
    """Where the file, the transcript and the subset stand; None when the first row tells neither by name nor by shape."""
    header = [cell.strip().lower() for cell in first]
    named = next((header.index(name) for name in _FILE if name in header), None)
    told = next((header.index(name) for name in _TRANSCRIPT if name in header), None)
    if named is not None and told is not None:
        return named, told, header.index("subset") if "subset" in header else None
    return (0, 1, None) if len(header) >= 2 and header[0].endswith(".wav") else None


def _sample(manifest: Path, row: Sequence[str], columns: _Columns) -> Sample:
    named, told, grouped = columns
    subset = row[grouped] if grouped is not None and len(row) > grouped else ""
    return Sample(manifest.parent / row[named].strip(), row[told].strip(), subset or "all")


def evaluate(
    recognizer: Recognizer,
    recordings: Iterable[Sample],
    phrases: Callable[[Sample], Sequence[str]],
    *,
    on_done: Callable[[Sample, str], None] = lambda sample, fault: None,
) -> list[Score]:
    """Scores by subset, in order of appearance, and over all as the last. Files that cannot be heard count as failed;
    `on_done` is told why, in Chinese."""
    scores: dict[str, Score] = {}
    total = Score(recognizer.name, "合计")
    for sample in recordings:
        score = scores.setdefault(sample.subset, Score(recognizer.name, sample.subset))
        on_done(sample, _hear(recognizer, sample, phrases(sample), (score, total)))
    return [*scores.values(), *([total] if len(scores) > 1 else [])]


def _hear(recognizer: Recognizer, sample: Sample, phrases: Sequence[str], scores: Sequence[Score]) -> str:
    """Count one recording; why it could not be heard, or nothing."""
    try:
        pcm, _ = load(sample.file)
        began = time.perf_counter()
        heard = heard_in(recognizer, pcm, phrases)
    except BadFile as fault:
        for score in scores:
            score.failed += 1
        return str(fault)
    took = time.perf_counter() - began
    for score in scores:
        score.count(sample.transcript, heard, is_sure=is_sure(heard, pcm))
        score.audio_s += len(pcm) / LINE_RATE_HZ
        score.took_s += took
    return ""


def grammar_for(recordings: Sequence[Sample], phrases: Sequence[str], *, is_closed: bool) -> Callable[[Sample], Sequence[str]]:
    """Which phrases go with a recording: the given ones, or all transcripts of its subset (`is_closed`)."""
    if not is_closed:
        return lambda sample: phrases
    by_subset: dict[str, dict[str, None]] = {}
    for sample in recordings:
        by_subset.setdefault(sample.subset, {}).update(dict.fromkeys(ways_of(sample.transcript)))
    return lambda sample: [*by_subset[sample.subset], *phrases]


_HEADINGS = (
    "引擎", "子集", "条数", "字错率", "拼音错率", "整句正确", "拒识", "错收",
    "当场采信", "其中听错", "听反", "实时率", "读不了",
)  # fmt: skip


def table(scores: Sequence[Score]) -> Table:
    """The scores for people."""
    shown = Table(*_HEADINGS)
    for score in scores:
        rates = (f"{score.character_error:.1%}", f"{score.pinyin_error:.1%}", f"{score.exact}/{score.files}")
        doubts = (score.rejected, score.taken_wrong, score.sure, score.sure_wrong, score.sure_flipped)
        last = (f"{score.real_time_factor:.3f}", str(score.failed))
        shown.add_row(score.engine, score.subset, str(score.files), *rates, *map(str, doubts), *last)
    return shown
