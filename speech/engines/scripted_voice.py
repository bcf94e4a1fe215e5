"""A voice for hermetic tests: quiet hums of a plausible length, one a syllable, the same every time. Nobody understands it."""

from __future__ import annotations

import numpy as np

from kit.settings import Settings
from speech.audio import to_int16, trim
from speech.mandarin.readings import words
from speech.ports import LINE_RATE_HZ, Pcm

SYLLABLE_S = 0.18
MARK_S = 0.15
_HUM_S = 0.14


class ScriptedVoice:
    """Hums at a height that depends on the syllable, so that different texts sound different."""

    name = "scripted"
    version = "1"
    is_for_people = False

    def voices(self) -> tuple[str, ...]:
        """Any name is accepted; this one is listed."""
        return ("hum",)

    def render(self, text: str, voice: str, *, speed: float = 1.0) -> tuple[Pcm, int]:
        """Samples at the line's rate, without silence at the ends."""
        parts = [np.zeros(0, dtype=np.int16)]
        for word in words(text):
            if word.is_mark:
                parts.append(np.zeros(round(MARK_S / speed * LINE_RATE_HZ), dtype=np.int16))
            parts += [_hum(syllable, speed) for syllable in word.syllables]
        return trim(np.concatenate(parts), LINE_RATE_HZ), LINE_RATE_HZ


def load(settings: Settings) -> ScriptedVoice:
    """Always there."""
    return ScriptedVoice()


def _hum(syllable: str, speed: float) -> Pcm:
    height_hz = 180 + 7 * (sum(map(ord, syllable)) % 40)
    samples = np.zeros(round(SYLLABLE_S / speed * LINE_RATE_HZ))
    length = round(_HUM_S / speed * LINE_RATE_HZ)
    at = np.arange(length) / LINE_RATE_HZ
    samples[:length] = 0.2 * np.sin(2 * np.pi * height_hz * at) * np.hanning(length)
    return to_int16(samples)
