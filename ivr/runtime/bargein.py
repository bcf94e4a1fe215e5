"""When a voice over our prompt is an interruption: somebody takes the floor. Pure.

`speech.onset` tells a sentence that begins from an 嗯, 对 or 好的 and from coughs, tones and music, mostly within 0.3 s.
Where the engine already shows words, they count too: those of somebody listening hold it back, others confirm it. What
stops us wrongly all the same is told from its text afterwards, and then the prompt goes on where it was cut.
"""

from __future__ import annotations

from speech.onset import ACCOMPANYING, Kind, Opening
from speech.ports import Pcm

LONG_FRAMES = 50
"""1 s: by then it need not be sure, whatever the words seem to be..."""
LONG_ODDS = 0.5
"""...but likelier than not: a motorway sounds like a long 嗯."""
WORDS_FRAMES = 15
"""300 ms of voice after which words that nobody says while listening confirm an interruption."""
NOISE = 0.5
"""From this probability on a sound is no speech, whatever words an engine makes of it."""


class Onset:
    """The voice over our prompt, on one call."""

    def __init__(self) -> None:
        self._opening = Opening()

    def push(self, pcm: Pcm, *, is_voiced: bool) -> None:
        """Take 20 ms."""
        self._opening.push(pcm, is_voiced=is_voiced)

    def reset(self) -> None:
        """What was said so far has been dealt with."""
        self._opening.reset()

    def is_interruption(self, partial: str) -> bool:
        """Whether somebody is taking the floor right now."""
        opening = self._opening
        if not opening.is_going_on:
            return False
        if opening.frames >= LONG_FRAMES and opening.odds()[Kind.FLOOR] >= LONG_ODDS:
            return True
        if partial and set(partial) <= ACCOMPANYING:
            return False
        if len(partial) > 1 and opening.frames >= WORDS_FRAMES and opening.odds()[Kind.OTHER] < NOISE:
            return True
        return opening.takes_floor()
