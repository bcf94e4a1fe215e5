"""`python -m speech.training [STAGE...] [--small]`: makes the ear, stage by stage. Run again, it goes on where it stopped.

prepare (teachers' files), speak (speech), fit (network), sharpen (whole stretches, and real recordings if given), export (Kaldi
files and graphs), exam (figures). With --from a finished model is taught further, without fit. Caches lie under
HUILING_CACHE_DIR, the finished model too unless --out or --ship says otherwise.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import dropwhile
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

from kit.edge import settings_of_process
from speech.ears import card as card_of
from speech.evaluation import samples
from speech.graphs.corpus import lines
from speech.kaldi.reader import BadModel
from speech.models import KOKORO_FILE, require
from speech.models_zh import SHIPPED
from speech.ports import EngineUnavailable
from speech.textfile import BadText
from speech.training import voices
from speech.training.network import AROUND, BACK, Shape
from speech.training.voices import EXAM_KINDS, EXAMS, Place

if TYPE_CHECKING:
    from speech.training.fit import Network
    from speech.training.spoken import Spoken


@dataclass(frozen=True, slots=True)
class Recipe:
    """How much is made: shards of each teacher, passes over them, the network's size."""

    name: str
    shards: dict[str, int]
    passes: int
    shape: Shape
    sharpening: int
    """Passes by whole stretches, over real recordings too."""
    sharpening_rate: float = 2.5e-3
    """The highest rate of learning in them: gentler than that of a network that begins."""
    utterances: int = 100
    """In a shard."""
    counts_syllables: bool = True
    """Whether the exam also hears syllables without any knowledge of language: slow for an ear that hears little."""
    least_exact: float = 0.0
    """Share of FLOOR that the exam must find heard exactly; below it, something in the pipeline is broken."""
    seed: int = 1


EXAM_SHARDS = dict.fromkeys(EXAMS, len(EXAM_KINDS))
FULL = Recipe(
    "full",
    {"kokoro": 80, "espeak": 45, "strangers": 90} | EXAM_SHARDS,
    6,
    Shape(),
    sharpening=18,
)
FURTHER = Recipe(
    "further",
    {"kokoro": 6, "espeak": 12, "strangers": 6} | EXAM_SHARDS,
    0,
    Shape(),
    sharpening=6,
    sharpening_rate=8e-4,
    seed=2,
)
"""For a finished network: other speech than FULL's, and a gentler hand (at 2.5e-3 it forgets more than it learns at first)."""
SMALL = Recipe(
    "small",
    {"kokoro": 1, "strangers": 1, "espeak": 20, "espeak-exam": len(EXAM_KINDS)},
    10,
    Shape(hidden=256, bottleneck=64, layers=(AROUND, AROUND, BACK, AROUND, BACK)),
    sharpening=2,
    utterances=40,
    counts_syllables=False,
    least_exact=0.7,
)
"""Proves the pipeline in a few minutes; its model hears little but the easiest set, which it hears whole (35 of 35): it sits
the exam of espeak's voices alone, which are quickly spoken."""

FLOOR = "espeak-exam 15 dB short"
"""The easiest set of the exam."""

REPLIES = 20_000
"""Expanded replies for the statistics of free hearing."""

CARD = {"name": "telephone", "free_trust": 0.3, "free_least": 0.7}
"""Without a grammar it knows the loan call's sentences only, and is sure of them when it hears others: what it hears freely
stands where the grammar found nothing and beside what the grammar found, never in its place (speech.second_pass)."""


