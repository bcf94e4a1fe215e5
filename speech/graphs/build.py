"""`python -m speech.graphs.build OUT`: write a Vosk model directory around an acoustic model. Never imports vosk.

OUT receives am, conf and graph: HCLr.fst (lexicon loop), Gr.fst (free speech), words.txt and the phone tables.
"""

from __future__ import annotations

import argparse
import shutil
from collections.abc import Sequence
from pathlib import Path

import kaldifst

from speech.graphs.fst import LexiconLoop, bigram_text
from speech.graphs.lexicon import readings, script_phrases, sentences, vocabulary
from speech.graphs.phones import Syllable
from speech.phrases import ALARMS

UNKNOWN = "[unk]"
UNKNOWN_COST = 5.0
"""Cost (-log) of each syllable that [unk] eats. 76 words of a real speaker, ten phrases each, confidence >= 0.7: cost 4
accepts 44 right and 2 wrong, 5: 49/3, 6: 54/3; of words not among the phrases 3, 4 and 8 are taken falsely. 78 synthetic
replies against the scripts' 246 phrases, confidence >= 0.6: right 35, 37, 38 of 42 and 4, 8, 17 of 36 taken falsely."""

ACOUSTIC_SCALE = 0.3
"""Weight of the densities: at 0.5 fewer single words of real people are right (57 of 76 against 64, ten phrases each)."""

ROOT = Path(__file__).resolve().parent.parent.parent
SCRIPTS = ROOT / "scripts_zh"
SHIPPED = ROOT / "speech" / "models_zh" / "first"


def build(out: Path, acoustic: Path, *, unknown_cost: float = UNKNOWN_COST, acoustic_scale: float = ACOUSTIC_SCALE) -> int:
    """Write the model directory; returns the number of words. `acoustic` is a model directory with am, conf, phones."""
    texts = sentences()
    labels = {
        word: number
        for number, word in enumerate([*vocabulary(texts, script_phrases(SCRIPTS) | set(ALARMS)), UNKNOWN], start=1)
    }
    graph = out / "graph"
    (graph / "phones").mkdir(parents=True, exist_ok=True)
    _copy(acoustic, out, ("am/final.mdl", "conf/mfcc.conf", "graph/phones.txt", "graph/phones/word_boundary.int"))
    _write_decoder_options(out / "conf" / "model.conf", acoustic_scale)
    _write_lexicon(graph / "HCLr.fst", labels, unknown_cost)
    grammar = kaldifst.compile(bigram_text(texts, labels, floor=0.01), acceptor=False)
    kaldifst.arcsort(grammar, sort_type="ilabel")
    grammar.write(str(graph / "Gr.fst"))
    (graph / "disambig_tid.int").write_bytes(b"")
    listing = ["<eps> 0", *(f"{word} {label}" for word, label in labels.items())]
    (graph / "words.txt").write_text("\n".join(listing) + "\n", encoding="utf-8")
    return len(labels)


def _write_lexicon(path: Path, labels: dict[str, int], unknown_cost: float) -> None:
    loop = LexiconLoop()
    heard: set[Syllable] = set()
    for word, label in labels.items():
        for syllables in readings(word) if word != UNKNOWN else ():
            heard.update(syllables)
            loop.word(label, syllables)
    loop.garbage(labels[UNKNOWN], heard, cost=unknown_cost)
    transducer = kaldifst.compile(loop.text(), acceptor=False)
    kaldifst.arcsort(transducer, sort_type="olabel")
    transducer.write(str(path))


def _write_decoder_options(path: Path, acoustic_scale: float) -> None:
    options = (
        "min-active=200", "max-active=3000", "beam=8.0", "lattice-beam=2.0", f"acoustic-scale={acoustic_scale}",
        "frame-subsampling-factor=3", "endpoint.silence-phones=1", "endpoint.rule2.min-trailing-silence=0.5",
        "endpoint.rule3.min-trailing-silence=1.0", "endpoint.rule4.min-trailing-silence=2.0",
    )  # fmt: skip
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(f"--{option}\n" for option in options), encoding="utf-8")


def _copy(source: Path, out: Path, names: Sequence[str]) -> None:
    for name in names:
        (out / name).parent.mkdir(parents=True, exist_ok=True)
        if (source / name).resolve() != (out / name).resolve():
            shutil.copyfile(source / name, out / name)


def main(arguments: Sequence[str] | None = None) -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--acoustic", type=Path, default=SHIPPED, help="model directory that gives am, conf and phones")
    parser.add_argument("--unknown-cost", type=float, default=UNKNOWN_COST)
    parser.add_argument("--acoustic-scale", type=float, default=ACOUSTIC_SCALE)
    given = parser.parse_args(arguments)
    words = build(given.out, given.acoustic, unknown_cost=given.unknown_cost, acoustic_scale=given.acoustic_scale)
    print(f"{given.out}: {words} words")


if __name__ == "__main__":
    main()
