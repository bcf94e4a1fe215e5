"""Sound as the network carries it: mu-law at 8 kHz, WAV in and out, tones, noise, pitch. Pure arithmetic on numpy arrays.

Samples are float64 arrays in -1..1 unless a name says otherwise; mu-law is `bytes`, one per sample (ITU-T G.711).
"""

from __future__ import annotations

import io
import struct
import wave

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.float64]

RATE_HZ = 8000
FRAME_BYTES = 160
"""20 ms of mu-law."""
SILENCE = b"\xff"

_BIAS = 0x84
_CLIP = 32635


class BadSound(ValueError):
    """The bytes are not sound that the network can play."""


def _decode_table() -> NDArray[np.int16]:
    code = ~np.arange(256, dtype=np.int32) & 0xFF
    magnitude = (((code & 0x0F) << 3) + _BIAS << ((code >> 4) & 7)) - _BIAS
    return np.where(code & 0x80, -magnitude, magnitude).astype(np.int16)


_DECODE = _decode_table()


def to_pcm(mulaw: bytes) -> NDArray[np.int16]:
    """16-bit samples of mu-law bytes."""
    return _DECODE[np.frombuffer(mulaw, dtype=np.uint8)]


def to_mulaw(samples: Samples) -> bytes:
    """mu-law bytes of samples at 8 kHz; what exceeds -1..1 is clipped."""
    pcm = np.clip(np.round(samples * 32767), -_CLIP, _CLIP).astype(np.int32)
    sign = np.where(pcm < 0, 0x80, 0)
    biased = np.abs(pcm) + _BIAS
    exponent = np.floor(np.log2(biased)).astype(np.int32) - 7
    mantissa = (biased >> (exponent + 3)) & 0x0F
    return bytes((~(sign | (exponent << 4) | mantissa) & 0xFF).astype(np.uint8))


def level(mulaw: bytes) -> float:
    """Root mean square of a stretch of mu-law, 0..1."""
    if not mulaw:
        return 0.0
    pcm = to_pcm(mulaw).astype(np.float64)
    return float(np.sqrt(np.mean(pcm * pcm))) / 32768


def resample(samples: Samples, from_hz: int, to_hz: int) -> Samples:
    """Samples at another rate: low-passed by a windowed sinc when the rate falls, then interpolated."""
    if from_hz == to_hz or not len(samples):
        return samples
    if to_hz < from_hz:
        taps = np.arange(-64, 65)
        cutoff = 0.9 * to_hz / from_hz
        kernel = cutoff * np.sinc(cutoff * taps) * np.hamming(len(taps))
        samples = np.convolve(samples, kernel / kernel.sum(), mode="same")
    length = max(1, round(len(samples) * to_hz / from_hz))
    return np.interp(np.arange(length) * from_hz / to_hz, np.arange(len(samples)), samples)


def pitched(samples: Samples, factor: float) -> Samples:
    """The voice raised (> 1) or lowered by playing it quicker or slower: the length changes too."""
    length = max(1, round(len(samples) / factor))
    return np.asarray(np.interp(np.arange(length) * factor, np.arange(len(samples)), samples), dtype=np.float64)


def noise(length: int, *, kind: str, seed: int) -> Samples:
    """Background of unit level: `hiss` (white), `street` (pink) or `car` (brown)."""
    steepness = {"hiss": 0.0, "street": 0.5, "car": 1.0}[kind]
    spectrum = np.fft.rfft(np.random.default_rng(seed).standard_normal(max(2, length)))
    hz = np.maximum(np.fft.rfftfreq(max(2, length), 1 / RATE_HZ), 60.0)
    shaped = np.fft.irfft(spectrum / hz**steepness, max(2, length))[:length]
    return np.asarray(shaped / max(1e-9, float(np.sqrt(np.mean(shaped**2)))), dtype=np.float64)


def tone(hz: tuple[float, ...], seconds: float, *, level_rms: float = 0.1) -> Samples:
    """The sum of sines at `hz`."""
    t = np.arange(round(seconds * RATE_HZ)) / RATE_HZ
    total = np.sum([np.sin(2 * np.pi * f * t) for f in hz], axis=0)
    return np.asarray(total * level_rms * np.sqrt(2 / len(hz)), dtype=np.float64)


