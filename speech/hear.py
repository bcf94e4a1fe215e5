"""Hearing files: what `flask speech hear` does with each path. One answer a path, whatever the file is."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from speech.audio import BadAudio, read_wav, resample
from speech.classes import CLASSES, SIGN
from speech.mandarin.writing import spoken
from speech.ports import LINE_RATE_HZ, Pcm, Recognizer
from speech.second_pass import is_sure
from speech.simplified import simplified

MAX_BYTES = 64 << 20
"""A file larger than this is not an utterance."""


class BadFile(ValueError):
    """The file cannot be heard; the message says why, in Chinese."""


def load(path: Path) -> tuple[Pcm, str]:
    """Samples of a WAV file at LINE_RATE_HZ and the sha256 of its bytes. Raises BadFile."""
    try:
        if path.stat().st_size > MAX_BYTES:
            raise BadFile("文件太大")
        data = path.read_bytes()
        pcm, rate_hz = read_wav(data)
    except OSError as error:
        raise BadFile(f"读不到文件：{error.strerror}") from None
    except BadAudio as error:
        raise BadFile(str(error) or "不是能读的 WAV") from None
    return resample(pcm, rate_hz, LINE_RATE_HZ), hashlib.sha256(data).hexdigest()


def answer(recognizer: Recognizer, path: str, phrases: Sequence[str]) -> dict[str, Any]:
    """What was heard in a file, ready for JSON: path, text, confidence, is_rejected, is_sure (no second ear is asked), engine,
    seconds (of audio), sha256.

    A file that cannot be heard gives path and error.
    """
    try:
        pcm, sha256 = load(Path(path))
    except BadFile as error:
        return {"path": path, "error": str(error)}
    try:
        heard = recognizer.transcribe(pcm, phrases)
    except Exception as error:  # one bad file must not end a persistent ear
        return {"path": path, "error": f"{recognizer.name}：{type(error).__name__}：{error}"}
    return {
        "path": path,
        "text": heard.text,
        "confidence": heard.confidence,
        "is_rejected": heard.is_rejected,
        "is_sure": is_sure(heard, pcm),
        "engine": heard.engine or recognizer.name,
        "seconds": round(len(pcm) / LINE_RATE_HZ, 2),
        "sha256": sha256,
    }


class BadGrammar(ValueError):
    """The file of phrases cannot be used; the message says why, in Chinese."""


def phrases_from(file: Path | None, listed: str) -> tuple[str, ...]:
    """Phrases of a grammar file (one a line, # for comments) and of a comma-separated list, each once, as they are said.

    Raises BadGrammar when the file is not UTF-8 text, or for a class that nobody knows.
    """
    try:
        lines = file.read_text(encoding="utf-8-sig").splitlines() if file else []
    except UnicodeDecodeError:
        raise BadGrammar(f"{file} 不是 UTF-8 文本：请用记事本“另存为”，编码选 UTF-8") from None
    given = [*(line for line in map(str.strip, lines) if not line.startswith("#")), *listed.replace("，", ",").split(",")]
    for phrase in given:
        if phrase.startswith(SIGN) and phrase.removeprefix(SIGN) not in CLASSES:
            raise BadGrammar(f"没有 {phrase} 这一类；有 {' '.join(SIGN + name for name in CLASSES)}")
    return tuple(dict.fromkeys(map(as_said, filter(None, map(str.strip, given)))))


def as_said(phrase: str) -> str:
    """A phrase with figures as they are said and in simplified Hanzi; the marker of a class as it is."""
    return phrase if phrase.startswith(SIGN) else spoken(simplified(phrase))


def paths_of(given: Iterable[str], standard_input: Iterable[str]) -> Iterator[str]:
    """The paths given; `-` stands for those on standard input, read line by line as they come."""
    for path in given:
        if path == "-":
            yield from (line.strip() for line in iter_lines(standard_input) if line.strip())
        else:
            yield path


def iter_lines(stream: Iterable[str]) -> Iterator[str]:
    """Lines of a stream one at a time, without reading ahead."""
    readline = getattr(stream, "readline", None)
    return iter(readline, "") if readline else iter(stream)
