"""Prompts rendered before a call and kept: text -> 8 kHz mu-law on disk. Nothing is rendered while a call waits. What every
call may need comes rendered with the product, in the default voice (`speech.shipped_clips`).

A clip's name is a digest of what is really said (its pinyin and marks), the voice, the engine with its version and the
line's rate: a corrected reading makes a new clip. Clips that name a person or an amount lie apart, under names that only
the holder of the key can make. Files are Sun .au (mu-law), so that their length can be checked and any player opens them.
"""

from __future__ import annotations

import fcntl
import hashlib
import hmac
import os
import struct
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path

from kit.folders import private_folder
from kit.settings import Settings
from speech import audio, catalogue
from speech.mandarin.phonemes import syllable_phonemes
from speech.mandarin.readings import words
from speech.ports import LINE_RATE_HZ, Synthesizer
from speech.shipped_clips import ShippedClips
from speech.side_by_side import side_by_side

PIECE_GAP_S = 0.03
"""Silence between the pieces of one value (a date, an amount): they are one phrase."""

CLAUSE_GAP_S = 0.12
"""Silence between clauses of a sentence that are clips of their own."""

_HEAD = struct.Struct(">4sIIIII")
_MULAW = 1
_SLOWEST_SYLLABLE_S, _FASTEST_SYLLABLE_S = 1.6, 0.04

OnProgress = Callable[[int, int], None]


class MissingClip(LookupError):
    """A text was not rendered before the call. The message does not repeat it: it may name a person."""

    code = "missing_clip"


class RenderFailed(Exception):
    """An engine gave something that is not this text: silent, clipped, or far too short or long."""

    code = "render_failed"


@dataclass(frozen=True, slots=True)
class Rendered:
    """What a rendering run did: clips made, clips that were there, seconds of new sound."""

    made: int
    present: int
    seconds: float


class PromptStore:
    """The clips of one voice of one engine. Shared by threads; several processes may use the same directories."""

    def __init__(
        self,
        public_dir: Path,
        personal_dir: Path,
        *,
        key: bytes,
        voice: str,
        engine: str,
        load: Callable[[], Synthesizer],
        shipped: ShippedClips | None = None,
    ) -> None:
        """`engine` is name and version; `load` is called when something must be rendered, at the earliest then.

        `shipped` are clips that need no rendering (package data).
        """
        self._public_dir, self._personal_dir = public_dir, personal_dir
        self._key = key
        self._voice, self._engine, self._load = voice, engine, load
        self._shipped = shipped or ShippedClips(Path())
        self._clip = lru_cache(maxsize=2048)(self._read)

    def clip(self, text: str) -> bytes:
        """The mu-law bytes of a text. Raises MissingClip."""
        return self._clip(text)

    def joined(self, texts: Sequence[str], gap_s: float = PIECE_GAP_S) -> bytes:
        """Several clips in a row with silence between them. Raises MissingClip."""
        return audio.silence(gap_s).join(self.clip(text) for text in texts)

    def missing(self, texts: Sequence[str]) -> tuple[str, ...]:
        """Those texts that have no clip yet, each once, in order."""
        return tuple(text for text in dict.fromkeys(texts) if not self._is_there(text))

    def render_all(self, texts: Sequence[str], *, is_personal: bool = False, on_progress: OnProgress | None = None) -> Rendered:
        """Make the clips that are missing. `on_progress(done, wanted)` counts those to be made.

        `is_personal`: the texts name a person, an amount or a date of somebody. Raises EngineUnavailable, RenderFailed.
        """
        made: list[float] = []
        if wanted := self.missing(texts):
            make = partial(self._make, self._load(), is_personal=is_personal)
            for done, seconds in enumerate(side_by_side(make, wanted), 1):
                made += [] if seconds is None else [seconds]
                if on_progress:
                    on_progress(done, len(wanted))
        return Rendered(len(made), len(dict.fromkeys(texts)) - len(made), sum(made))

    def _make(self, synthesizer: Synthesizer, text: str, *, is_personal: bool) -> float | None:
        """Seconds of the clip that was made; None when another process had made it meanwhile."""
        path = self._path(text, is_personal=is_personal)
        with _locked(path.parent):
            if _is_whole(path):
                return None
            clip = render_clip(synthesizer, text, self._voice)
            write_clip(path, clip)
            return audio.duration_s(clip)

    def forget(self, texts: Sequence[str]) -> int:
        """Delete personal clips (erasure, a call that is over); how many there were."""
        paths = [self._path(text, is_personal=True) for text in dict.fromkeys(texts)]
        there = [path for path in paths if path.exists()]
        for path in there:
            path.unlink(missing_ok=True)
        self._clip.cache_clear()
        return len(there)

    def _is_there(self, text: str) -> bool:
        is_rendered = any(_is_whole(self._path(text, is_personal=personal)) for personal in (False, True))
        return is_rendered or self.public_name(text) in self._shipped

    def _read(self, text: str) -> bytes:
        for is_personal in (False, True):
            clip = read_clip(self._path(text, is_personal=is_personal))
            if clip is not None:
                return clip
        if (clip := self._shipped.get(self.public_name(text))) is not None:
            return clip
        raise MissingClip("提示音没有预先渲染")

    def public_name(self, text: str) -> str:
        """The name of a text's clip that names nobody."""
        return self._name(text, b"public")

    def _path(self, text: str, *, is_personal: bool) -> Path:
        folder = self._personal_dir if is_personal else self._public_dir
        name = self._name(text, self._key) if is_personal else self.public_name(text)
        return folder / name[:2] / f"{name}.au"

    def _name(self, text: str, key: bytes) -> str:
        identity = "\n".join((_said(text), self._voice, self._engine, str(LINE_RATE_HZ)))
        return hmac.new(key, identity.encode(), hashlib.sha256).hexdigest()