_ROWS, _COLUMNS = (697, 770, 852, 941), (1209, 1336, 1477, 1633)
_KEYS = "123A456B789C*0#D"


def dtmf(digits: str) -> bytes:
    """mu-law of keys: 100 ms each, 100 ms apart; `w` waits 0.5 s, `W` 1 s (ITU-T Q.23)."""
    out = b""
    for key in digits:
        if key in "wW":
            out += SILENCE * (RATE_HZ // 2 * (2 if key == "W" else 1))
        elif key in _KEYS:
            row, column = divmod(_KEYS.index(key), 4)
            out += to_mulaw(tone((_ROWS[row], _COLUMNS[column]), 0.1)) + SILENCE * 800
    return out


def babble(seconds: float, *, seed: int = 0) -> bytes:
    """mu-law that stands for speech where no clip is there: a hum with the rhythm of syllables."""
    t = np.arange(round(seconds * RATE_HZ)) / RATE_HZ
    pitch = 110 + 20 * (seed % 7)
    voice = np.sum([np.sin(2 * np.pi * pitch * k * t) / k for k in (1, 2, 3, 5)], axis=0)
    return to_mulaw(np.asarray(0.12 * voice * (0.55 - 0.45 * np.cos(2 * np.pi * 4.5 * t)), dtype=np.float64))


def wav(channels: list[bytes]) -> bytes:
    """A 16-bit PCM WAV at 8 kHz of one or more mu-law channels; the shorter are filled with silence."""
    length = max((len(channel) for channel in channels), default=0)
    padded = [to_pcm(channel + SILENCE * (length - len(channel))) for channel in channels]
    held = io.BytesIO()
    with wave.open(held, "wb") as file:
        file.setnchannels(len(channels))
        file.setsampwidth(2)
        file.setframerate(RATE_HZ)
        file.writeframes(np.stack(padded, axis=1).astype("<i2").tobytes())
    return held.getvalue()


def read(data: bytes, content_type: str = "") -> bytes:
    """mu-law of raw `audio/basic` or a WAV: PCM 8/16/32, float or mu-law, any rate, channels averaged. Raises BadSound."""
    if data[:4] != b"RIFF":
        if "basic" in content_type or "mulaw" in content_type:
            return data
        raise BadSound("neither WAV nor mu-law")
    samples, rate_hz = read_wav(data)
    return to_mulaw(resample(samples, rate_hz, RATE_HZ))


def read_wav(data: bytes) -> tuple[Samples, int]:
    """Mono samples and rate of a WAV. Raises BadSound."""
    try:
        form, channels, rate_hz, bits, body = _chunks(data)
    except (struct.error, KeyError) as fault:
        raise BadSound("broken WAV") from fault
    if rate_hz <= 0 or channels <= 0:
        raise BadSound("broken WAV")
    flat = _flat(form, bits, body)
    usable = len(flat) - len(flat) % channels
    return flat[:usable].reshape(-1, channels).mean(axis=1), rate_hz


def _chunks(data: bytes) -> tuple[int, int, int, int, bytes]:
    found: dict[bytes, bytes] = {}
    at = 12
    while at + 8 <= len(data):
        name, size = data[at : at + 4], struct.unpack_from("<I", data, at + 4)[0]
        found.setdefault(name, data[at + 8 : at + 8 + size])
        at += 8 + size + size % 2
    form, channels, rate_hz, _, _, bits = struct.unpack_from("<HHIIHH", found[b"fmt "])
    return form, channels, rate_hz, bits, found[b"data"]


def _flat(form: int, bits: int, body: bytes) -> Samples:
    if form == 7 and bits == 8:
        return to_pcm(body).astype(np.float64) / 32768
    if form == 3 and bits == 32:
        return np.frombuffer(body[: len(body) // 4 * 4], dtype="<f4").astype(np.float64)
    if form in (1, 0xFFFE) and bits == 8:
        return np.frombuffer(body, dtype=np.uint8).astype(np.float64) / 128 - 1
    if form in (1, 0xFFFE) and bits in (16, 32):
        width = bits // 8
        whole = body[: len(body) // width * width]
        return np.frombuffer(whole, dtype=f"<i{width}").astype(np.float64) / float(2 ** (bits - 1))
    raise BadSound(f"WAV format {form} with {bits} bits")
