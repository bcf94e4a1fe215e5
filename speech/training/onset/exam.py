"""The exam of `speech.onset`: what share of each kind interrupts, and how soon, for voices and noises never heard."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from speech.onset import Kind, Network, Opening
from speech.ports import FRAME_SAMPLES, LINE_RATE_HZ
from speech.training import brief_words
from speech.training.onset.examples import Example, sources
from speech.training.voices import Place
from speech.vad import VoiceActivity


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
    """Print what share of each kind interrupts, and how soon, for voices that were never heard. Raises NoSpeech."""
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
