"""`python -m speech.training [STAGE...] [--small]`: makes the ear, stage by stage. Run again, it goes on where it stopped.

prepare (teachers' files), speak (speech), fit (network), tune (real recordings, if given), export (Kaldi files and graphs),
exam (figures). Caches lie under HUILING_CACHE_DIR; the finished model is written to --out.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from kit.edge import settings_of_process
from speech.graphs.build import Decoding
from speech.models import KOKORO_FILE, require
from speech.models_zh import SHIPPED
from speech.training import voices
from speech.training.network import AROUND, BACK, Shape
from speech.training.voices import EXAM_KINDS, Place


@dataclass(frozen=True, slots=True)
class Recipe:
    """How much is made: shards of each teacher, passes over them, the network's size."""

    name: str
    shards: dict[str, int]
    passes: int
    shape: Shape
    more_passes: int = 12
    """With real recordings among the shards."""
    utterances: int = 100
    """In a shard."""


EXAMS = dict.fromkeys(("kokoro-exam", "espeak-exam"), len(EXAM_KINDS))
FULL = Recipe("full", {"kokoro": 80, "espeak": 130} | EXAMS, 10, Shape(), more_passes=24)
DECODING = Decoding(unknown_cost=6.0, acoustic_scale=0.35, transition_scale=0.35, beam=11.0, lattice_beam=4.0)
"""Of scales 0.3 to 0.6 and costs 5 to 8: single words of real people are heard best at 0.3 (64 of 76) and worst at 0.6 (56),
numbers of held-out voices best at 0.6; speech outside a grammar of 80 answers is taken in 3 to 8 of 100."""

SMALL = Recipe(
    "small",
    {"kokoro": 2, "espeak": 20} | EXAMS,
    10,
    Shape(hidden=256, bottleneck=64, layers=(AROUND, AROUND, BACK, AROUND, BACK)),
    utterances=40,
)
"""Proves the pipeline in a few minutes; its model hears little."""

REPLIES = 20_000
"""Expanded replies for the statistics of free hearing."""

CARD = {"name": "telephone", "free_trust": 0.6}
"""Without a grammar it knows the loan call's sentences only, and is sure of them when it hears others: a second ear decides."""


@dataclass(frozen=True, slots=True)
class Work:
    """One making of one recipe."""

    recipe: Recipe
    place: Place
    out: Path
    workers: int
    manifest: Path | None = None

    @property
    def network(self) -> Path:
        """The network of synthetic speech alone."""
        return self.place.folder / "synthetic.net"

    @property
    def tuned(self) -> Path:
        """The network that also knows the recordings of the manifest."""
        return self.place.folder / "tuned.net"

    def prepare(self) -> None:
        """The teacher with its durations, and Kokoro's voices of other languages."""
        voices.prepare(self.place)

    def speak(self) -> None:
        """All speech, the exams' too."""
        for kind, shards in self.recipe.shards.items():
            voices.speak(self.place, kind, shards=shards, workers=self.workers)

    def fit(self) -> None:
        """The network."""
        from speech.training.fit import fit

        shards = [*self._shards("kokoro"), *self._shards("espeak")]
        fit(shards, self.network, shape=self.recipe.shape, passes=self.recipe.passes, seed=self.place.seed)

    def tune(self) -> None:
        """The network again, with the recordings of --manifest; nothing without one."""
        if self.manifest is None:
            print("没有 --manifest：跳过真人录音")
            return
        from speech.training.finetune import aligned, divide, finetune
        from speech.training.fit import Network

        network = Network.read(self.network)
        recordings = aligned(network, divide(self.manifest).learnt)
        print(f"{len(recordings)} 条真人录音，共 {sum(one.seconds for one in recordings) / 60:.1f} 分钟")
        synthetic = [*self._shards("kokoro"), *self._shards("espeak")[::2]]
        finetune(network, recordings, synthetic, self.tuned, passes=self.recipe.more_passes, seed=self.place.seed)

    def export(self) -> None:
        """The model directory: Kaldi files, then graphs."""
        from speech.graphs.build import build
        from speech.graphs.lexicon import DOMAIN
        from speech.training.export import export
        from speech.training.fit import Network
        from speech.training.texts import replies

        export(Network.read(self.tuned if self.tuned.exists() else self.network), self.out)
        said = self.place.folder / "replies.txt"
        said.write_text("\n".join(replies(REPLIES, self.place.seed)) + "\n", encoding="utf-8")
        build(self.out, self.out, texts=(DOMAIN, said), decoding=DECODING, card=CARD)

    def exam(self) -> None:
        """Figures of the held-out voices, printed and kept as exam.json beside the model."""
        from speech.training.exam import held_out, syllable_errors

        scores = [*held_out(self.place, self.out), *syllable_errors(self.place, self.out, self.place.folder / "syllables")]
        rows = [score.row() for score in scores]
        table = Table(*rows[0])
        for row in rows:
            table.add_row(*(f"{value:.1%}" if isinstance(value, float) else str(value) for value in row.values()))
        Console().print(table)
        (self.out / "exam.json").write_text(json.dumps(rows, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")

    def _shards(self, kind: str) -> list[Path]:
        return [self.place.shard(kind, number) for number in range(self.recipe.shards[kind])]


STAGES: dict[str, Callable[[Work], None]] = {
    "prepare": Work.prepare,
    "speak": Work.speak,
    "fit": Work.fit,
    "tune": Work.tune,
    "export": Work.export,
    "exam": Work.exam,
}


def main(arguments: Sequence[str] | None = None) -> None:
    """Command line."""
    parser = argparse.ArgumentParser(prog="python -m speech.training", description=__doc__)
    parser.add_argument("stages", nargs="*", metavar="STAGE", help=f"{' '.join(STAGES)} (default: all)")
    parser.add_argument("--small", action="store_true", help="a quick proof of the pipeline in place of the shipped ear")
    parser.add_argument("--out", type=Path, help=f"model directory (default: {SHIPPED}; --small: in the cache)")
    parser.add_argument("--workers", type=int, default=2, help="processes that speak (default 2)")
    parser.add_argument("--manifest", type=Path, help="TSV of consented recordings of real speakers for the stage tune")
    given = parser.parse_args(arguments)
    if unknown := set(given.stages) - set(STAGES):
        parser.error(f"unknown stage {'、'.join(sorted(unknown))}; stages: {' '.join(STAGES)}")
    cache = settings_of_process().resolved_cache_dir
    recipe = SMALL if given.small else FULL
    published = require("kokoro", cache) / KOKORO_FILE
    place = Place(cache / "training" / recipe.name, published, utterances=recipe.utterances)
    work = Work(recipe, place, given.out or (place.folder / "model" if given.small else SHIPPED), given.workers, given.manifest)
    for name in given.stages or STAGES:
        began = time.monotonic()
        print(f"=== {name}", flush=True)
        STAGES[name](work)
        print(f"=== {name}：{time.monotonic() - began:.0f} 秒", flush=True)


if __name__ == "__main__":
    main()
