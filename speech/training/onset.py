"""`python -m speech.training.onset [words] [examples] [fit] [exam]`: makes and measures the network of `speech.onset`.

words: what people say while listening, by both teachers. examples: every utterance over lines drawn at random, judged
frame by frame as the call would. fit: a gated recurrent unit. exam: voices and noises that training never heard.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from kit.edge import settings_of_process
from speech.models import KOKORO_FILE, require
from speech.onset import ACCOMPANYING as LISTENING
from speech.onset import (
    BEFORE,
    GAP_FRAMES,
    PAST_FRAMES,
    WEIGHTS,
    WIDTH,
    Kind,
    Network,
    Opening,
    features,
    is_accompanying,
    read,
)
from speech.ports import FRAME_SAMPLES, LINE_RATE_HZ
from speech.training import brief_words
from speech.training.noises import draw_noise
from speech.training.spoken import GAP, QUIET, RATE_HZ, Spoken, load
from speech.training.telephone import coloured, draw_call, line_noise
from speech.training.voices import Place
from speech.vad import VoiceActivity

FRAMES = 60
"""Frames of a voice that are learnt from."""
SETTLED_S = 0.06
"""After this much of its first syllable a taking of the floor must begin to show."""
LONGEST_S = 1.4
IGNORED = 3
"""Label of frames that teach nothing."""
CELLS = 64
MEMBERS = 2
"""Networks from different first weights, averaged: at equal promptness they stop for what is no interruption half as often as
one alone."""
PASSES = 30
BATCH = 256


@dataclass(frozen=True, slots=True)
class Example:
    """A line [n] int16 at 8 kHz; from when it shows what it is, and when its sound ends, in seconds."""

    line: NDArray[np.int16]
    kind: Kind
    shows_s: float
    ends_s: float
    name: str
    begins_s: float = 0.0


def from_speech(spoken: Spoken, generator: Generator, *, first: int = 0) -> Example | None:
    """An utterance from its syllable `first` on, over a line; None for what teaches nothing (a lone other syllable)."""
    starts = _syllables(spoken)
    text = spoken.text if len(starts) == len(spoken.text) else "".join("?" for _ in starts)
    said = text[first:]
    kind = Kind.ACCOMPANYING if is_accompanying(said) else Kind.FLOOR
    if not starts or (kind is Kind.FLOOR and len(said) < 2 and said != "喂"):
        return None
    telling = next((at for at, char in enumerate(said) if char not in LISTENING), 0)
    begin = starts[first] if first else max(0.0, starts[0] - 0.05)
    samples = spoken.samples[round(begin * RATE_HZ) : round((begin + LONGEST_S) * RATE_HZ)].copy()
    if first:
        samples[:160] = samples[:160] * np.linspace(0, 1, len(samples[:160]))
    call = draw_call(samples, partial(coloured, generator=generator), generator)
    offset = call.lead_s + (starts[first] - begin) * call.stretch
    shows = 0.0 if kind is Kind.ACCOMPANYING else (starts[first + telling] - starts[first]) * call.stretch + SETTLED_S
    ends = call.lead_s + len(samples) / RATE_HZ * call.stretch
    return Example(call.line, kind, offset + shows, ends, said, offset)


def from_noise(generator: Generator) -> Example:
    """Tones, music, laughter, breath, coughs, knocks."""
    wave = draw_noise(generator)
    silence = np.zeros(round(generator.uniform(0.0, 0.4) * LINE_RATE_HZ), np.float32)
    noise = np.concatenate([silence, wave])
    noise += 1e-3 * np.abs(wave).max() * coloured(len(noise), generator)
    return Example(line_noise(noise, generator), Kind.OTHER, 0.0, len(noise) / LINE_RATE_HZ, "noise")


def _syllables(spoken: Spoken) -> list[float]:
    """When each syllable begins: an initial opens one, and so does a final without an initial before it."""
    starts, has_initial = list[float](), False
    for unit in spoken.units:
        if unit.name in {QUIET, GAP, "NSN"}:
            has_initial = False
            continue
        if not has_initial:
            starts.append(unit.start_s)
        has_initial = unit.name[0] not in "aeiouv"
    return starts


def rows_of(example: Example) -> tuple[NDArray[np.float32], NDArray[np.uint8]] | None:
    """[FRAMES, WIDTH] and the labels [FRAMES] of the voice in which the example lies; None when nothing is noticed."""
    activity = VoiceActivity()
    frames = example.line[: len(example.line) // FRAME_SAMPLES * FRAME_SAMPLES].reshape(-1, FRAME_SAMPLES)
    flags = [activity.is_speech(frame) for frame in frames]
    begin = _voice_start(flags, example)
    if begin is None:
        return None
    first = max(0, begin - PAST_FRAMES)
    kept = frames[first : first + FRAMES]
    samples = np.concatenate([np.zeros(BEFORE, np.int16), kept.ravel()])
    rows, _ = features(samples, flags[first : first + FRAMES], -np.inf)
    labels = np.full(FRAMES, IGNORED, np.uint8)
    for place in range(len(kept)):
        ended_s = (first + place + 1) * FRAME_SAMPLES / LINE_RATE_HZ
        if place > PAST_FRAMES and example.shows_s <= ended_s <= example.ends_s + (
            0.3 if example.kind is Kind.ACCOMPANYING else 0.0
        ):
            labels[place] = example.kind
    return np.pad(rows, ((0, FRAMES - len(rows)), (0, 0))), labels


def _voice_start(flags: list[bool], example: Example) -> int | None:
    """First voiced frame of the voice that goes on when the example begins."""
    begins = round(example.begins_s * LINE_RATE_HZ / FRAME_SAMPLES)
    start, silent = None, GAP_FRAMES + 1
    for place, flag in enumerate(flags):
        if flag and silent > GAP_FRAMES and (start is None or place <= begins + 5):
            start = place
        silent = 0 if flag else silent + 1
    return start


@dataclass(frozen=True, slots=True)
class Source:
    """Where examples come from: a shard said `times` times and `inner` times from the middle, or so many hums or noises."""

    name: str
    shard: Path | None = None
    times: int = 1
    inner: int = 0

    def examples(self, generator: Generator) -> Iterator[Example]:
        """All of them, drawn anew."""
        if self.shard is None:
            for _ in range(self.times):
                yield from filter(None, [_MADE[self.name](generator)])
            return
        for spoken in load(self.shard):
            for _ in range(self.times):
                yield from filter(None, [from_speech(spoken, generator)])
            count = len(_syllables(spoken))
            for _ in range(self.inner if count > 4 else 0):
                yield from filter(None, [from_speech(spoken, generator, first=int(generator.integers(1, count - 2)))])


_MADE: dict[str, Callable[[Generator], Example | None]] = {
    "hum": lambda generator: from_speech(brief_words.hum(generator), generator),
    "noise": from_noise,
}


def sources(place: Place, *, is_exam: bool) -> list[Source]:
    """The shards that lie there, what people say while listening, hums and noises."""
    mark = "-exam" if is_exam else ""
    found = []
    for teacher, most, inner, times in (("kokoro", 30, 1, 6), ("espeak", 16, 1, 3)):
        shards = sorted((place.folder / f"{teacher}{mark}").glob("*.npz"))[: 3 if is_exam else most]
        found += [Source(teacher, shard, 1, 0 if is_exam else inner) for shard in shards]
        found.append(Source("words", brief_words.shard(place, f"{teacher}{mark}"), 2 if is_exam else times))
    return [*found, Source("hum", times=100 if is_exam else 900), *[Source("noise", times=300)] * (1 if is_exam else 8)]


def make(place: Place, folder: Path) -> None:
    """A file for each source; those that exist are kept."""
    folder.mkdir(parents=True, exist_ok=True)
    for number, source in enumerate(sources(place, is_exam=False)):
        out = folder / f"{number:02d}.npz"
        if not out.exists() and (source.shard is None or source.shard.exists()):
            generator = np.random.default_rng([place.seed, number])
            found = [made for example in source.examples(generator) if (made := rows_of(example)) is not None]
            rows, labels = (np.stack(list(part)) for part in zip(*found, strict=True))
            np.savez(out, rows=rows.astype(np.float16), labels=labels)
            print(f"{source.name}：{len(rows)} 段，各类帧数 {np.bincount(labels.ravel(), minlength=4).tolist()}", flush=True)


def fit(folder: Path, out: Path, *, seed: int) -> None:
    """Train MEMBERS networks, each kept as soon as it is done, and write them as one."""
    parts = [np.load(path) for path in sorted(folder.glob("[0-9]*.npz"))]
    rows = np.concatenate([part["rows"] for part in parts]).astype(np.float32)
    labels = np.concatenate([part["labels"] for part in parts])
    seen = rows[labels != IGNORED]
    mean, scale = seen.mean(axis=0), 1.0 / (seen.std(axis=0) + 1e-3)
    members = [folder / f"member-{number}.npz" for number in range(MEMBERS)]
    for number, path in enumerate(members):
        if not path.exists():
            write(path, Network(mean, scale, **_fitted((rows - mean) * scale, labels, seed + number)))
    write(out, joined([read(path) for path in members]))
    print(f"-> {out}（{out.stat().st_size} 字节）")


def joined(members: Sequence[Network]) -> Network:
    """One network that is the mean of the members' scores: their cells side by side, without ways between them."""
    cells, count = members[0].cells, len(members)
    around = np.zeros((count, cells, 3, count, cells), np.float32)
    for number, one in enumerate(members):
        around[number, :, :, number] = one.around.reshape(cells, 3, cells)
    inward = np.stack([one.inward.reshape(WIDTH, 3, cells) for one in members], axis=2)
    bias = np.stack([one.bias.reshape(2, 3, cells) for one in members], axis=2)
    outward = np.concatenate([one.outward[:-1] for one in members]) / count
    constant = np.mean([one.outward[-1:] for one in members], axis=0)
    return Network(
        members[0].mean,
        members[0].scale,
        inward.reshape(WIDTH, -1),
        around.reshape(count * cells, -1),
        bias.reshape(2, -1),
        np.concatenate([outward, constant]),
    )