def open_prompts(settings: Settings, key: bytes) -> PromptStore:
    """The store of the settings' voice and engine; `key` is the key of keyed digests. Loads no engine."""
    return PromptStore(
        settings.resolved_cache_dir / "prompts",
        settings.data_dir / "prompts",
        key=key,
        voice=settings.voice,
        engine=catalogue.voice_facts(settings).identity,
        load=lambda: catalogue.synthesizer(settings),
        shipped=ShippedClips(),
    )


def render_clip(synthesizer: Synthesizer, text: str, voice: str) -> bytes:
    """A text as the line plays it. Raises RenderFailed when the sound cannot be this text."""
    pcm, rate_hz = synthesizer.render(text, voice)
    clip = audio.line_clip(pcm, rate_hz)
    syllables = sum(len(word.syllables) for word in words(text))
    lasts_s = audio.duration_s(clip)
    if not _FASTEST_SYLLABLE_S * syllables <= lasts_s <= _SLOWEST_SYLLABLE_S * (syllables + 1):
        raise RenderFailed(f"合成结果时长不对：{syllables} 个音节，{lasts_s:.1f} 秒")
    if audio.is_clipped(audio.decode_mulaw(clip)):
        raise RenderFailed("合成结果削波")
    return clip


def write_clip(path: Path, mulaw: bytes) -> None:
    """Put a clip in place at once (atomic rename), readable as an .au file."""
    private_folder(path.parent)
    draft = path.with_name(f"{path.name}.{os.getpid()}.part")
    draft.write_bytes(_HEAD.pack(b".snd", _HEAD.size, len(mulaw), _MULAW, LINE_RATE_HZ, 1) + mulaw)
    draft.replace(path)


def read_clip(path: Path) -> bytes | None:
    """The mu-law bytes of an .au file; None when it is absent or not whole."""
    try:
        data = path.read_bytes()
    except OSError:
        return None
    if len(data) < _HEAD.size:
        return None
    magic, at, size, kind, rate_hz, channels = _HEAD.unpack_from(data)
    if (magic, kind, rate_hz, channels) != (b".snd", _MULAW, LINE_RATE_HZ, 1) or len(data) != at + size:
        return None
    return data[at:]


def _is_whole(path: Path) -> bool:
    """Whether the file is there with the length that its head states."""
    try:
        with path.open("rb") as file:
            head = file.read(_HEAD.size)
        return len(head) == _HEAD.size and path.stat().st_size == sum(_HEAD.unpack(head)[1:3])
    except OSError:
        return False


@lru_cache(maxsize=8192)
def _said(text: str) -> str:
    """What is really said: phonemes by word, and marks."""
    return " ".join(word.text if word.is_mark else "".join(map(syllable_phonemes, word.syllables)) for word in words(text))


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """One renderer at a time in this folder: two processes never render the same clip."""
    private_folder(folder)
    with (folder / ".lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
