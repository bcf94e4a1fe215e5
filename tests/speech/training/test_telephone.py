"""The line: of one length with the voice, as loud and as noisy as asked, the same for the same generator."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest

from speech.ports import LINE_RATE_HZ
from speech.training.noises import draw_noise
from speech.training.spoken import RATE_HZ, Spoken, resampled
from speech.training.telephone import AMR_BITS_PER_S, coloured, draw_call, mixed, mobile, telephone


def test_the_same_generator_gives_the_same_line(said: list[Spoken]) -> None:
    first, second = (telephone(said[0].samples, 15.0, np.random.default_rng(4)) for _ in range(2))
    assert np.array_equal(first, second)


def test_noise_stands_as_far_below_the_voice_as_asked() -> None:
    voice = np.sin(np.arange(8000) / 5).astype(np.float32) * 1000
    noise = np.random.default_rng(0).normal(size=8000).astype(np.float32)
    added = mixed(voice, noise, 10.0) - voice
    ratio_db = 10 * np.log10(np.mean(voice**2) / np.mean(added**2))
    assert ratio_db == pytest.approx(10.0, abs=0.1)


def test_voice_and_labels_stay_together(said: list[Spoken]) -> None:
    for seed in range(30):
        generator = np.random.default_rng(seed)
        call = draw_call(said[2].samples, partial(coloured, generator=generator), generator)
        assert len(call.clean) == len(call.line)
        assert np.abs(call.line).max() > 30
        assert len(call.line) / 8000 == pytest.approx(said[2].seconds * call.stretch + call.lead_s, abs=0.7)


def test_every_kind_of_noise_sounds() -> None:
    for seed in range(60):
        noise = draw_noise(np.random.default_rng(seed))
        assert np.isfinite(noise).all()
        assert np.abs(noise).max() > 0


@pytest.mark.parametrize("bits_per_s", AMR_BITS_PER_S)
def test_a_mobile_codec_keeps_length_time_and_level(said: list[Spoken], bits_per_s: int) -> None:
    line = resampled(said[0].samples, RATE_HZ, LINE_RATE_HZ)[:-77]
    heard = mobile(line, bits_per_s)
    assert len(heard) == len(line)
    assert not np.array_equal(heard, line)
    power = [np.convolve(np.square(wave, dtype=np.float64), np.ones(160), "same") for wave in (line, heard)]
    shifts = range(-80, 81, 8)
    alike = [np.corrcoef(power[0][100:-100], np.roll(power[1], shift)[100:-100])[0, 1] for shift in shifts]
    assert abs(shifts[int(np.argmax(alike))]) <= 16, "2 ms"
    assert np.sqrt(power[1].mean() / power[0].mean()) == pytest.approx(1.0, abs=0.35)
