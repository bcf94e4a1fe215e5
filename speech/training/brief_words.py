"""What people say while they listen: 嗯, 对, 好的 and their like, by both teachers and, for closed mouths, by formula.

The teachers' shards for the ear hold too few of them; these are one shard a teacher more, and one for each exam.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from itertools import islice
from pathlib import Path
from random import Random

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from scipy.signal import lfilter

from speech.training import formant_voice, teacher_voice
from speech.training.formant_voice import Throat
from speech.training.spoken import QUIET, RATE_HZ, Spoken, Unit, save
from speech.training.teacher_voice import Blend, TeacherVoice, Timbre
from speech.training.voices import Place, espeak_says, formants, kokoro_says, said

_LISTED = """
嗯 8  哦 5  啊 5  唉 1  哎 1  噢 1  对 8  好 5  是 5  行 3  嗯嗯 6  哦哦 3  对对 3  对对对 3  是是是 2  好好好 2  嗯嗯嗯 2
好的 8  对的 3  是的 8  行的 1  好吧 2  行吧 1  是啊 2  对啊 2  好啊 2  嗯好 2  嗯对 2  哦好的 2  嗯好的 2  嗯是的 2  哦对 2
哦是 1
"""
WORDS = {word: int(often) for word, often in zip(_LISTED.split()[::2], _LISTED.split()[1::2], strict=True)}
"""With how often each is said."""

COUNTS = {"kokoro": 800, "espeak": 1500, "kokoro-exam": 90, "espeak-exam": 120}


def shard(place: Place, kind: str) -> Path:
    """File of a kind (`kokoro`, `espeak`, and their exams)."""
    return place.folder.parent / "onset" / f"{kind}.npz"


def speak(place: Place, kind: str) -> None:
    """Make a shard that does not exist."""
    if not shard(place, kind).exists():
        random = Random(f"{place.seed}/onset/{kind}")
        save(shard(place, kind), list(islice(_SAYERS[kind](place, random), COUNTS[kind])))


def _kokoro_exam(place: Place, random: Random) -> Iterator[Spoken]:
    voice = TeacherVoice(place.teacher, None)
    while True:
        timbre = Timbre(Blend(random.choice(teacher_voice.HELD_OUT)))
        yield from said(partial(voice.say, _word(random), timbre, random.uniform(0.85, 1.2)))


def _espeak_exam(place: Place, random: Random) -> Iterator[Spoken]:
    voice = formants()
    while True:
        throat = Throat(random.choice(formant_voice.HELD_OUT), random.randint(170, 250), random.randint(35, 65), 50)
        yield from said(partial(voice.say, _word(random), throat))


_SAYERS: dict[str, Callable[[Place, Random], Iterator[Spoken]]] = {
    "kokoro": lambda place, random: kokoro_says(place, random, _word),
    "espeak": lambda place, random: espeak_says(random, _word),
    "kokoro-exam": _kokoro_exam,
    "espeak-exam": _espeak_exam,
}


def _word(random: Random) -> str:
    return random.choices(list(WORDS), list(WORDS.values()))[0]


def hum(generator: Generator) -> Spoken:
    """A closed-mouth 嗯, once or twice: a voice through the nose, its pitch level, rising, falling or dipping."""
    once = _murmur(generator)
    if generator.random() < 0.35:
        gap = np.zeros(round(RATE_HZ * generator.uniform(0.02, 0.15)))
        once = np.concatenate([once, gap, _murmur(generator)])
    samples = np.asarray(once / np.abs(once).max() * 8000, dtype=np.int16)
    seconds = len(samples) / RATE_HZ
    return Spoken(samples, (Unit("en", 0.0, seconds), Unit(QUIET, seconds, seconds)), "嗯", "hum")


def _murmur(generator: Generator) -> NDArray[np.float64]:
    count = round(RATE_HZ * generator.uniform(0.12, 0.6))
    at = np.linspace(0, 1, count)
    bend = generator.uniform(-5, 5) * (at - 0.5) + generator.uniform(-4, 4) * ((at - 0.5) ** 2 * 4 - 0.3)
    pitch = generator.uniform(85, 290) * 2 ** (bend / 12)
    phase = np.cumsum(pitch / RATE_HZ)
    source = np.sum([np.sin(2 * np.pi * k * phase) / k ** generator.uniform(1.0, 1.6) for k in range(1, 30)], axis=0)
    for hz, width in (
        (generator.uniform(220, 330), 60),
        (generator.uniform(900, 1300), 150),
        (generator.uniform(2000, 2600), 250),
    ):
        radius = np.exp(-np.pi * width / RATE_HZ)
        source = source + lfilter([1 - radius], [1, -2 * radius * np.cos(2 * np.pi * hz / RATE_HZ), radius**2], source) * 8
    edge = np.minimum(1.0, np.minimum(at, 1 - at) * generator.uniform(4, 12))
    return np.asarray((source + generator.normal(size=count) * 0.02) * edge)
