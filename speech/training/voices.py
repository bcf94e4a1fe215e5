"""The speaking stages: shards of utterances by Kokoro and espeak-ng, each drawn from its own seed. Resumable.

A shard that exists is never made again; killing the stage loses at most one shard for each process.
"""

from __future__ import annotations

import json
import subprocess
import tarfile
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cache, partial
from itertools import islice
from multiprocessing import get_context
from pathlib import Path
from random import Random

from rich.progress import track

from speech.graphs.phones import NotASyllable
from speech.mandarin.phonemes import BadSyllable
from speech.training import formant_voice, teacher_voice, texts
from speech.training.formant_voice import FormantVoice
from speech.training.spoken import Spoken, save
from speech.training.teacher_voice import Blend, TeacherVoice, Timbre

FOREIGN = "kokoro-js@1.2.1"
"""The npm package that carries Kokoro's voices of all languages (Apache-2.0)."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where the caches of a training lie, and its seed."""

    folder: Path
    published: Path
    """Kokoro's model as `flask speech setup` fetched it."""
    seed: int = 1
    utterances: int = 100
    """In a shard."""

    @property
    def teacher(self) -> Path:
        return self.folder.parent / "teachers" / "kokoro-with-durations.onnx"

    @property
    def foreign(self) -> Path:
        return self.folder.parent / "teachers" / "voices"

    def shard(self, kind: str, number: int) -> Path:
        """File of a shard."""
        return self.folder / kind / f"{number:04d}.npz"


def prepare(place: Place) -> None:
    """Write the teacher's model and fetch Kokoro's voices of other languages; without npm, native voices do alone.

    What could not be fetched is tried again the next time; shards that were spoken without it stay as they are.
    """
    teacher_voice.with_durations(place.published, place.teacher)
    if any(place.foreign.glob("*.bin")):
        return
    place.foreign.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=place.foreign.parent) as folder:
        try:
            fetched = _fetch_foreign(Path(folder))
        except (OSError, ValueError, LookupError, subprocess.SubprocessError, tarfile.TarError) as error:
            print(f"{_WITHOUT_FOREIGN}（{type(error).__name__}）")
            return
        place.foreign.mkdir(exist_ok=True)
        fetched.replace(place.foreign)


_WITHOUT_FOREIGN = (
    f"需要 npm 才能取到 {FOREIGN} 里的外语音色，这次没有取到：Kokoro 只剩六个普通话音色互相混合，不再与外语音色混合，"
    "耳朵听陌生嗓音会差一些。装好 npm、联网后再运行 prepare；已合成的 kokoro 与 strangers 组要删掉才会用新音色重做。"
)


def _fetch_foreign(folder: Path) -> Path:
    """The voices, at least one. Raises OSError, SubprocessError, TarError, ValueError or LookupError."""
    voices = folder / "voices"
    voices.mkdir()
    command = ["npm", "pack", "--json", FOREIGN]
    printed = subprocess.run(command, cwd=folder, check=True, capture_output=True, timeout=600).stdout
    with tarfile.open(folder / json.loads(printed)[0]["filename"]) as archive:
        _unpack(archive, voices)
    return voices


def _unpack(archive: tarfile.TarFile, voices: Path) -> None:
    """Raises LookupError when the archive holds no voice."""
    for member in archive.getmembers():
        stored = archive.extractfile(member) if member.isfile() else None
        if stored and member.name.startswith("package/voices/") and member.name.endswith(".bin"):
            (voices / Path(member.name).name).write_bytes(stored.read())
    if not any(voices.iterdir()):
        raise LookupError(FOREIGN)


def speak(place: Place, shards: Mapping[str, int], *, workers: int) -> None:
    """Make the missing of so many shards of each kind (a name of `_MAKERS`), all kinds side by side."""
    wanted = ((kind, number) for kind, count in shards.items() for number in range(count))
    missing = [(kind, number) for kind, number in wanted if not place.shard(kind, number).exists()]
    # Spawned: whoever speaks may have JAX loaded, whose threads do not survive a fork.
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        jobs = [pool.submit(_shard, place, kind, number) for kind, number in missing]
        try:
            for job in track(jobs, description=f"合成 {len(missing)} 组", disable=not jobs):
                job.result()
        finally:
            pool.shutdown(cancel_futures=True)


