"""Telephone audio: the mu-law law of G.711, rates, loudness, trimming, WAV files of others."""

from __future__ import annotations

import io
import struct
import wave

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from speech import audio
from speech.ports import Pcm


def _tone(seconds: float, *, hz: float = 440.0, rate: int = 8000, level: float = 0.3) -> Pcm:
    at = np.arange(round(seconds * rate)) / rate
    return audio.to_int16(level * np.sin(2 * np.pi * hz * at))


@pytest.mark.parametrize(
    ("sample", "code"),
    # Rows of ITU-T G.711 table 2a (values at the decision points' outputs, 14-bit scaled to 16).
    [(0, 0xFF), (8, 0xFE), (-8, 0x7E), (120, 0xF0), (32124, 0x80), (-32124, 0x00), (32767, 0x80), (-32768, 0x00)],
)
def test_mulaw_matches_g711(sample: int, code: int) -> None:
    assert audio.encode_mulaw(np.array([sample], dtype=np.int16)) == bytes([code])


def test_every_mulaw_code_comes_back() -> None:
    every = bytes(range(256))
    again = bytearray(audio.encode_mulaw(audio.decode_mulaw(every)))
    assert again[0x7F] == 0xFF, "negative zero is written as zero"
    again[0x7F] = 0x7F
    assert bytes(again) == every


@given(st.lists(st.integers(-32635, 32635), min_size=1, max_size=50))
def test_mulaw_errs_by_less_than_half_a_step(samples: list[int]) -> None:
    pcm = np.array(samples, dtype=np.int16)
    back = audio.decode_mulaw(audio.encode_mulaw(pcm)).astype(int)
    assert (np.abs(back - pcm) <= np.maximum(4, np.abs(pcm.astype(int)) / 16 + 4)).all()


@given(st.binary(max_size=1000), st.integers(1, 400))
def test_frames_are_full_and_lose_nothing(data: bytes, size: int) -> None:
    cut = list(audio.frames(data, size))
    assert all(len(frame) == size for frame in cut)
    joined = b"".join(cut)
    assert joined[: len(data)] == data
    assert set(joined[len(data) :]) <= {0xFF}


def test_silence_is_silent_and_as_long_as_asked() -> None:
    gap = audio.silence(0.1)
    assert audio.duration_s(gap) == pytest.approx(0.1)
    assert not audio.decode_mulaw(gap).any()


def test_a_streamed_resampling_equals_the_whole() -> None:
    clip = _tone(1.0, rate=24000)
    stream = audio.Resampler(24000, 8000)
    chunks = [stream.feed(clip[at : at + 480], is_last=at + 480 >= len(clip)) for at in range(0, len(clip), 480)]
    streamed, whole = np.concatenate(chunks), audio.resample(clip, 24000, 8000)
    assert len(streamed) == len(whole) == 8000
    assert np.abs(streamed.astype(int) - whole).max() <= 2


def test_resampling_keeps_a_tone_and_drops_what_the_line_cannot_carry() -> None:
    kept = audio.resample(_tone(1.0, hz=1000, rate=24000), 24000, 8000)
    dropped = audio.resample(_tone(1.0, hz=7000, rate=24000), 24000, 8000)
    assert audio.active_dbfs(kept, 8000) == pytest.approx(audio.active_dbfs(_tone(1.0, hz=1000), 8000), abs=0.2)
    assert audio.active_dbfs(dropped[400:-400], 8000) < -60


def test_same_rate_is_left_alone() -> None:
    clip = _tone(0.1)
    assert audio.resample(clip, 8000, 8000) is clip
    assert audio.Resampler(8000, 8000).feed(clip) is clip


@pytest.mark.parametrize("level", [0.001, 0.02, 0.3, 0.99])
def test_loudness_comes_to_the_target_without_clipping(level: float) -> None:
    loud = audio.normalise(_tone(0.5, level=level), 8000)
    assert audio.active_dbfs(loud, 8000) == pytest.approx(audio.TARGET_DBFS, abs=0.3)
    assert not audio.is_clipped(loud)


