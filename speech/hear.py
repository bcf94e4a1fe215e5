"""Hearing files: what `flask speech hear` does with each path. One answer a path, whatever the file is."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from speech.audio import BadAudio, read_wav, resample
from speech.classes import CLASSES, SIGN
from speech.mandarin.numbers import digits
from speech.mandarin.writing import spoken
from speech.ports import LINE_RATE_HZ, Heard, Pcm, Recognizer
from speech.second_pass import is_sure
from speech.simplified import simplified
from speech.textfile import BadText, text_of

MAX_BYTES = 64 << 20
"""A file larger than this is not an utterance."""


_BARE = re.compile(r"(?<![\d.,￥¥])\d{3,}(?![\d.,%元块万千百年月号日天期个])")


class BadFile(ValueError):
    """The file cannot be heard; the message says why, in Chinese."""


def load(path: Path) -> tuple[Pcm, str]:
    """Samples of a WAV file at LINE_RATE_HZ, of several channels the first, and the sha256 of its bytes. Raises BadFile."""
    try:
        if path.stat().st_size > MAX_BYTES:
            raise BadFile("文件太大")
        data = path.read_bytes()
        pcm, rate_hz = read_wav(data)
    except OSError as error:
        raise BadFile(f"读不到文件：{error.strerror}") from None
    except BadAudio as error:
        raise BadFile(str(error) or "不是能读的 WAV") from None
    if not len(pcm):
        raise BadFile("里面没有声音")
    return resample(pcm, rate_hz, LINE_RATE_HZ), hashlib.sha256(data).hexdigest()


def heard_in(recognizer: Recognizer, pcm: Pcm, phrases: Sequence[str]) -> Heard:
    """What was heard in a file's samples. Raises BadFile when the engine fails: one file must not end a run."""
    try:
        return recognizer.transcribe(pcm, phrases)
    except Exception as error:
        raise BadFile(f"{recognizer.name}：{type(error).__name__}：{error}") from error


def answer(recognizer: Recognizer, path: str, phrases: Sequence[str]) -> dict[str, Any]:
    """What was heard in a file, ready for JSON: path, text, confidence, is_rejected, is_sure (no second ear is asked), engine,
    seconds (of audio), sha256.

    A file that cannot be heard gives path and error.
    """
    try:
        pcm, sha256 = load(Path(path))
        heard = heard_in(recognizer, pcm, phrases)
    except BadFile as error:
        return {"path": path, "error": str(error)}
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


def phrases_from(file: Path | None, listed: str) -> tuple[str, ...]:
    """Phrases of a grammar file and of a comma-separated list, each once, as they are said.

    A file holds a phrase a line; what stands behind a tab or behind a `#` after a space is no part of it. Raises BadText
    for a file without a phrase and for a class that nobody knows.
    """
    lines = [re.split(r"\t|(?:^|\s)#", line)[0].strip() for line in text_of(file).splitlines()] if file else []
    if file and not any(lines):
        raise BadText(f"{file} 里一个短语也没有：每行写一个")
    given = [phrase for phrase in (*lines, *map(str.strip, listed.replace("，", ",").split(","))) if phrase]
    for phrase in given:
        if phrase.startswith(SIGN) and phrase.removeprefix(SIGN) not in CLASSES:
            raise BadText(f"没有 {phrase} 这一类；有 {' '.join(SIGN + name for name in CLASSES)}")
    return tuple(dict.fromkeys(way for phrase in given for way in ways_of(phrase)))


def ways_of(phrase: str) -> tuple[str, ...]:
    """How a phrase is said, in simplified Hanzi: figures as numbers, and those that measure nothing also digit by digit
    (110: 一百一十, 一一零, 幺幺零). The marker of a class is left as it is."""
    if phrase.startswith(SIGN):
        return (phrase,)
    written = dict.fromkeys((phrase, *(_one_by_one(phrase, one) for one in "一幺")))
    return tuple(dict.fromkeys(map(as_said, written)))


def _one_by_one(phrase: str, one: str) -> str:
    return _BARE.sub(lambda found: digits(found[0], one=one), phrase)


def as_said(text: str) -> str:
    """A text as it is said, in simplified Hanzi: figures as numbers."""
    return simplified(spoken(text))


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
