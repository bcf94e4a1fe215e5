"""Voice against silence, hum, noise and clicks, on made-up sound; real voices are in the engines' tests."""

from __future__ import annotations

import numpy as np
import pytest

from speech.audio import decode_mulaw
from speech.ports import FRAME_SAMPLES, Pcm
from speech.vad import VoiceActivity, level_dbfs, speech_frames, speech_seconds


def voice(seconds: float, level: float = 6000.0) -> Pcm:
    """A buzz of 140 Hz through three formants, louder and softer four times a second: enough for a voice detector."""
    time = np.arange(int(seconds * 8000)) / 8000
    pulses = np.sign(np.sin(2 * np.pi * 140 * time)) * 0.2
    formants = sum(np.sin(2 * np.pi * f * time) * np.abs(np.sin(2 * np.pi * 140 * time)) for f in (600, 1200, 2400))
    shape = 0.6 + 0.4 * np.sin(2 * np.pi * 4 * time)
    wave = (pulses + np.asarray(formants)) * shape
    return np.asarray(wave / np.abs(wave).max() * level, dtype=np.int16)


def noise(seconds: float, rms: float) -> Pcm:
    return (np.random.default_rng(3).normal(size=int(seconds * 8000)) * rms).astype(np.int16)


def test_a_voice_is_heard() -> None:
    assert speech_seconds(voice(1.0)) > 0.8


@pytest.mark.parametrize("clip", [np.zeros(16000, np.int16), decode_mulaw(b"\xff" * 16000), noise(2.0, 20)])
def test_silence_is_not_a_voice(clip: Pcm) -> None:
    assert speech_seconds(clip) == 0.0


def test_steady_noise_is_learnt() -> None:
    flags = speech_frames(noise(30.0, 600))
    assert sum(flags[-250:]) / 250 < 0.05


def test_a_voice_over_noise_is_still_heard() -> None:
    activity = VoiceActivity()
    for start in range(0, 80_000, FRAME_SAMPLES):
        activity.is_speech(noise(10.0, 300)[start : start + FRAME_SAMPLES])
    speaking = voice(1.0, 12000.0) + noise(1.0, 300)
    flags = [activity.is_speech(speaking[start : start + FRAME_SAMPLES]) for start in range(0, 8000, FRAME_SAMPLES)]
    assert sum(flags) > 30


def test_whispered_level_is_gated() -> None:
    assert speech_seconds(voice(1.0, 40.0)) == 0.0


@pytest.mark.parametrize("size", [0, 1, 80, 159, 160])
def test_short_frames_are_taken(size: int) -> None:
    assert VoiceActivity().is_speech(np.zeros(size, np.int16)) is False


def test_levels() -> None:
    assert level_dbfs(np.zeros(160, np.int16)) == float("-inf")
    assert level_dbfs(np.zeros(0, np.int16)) == float("-inf")
    assert level_dbfs(np.full(160, 16384, np.int16)) == pytest.approx(-6.02, abs=0.01)