def _shard(place: Place, kind: str, number: int) -> None:
    random = Random(f"{EXAM_SEED if kind in EXAMS else place.seed}/{kind}/{number}")
    save(place.shard(kind, number), list(islice(_MAKERS[kind](place, random, number), place.utterances)))


def kokoro_says(
    place: Place,
    random: Random,
    draw: Callable[[Random], str],
    draw_timbre: Callable[[Random, Sequence[str]], Timbre] = teacher_voice.draw_timbre,
) -> Iterator[Spoken]:
    """The texts drawn, in any timbre but the exam's, at any pace, one in five with an accent."""
    voice = _teacher(place)
    while True:
        text, timbre = draw(random), draw_timbre(random, voice.foreign)
        yield from said(partial(voice.say, text, timbre, random.uniform(0.75, 1.5), teacher_voice.draw_accent(random)))


def _kokoro_exam(place: Place, random: Random, number: int) -> Iterator[Spoken]:
    """Short answers, numbers, replies and general language, a shard each, in the exam's voices."""
    voice = _teacher(place)
    make = _exam_kind(number)
    while True:
        for name in teacher_voice.HELD_OUT:
            yield from said(partial(voice.say, make(random), Timbre(Blend(name)), random.uniform(0.9, 1.15)))


def espeak_says(random: Random, draw: Callable[[Random], str], *, loose: float = 0.0) -> Iterator[Spoken]:
    """The texts drawn, in any throat but the exam's; a share `loose` is syllables in any order instead."""
    voice = formants()
    while True:
        throat = formant_voice.draw_throat(random)
        if loose and random.random() < loose:
            yield from said(partial(voice.say_syllables, texts.syllables(random), throat))
        else:
            yield from said(partial(voice.say, draw(random), throat))


def _espeak_exam(place: Place, random: Random, number: int) -> Iterator[Spoken]:
    voice = formants()
    make = _exam_kind(number)
    while True:
        for variant in formant_voice.HELD_OUT:
            throat = formant_voice.Throat(variant, random.randint(180, 240), 50, 50)
            yield from said(partial(voice.say, make(random), throat))


EXAM_KINDS = ("short", "number", "reply", "general")
"""What the shards of an exam hold, in turn."""
EXAMS = ("kokoro-exam", "espeak-exam")
EXAM_SEED = 1
"""Every training sits the same exam, whatever its own seed."""


def _exam_kind(number: int) -> Callable[[Random], str]:
    return texts.KINDS[EXAM_KINDS[number % len(EXAM_KINDS)]][1]


def said(say: Callable[[], Spoken | None]) -> Iterator[Spoken]:
    """What a teacher says; nothing for a text that it cannot say."""
    try:
        spoken = say()
    except (NotASyllable, BadSyllable, KeyError):
        return
    if spoken is not None:
        yield spoken


_MAKERS: dict[str, Callable[[Place, Random, int], Iterator[Spoken]]] = {
    "kokoro": lambda place, random, number: kokoro_says(place, random, texts.draw),
    "strangers": lambda place, random, number: kokoro_says(place, random, texts.draw, teacher_voice.draw_stranger),
    "espeak": lambda place, random, number: espeak_says(random, texts.draw, loose=0.35),
    "kokoro-exam": _kokoro_exam,
    "espeak-exam": _espeak_exam,
}


@cache
def _teacher(place: Place) -> TeacherVoice:
    """The teacher of this process."""
    return TeacherVoice(place.teacher, place.foreign)


@cache
def formants() -> FormantVoice:
    """espeak-ng; its library can be opened once a process."""
    return FormantVoice()
