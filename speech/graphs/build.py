"""`python -m speech.graphs.build OUT`: write a Vosk model directory around an acoustic model, in seconds.

OUT receives am, conf and graph: HCLr.fst (lexicon loop), Gr.fst (free speech), words.txt and the phone tables. Needs no
Kaldi: the process may hear with the result at once.
"""

from __future__ import annotations

import argparse
import json
import shutil
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path

from speech.ears import CARD, UNKNOWN
from speech.ears import card as card_of
from speech.graphs import corpus
from speech.graphs.fst import LexiconLoop
from speech.graphs.lexicon import DOMAIN, common_hanzi, hanzi, readings, script_phrases, sentences, vocabulary
from speech.graphs.ngram import Ngram
from speech.graphs.phones import NON_SPEECH, Syllable, Transitions, phones, word_boundaries
from speech.kaldi import fst
from speech.kaldi.reader import load
from speech.models_zh import SHIPPED
from speech.phrases import ALARMS

RARE = 0.1
"""Share of a common Hanzi's floor that a rare one (level 2 of GB2312) has in free speech."""

PHRASE_WEIGHT = 2.0
"""How often an expected phrase counts as said, beside the texts."""

ROOT = Path(__file__).resolve().parent.parent.parent
SCRIPTS = ROOT / "scripts_zh"
OWN_PHRASES, OWN_NAMES = "own_phrases", "own_names"
"""In the card: what a lender put into the ear, which the next adaptation keeps."""
SAID = "said.txt"
"""The texts that were counted, in the model directory: it can be adapted without the files that it came from."""

STEPS = ("文本", "词表", "发音图", "语言图")


@dataclass(frozen=True, slots=True)
class Decoding:
    """Options of the decoder (`conf/model.conf`) and of the graphs that belong to them; those of the shipped ear.

    127 single words of real people, fifteen phrases each, right / taken wrongly / taken though not listed: scale 0.21 123 / 2 /
    14, 0.24 123 / 2 / 11, 0.27 122 / 3 / 5, 0.3 121 / 2 / 4.
    """

    unknown_cost: float = 6.0
    """Cost (-log) of each syllable that [unk] eats: the dearer, the more is taken, right and wrong."""
    acoustic_scale: float = 0.27
    """Weight of the densities, and of the transitions in the graphs with them."""
    beam: float = 10.0
    """At 11 nothing more is heard, for a tenth more work; at 9 more is taken falsely in noise (6 of 100 at 5 dB, not 3)."""
    lattice_beam: float = 4.0
    """142 words of real people, fifteen phrases each, with and without the word among them: how well confidence parts right
    from wrong (area under the curve) is 0.908 at 2, 0.928 at 4, 0.943 at 6; CPU a second of sound 8, 10 and 55 ms."""
    max_active: int = 3000
    min_active: int = 20
    """Hypotheses kept alive however far behind the best: 200 hear nothing more, for an eighth more work."""
    syllable_bonus: float = 0.0
    """Taken off every syllable of a word: where repeated digits are swallowed, more of it keeps them."""


@dataclass(frozen=True, slots=True)
class Built:
    """What was written."""

    words: int
    sentences: int
    phrases: int
    has_non_speech: bool


@dataclass(frozen=True, slots=True)
class Base:
    """What a model directory was built from, so that it can be built again with more or other things."""

    model: Path
    texts: tuple[Path, ...]
    decoding: Decoding
    phrases: tuple[str, ...]
    """A lender's own, beside the scripts'."""
    names: tuple[str, ...]
    card: Mapping[str, object]

    @classmethod
    def of(cls, model: Path) -> Base:
        """By the directory's card and texts; the defaults for what they do not tell."""
        known = card_of(model)
        options = {each.name: known[each.name] for each in fields(Decoding) if each.name in known}
        said = model / SAID
        return cls(
            model=model,
            texts=(said if said.is_file() else DOMAIN,),
            decoding=Decoding(**options),
            phrases=tuple(known.get(OWN_PHRASES, ())),
            names=tuple(known.get(OWN_NAMES, ())),
            card=known,
        )

    def build(
        self,
        out: Path,
        *,
        texts: Iterable[Path] = (),
        phrases: Iterable[str] = (),
        names: Iterable[str] = (),
        decoding: Decoding | None = None,
        card: Mapping[str, object] | None = None,
        on_step: Callable[[str], None] = lambda step: None,
    ) -> Built:
        """Write `out` around the same acoustic model: all that was there, and what is given beside it."""
        own = tuple(dict.fromkeys((*self.phrases, *phrases)))
        named = tuple(dict.fromkeys((*self.names, *names)))
        return build(
            out,
            self.model,
            texts=(*self.texts, *texts),
            phrases=script_phrases(SCRIPTS).union(own),
            names=named,
            decoding=decoding or self.decoding,
            card={**self.card, **(card or {}), OWN_PHRASES: own, OWN_NAMES: named},
            on_step=on_step,
        )


