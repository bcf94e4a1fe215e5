"""How much mortal danger a call hears: sentences of despair and of violence, and their look-alikes, said over a telephone.

The corpus's grave sentences that `tests/understanding/heard.tsv` holds and an even sample of its look-alikes, spoken as
`benchmarks.hearing` does; heard by a step's grammar, freely (by statistics that never counted them) and by Whisper, understood
as a talk does. `found`: of the grave ones, those that raise their danger; `false`: of the look-alikes, those that raise one.

Run: .venv/bin/python -m benchmarks.danger [MODEL]      (the first time about twenty minutes of speaking, kept in the cache)
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator
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

ALIKE = 220
"""Look-alikes that are heard."""


def main(model: Path = SHIPPED) -> None:
    """Prints a table: how many are found and how many are false, by which ears there are."""
    lines = _lines()
    with TemporaryDirectory() as folder:
        _without(model, [line.text for line in lines], Path(folder))
        own = VoskRecognizer(Path(folder))
        free = FreeVosk(own)
        whisper = WhisperRecognizer(require("whisper-base", settings_of_process().resolved_cache_dir))
        ears: dict[str, list[Recognizer]] = {
            "grammar, free, Whisper": [own, free, whisper],
            "grammar, free": [own, free],
            "grammar, Whisper": [own, whisper],
        }
        chains = {name: FallbackRecognizer(one) for name, one in ears.items()}
        talk = talk_with(HINTS)
        counts: Counter[tuple[str, str]] = Counter()
        for line, sound in _spoken(lines):
            for name, chain in chains.items():
                counts[name, _end(line, _dangers(talk, chain.transcribe(sound, STEP)))] += 1
    graves = sum(bool(_grave(line)) for line in lines)
    table = Table("ears", f"found of {graves}", f"false of {len(lines) - graves}")
    for name in chains:
        table.add_row(name, str(counts[name, "found"]), str(counts[name, "false"]))
    Console().print(table)


def _lines() -> list[corpus.Line]:
    heard = {one.text for one in corpus.heard_texts()}
    found = [line for line in corpus.lines() if line.text in heard and _grave(line)]
    near = [line for line in corpus.lines() if line.note.startswith("near") and not _grave(line)]
    return [*found, *sorted(near, key=lambda line: sha256(line.text.encode()).digest())[:ALIKE]]


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


def _spoken(lines: list[corpus.Line]) -> Iterator[tuple[corpus.Line, Pcm]]:
    """Each with its sound at LINE_RATE_HZ, spoken once and kept."""
    cache = settings_of_process().resolved_cache_dir
    mouth = Kokoro(require("kokoro", cache) / KOKORO_FILE)
    for line in track(lines, "听"):
        path = cache / "benchmarks" / f"{sha256(line.text.encode()).hexdigest()}.au"
        kept = read_clip(path)
        if kept is None:
            kept = encode_mulaw(on_the_line(mouth, line.text)[1])
            write_clip(path, kept)
        yield line, decode_mulaw(kept)


def _dangers(talk: Talk, heard: Heard) -> frozenset[Risk]:
    found = talk.understand(heard).risk if heard.text or heard.alternatives or heard.rejected else ()
    return frozenset(one.category for one in found if one.severity is Severity.P0)


def _end(line: corpus.Line, dangers: frozenset[Risk]) -> str:
    grave = _grave(line)
    return ("found" if grave & dangers else "missed") if grave else "false" if dangers else "calm"


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
