"""What the network of `speech.onset` learns from: utterances, hums and noises over lines drawn at random, frame by frame.

Every frame is seen and judged as the call would see it: the same voice activity, the same features.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from speech.onset import ACCOMPANYING as LISTENING
from speech.onset import BEFORE, GAP_FRAMES, PAST_FRAMES, Kind, features, is_accompanying
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


class NoSpeech(Exception):
    """Speech that this work begins with was not spoken yet; the message says what to run."""


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
    """The shards of both teachers, what people say while listening, hums and noises. Raises NoSpeech."""
    mark = "-exam" if is_exam else ""
    found = []
    for teacher, most, inner, times in (("kokoro", 30, 1, 6), ("espeak", 16, 1, 3)):
        shards = sorted((place.folder / f"{teacher}{mark}").glob("*.npz"))[: 3 if is_exam else most]
        words = brief_words.shard(place, f"{teacher}{mark}")
        if not shards:
            raise NoSpeech(f"{place.folder / f'{teacher}{mark}'} 里没有语音：请先运行 python -m speech.training prepare speak")
        if not words.exists():
            raise NoSpeech(f"没有 {words}：请先运行 python -m speech.training.onset words")
        found += [Source(teacher, shard, 1, 0 if is_exam else inner) for shard in shards]
        found.append(Source("words", words, 2 if is_exam else times))
    return [*found, Source("hum", times=100 if is_exam else 900), *[Source("noise", times=300)] * (1 if is_exam else 8)]


def is_current(made: Path, sources: Iterable[Path]) -> bool:
    """Whether a file exists and none of the files that it was made from is younger."""
    return made.exists() and all(source.stat().st_mtime_ns <= made.stat().st_mtime_ns for source in sources)


def make(place: Place, folder: Path) -> None:
    """A file for each source; those that are younger than their speech are kept. Raises NoSpeech."""
    folder.mkdir(parents=True, exist_ok=True)
    for number, source in enumerate(sources(place, is_exam=False)):
        out = folder / f"{number:02d}.npz"
        if not is_current(out, [source.shard] if source.shard else []):
            generator = np.random.default_rng([place.seed, number])
            found = [made for example in source.examples(generator) if (made := rows_of(example)) is not None]
            rows, labels = (np.stack(list(part)) for part in zip(*found, strict=True))
            np.savez(out, rows=rows.astype(np.float16), labels=labels)
            print(f"{source.name}：{len(rows)} 段，各类帧数 {np.bincount(labels.ravel(), minlength=4).tolist()}", flush=True)
