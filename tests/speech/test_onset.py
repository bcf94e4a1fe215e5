"""Real sentences take the floor; noises, short sounds and silence do not; looking late sees the same as looking always."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from speech.audio import decode_mulaw, line_clip, read_wav
from speech.onset import EARLIEST_FRAMES, GAP_FRAMES, WEIGHTS, Kind, Opening, is_accompanying, shipped
from speech.ports import FRAME_SAMPLES, Pcm
from speech.vad import VoiceActivity

CLIPS = sorted((Path(__file__).parent / "clips").glob("*.wav"))


def clip(path: Path) -> Pcm:
    return decode_mulaw(line_clip(*read_wav(path.read_bytes())))


def fed(opening: Opening, pcm: Pcm) -> float | None:
    """Seconds of the clip after which the floor is taken."""
    activity = VoiceActivity()
    for place in range(0, len(pcm) - FRAME_SAMPLES + 1, FRAME_SAMPLES):
        frame = pcm[place : place + FRAME_SAMPLES]
        opening.push(frame, is_voiced=activity.is_speech(frame))
        if opening.takes_floor():
            return (place + FRAME_SAMPLES) / 8000
    return None


def first_sound_s(pcm: Pcm) -> float:
    return float(np.flatnonzero(np.abs(pcm) > 400)[0]) / 8000


@pytest.mark.parametrize("path", CLIPS, ids=lambda path: str(path.stem))
def test_a_sentence_takes_the_floor_before_half_a_second(path: Path) -> None:
    pcm = clip(path)
    taken = fed(Opening(), pcm)
    assert taken is not None
    assert taken - first_sound_s(pcm) <= 0.5


def _noise(name: str) -> Pcm:
    chance, at = np.random.default_rng(5), np.arange(12_000) / 8000
    made = {
        "hiss": chance.normal(0, 900, 12_000),
        "ring-back": 4000 * np.sin(2 * np.pi * 450 * at),
        "two keys": 3000 * (np.sin(2 * np.pi * 770 * at) + np.sin(2 * np.pi * 1336 * at)),
        "bang": chance.normal(0, 9000, 12_000) * np.exp(-at / 0.1),
        "mains": 5000 * np.sin(2 * np.pi * 50 * at) + 2000 * np.sin(2 * np.pi * 150 * at),
    }
    return np.asarray(made[name], dtype=np.int16)


@pytest.mark.parametrize("name", ["hiss", "ring-back", "two keys", "bang", "mains"])
def test_no_noise_takes_the_floor_even_if_all_of_it_passes_for_a_voice(name: str) -> None:
    opening, pcm = Opening(), _noise(name)
    for place in range(0, len(pcm) - FRAME_SAMPLES, FRAME_SAMPLES):
        opening.push(pcm[place : place + FRAME_SAMPLES], is_voiced=True)
        assert not opening.takes_floor()


def test_looking_late_sees_the_same_as_looking_always() -> None:
    pcm, often, once = clip(CLIPS[0]), Opening(), Opening()
    begin = round(first_sound_s(pcm) * 50)
    for place in range(begin, begin + 20):
        frame = pcm[place * FRAME_SAMPLES : (place + 1) * FRAME_SAMPLES]
        often.push(frame, is_voiced=True)
        once.push(frame, is_voiced=True)
        often.odds()
    assert np.allclose(often.odds(), once.odds(), atol=1e-4)


def test_nothing_is_decided_at_once_nor_after_the_end_of_a_short_word() -> None:
    pcm, opening = clip(CLIPS[0]), Opening()
    begin = round(first_sound_s(pcm) * 50)
    for place in range(begin, begin + EARLIEST_FRAMES - 1):
        opening.push(pcm[place * FRAME_SAMPLES : (place + 1) * FRAME_SAMPLES], is_voiced=True)
        assert not opening.takes_floor()
    for _ in range(4):
        opening.push(np.zeros(FRAME_SAMPLES, np.int16), is_voiced=False)
    assert not opening.takes_floor()


def test_a_silence_ends_a_voice_and_the_next_is_judged_afresh() -> None:
    opening = Opening()
    opening.push(np.full(FRAME_SAMPLES, 900, np.int16), is_voiced=True)
    assert opening.frames == 1
    for _ in range(GAP_FRAMES + 1):
        opening.push(np.zeros(FRAME_SAMPLES, np.int16), is_voiced=False)
    assert opening.frames == 0
    assert opening.odds()[Kind.OTHER] == 1.0


def test_the_network_is_small_and_whole() -> None:
    assert WEIGHTS.stat().st_size < 200_000
    assert np.isclose(shipped().odds(np.zeros(shipped().cells, np.float32)).sum(), 1.0)


@pytest.mark.parametrize(
    ("text", "is_it"), [("好的", True), ("嗯嗯", True), ("对对对", True), ("", False), ("好的我知道", False)]
)
def test_what_is_said_while_listening(text: str, is_it: bool) -> None:
    assert is_accompanying(text) is is_it
