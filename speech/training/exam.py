"""The exam: held-out voices over telephone lines, heard by a finished model directory.

Two voices of Kokoro and two espeak-ng variants that training never uses. Real recordings: `flask speech evaluate`.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import numpy as np
from rapidfuzz.distance import Levenshtein

from speech.classes import fits
from speech.endpointing import AFFIRM, DENY
from speech.engines.vosk import VoskRecognizer
from speech.evaluation import Score
from speech.graphs.fst import LexiconLoop
from speech.graphs.lexicon import hanzi, readings
from speech.graphs.phones import syllable_of, toneless
from speech.kaldi import fst
from speech.mandarin.readings import readings as spoken_readings
from speech.second_pass import is_sure
from speech.training.spoken import Spoken, load
from speech.training.telephone import telephone
from speech.training.voices import EXAM_KINDS, EXAMS, Place

SNRS_DB = (15.0, 5.0)


def row(score: Score) -> dict[str, float | str | int]:
    """The figures of a set as shares: sure ones of all, flipped ones of the sure."""
    count = max(1, score.files)
    return {
        "set": score.subset,
        "utterances": score.files,
        "error": round(score.character_error, 4),
        "exact": round(score.exact_rate, 4),
        "taken": round((score.files - score.rejected) / count, 4),
        "sure": round(score.sure / count, 4),
        "flipped": round(score.sure_flipped / max(1, score.sure), 4),
    }


def answers() -> tuple[str, ...]:
    """The grammar of a yes-or-no question."""
    return tuple(sorted(AFFIRM | DENY))


def held_out(place: Place, model_dir: Path, exams: Sequence[str] = EXAMS) -> list[Score]:
    """Every set of the held-out voices of these exams at each noise level."""
    ear = VoskRecognizer(model_dir)
    scores = []
    for engine in exams:
        shards = {kind: load(place.shard(engine, at)) for at, kind in enumerate(EXAM_KINDS)}
        for snr_db in SNRS_DB:
            scores.extend(_sets(ear, f"{engine} {snr_db:g} dB", shards, snr_db))
    return scores


def _sets(ear: VoskRecognizer, name: str, shards: dict[str, list[Spoken]], snr_db: float) -> list[Score]:
    said = [one for one in shards["short"] if not set(one.text) <= _NUMERALS]
    short = tuple(dict.fromkeys(one.text for one in said))
    yes_no = [one for one in said if one.text in AFFIRM | DENY]
    return [
        _score(f"{name} yes/no", ear, yes_no, snr_db, lambda text: answers()),
        _score(f"{name} short", ear, said, snr_db, lambda text: short),
        _score(f"{name} outside", ear, shards["general"], snr_db, lambda text: answers()),
        _score(f"{name} numbers", ear, shards["number"], snr_db, number_grammar),
        _score(f"{name} replies", ear, shards["reply"], snr_db, lambda text: ()),
    ]


_NUMERALS = frozenset("零一二三四五六七八九十幺两百千万块元号月")
"""Alone they are no answers; some sound like one (号 is 好)."""


def number_grammar(text: str) -> tuple[str, ...]:
    """What a step that waits for this kind of number expects: its class, or dates and amounts where both are said."""
    fitting = next((name for name in ("digits", "amount", "date") if fits(text, (name,))), "")
    return (f"${fitting}",) if fitting else ("$date", "$amount")


def _score(
    name: str, ear: VoskRecognizer, spoken: Iterable[Spoken], snr_db: float, grammar: Callable[[str], Sequence[str]]
) -> Score:
    score = Score(ear.name, name)
    generator = np.random.default_rng(7)
    for one in spoken:
        line = telephone(one.samples, snr_db, generator)
        heard = ear.transcribe(line, grammar(one.text))
        score.count(one.text, heard, is_sure=is_sure(heard, line))
    return score


def syllable_errors(place: Place, model_dir: Path, work: Path) -> list[Score]:
    """The acoustic figure alone: any syllable after any other, no words, no statistics; toneless syllables counted."""
    syllables = sorted({sound for word in hanzi() for sounds in readings(word) for sound in sounds})
    labels = {initial + final: number for number, (initial, final) in enumerate(syllables, start=1)}
    shutil.copytree(model_dir, work, dirs_exist_ok=True)
    loop = LexiconLoop(has_non_speech=True)
    for number, syllable in enumerate(syllables, start=1):
        loop.word(number, (syllable,))
    fst.write(work / "graph" / "HCLr.fst", loop.transducer())
    any_ = fst.fst([(0, 0, number, number, 5.0) for number in labels.values()], {0: 0.0}, sort=fst.Sort.INPUT)
    fst.write(work / "graph" / "Gr.fst", any_)
    listing = ["<eps> 0", *(f"{name} {number}" for name, number in labels.items())]
    (work / "graph" / "words.txt").write_text("\n".join(listing) + "\n", encoding="utf-8")
    ear = VoskRecognizer(work)
    return [_syllables(ear, engine, snr_db, place) for engine in EXAMS for snr_db in SNRS_DB]


def _syllables(ear: VoskRecognizer, engine: str, snr_db: float, place: Place) -> Score:
    score = Score(ear.name, f"{engine} {snr_db:g} dB syllables")
    generator = np.random.default_rng(7)
    for one in load(place.shard(engine, EXAM_KINDS.index("general"))):
        said = ["".join(syllable_of(toneless(sound))) for sound in spoken_readings(one.text)]
        heard = ear.transcribe(telephone(one.samples, snr_db, generator)).text.split()
        errors = Levenshtein.distance(said, heard)
        score.files += 1
        score.exact += not errors
        score.characters += len(said)
        score.character_errors += errors
    return score