def test_a_spiky_clip_stays_under_the_peak() -> None:
    spiky = _tone(0.5, level=0.01)
    spiky[1000] = 30000
    assert audio.peak_dbfs(audio.normalise(spiky, 8000)) <= audio.PEAK_DBFS + 0.01


def test_silence_has_no_level() -> None:
    nothing = np.zeros(800, dtype=np.int16)
    assert audio.normalise(nothing, 8000) is nothing
    assert audio.peak_dbfs(nothing) == float("-inf")
    assert len(audio.trim(nothing, 8000)) == 0
    assert audio.line_clip(nothing, 24000) == b""


def test_clipping_is_seen() -> None:
    assert audio.is_clipped(audio.to_int16(np.sin(np.arange(800) / 20) * 1.3))
    assert not audio.is_clipped(_tone(0.1, level=0.9))


def test_trim_cuts_silence_and_keeps_speech() -> None:
    quiet = np.zeros(4000, dtype=np.int16)
    cut = audio.trim(np.concatenate([quiet, _tone(0.5), quiet]), 8000)
    assert 0.5 <= len(cut) / 8000 <= 0.62
    assert cut[0] == 0
    assert abs(int(cut[-1])) < 100


def test_wav_round_trip_and_the_standard_library_agrees() -> None:
    clip = _tone(0.2)
    data = audio.write_wav(clip, 8000)
    with wave.open(io.BytesIO(data)) as file:
        assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (8000, 1, 2)
        assert file.readframes(file.getnframes()) == clip.tobytes()
    back, rate = audio.read_wav(data)
    assert rate == 8000
    assert (back == clip).all()


def test_of_two_channels_the_callees_is_read() -> None:
    pair = np.stack([_tone(0.1), np.zeros(800, dtype=np.int16)], axis=1)
    data = audio.write_wav(pair, 8000)
    both, _ = audio.read_wav_channels(data)
    assert (both == pair).all()
    assert (audio.read_wav(data)[0] == pair[:, 0]).all()


def test_a_mulaw_wav_with_a_strange_chunk_is_read() -> None:
    body = audio.encode_mulaw(_tone(0.1))
    head = struct.pack("<HHIIHHH", 7, 1, 8000, 8000, 1, 8, 0)
    odd = b"LIST" + struct.pack("<I", 3) + b"abc\0"
    data = b"RIFF\0\0\0\0WAVE" + odd + b"fmt " + struct.pack("<I", 18) + head + b"data" + struct.pack("<I", 800) + body
    assert (audio.read_wav(data)[0] == audio.decode_mulaw(body)).all()


def test_a_recording_cut_short_is_read_as_far_as_it_goes() -> None:
    data = audio.write_wav(_tone(0.2), 8000)
    assert len(audio.read_wav(data[:-401])[0]) == 1600 - 201
    unfinished = data.replace(b"data" + struct.pack("<I", 3200), b"data\0\0\0\0")
    assert len(audio.read_wav(unfinished)[0]) == 1600


def test_an_alaw_wav_is_read() -> None:
    body = bytes([0xD5, 0x55, 0xAA, 0x2A, 0x80])
    head = struct.pack("<HHIIHH", 6, 1, 8000, 8000, 1, 8)
    data = b"RIFF\0\0\0\0WAVEfmt " + struct.pack("<I", 16) + head + b"data" + struct.pack("<I", len(body)) + body
    assert audio.read_wav(data)[0].tolist() == [8, -8, 32256, -32256, 5504]


@pytest.mark.parametrize(
    "data", [b"", b"RIFF", b"ID3 an mp3 file", b"RIFF\0\0\0\0WAVE", audio.write_wav(_tone(0.1), 1), b"\0" * 100]
)
def test_what_is_not_a_wav_is_refused(data: bytes) -> None:
    with pytest.raises(audio.BadAudio):
        audio.read_wav(data)
