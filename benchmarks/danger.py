"""How much mortal danger a call hears: sentences of despair and of violence, look-alikes, and talk of every day, telephoned.

From the corpus: grave sentences that `tests/understanding/heard.tsv` holds, others that no ear has written down there, and even
samples of the look-alikes and of harmless lines, many of which exaggerate. Spoken as `benchmarks.hearing` does; heard by a
step's grammar, freely (by statistics that never counted them) and by Whisper; understood as a talk does. Of the grave ones the
table says how many raise their danger, of the others how many raise one.

Run: .venv/bin/python -m benchmarks.danger [MODEL]      (a quarter of an hour, the first time forty minutes more of speaking)
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.console import Console
from rich.progress import track
from rich.table import Table

from benchmarks.hearing import on_the_line
from benchmarks.misheard import STEP
from ivr.runtime.talk import Talk
from kit.edge import settings_of_process
from kit.vocabulary import Risk, Severity
from speech.audio import decode_mulaw, encode_mulaw
from speech.engines.kokoro import Kokoro
from speech.engines.vosk import VoskRecognizer
from speech.engines.vosk_free import FreeVosk
from speech.engines.whisper import WhisperRecognizer
from speech.fallback import FallbackRecognizer
from speech.graphs.build import SAID, Base, build
from speech.graphs.corpus import lines as clauses
from speech.models import KOKORO_FILE, require
from speech.models_zh import SHIPPED
from speech.ports import Heard, Pcm, Recognizer
from speech.prompts import read_clip, write_clip
from tests.ivr.runtime.listening import talk_with
from tests.understanding import corpus
from tests.understanding.test_properties import HINTS

SAMPLES = {"grave, not written down": 100, "look-alikes": 220, "ordinary": 100}
"""Sentences of each group that are heard; of those written down, all."""
LEAST = 7
"""Characters of an ordinary line: shorter ones are the grammars' to hear."""


class Remembering:
    """An ear that hears each sound once, however many chains ask."""

    has_partials = False

    def __init__(self, ear: Recognizer) -> None:
        self.name = ear.name
        self.open, self.missing_words = ear.open, ear.missing_words
        self._ear = ear
        self._last: tuple[bytes, Heard] | None = None

    def transcribe(self, pcm: Pcm, phrases: Sequence[str] = ()) -> Heard:
        """Hear it, or say again what was heard in it."""
        sound = pcm.tobytes()
        if self._last is None or self._last[0] != sound:
            self._last = sound, self._ear.transcribe(pcm, phrases)
        return self._last[1]


def main(model: Path = SHIPPED) -> None:
    """Prints a table: how many sentences of each group raise a danger, by which ears there are."""
    groups = _groups()
    with TemporaryDirectory() as folder:
        _without(model, [line.text for lines in groups.values() for line in lines], Path(folder))
        vosk = VoskRecognizer(Path(folder))
        own, free = Remembering(vosk), Remembering(FreeVosk(vosk))
        whisper = Remembering(WhisperRecognizer(require("whisper-base", settings_of_process().resolved_cache_dir)))
        chains = {
            name: FallbackRecognizer(ears)
            for name, ears in {
                "grammar, free, Whisper": [own, free, whisper],
                "grammar, free": [own, free],
                "grammar, Whisper": [own, whisper],
            }.items()
        }
        talk = talk_with(HINTS)
        counts: Counter[tuple[str, str]] = Counter()
        for group, line, sound in _spoken(groups):
            for name, chain in chains.items():
                raised = _dangers(talk, chain.transcribe(sound, STEP))
                counts[name, group] += bool(raised & _grave(line) if _grave(line) else raised)
    table = Table("ears", *(f"{group}, of {len(lines)}" for group, lines in groups.items()))
    for name in chains:
        table.add_row(name, *(str(counts[name, group]) for group in groups))
    Console().print(table)


def _groups() -> dict[str, list[corpus.Line]]:
    written = {one.text for one in corpus.heard_texts()}
    lines = sorted(corpus.lines(), key=lambda line: sha256(line.text.encode()).digest())
    grave = [line for line in lines if _grave(line)]
    calm = [line for line in lines if not _grave(line)]
    every = {
        "grave, written down": [line for line in grave if line.text in written],
        "grave, not written down": [line for line in grave if line.text not in written],
        "look-alikes": [line for line in calm if line.note.startswith("near")],
        "ordinary": [
            line for line in calm if not (line.risk or line.expect or line.note.startswith("near")) and _is_long(line)
        ],
    }
    return {group: found[: SAMPLES.get(group)] for group, found in every.items()}


def _is_long(line: corpus.Line) -> bool:
    return len(line.text) >= LEAST


def _grave(line: corpus.Line) -> frozenset[Risk]:
    return frozenset(risk for risk, severity in line.risk if severity is Severity.P0)


def _without(model: Path, texts: list[str], out: Path) -> None:
    """The model with statistics of free hearing that never counted these texts."""
    held = out / "held.txt"
    held.write_text("\n".join(texts) + "\n", encoding="utf-8")
    unsaid = frozenset(clauses(held))
    said = [clause for clause in clauses(model / SAID) if clause not in unsaid]
    held.write_text("\n".join(said) + "\n", encoding="utf-8")
    base = Base.of(model)
    build(out, model, texts=(held,), decoding=base.decoding, card=base.card)


def _spoken(groups: dict[str, list[corpus.Line]]) -> Iterator[tuple[str, corpus.Line, Pcm]]:
    """Each sentence with its group and its sound at LINE_RATE_HZ, spoken once and kept."""
    cache = settings_of_process().resolved_cache_dir
    mouth = Kokoro(require("kokoro", cache) / KOKORO_FILE)
    every = [(group, line) for group, lines in groups.items() for line in lines]
    for group, line in track(every, "听"):
        path = cache / "benchmarks" / f"{sha256(line.text.encode()).hexdigest()}.au"
        kept = read_clip(path)
        if kept is None:
            kept = encode_mulaw(on_the_line(mouth, line.text)[1])
            write_clip(path, kept)
        yield group, line, decode_mulaw(kept)


def _dangers(talk: Talk, heard: Heard) -> frozenset[Risk]:
    found = talk.understand(heard).risk if heard.text or heard.alternatives or heard.rejected else ()
    return frozenset(one.category for one in found if one.severity is Severity.P0)


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
