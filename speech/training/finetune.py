"""Going on by whole stretches, with recordings of real speakers who agreed to it: align, mix with synthetic speech, compare.

One recording in `HELD_OUT` is kept away from training and listed, so that the ears before and after can be compared on it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from speech.evaluation import Sample, samples
from speech.hear import BadFile
from speech.hear import load as load_recording
from speech.training.align import DoesNotFit, align
from speech.training.fit import Network, fit
from speech.training.spoken import Spoken, save

HELD_OUT = 3
SHARE = 0.2
"""Of what the network hears, by number of shards, is real: more forgets the rest."""


@dataclass(frozen=True, slots=True)
class Division:
    """Recordings to learn from and recordings to be judged by."""

    learnt: tuple[Sample, ...]
    kept: tuple[Sample, ...]


def divide(manifest: Path) -> Division:
    """Every third recording of each subset is kept for judging; those in which nothing is said are left out. Raises BadText."""
    learnt: list[Sample] = []
    kept: list[Sample] = []
    counts: dict[str, int] = {}
    for sample in filter(lambda sample: sample.transcript, samples(manifest)):
        counts[sample.subset] = counts.get(sample.subset, 0) + 1
        (kept if counts[sample.subset] % HELD_OUT == 0 else learnt).append(sample)
    return Division(tuple(learnt), tuple(kept))


def keep_apart(division: Division, listing: Path) -> Path:
    """Write the recordings that are kept for judging as a manifest of their own."""
    rows = [f"{one.file.resolve()}\t{one.transcript}\t{one.subset}" for one in division.kept]
    listing.write_text("\n".join(["file\ttranscript\tsubset", *rows]) + "\n", encoding="utf-8")
    return listing


def aligned(network: Network, recordings: Sequence[Sample], tell: Callable[[str], None] = print) -> list[Spoken]:
    """The recordings whose text fits their sound; the others are named and left out."""
    found = []
    for sample in recordings:
        try:
            line, _ = load_recording(sample.file)
            found.append(align(network, line, sample.transcript, voice=sample.subset))
        except (BadFile, DoesNotFit) as error:
            tell(f"{sample.file.name} 不用：{error}")
    return found


def with_recordings(recordings: Sequence[Spoken], synthetic: Sequence[Path], out: Path) -> list[Path]:
    """Shards in which SHARE are these recordings, kept beside the network `out` that learns them; none if there are none."""
    if not recordings:
        return [*synthetic]
    real = out.with_suffix(".real.npz")
    save(real, recordings)
    return [*synthetic, *[real] * max(1, round(len(synthetic) * SHARE / (1 - SHARE)))]


def finetune(
    network: Network,
    recordings: Sequence[Spoken],
    synthetic: Sequence[Path],
    out: Path,
    *,
    passes: int,
    peak: float,
    seed: int = 1,
    tell: Callable[[str], None] = print,
) -> Network:
    """A network that goes on, with these recordings if any. `synthetic` are shards of the teachers; their prior is kept."""
    return fit(
        with_recordings(recordings, synthetic, out),
        out,
        shape=network.shape,
        passes=passes,
        seed=seed,
        start=network,
        peak=peak,
        tell=tell,
    )
