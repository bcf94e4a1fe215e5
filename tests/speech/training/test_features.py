"""The features equal Kaldi's, number by number."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from speech.training.features import mfcc


def test_cepstra_equal_those_of_kaldis_own_code() -> None:
    """`kaldi_mfcc.json` was computed by kaldi-native-fbank 1.23 for this waveform, with the model's mfcc.conf."""
    at = np.arange(1000)
    wave = np.round(3000 * np.sin(at / 7.0) + 1500 * np.sin(at / 1.9) + ((at * 7919) % 1013 - 506))
    expected = np.array(json.loads((Path(__file__).parent / "kaldi_mfcc.json").read_text(encoding="utf-8")))
    assert np.allclose(mfcc(wave), expected, atol=2e-3)


def test_less_than_a_window_gives_no_frame() -> None:
    assert mfcc(np.zeros(199)).shape == (0, 40)
    assert mfcc(np.zeros(200)).shape == (1, 40)


def test_a_warp_moves_the_bins_and_nothing_else() -> None:
    wave = np.random.default_rng(1).normal(size=4000) * 1000
    assert mfcc(wave, warp=1.1).shape == mfcc(wave).shape
    assert not np.allclose(mfcc(wave, warp=1.1), mfcc(wave))
