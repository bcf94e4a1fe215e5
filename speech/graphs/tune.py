"""`python -m speech.graphs.tune MODEL MANIFEST`: which scale, [unk] cost and bonus suit an acoustic model, on recordings.

Every short recording is heard twice with a grammar of other recordings' texts: once with its own text among them, once
without. Right answers and false accepts are counted for every setting; the graphs are built anew for each in a temporary
folder. Prints a table; changes nothing.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path
from random import Random

from rich.console import Console
from rich.table import Table

from speech.engines.vosk import VoskRecognizer
from speech.evaluation import Sample, comparable, samples
from speech.graphs.build import Base, Decoding
from speech.hear import BadFile, load
from speech.ports import Pcm, Recognizer
from speech.textfile import BadText

CHOICES = 15
"""Phrases of a step's grammar."""
LONGEST_TEXT = 8
"""Characters of an answer that a grammar is made for."""


@dataclass(frozen=True, slots=True)
class Result:
    """Of `heard` recordings: exact and not rejected, taken as something else, and taken although it was not listed."""

    decoding: Decoding
    heard: int
    right: int
    wrong: int
    false_accepts: int


def grammars(recordings: Sequence[Sample], *, seed: int = 5) -> list[tuple[Sample, tuple[str, ...]]]:
    """For each short recording the texts of others, drawn by seed."""
    said = [replace(one, transcript=comparable(one.transcript)) for one in recordings]
    short = [one for one in said if 0 < len(one.transcript) <= LONGEST_TEXT]
    texts = sorted({one.transcript for one in short})
    random = Random(seed)
    others = {text: [other for other in texts if other != text] for text in texts}
    return [(one, tuple(random.sample(others[one.transcript], min(CHOICES - 1, len(texts) - 1)))) for one in short]


def score(ear: Recognizer, asked: Iterable[tuple[Sample, tuple[str, ...]]], sounds: dict[Path, Pcm]) -> tuple[int, int, int]:
    """Right, taken wrongly, and falsely accepted."""
    right = wrong = accepted = 0
    for sample, others in asked:
        inside = ear.transcribe(sounds[sample.file], (*others, sample.transcript))
        outside = ear.transcribe(sounds[sample.file], others)
        if inside.text and not inside.is_rejected:
            is_exact = comparable(inside.text) == sample.transcript
            right += is_exact
            wrong += not is_exact
        accepted += bool(outside.text) and not outside.is_rejected
    return right, wrong, accepted


def tune(model: Path, manifest: Path, settings: Iterable[Decoding]) -> Iterable[Result]:
    """A result for every setting, as it is found. Raises BadText, BadFile."""
    asked = grammars(samples(manifest))
    sounds = {sample.file: load(sample.file)[0] for sample, _ in asked}
    base = Base.of(model)
    for decoding in settings:
        with tempfile.TemporaryDirectory() as folder:
            base.build(Path(folder), decoding=decoding)
            yield Result(decoding, len(asked), *score(VoskRecognizer(Path(folder)), asked, sounds))


def main(arguments: Sequence[str] | None = None) -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path)
    parser.add_argument("manifest", type=Path)
    parser.add_argument("--scale", type=float, nargs="+", default=[0.3, 0.5, 0.7])
    parser.add_argument("--unknown-cost", type=float, nargs="+", default=[4.0, 6.0, 8.0])
    parser.add_argument("--bonus", type=float, nargs="+", default=[0.0])
    parser.add_argument("--beam", type=float, default=Decoding().beam)
    given = parser.parse_args(arguments)
    plain = Decoding(beam=given.beam)
    settings = [
        replace(plain, acoustic_scale=scale, unknown_cost=cost, syllable_bonus=bonus)
        for scale, cost, bonus in product(given.scale, given.unknown_cost, given.bonus)
    ]
    table = Table("acoustic scale", "[unk] cost", "bonus", "recordings", "right", "taken wrong", "false accepts")
    try:
        for one in tune(given.model, given.manifest, settings):
            costs = (one.decoding.acoustic_scale, one.decoding.unknown_cost, one.decoding.syllable_bonus)
            table.add_row(*map(str, (*costs, one.heard, one.right, one.wrong, one.false_accepts)))
    except (BadText, BadFile) as fault:
        parser.error(str(fault))
    Console(width=100).print(table)


if __name__ == "__main__":
    main()
