"""When the grammar's ear is in doubt, a free ear hears the same sound again, and the better answer is taken. Pure choice."""

from __future__ import annotations

import re
from collections.abc import Container, Iterable
from dataclasses import replace

from speech.phrases import ALARMS, likeness, sounds
from speech.ports import Heard, Pcm
from speech.vad import speech_seconds

SURE = 0.8
"""Confidence from which a grammar's answer is believed at once. Of single words of real speakers, fifteen phrases each, 381
times, the model that comes with the product believes 341, none of them wrong; of words outside the grammar it believes 10.
A row of several phrases (closeness 0.7) is never sure."""

_FIGURES = re.compile(
    r"[零二三四五六七八九十百千万亿两幺]|一(?=[百千万号月点分块元])|[今明后]天|周[一末日天]|星期|[下这]个?月|月[底初]"
)
"""A grammar that lacks 明天还 hears 今天还, and is sure: days and figures are always heard twice."""

_DIGITS = re.compile(r"[零一二三四五六七八九幺]{4,}")
"""Digits said one by one: of 29 strings of a real speaker the model that comes with the product has 27 right, Whisper 23, so a
sure first answer stands."""

LEAST_SPEECH_S = 0.15
"""A voice this long deserves a second pass when the first heard nothing."""

FREE_SURE = 0.35
"""Confidence below which an answer counts for nothing against another ear's: a free ear's against the grammar's, and a first
one's against a rejection."""

ALARM_SURE = 0.6
ALARM_ALIKE = 0.3
"""An alarm less confident than this is believed only where the second hearing shares so many of its syllables: a grammar makes
alarms of any speech outside it. Heard by our own ears alone, of 669 harmless long sentences 22 fewer alarm (of 103), of 278 of
mortal danger 4 fewer (of 122); of 192 alarms said outright, half of them at 5 dB, one fewer (of 188)."""


def is_doubtful(heard: Heard, pcm: Pcm) -> bool:
    """Whether a second ear should hear the same sound: rejected, unsure, figures, alarms, or silence on a voice."""
    if heard.text or heard.is_rejected:
        is_figure = bool(_FIGURES.search(heard.text)) and not _DIGITS.fullmatch(heard.text)
        return heard.is_rejected or heard.confidence < SURE or is_figure or heard.text in ALARMS
    return speech_seconds(pcm) >= LEAST_SPEECH_S


def is_sure(heard: Heard, pcm: Pcm) -> bool:
    """Whether what was heard is believed at once: by one ear, without doubt."""
    return bool(heard.text) and heard.ears == 1 and not is_doubtful(heard, pcm)


def better(first: Heard, second: Heard) -> Heard:
    """The answer to believe. An agreement in sound is the first's wording with the surer confidence, rejected or not.

    Who doubted and is contradicted by silence or by rejection is believed, unless the doubt was as good as disbelief.
    """
    return replace(_better(first, second), ears=first.ears + second.ears)


def _better(first: Heard, second: Heard) -> Heard:
    if _is_made_up(first, second):
        return _beside(second, first, second)
    if not second.text or second.is_rejected:
        is_disbelieved = second.is_rejected and first.confidence < FREE_SURE
        return _beside(second if is_disbelieved or not (first.text or first.is_rejected) else first, first, second)
    if first.text and sounds(first.text) == sounds(second.text):
        surer = max(first.confidence, second.confidence)
        agreed = replace(first, confidence=surer, is_rejected=False, engine=f"{first.engine}+{second.engine}")
        return _beside(agreed, first, second)
    if not first.text or first.is_rejected:
        return _beside(second, first, second)
    return _beside(first if second.confidence < FREE_SURE else second, first, second)


def _is_made_up(first: Heard, second: Heard) -> bool:
    """Whether the first is an alarm that what the second heard does not bear out. Who heard nothing contradicts nobody."""
    if first.confidence >= ALARM_SURE or not second.text or not any(alarm in first.text for alarm in ALARMS):
        return False
    return likeness(first.text, second.text) < ALARM_ALIKE


def _beside(best: Heard, *heard: Heard) -> Heard:
    """The best with everything else that the ears made of the sound."""
    believed = (text for one in heard for text in ("" if one.is_rejected else one.text, *one.alternatives))
    rejected = (text for one in heard for text in (one.text if one.is_rejected else "", *one.rejected))
    alternatives = _but(("", best.text), believed)
    return replace(best, alternatives=alternatives, rejected=_but(("", best.text, *alternatives), rejected))


def _but(known: Container[str], texts: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(text for text in texts if text not in known))