def write(path: Path, network: Network) -> None:
    """As `speech.onset` reads it."""
    arrays = {name: np.asarray(getattr(network, name), np.float32) for name in Network.__slots__}
    np.savez_compressed(path, allow_pickle=False, **arrays)


def _fitted(rows: NDArray[np.float32], labels: NDArray[np.uint8], seed: int) -> dict[str, NDArray[np.float32]]:
    import jax
    import jax.numpy as jnp
    import optax

    generator = np.random.default_rng(seed)
    shares = np.bincount(labels.ravel(), minlength=4)[:3]
    weight = jnp.asarray([*(shares.sum() / 3 / shares), 0.0])
    weights = {
        "inward": jnp.asarray(generator.normal(size=(WIDTH, 3 * CELLS)) / np.sqrt(WIDTH), jnp.float32),
        "around": jnp.asarray(generator.normal(size=(CELLS, 3 * CELLS)) / np.sqrt(CELLS), jnp.float32),
        "bias": jnp.zeros((2, 3 * CELLS)),
        "outward": jnp.asarray(generator.normal(size=(CELLS + 1, 3)) / np.sqrt(CELLS), jnp.float32),
    }

    def scores(weights: dict[str, Any], batch: Any) -> Any:
        def step(state: Any, row: Any) -> Any:
            turned = state @ weights["around"] + weights["bias"][1]
            gates = jax.nn.sigmoid(row[:, : 2 * CELLS] + turned[:, : 2 * CELLS])
            candidate = jnp.tanh(row[:, 2 * CELLS :] + gates[:, :CELLS] * turned[:, 2 * CELLS :])
            state = candidate + gates[:, CELLS:] * (state - candidate)
            return state, state

        entered = batch @ weights["inward"] + weights["bias"][0]
        _, states = jax.lax.scan(step, jnp.zeros((len(batch), CELLS)), entered.swapaxes(0, 1))
        return states.swapaxes(0, 1) @ weights["outward"][:-1] + weights["outward"][-1]

    def loss(weights: dict[str, Any], batch: Any, wanted: Any) -> Any:
        logs = jax.nn.log_softmax(scores(weights, batch))
        each = weight[wanted]
        return -(each * jnp.take_along_axis(logs, jnp.minimum(wanted, 2)[..., None], axis=-1)[..., 0]).sum() / each.sum()

    steps = len(rows) // BATCH * PASSES
    chain = optax.chain(
        optax.clip_by_global_norm(1.0), optax.adamw(optax.cosine_decay_schedule(4e-3, steps), weight_decay=1e-4)
    )
    state = chain.init(weights)

    def train(weights: Any, state: Any, batch: Any, wanted: Any) -> Any:
        value, slope = jax.value_and_grad(loss)(weights, batch, wanted)
        change, state = chain.update(slope, state, weights)
        return optax.apply_updates(weights, change), state, value

    train_once = jax.jit(train)
    for number in range(PASSES):
        order = generator.permutation(len(rows))[: len(rows) // BATCH * BATCH].reshape(-1, BATCH)
        values = []
        for chosen in order:
            weights, state, value = train_once(weights, state, rows[chosen], labels[chosen].astype(np.int32))
            values.append(float(value))
        if number % 5 == 4:
            print(f"第 {number + 1} 遍：{np.mean(values):.4f}", flush=True)
    return {name: np.asarray(value) for name, value in weights.items()}


@dataclass(frozen=True, slots=True)
class Verdict:
    """After how many seconds of the sound an example interrupted; None when it never did."""

    name: str
    kind: Kind
    after_s: float | None


def verdict(example: Example, network: Network) -> Verdict:
    """What the call would have done."""
    activity, opening = VoiceActivity(), Opening(network)
    frames = example.line[: len(example.line) // FRAME_SAMPLES * FRAME_SAMPLES].reshape(-1, FRAME_SAMPLES)
    for place, frame in enumerate(frames, start=1):
        opening.push(frame, is_voiced=activity.is_speech(frame))
        if opening.takes_floor():
            return Verdict(example.name, example.kind, place * FRAME_SAMPLES / LINE_RATE_HZ - example.begins_s)
    return Verdict(example.name, example.kind, None)


def exam(place: Place, network: Network) -> None:
    """Print what share of each kind interrupts, and how soon, for voices that were never heard."""
    generator = np.random.default_rng(place.seed + 1)
    given = (example for source in sources(place, is_exam=True) for example in source.examples(generator))
    found = [verdict(example, network) for example in given]
    for kind in Kind:
        taken = [one.after_s for one in found if one.kind is kind and one.after_s is not None]
        tried = sum(one.kind is kind for one in found)
        half, most = np.percentile(taken, [50, 95]) if taken else (0.0, 0.0)
        print(f"{kind.name:13} {tried:5d} 段，打断 {len(taken) / max(1, tried):6.1%}，起声后 {half:.2f} / {most:.2f} 秒")
    for word in brief_words.WORDS:
        stops = [one.after_s is not None for one in found if one.name == word]
        if stops:
            print(f"  {word}：{sum(stops)} / {len(stops)}")


STAGES = ("words", "examples", "fit", "exam")


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(prog="python -m speech.training.onset", description=__doc__)
    parser.add_argument("stages", nargs="*", default=STAGES, choices=[*STAGES, []])
    parser.add_argument("--out", type=Path, default=WEIGHTS)
    given = parser.parse_args()
    cache = settings_of_process().resolved_cache_dir
    place = Place(cache / "training" / "full", require("kokoro", cache) / KOKORO_FILE)
    made = place.folder.parent / "onset" / "examples"
    for name in given.stages:
        began = time.monotonic()
        if name == "words":
            for kind in brief_words.COUNTS:
                brief_words.speak(place, kind)
        elif name == "examples":
            make(place, made)
        elif name == "fit":
            fit(made, given.out, seed=place.seed)
        else:
            exam(place, read(given.out))
        print(f"=== {name}：{time.monotonic() - began:.0f} 秒", flush=True)


if __name__ == "__main__":
    main()
