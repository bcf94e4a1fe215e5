"""Is this frame a voice? WebRTC's detector behind an energy gate that follows the line's own noise. One per call."""

from __future__ import annotations

import numpy as np
import webrtcvad

from speech.ports import FRAME_S, FRAME_SAMPLES, LINE_RATE_HZ, Pcm

AGGRESSIVENESS = 2
"""WebRTC's mode 0..3; 3 loses soft syllables' ends, 1 takes car noise for speech."""

QUIETEST_DBFS = -52.0
"""Below this nothing on a telephone line is speech to us (mu-law's own steps lie near -70)."""

ABOVE_NOISE_DB = 6.0
"""How far speech must stand above the line's noise."""

_RISE_DB = 1.5 * FRAME_S
"""The noise estimate rises by 1.5 dB a second: a sentence cannot pass for noise, a motorway can."""
_FALL = 0.2
"""Share of the way that the estimate falls to a quieter frame."""
_LOWEST_DB, _HIGHEST_DB = -75.0, -30.0


class VoiceActivity:
    """Follows one call's inbound frames."""

    def __init__(self, aggressiveness: int = AGGRESSIVENESS) -> None:
        self._detector = webrtcvad.Vad(aggressiveness)
        self._noise_db = _LOWEST_DB

    def is_speech(self, pcm: Pcm) -> bool:
        """Whether these 20 ms (160 samples at 8 kHz) sound like a voice. Shorter frames are padded with silence."""
        frame = pcm if len(pcm) == FRAME_SAMPLES else np.resize(np.append(pcm, np.zeros(FRAME_SAMPLES)), FRAME_SAMPLES)
        level = level_dbfs(frame)
        is_voice = bool(self._detector.is_speech(frame.astype("<i2").tobytes(), LINE_RATE_HZ))
        is_loud = level >= max(QUIETEST_DBFS, self._noise_db + ABOVE_NOISE_DB)
        self._follow(level)
        return is_voice and is_loud

    def _follow(self, level: float) -> None:
        if level < self._noise_db:
            self._noise_db += _FALL * (max(level, _LOWEST_DB) - self._noise_db)
        else:
            self._noise_db = min(self._noise_db + _RISE_DB, level, _HIGHEST_DB)


def level_dbfs(pcm: Pcm) -> float:
    """Root mean square of the samples against full scale, in dB; -inf for silence and for nothing."""
    if not len(pcm):
        return float("-inf")
    power = float(np.mean(np.square(pcm.astype(np.float64))))
    return 10 * float(np.log10(power / 32768**2)) if power else float("-inf")


def speech_frames(pcm: Pcm) -> list[bool]:
    """The voice flag of every whole frame of a clip, by a fresh detector."""
    activity = VoiceActivity()
    whole = range(0, len(pcm) - FRAME_SAMPLES + 1, FRAME_SAMPLES)
    return [activity.is_speech(pcm[start : start + FRAME_SAMPLES]) for start in whole]


def speech_seconds(pcm: Pcm) -> float:
    """Seconds of a clip that sound like a voice."""
    return sum(speech_frames(pcm)) * FRAME_S
