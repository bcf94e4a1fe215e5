"""What a telephone call does to a voice: throat, room, noise, band, codec, level, lost packets. Arrays in, arrays out.

Everything is drawn from the generator that is passed in; the same generator gives the same line.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, cast

import av
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from scipy.signal import butter, fftconvolve, lfilter

from speech.audio import decode_mulaw, encode_mulaw
from speech.ports import LINE_RATE_HZ
from speech.training.spoken import RATE_HZ, resampled, whole

Wave = NDArray[np.float32]
_FRAME = LINE_RATE_HZ // 50
AMR_BITS_PER_S = (4750, 5150, 5900, 6700, 7400, 7950, 10200, 12200)
"""Rates of AMR narrow-band (3GPP TS 26.071)."""
_AMR_DELAY = 40
"""Samples by which the codec delays: its look-ahead of 5 ms."""


@dataclass(frozen=True, slots=True)
class Call:
    """A voice at the far end: `clean` for labels and `line` as heard, both int16 scale at 8 kHz and of one length.

    `stretch`: seconds of the utterance become seconds * stretch + lead_s.
    """

    clean: Wave
    line: NDArray[np.int16]
    stretch: float
    lead_s: float


def draw_call(samples: NDArray[np.int16], noise: Callable[[int], Wave], generator: Generator) -> Call:
    """One utterance at RATE_HZ over a line drawn at random; `noise(n)` gives n samples of any loudness."""
    warp = float(np.exp(generator.uniform(np.log(0.82), np.log(1.22)))) if generator.random() < 0.8 else 1.0
    voice = resampled(samples, RATE_HZ * warp, LINE_RATE_HZ).astype(np.float32)
    lead = round(generator.uniform(0.0, 0.5) * LINE_RATE_HZ)
    tail = round(generator.uniform(0.05, 0.6) * LINE_RATE_HZ)
    clean = np.concatenate([np.zeros(lead, np.float32), voice, np.zeros(tail, np.float32)])
    heard = _roomy(clean, generator) if generator.random() < 0.35 else clean
    if generator.random() < 0.9:
        heard = mixed(heard, noise(len(heard)), _snr_db(generator))
    return Call(clean, _through(heard, generator), 1.0 / warp, lead / LINE_RATE_HZ)


def line_noise(noise: Wave, generator: Generator) -> NDArray[np.int16]:
    """Noise alone over a line drawn at random."""
    return _through(noise, generator)


def telephone(samples: NDArray[np.int16], snr_db: float, generator: Generator) -> NDArray[np.int16]:
    """The exam's line: 300 to 3400 Hz, coloured noise at this distance from the active speech level, mu-law."""
    voice = resampled(samples, RATE_HZ, LINE_RATE_HZ).astype(np.float32)
    noisy = mixed(voice, lfilter([1.0], [1.0, -0.9], generator.normal(size=len(voice))).astype(np.float32), snr_db)
    return _mulaw(whole(_levelled(_band(noisy, 300.0, 3400.0), -26.0)))


def mixed(voice: Wave, noise: Wave, snr_db: float) -> Wave:
    """Voice and noise, the noise this many dB under the voice's active level."""
    return voice + noise * (_active(voice) / max(_rms(noise), 1e-6) * 10 ** (-snr_db / 20))


def coloured(count: int, generator: Generator) -> Wave:
    """Hiss, rumble, hum or a passing car."""
    kind = generator.integers(4)
    white = generator.normal(size=count)
    if kind == 0:
        return white.astype(np.float32)
    if kind == 1:
        return np.asarray(lfilter([1.0], [1.0, -generator.uniform(0.7, 0.98)], white), dtype=np.float32)
    at = np.arange(count) / LINE_RATE_HZ
    if kind == 2:
        mains = np.sin(2 * np.pi * 50 * at) + 0.5 * np.sin(2 * np.pi * 150 * at) + 0.3 * np.sin(2 * np.pi * 250 * at)
        return np.asarray(mains + 0.4 * white, dtype=np.float32)
    swell = 0.4 + np.abs(np.sin(2 * np.pi * generator.uniform(0.05, 0.5) * at + generator.uniform(0, 6)))
    return np.asarray(lfilter([1.0], [1.0, -0.95], white) * swell, dtype=np.float32)


def babble(count: int, voices: Sequence[NDArray[np.int16]], generator: Generator) -> Wave:
    """Two to six people talking elsewhere."""
    sum_ = np.zeros(count, dtype=np.float32)
    for _ in range(generator.integers(2, 7)):
        voice = resampled(voices[int(generator.integers(len(voices)))], RATE_HZ, LINE_RATE_HZ).astype(np.float32)
        turned = np.roll(np.resize(voice, count), generator.integers(count))
        sum_ += turned / max(_rms(turned), 1e-6)
    return sum_


def _snr_db(generator: Generator) -> float:
    """Six calls in ten come from a street or a car, the others from a quiet room."""
    return float(generator.triangular(0.0, 12.0, 30.0) if generator.random() < 0.6 else generator.uniform(25.0, 65.0))


