"""What an ear may have heard: hypotheses of timed words with their likelihood, and the text they speak for. Pure.

A run-time grammar is a back-off bigram: its likeliest single path is often a mixture of pieces while a phrase that was listed
stands just behind it. The text that is taken is the one whose hypotheses are likeliest and fit what is expected.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from heapq import nlargest
from math import exp
from typing import Any

from speech import classes
from speech.ears import UNKNOWN
from speech.phrases import plain, snap
from speech.ports import NOTHING, Heard

KEPT = 20
"""Hypotheses of an utterance that are weighed."""

LEAST_KNOWN = 0.2
"""Share of the likelihood that must lie on known words, by their time, for any text to be told: below it the sound is [unk] or
silence. Of 508 words of real speakers and short answers of synthetic voices it costs 4 that were right; of 200 utterances of
general language a yes-or-no grammar makes a text of 75, and not of 170."""


@dataclass(frozen=True, slots=True)
class Word:
    """A word as the engine timed it, in seconds since the utterance began; its own confidence, 0..1, where one is given."""

    text: str
    start_s: float
    end_s: float
    confidence: float = 1.0


@dataclass(frozen=True, slots=True)
class Hypothesis:
    """Words in a row, [unk] among them. `score` is the logarithm of their likelihood, up to a term that all share."""

    words: tuple[Word, ...]
    score: float = 0.0

    @property
    def known(self) -> tuple[Word, ...]:
        """Its words without [unk]."""
        return tuple(word for word in self.words if word.text != UNKNOWN)

    @property
    def text(self) -> str:
        """What it says, without [unk] and spaces."""
        return plain(" ".join(word.text for word in self.known))

    @property
    def known_share(self) -> float:
        """Share of its time outside [unk], each word counting as far as it is confident."""
        spoken_s = sum(word.end_s - word.start_s for word in self.words)
        known_s = sum(word.confidence * (word.end_s - word.start_s) for word in self.known)
        return known_s / spoken_s if spoken_s else 1.0


SILENCE = Hypothesis(())


def hypotheses(result: str, *, before_s: float = 0.0) -> list[Hypothesis]:
    """Those of a Vosk result (JSON), likeliest first: its alternatives, or the one of a decoder that gives none.

    Its clock began `before_s` before the utterance.
    """
    found = json.loads(result)
    if "alternatives" not in found:
        return [Hypothesis(_words(found.get("result", ()), before_s))]
    return [Hypothesis(_words(each.get("result", ()), before_s), float(each["confidence"])) for each in found["alternatives"]]


def joined(parts: Iterable[Sequence[Hypothesis]]) -> list[Hypothesis]:
    """The likeliest of an utterance that the decoder cut at pauses, likeliest first."""
    whole = [SILENCE]
    for part in parts:
        longer = (Hypothesis(one.words + more.words, one.score + more.score) for one in whole for more in part or [SILENCE])
        whole = nlargest(KEPT, longer, key=lambda hypothesis: hypothesis.score)
    return whole


def heard_among(
    found: Sequence[Hypothesis], phrases: Sequence[str], named: Sequence[str] = (), *, engine: str, least: float
) -> Heard:
    """The text that the hypotheses, likeliest first, speak for, brought to the phrases and classes expected.

    Confidence is the share of the likelihood whose hypotheses come to the text, less the share of their time inside [unk], less
    what parts them from a phrase or member. Under `least` it is rejected.
    """
    if not found:
        return NOTHING
    confidences: dict[str, float] = defaultdict(float)
    timed: dict[str, tuple[Word, ...]] = {}
    likelihoods = [exp(each.score - found[0].score) for each in found]
    shares = [likelihood / sum(likelihoods) for likelihood in likelihoods]
    known = [(each, share) for each, share in zip(found, shares, strict=True) if each.text]
    if not known or sum(share * each.known_share for each, share in known) < LEAST_KNOWN:
        return _unknown(found[0].words, engine)
    for each, share in known:
        snapped = snap(each.text, phrases, partial(classes.fits, classes=named))
        confidences[snapped.text] += share * snapped.closeness * each.known_share
        timed.setdefault(snapped.text, each.known)
    text = max(confidences, key=confidences.__getitem__)
    confidence, words = round(confidences[text], 3), timed[text]
    is_rejected = confidence < least
    return Heard(text, confidence, is_rejected, start_s=words[0].start_s, end_s=words[-1].end_s, engine=engine)


def _unknown(words: Sequence[Word], engine: str) -> Heard:
    if not words:
        return NOTHING
    return Heard("", 0.0, is_rejected=True, start_s=words[0].start_s, end_s=words[-1].end_s, engine=engine)


def _words(entries: Iterable[Mapping[str, Any]], before_s: float) -> tuple[Word, ...]:
    def at(seconds: float) -> float:
        return round(seconds - before_s, 2)

    return tuple(Word(e["word"], at(e["start"]), at(e["end"]), min(1.0, float(e.get("conf", 1.0)))) for e in entries)
