"""Kokoro-82M: the neural voice that people hear. Renders Mandarin at 24 kHz on the processor, ahead of a call."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import Path

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from kit.settings import Settings
from speech.audio import to_int16, trim
from speech.mandarin.phonemes import phonemes
from speech.mandarin.readings import Word, words
from speech.models import KOKORO_FILE, require
from speech.ports import EngineUnavailable, Pcm

RATE_HZ = 24_000
MAX_TOKENS = 200
"""Longer texts are cut at marks: the model takes 510, but its tune holds best over one or two clauses."""

SENTENCE_GAP_S = 0.28
CLAUSE_GAP_S = 0.14
THREADS = 1
"""Of one text; several are rendered side by side (speech.side_by_side)."""
VOICES = Path(__file__).parent.parent / "voices"
_ROW = 256


class Kokoro:
    """A loaded Kokoro model. `render` may be called from several threads."""

    name = "kokoro"
    version = "v1.0-int8-1"
    is_for_people = True

    def __init__(self, model_file: Path, *, threads: int = THREADS) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")  # leaves the cores to live calls
        self._session = onnxruntime.InferenceSession(str(model_file), options, providers=["CPUExecutionProvider"])

    def voices(self) -> tuple[str, ...]:
        """The Mandarin voices: zf_* are women, zm_* men."""
        return tuple(sorted(path.stem for path in VOICES.glob("z[fm]_*.bin")))

    def render(self, text: str, voice: str, *, speed: float = 1.0) -> tuple[Pcm, int]:
        """Samples at 24 kHz without silence at the ends. Raises EngineUnavailable for an unknown voice."""
        if voice not in self.voices():
            raise EngineUnavailable(f"kokoro 没有嗓音 {voice!r}；可用：{'、'.join(self.voices())}")
        vectors = style(VOICES / f"{voice}.bin")
        parts: list[Pcm] = []
        for chunk in _chunks(words(text)):
            parts.append(self._infer(tokens(chunk), vectors, speed))
            gap_s = CLAUSE_GAP_S if chunk[-1].text in ",:;" else SENTENCE_GAP_S
            parts.append(np.zeros(round(gap_s / speed * RATE_HZ), dtype=np.int16))
        return (np.concatenate(parts[:-1]) if parts else np.zeros(0, dtype=np.int16)), RATE_HZ

    def _infer(self, numbers: Sequence[int], style: NDArray[np.float32], speed: float) -> Pcm:
        """One chunk; the row of the style matrix is the number of tokens."""
        feeds = {
            "tokens": np.array([[0, *numbers, 0]], dtype=np.int64),
            "style": style[min(len(numbers), len(style) - 1)][None],
            "speed": np.array([speed], dtype=np.float32),
        }
        sound = np.asarray(self._session.run(None, feeds)[0]).ravel()
        return trim(to_int16(sound), RATE_HZ)


def load(settings: Settings) -> Kokoro:
    """The engine on the fetched model. Raises EngineUnavailable with the command that mends it."""
    return Kokoro(require("kokoro", settings.resolved_cache_dir) / KOKORO_FILE)


def tokens(chunk: Sequence[Word]) -> list[int]:
    """Token numbers of a chunk, closed by a full stop when it has no mark at its end."""
    said = phonemes(chunk)
    if chunk and not chunk[-1].is_mark:
        said += "."
    table = vocabulary()
    return [table[char] for char in said]


def _chunks(said: Sequence[Word]) -> Iterator[list[Word]]:
    """Sentences, cut further at any mark when they grow long."""
    chunk: list[Word] = []
    for word in said:
        chunk.append(word)
        length = len(phonemes(chunk))
        if (word.is_mark and (word.text in ".!?…" or length > MAX_TOKENS * 0.6)) or length > MAX_TOKENS:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


@lru_cache(maxsize=1)
def vocabulary() -> dict[str, int]:
    """Token number of each phoneme symbol."""
    table: dict[str, int] = json.loads((VOICES / "vocab.json").read_text(encoding="utf-8"))
    return table


@lru_cache(maxsize=128)
def style(voice_file: Path) -> NDArray[np.float32]:
    """Style vectors [510, 256] of a voice; the row is the number of tokens."""
    return np.fromfile(voice_file, dtype=np.float32).reshape(-1, _ROW)