def _through(heard: Wave, generator: Generator) -> NDArray[np.int16]:
    """Handset, band, level, clipping, mobile codec, lost packets, mu-law."""
    if generator.random() < 0.6:
        heard = np.asarray(lfilter([1.0, generator.uniform(-0.7, 0.7)], [1.0], heard), dtype=np.float32)
    if generator.random() < 0.4:
        heard = _peak(heard, generator)
    if generator.random() < 0.8:
        heard = _band(heard, generator.uniform(80, 380), generator.uniform(2900, 3700))
    line = _levelled(heard, generator.uniform(-45.0, -9.0))
    if generator.random() < 0.12:
        limit = np.percentile(np.abs(line), generator.uniform(93, 99))
        line = np.clip(line, -limit, limit).astype(np.float32)
    if generator.random() < 0.1:
        line = _coarse(line, generator)
    if generator.random() < 0.25:
        line = mobile(whole(line), int(generator.choice(AMR_BITS_PER_S))).astype(np.float32)
    if generator.random() < 0.12:
        line = _lossy(line, generator)
    sent = whole(line)
    return _mulaw(sent) if generator.random() < 0.75 else sent


def _roomy(voice: Wave, generator: Generator) -> Wave:
    """A small room or a car: a direct path and an exponential tail; the direct path stays where it is."""
    length = round(LINE_RATE_HZ * generator.uniform(0.05, 0.3))
    tail = generator.normal(size=length) * np.exp(-np.arange(length) / (LINE_RATE_HZ * generator.uniform(0.015, 0.08)))
    tail *= generator.uniform(0.1, 0.6) / np.abs(tail).max()
    tail[0] = 1.0
    return np.asarray(fftconvolve(voice, tail)[: len(voice)], dtype=np.float32)


def _peak(voice: Wave, generator: Generator) -> Wave:
    """A resonance of the handset: a second-order peak of up to 10 dB (Audio EQ Cookbook)."""
    gain = 10 ** (generator.uniform(-10, 10) / 40)
    angle = 2 * np.pi * generator.uniform(400, 3000) / LINE_RATE_HZ
    alpha = np.sin(angle) / (2 * generator.uniform(0.7, 3.0))
    b = [1 + alpha * gain, -2 * np.cos(angle), 1 - alpha * gain]
    a = [1 + alpha / gain, -2 * np.cos(angle), 1 - alpha / gain]
    return np.asarray(lfilter(b, a, voice), dtype=np.float32)


def _band(voice: Wave, low_hz: float, high_hz: float) -> Wave:
    b, a = butter(2, [low_hz / (LINE_RATE_HZ / 2), high_hz / (LINE_RATE_HZ / 2)], "band")
    return np.asarray(lfilter(b, a, voice), dtype=np.float32)


def _coarse(line: Wave, generator: Generator) -> Wave:
    """Few bits, as a mobile codec's noise: it follows the speech's own loudness and colour."""
    short = np.convolve(np.abs(line), np.ones(_FRAME) / _FRAME, "same")
    rough = generator.normal(size=len(line)) * short * generator.uniform(0.05, 0.25)
    return line + np.asarray(lfilter([1.0], [1.0, -0.5], rough), dtype=np.float32)


def _lossy(line: Wave, generator: Generator) -> Wave:
    """1 to 4 % of the 20 ms packets missing: silent, or the one before again."""
    line = line.copy()
    for frame in np.flatnonzero(generator.random(len(line) // _FRAME) < generator.uniform(0.01, 0.04)):
        here = slice(frame * _FRAME, (frame + 1) * _FRAME)
        before = slice((frame - 1) * _FRAME, frame * _FRAME)
        line[here] = line[before] * 0.7 if frame and generator.random() < 0.5 else 0.0
    return line


def mobile(line: NDArray[np.int16], bits_per_s: int) -> NDArray[np.int16]:
    """What is left of a line after a mobile phone's codec, AMR narrow-band, at one of its rates; nothing is delayed."""
    encoder, decoder = _codec("libopencore_amrnb", "w"), _codec("amrnb", "r")
    encoder.format, encoder.bit_rate = av.AudioFormat("s16"), bits_per_s
    padded = np.pad(line, (0, 2 * _FRAME - len(line) % _FRAME))
    decoded = []
    for packet in (packet for frame in _frames(padded) for packet in encoder.encode(frame)):
        decoded += [frame.to_ndarray()[0] for frame in decoder.decode(packet)]
    heard = np.concatenate(decoded)[_AMR_DELAY : _AMR_DELAY + len(line)]
    return whole(heard * np.float32(32768))


def _codec(name: str, mode: Literal["r", "w"]) -> av.AudioCodecContext:
    codec = cast(av.AudioCodecContext, av.CodecContext.create(name, mode))
    codec.sample_rate, codec.layout = LINE_RATE_HZ, av.AudioLayout("mono")
    return codec


def _frames(padded: NDArray[np.int16]) -> Iterator[av.AudioFrame]:
    for start in range(0, len(padded), _FRAME):
        frame = av.AudioFrame.from_ndarray(padded[None, start : start + _FRAME], format="s16", layout="mono")
        frame.sample_rate = LINE_RATE_HZ
        yield frame


def _mulaw(line: NDArray[np.int16]) -> NDArray[np.int16]:
    return decode_mulaw(encode_mulaw(line))


def _levelled(wave: Wave, dbfs: float) -> Wave:
    return wave * np.float32(10 ** (dbfs / 20) * 32768 / max(_active(wave), 1e-6))


def _active(wave: Wave) -> float:
    """RMS of the 20 ms frames within 30 dB of the loudest."""
    if len(wave) < _FRAME:
        return _rms(wave)
    frames = wave[: len(wave) // _FRAME * _FRAME].reshape(-1, _FRAME)
    power = np.mean(frames.astype(np.float64) ** 2, axis=1)
    return float(np.sqrt(np.mean(power[power >= power.max() * 1e-3])))


def _rms(wave: Wave) -> float:
    return float(np.sqrt(np.mean(np.square(wave, dtype=np.float64)))) if len(wave) else 0.0