@dataclass(frozen=True, slots=True)
class Work:
    """One making of one recipe."""

    recipe: Recipe
    place: Place
    out: Path
    workers: int
    manifest: Path | None = None
    base: Path | None = None
    """A finished model to go on from, in place of `fit`."""
    said: tuple[Path, ...] = ()
    """What people say, for the statistics of free hearing: files as `speech.graphs.corpus` reads them."""

    @property
    def network(self) -> Path:
        """The network of synthetic speech alone."""
        return self.place.folder / "synthetic.net"

    @property
    def sharpened(self) -> Path:
        """The network that learnt whole stretches, with the recordings of the manifest or without: it is exported."""
        return self.place.folder / ("sharpened-recordings.net" if self.manifest else "sharpened.net")

    @property
    def card(self) -> Mapping[str, object]:
        """What the model says of itself: CARD, and what it was made with."""
        recipe = self.recipe
        made = {
            "recipe": recipe.name,
            "shards": {kind: count for kind, count in recipe.shards.items() if kind not in EXAMS},
            "utterances": recipe.utterances,
            "passes": recipe.passes,
            "sharpening": recipe.sharpening,
            "has_recordings": self.manifest is not None,
            "seed": self.place.seed,
            "said": [path.name for path in self.said],
        }
        before = {"from": card_of(self.base).get("made_with", self.base.name)} if self.base else {}
        return {**CARD, "made_with": made | before}

    def forget(self, stages: Sequence[str]) -> None:
        """Remove what the first of these stages that trains made, and what later ones made of it, with recordings or without.

        The speech stays.
        """
        named = dropwhile(lambda stage: stage not in stages, TRAINED)
        for file in (file for stage in named for file in self.place.folder.glob(TRAINED[stage])):
            file.unlink()

    def prepare(self) -> None:
        """The teacher with its durations, and Kokoro's voices of other languages."""
        voices.prepare(self.place)

    def speak(self) -> None:
        """All speech, the exams' too."""
        voices.speak(self.place, self.recipe.shards, workers=self.workers)

    def fit(self) -> None:
        """The network."""
        from speech.training.fit import fit

        fit(self._heard(), self.network, shape=self.recipe.shape, passes=self.recipe.passes, seed=self.place.seed)

    def sharpen(self) -> None:
        """The network again, by whole stretches; with the recordings of --manifest where given."""
        from speech.training.export import restored
        from speech.training.finetune import finetune
        from speech.training.fit import Network

        network = restored(self.base) if self.base else Network.read(self._made(self.network, "fit"))
        recordings = self._recordings(network, self.manifest) if self.manifest else ()
        finetune(
            network,
            recordings,
            self._heard(),
            self.sharpened,
            passes=self.recipe.sharpening,
            peak=self.recipe.sharpening_rate,
            seed=self.place.seed + 1,
        )

    def export(self) -> None:
        """The model directory: Kaldi files, then graphs. With a manifest the network that knows it, else the synthetic one.

        What the base knows of words, texts, phrases and decoding is kept.
        """
        finished = self._made(self.sharpened, "sharpen")
        from speech.graphs.build import Base, build
        from speech.graphs.lexicon import DOMAIN
        from speech.training.export import export
        from speech.training.fit import Network
        from speech.training.texts import replies

        export(Network.read(finished), self.out)
        if self.base:
            replace(Base.of(self.base), model=self.out).build(self.out, texts=self.said, card=self.card)
            return
        expanded = self.place.folder / "replies.txt"
        expanded.write_text("\n".join(replies(REPLIES, self.place.seed)) + "\n", encoding="utf-8")
        build(self.out, self.out, texts=(DOMAIN, expanded, *self.said), card=self.card)

    def exam(self) -> None:
        """Figures of the held-out voices, printed and kept as exam.json. Raises SystemExit below the recipe's least."""
        from speech.training.exam import held_out, row, syllable_errors

        scores = held_out(self.place, self.out, [kind for kind in EXAMS if kind in self.recipe.shards])
        if self.recipe.counts_syllables:
            scores += syllable_errors(self.place, self.out, self.place.folder / "syllables")
        rows = [row(score) for score in scores]
        table = Table(*rows[0])
        for one in rows:
            table.add_row(*(f"{value:.1%}" if isinstance(value, float) else str(value) for value in one.values()))
        Console().print(table)
        (self.out / "exam.json").write_text(json.dumps(rows, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
        exact = next(float(one["exact"]) for one in rows if one["set"] == FLOOR)
        if exact < self.recipe.least_exact:
            raise SystemExit(f"{FLOOR} 只全对 {exact:.0%}，至少应有 {self.recipe.least_exact:.0%}：训练的某一步坏了")

    def _recordings(self, network: Network, manifest: Path) -> list[Spoken]:
        """Those to learn from, aligned; those that are kept for judging are listed. Raises SystemExit when none can be used."""
        from speech.training.finetune import aligned, divide, keep_apart

        division = divide(manifest)
        held_out = keep_apart(division, self.place.folder / "held-out.tsv")
        print(f"没参与训练、用来对照的录音列在 {held_out}")
        recordings = aligned(network, division.learnt)
        if not recordings:
            raise SystemExit(f"{manifest} 的 {len(division.learnt)} 条录音一条也不能用：原因见上，没有训练")
        minutes = sum(each.seconds for each in recordings) / 60
        print(f"{len(recordings)} / {len(division.learnt)} 条真人录音，共 {minutes:.1f} 分钟")
        return recordings

    @staticmethod
    def _made(network: Path, stage: str) -> Path:
        """Raises SystemExit naming the stage that makes it."""
        if not network.exists():
            raise SystemExit(f"没有 {network}：请先运行 {stage} 这一步")
        return network

    def _heard(self) -> list[Path]:
        """All speech that is learnt from."""
        learnt = {kind: count for kind, count in self.recipe.shards.items() if kind not in EXAMS}
        return [self.place.shard(kind, number) for kind, count in learnt.items() for number in range(count)]


STAGES: dict[str, Callable[[Work], None]] = {
    "prepare": Work.prepare,
    "speak": Work.speak,
    "fit": Work.fit,
    "sharpen": Work.sharpen,
    "export": Work.export,
    "exam": Work.exam,
}


TRAINED = {"fit": "synthetic.*", "sharpen": "sharpened*"}
"""Stages that train, in order, and the files of theirs that a run from nothing forgets."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Command line."""
    parser = argparse.ArgumentParser(prog="python -m speech.training", description=__doc__)
    parser.add_argument("stages", nargs="*", metavar="STAGE", help=f"{' '.join(STAGES)} (default: all)")
    parser.add_argument("--small", action="store_true", help="a quick proof of the pipeline in place of the shipped ear")
    told = "a finished model of this training to teach further, in place of fit; its words, texts and phrases are kept"
    parser.add_argument("--from", dest="base", type=Path, metavar="MODEL", help=told)
    where = parser.add_mutually_exclusive_group()
    where.add_argument("--out", type=Path, help="model directory (default: in the cache)")
    where.add_argument("--ship", action="store_true", help=f"write over the model that comes with the product, {SHIPPED}")
    parser.add_argument("--workers", type=int, default=2, help="processes that speak (default 2)")
    parser.add_argument("--manifest", type=Path, help="TSV of consented recordings of real speakers for the stage sharpen")
    said = "what people say, counted for free hearing: an utterance a line, or a .tsv with a column text; repeatable"
    parser.add_argument("--said", type=Path, action="append", default=[], help=said)
    parser.add_argument(
        "--anew", action="store_true", help="the stages named train from nothing: forget their networks, keep the speech"
    )
    given = parser.parse_args(arguments)
    if unknown := set(given.stages) - set(STAGES):
        parser.error(f"unknown stage {'、'.join(sorted(unknown))}; stages: {' '.join(STAGES)}")
    if given.small and given.ship:
        parser.error("--small only proves the pipeline: it is not shipped")
    if given.base and "fit" in given.stages:
        parser.error("--from goes on from a finished model: without fit")
    try:
        for path in given.said:
            lines(path)
        if given.manifest:
            samples(given.manifest)
    except BadText as fault:
        parser.error(str(fault))
    work = _work(given)
    if work.base and (why := _cannot_teach(work.base, work.out)):
        parser.error(why)
    stages = given.stages or [stage for stage in STAGES if not (work.base and stage == "fit")]
    if given.anew:
        work.forget(stages)
    for name in stages:
        began = time.monotonic()
        print(f"=== {name}", flush=True)
        STAGES[name](work)
        print(f"=== {name}：{time.monotonic() - began:.0f} 秒", flush=True)


def _cannot_teach(base: Path, out: Path) -> str:
    """Why nothing can go on from this model; "" when it can."""
    from speech.training.export import restored

    if out.resolve() == base.resolve():
        return f"--from 与要写的目录相同（{base}）：写成之后就没有原来的了，请先把它复制到别处，再从那里接着训练"
    try:
        restored(base)
    except (BadModel, OSError) as error:
        return f"--from {base} 不是本产品训练出的模型，不能接着训练：{error}"
    return ""


def _work(given: argparse.Namespace) -> Work:
    cache = settings_of_process().resolved_cache_dir
    recipe = SMALL if given.small else FURTHER if given.base else FULL
    try:
        teacher = require("kokoro", cache) / KOKORO_FILE
    except EngineUnavailable as reason:
        raise SystemExit(str(reason)) from None
    place = Place(cache / "training" / recipe.name, teacher, recipe.seed, recipe.utterances)
    out = SHIPPED if given.ship else given.out or place.folder / "model"
    return Work(recipe, place, out, given.workers, given.manifest, given.base, tuple(given.said))


if __name__ == "__main__":
    main()
