"""Clips for benchmarks, as they sound on the line: phrases by Kokoro's Mandarin voices, coughs and noises by formula.

Rendered once into var/benchmark_clips. Voices other than the bot's; three levels.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from kit.settings import Settings
from speech.audio import decode_mulaw, encode_mulaw, line_clip
from speech.ports import Synthesizer

CACHE = Path("var/benchmark_clips")
VOICES = ("zf_xiaobei", "zf_xiaoni", "zm_yunjian", "zm_yunxi", "zm_yunyang")
INTERRUPTIONS = (
    "等一下我先问你",
    "你们是哪个公司的",
    "我已经还过钱了",
    "不好意思我在开车",
    "你别说了听我讲",
    "喂你找谁啊",
    "这个钱我不认",
    "能不能晚几天还",
)
ACCOMPANIMENTS = ("嗯", "对", "哦", "好的", "嗯嗯", "啊", "是的", "对对对", "好好好")
AMBIGUOUS = ("好的我知道了", "对我已经还了", "是的我就想问一下", "嗯你等一下")
"""Taking the floor, after a word of listening."""
HELD_OUT = ("zf_xiaoyi", "zm_yunyang")
"""Voices that the network of speech.onset was never trained with."""
LEVELS = (1.0, 0.6, 0.35)


def spoken(texts: Sequence[str], voices: Sequence[str] = VOICES) -> list[tuple[str, bytes]]:
    """(text, mu-law) of every text by every voice, trimmed to the sound; rendered when missing."""
    synthesizer: Synthesizer | None = None
    found = []
    for text in texts:
        for voice in voices:
            path = CACHE / f"{hashlib.sha256(f'{text}|{voice}'.encode()).hexdigest()[:24]}.ulaw"
            if not path.exists():
                synthesizer = synthesizer or _kokoro()
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(line_clip(*synthesizer.render(text, voice)))
            found.append((text, trimmed(path.read_bytes())))
    return found


def at_levels(clips: Sequence[tuple[str, bytes]]) -> list[tuple[str, bytes]]:
    """Every clip at every level."""
    return [(text, encode_mulaw((decode_mulaw(clip) * level).astype(np.int16))) for text, clip in clips for level in LEVELS]


def noises() -> list[tuple[str, bytes]]:
    """Coughs, bangs, car noise, clicks, hiss; laughter, breath, music and tones as the network's training draws them.

    Needs the extra `training`.
    """
    from speech.training.noises import draw_noise
    from speech.training.telephone import line_noise

    chance = np.random.default_rng(20)
    made = [("cough", _cough(chance)) for _ in range(20)]
    made += [("bang", _decaying(chance, 0.02, 0.35)) for _ in range(8)]
    made += [("car", _coloured(chance, 2.0)) for _ in range(8)]
    made += [("clicks", _clicks(chance)) for _ in range(8)]
    made += [("hiss", chance.normal(0, 500, 12_000)) for _ in range(8)]
    whole = [(name, encode_mulaw(np.clip(wave, -32_000, 32_000).astype(np.int16))) for name, wave in made]
    return whole + [("other", encode_mulaw(line_noise(draw_noise(chance)[:12_000], chance))) for _ in range(40)]


def hum(seconds: float) -> NDArray[np.float64]:
    """Harmonics with formants that glide and a syllable rhythm of 4 Hz: what a voice detector takes for speech."""
    at = np.arange(round(seconds * 8000)) / 8000
    pitch = 2 * np.pi * np.cumsum(140 + 20 * np.sin(2 * np.pi * 2 * at)) / 8000
    wave = sum(
        np.sin(n * pitch) * (np.exp(-((n * 140 - 600) ** 2) / 2e5) + 0.5 * np.exp(-((n * 140 - 1500) ** 2) / 2e5) + 0.02)
        for n in range(1, 24)
    )
    return np.asarray(wave * (0.75 + 0.25 * np.sin(2 * np.pi * 4 * at)) * 2500)


def trimmed(mulaw: bytes) -> bytes:
    """From the first to the last sound above -38 dBFS."""
    loud = np.flatnonzero(np.abs(decode_mulaw(mulaw).astype(np.int32)) > 400)
    return mulaw[int(loud[0]) : int(loud[-1]) + 160] if len(loud) else mulaw


def _kokoro() -> Synthesizer:
    from speech import catalogue

    return catalogue.synthesizer(Settings(synthesizer="kokoro"))


def _cough(chance: np.random.Generator) -> NDArray[np.float64]:
    """A burst, a breathy middle, a second burst: no pitch, energy everywhere."""
    burst = _decaying(chance, 0.05, 0.18)
    gap = chance.normal(0, 150, round(8000 * chance.uniform(0.05, 0.2)))
    return np.concatenate([burst, gap, _decaying(chance, 0.04, 0.2) * 0.7])


def _decaying(chance: np.random.Generator, attack_s: float, lasts_s: float) -> NDArray[np.float64]:
    at = np.arange(round(lasts_s * 8000)) / 8000
    envelope = np.minimum(at / attack_s, 1.0) * np.exp(-at / (lasts_s / 3))
    return np.asarray(chance.normal(0, 6000, len(at)) * envelope)


def _coloured(chance: np.random.Generator, lasts_s: float) -> NDArray[np.float64]:
    wave = np.cumsum(chance.normal(0, 1, round(lasts_s * 8000)))
    wave -= np.convolve(wave, np.ones(400) / 400, mode="same")
    return np.asarray(wave / np.abs(wave).max() * 5000)


def _clicks(chance: np.random.Generator) -> NDArray[np.float64]:
    wave = chance.normal(0, 20, 8000)
    for start in chance.integers(0, 7900, 6):
        wave[start : start + 40] += chance.normal(0, 8000, 40)
    return wave