def build(
    out: Path,
    acoustic: Path,
    *,
    texts: Sequence[Path] = (DOMAIN,),
    phrases: Iterable[str] | None = None,
    names: Iterable[str] = (),
    decoding: Decoding = Decoding(),
    card: Mapping[str, object] | None = None,
    on_step: Callable[[str], None] = lambda step: None,
) -> Built:
    """Write the model directory `out`, which may be `acoustic` itself; that one has am/final.mdl and conf/mfcc.conf.

    `texts` are what people say (an utterance a line), counted for free speech. `phrases` are what steps expect: each
    becomes a word; by default those of scripts_zh. `names` become words that texts and phrases are cut by. `card` is added
    to the model's card (`name`, `free_trust`). `on_step` hears each of STEPS as it begins. Raises ValueError naming a
    phrase or name that is not all Hanzi, or a table without texts.
    """
    expected = sorted({*(script_phrases(SCRIPTS) if phrases is None else phrases), *ALARMS})
    named = sorted(set(names))
    if strange := next((phrase for phrase in (*expected, *named) if not is_hanzi(phrase)), None):
        raise ValueError(strange)
    on_step(STEPS[0])
    files = [corpus.lines(path) for path in texts]
    on_step(STEPS[1])
    common = corpus.common_words(clause for clauses in files for clause in clauses)
    words = vocabulary(sentences(), {*expected, *named, *common, *_cut_by_hand(files)})
    labels = {word: number for number, word in enumerate([*words, UNKNOWN], start=1)}
    has_non_speech = NON_SPEECH in load(acoustic / "am" / "final.mdl").topology
    graph = out / "graph"
    (graph / "phones").mkdir(parents=True, exist_ok=True)
    _copy(acoustic, out, ("am/final.mdl", "conf/mfcc.conf"))
    (graph / "HCLG.fst").unlink(missing_ok=True)
    _write_options(out / "conf" / "model.conf", decoding, has_non_speech=has_non_speech)
    on_step(STEPS[2])
    _write_lexicon(graph / "HCLr.fst", labels, decoding, has_non_speech=has_non_speech)
    on_step(STEPS[3])
    counted = _write_ngram(graph / "Gr.fst", labels, files, expected, named)
    _write_tables(graph, labels, has_non_speech=has_non_speech)
    (out / SAID).write_text("".join(f"{clause}\n" for clauses in files for clause in clauses), encoding="utf-8")
    built = Built(len(labels), counted, len(expected), has_non_speech)
    told = {**(card or {}), **asdict(decoding), **asdict(built)}
    (out / CARD).write_text(json.dumps(told, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    return built


def is_hanzi(phrase: str) -> bool:
    """Whether every character is a Hanzi with a known reading."""
    return bool(phrase) and all(character in _KNOWN for character in phrase)


_KNOWN = frozenset(hanzi())


def _cut_by_hand(files: Iterable[list[str]]) -> set[str]:
    return {word for clauses in files for clause in clauses if " " in clause for word in clause.split() if is_hanzi(word)}


def _write_lexicon(path: Path, labels: dict[str, int], options: Decoding, *, has_non_speech: bool) -> None:
    transitions = Transitions(options.acoustic_scale)
    loop = LexiconLoop(transitions, has_non_speech=has_non_speech, syllable_bonus=options.syllable_bonus)
    heard: set[Syllable] = set()
    for word, label in labels.items():
        for syllables in readings(word) if word != UNKNOWN else ():
            heard.update(syllables)
            loop.word(label, syllables)
    loop.garbage(labels[UNKNOWN], heard, cost=options.unknown_cost)
    fst.write(path, loop.transducer())


def _write_ngram(
    path: Path, labels: dict[str, int], files: Sequence[list[str]], expected: Sequence[str], named: Sequence[str]
) -> int:
    """Count every file and phrase, cut into short words; phrases and names also as they are. Returns the sentences."""
    whole = frozenset(expected) - frozenset(named)
    short = {word for word in labels if len(word) <= corpus.LONGEST_NEW_WORD and word not in whole and word != UNKNOWN}
    short |= {*named, *_cut_by_hand(files)}
    common = frozenset(common_hanzi())
    ngram = Ngram({word: 1.0 if len(word) > 1 or word in common else RARE for word in labels})
    sentences_cut = [cut for clauses in files for cut in corpus.cut(clauses, short)]
    ngram.count(sentences_cut)
    ngram.count(corpus.cut(expected, short), weight=PHRASE_WEIGHT)
    ngram.count(([phrase] for phrase in (*expected, *named)), weight=PHRASE_WEIGHT)
    fst.write(path, ngram.acceptor(labels))
    return len(sentences_cut)


def _write_tables(graph: Path, labels: dict[str, int], *, has_non_speech: bool) -> None:
    listing = ["<eps> 0", *(f"{word} {label}" for word, label in labels.items())]
    numbered = ["<eps> 0", *(f"{name} {number}" for name, number in phones(has_non_speech=has_non_speech).items())]
    (graph / "words.txt").write_text("\n".join(listing) + "\n", encoding="utf-8")
    (graph / "phones.txt").write_text("\n".join(numbered) + "\n", encoding="utf-8")
    (graph / "phones" / "word_boundary.int").write_text(word_boundaries(has_non_speech=has_non_speech), encoding="utf-8")
    (graph / "disambig_tid.int").write_bytes(b"")


def _write_options(path: Path, options: Decoding, *, has_non_speech: bool) -> None:
    quiet = f"1:{NON_SPEECH}" if has_non_speech else "1"
    listed = (
        f"min-active={options.min_active}", f"max-active={options.max_active}",
        f"beam={options.beam}", f"lattice-beam={options.lattice_beam}",
        f"acoustic-scale={options.acoustic_scale}", "frame-subsampling-factor=3", f"endpoint.silence-phones={quiet}",
        "endpoint.rule2.min-trailing-silence=0.5", "endpoint.rule3.min-trailing-silence=1.0",
        "endpoint.rule4.min-trailing-silence=2.0",
    )  # fmt: skip
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(f"--{option}\n" for option in listed), encoding="utf-8")


def _copy(source: Path, out: Path, names: Sequence[str]) -> None:
    for name in names:
        (out / name).parent.mkdir(parents=True, exist_ok=True)
        if (source / name).resolve() != (out / name).resolve():
            shutil.copyfile(source / name, out / name)


def main(arguments: Sequence[str] | None = None) -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    help_ = "model directory that gives am and conf/mfcc.conf, and whose texts, own phrases and options are kept"
    parser.add_argument("--acoustic", type=Path, default=SHIPPED, help=help_)
    parser.add_argument(
        "--text", type=Path, action="append", default=[], help="what people say, an utterance a line; repeatable"
    )
    parser.add_argument("--unknown-cost", type=float, help="this and those below: by default as with --acoustic")
    parser.add_argument("--acoustic-scale", type=float)
    parser.add_argument("--beam", type=float)
    parser.add_argument("--lattice-beam", type=float, help="wider: less sure of itself, slower")
    given = parser.parse_args(arguments)
    base = Base.of(given.acoustic)
    wanted = {each.name: getattr(given, each.name) for each in fields(Decoding) if getattr(given, each.name, None) is not None}
    built = base.build(given.out, texts=given.text, decoding=replace(base.decoding, **wanted))
    print(f"{given.out}: {built.words} words, {built.sentences} sentences, non-speech {built.has_non_speech}")


if __name__ == "__main__":
    main()
