"""Telephone audio as arrays and bytes: mu-law, A-law, resampling, WAV, loudness, trimming, frames. Does no I/O.

Samples are mono int16 unless a name says otherwise. Mu-law and A-law are ITU-T G.711; mu-law's silence is 0xFF.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

import numpy as np
import soxr
from numpy.typing import NDArray

from speech.ports import FRAME_S, FRAME_SAMPLES, LINE_RATE_HZ, Pcm

FRAME_BYTES = FRAME_SAMPLES
"""One media frame of the line: mu-law is one byte a sample."""

MULAW_SILENCE = b"\xff"

TARGET_DBFS = -20.0
"""Active speech level of prompts (RMS of the frames within 30 dB of the loudest, full scale = 0).

ITU-T P.56 measures active level this way; its nominal network level is -26 dBov. Prompts stand 6 dB above it because
borrowers listen in cars and streets; PEAK_DBFS keeps them from clipping."""

PEAK_DBFS = -1.0

ACTIVE_RANGE_DB = 30.0
_BIAS = 132
_CLIP = 32635
_FULL = 32768.0
_RATES_HZ = range(4000, 192_001)
"""Sample rates that a WAV file may have."""


class BadAudio(ValueError):
    """The bytes are not audio that the house can read."""


def _mulaw_decode_table() -> NDArray[np.int16]:
    code = ~np.arange(256, dtype=np.int32) & 0xFF
    magnitude = (((code & 0x0F) << 3) + _BIAS << (code >> 4 & 7)) - _BIAS
    return np.where(code & 0x80, -magnitude, magnitude).astype(np.int16)


def _mulaw_encode_table() -> NDArray[np.uint8]:
    """Byte of every int16 sample, indexed by the sample seen as uint16."""
    sample = np.arange(65536, dtype=np.uint16).view(np.int16).astype(np.int32)
    magnitude = np.minimum(np.abs(sample), _CLIP) + _BIAS
    exponent = np.floor(np.log2(magnitude)).astype(np.int32) - 7
    mantissa = (magnitude >> (exponent + 3)) & 0x0F
    sign = np.where(sample < 0, 0x80, 0)
    codes: NDArray[np.uint8] = (~(sign | (exponent << 4) | mantissa) & 0xFF).astype(np.uint8)
    return codes


def _alaw_decode_table() -> NDArray[np.int16]:
    code = np.arange(256, dtype=np.int32) ^ 0x55
    exponent, mantissa = code >> 4 & 7, code & 0x0F
    magnitude = np.where(exponent, (mantissa << 4) + 264 << np.maximum(exponent - 1, 0), (mantissa << 4) + 8)
    return np.where(code & 0x80, magnitude, -magnitude).astype(np.int16)


_DECODE = _mulaw_decode_table()
_DECODE_ALAW = _alaw_decode_table()
_ENCODE = _mulaw_encode_table()


def encode_mulaw(pcm: Pcm) -> bytes:
    """Mu-law bytes, one a sample."""
    return _ENCODE[pcm.view(np.uint16)].tobytes()


def decode_mulaw(data: bytes) -> Pcm:
    """Samples of mu-law bytes."""
    return _DECODE[np.frombuffer(data, dtype=np.uint8)]


def silence(seconds: float) -> bytes:
    """Mu-law silence of the line, for gaps between clips."""
    return MULAW_SILENCE * round(seconds * LINE_RATE_HZ)


def duration_s(mulaw: bytes) -> float:
    """Seconds that mu-law bytes last on the line."""
    return len(mulaw) / LINE_RATE_HZ


def frames(mulaw: bytes, size: int = FRAME_BYTES) -> Iterator[bytes]:
    """Frames of exactly `size` bytes; the last is filled with silence."""
    for start in range(0, len(mulaw), size):
        yield mulaw[start : start + size].ljust(size, MULAW_SILENCE)


def to_int16(samples: NDArray[np.floating]) -> Pcm:
    """Samples in -1..1 as int16, clipped at full scale."""
    clipped: Pcm = np.clip(np.rint(samples * _FULL), -32768, 32767).astype(np.int16)
    return clipped


def resample(pcm: Pcm, from_hz: int, to_hz: int) -> Pcm:
    """A whole clip at another rate."""
    if from_hz == to_hz or not len(pcm):
        return pcm
    return np.asarray(soxr.resample(pcm, from_hz, to_hz), dtype=np.int16)


class Resampler:
    """A stream of samples at another rate; what it returns lags what it is fed until the last chunk."""

    def __init__(self, from_hz: int, to_hz: int) -> None:
        self._stream = soxr.ResampleStream(from_hz, to_hz, 1, dtype="int16") if from_hz != to_hz else None

    def feed(self, pcm: Pcm, *, is_last: bool = False) -> Pcm:
        """The samples that are ready. After the last chunk the stream is over."""
        if self._stream is None:
            return pcm
        return np.asarray(self._stream.resample_chunk(pcm, last=is_last), dtype=np.int16)


def active_dbfs(pcm: Pcm, rate_hz: int) -> float:
    """Active speech level: RMS over the 20 ms frames within 30 dB of the loudest; -inf for silence."""
    energy = _frame_energy(pcm, rate_hz)
    active = energy[energy > energy.max(initial=0.0) * 10 ** (-ACTIVE_RANGE_DB / 10)]
    return float(10 * np.log10(active.mean())) if len(active) else float("-inf")


def peak_dbfs(pcm: Pcm) -> float:
    """The largest sample against full scale; -inf for silence."""
    peak = np.abs(pcm.astype(np.int32)).max(initial=0)
    return float(20 * np.log10(peak / _FULL)) if peak else float("-inf")


def normalise(pcm: Pcm, rate_hz: int) -> Pcm:
    """The clip at TARGET_DBFS, or quieter where its peak would pass PEAK_DBFS. Silence stays silence."""
    level = active_dbfs(pcm, rate_hz)
    if level == float("-inf"):
        return pcm
    gain_db = min(TARGET_DBFS - level, PEAK_DBFS - peak_dbfs(pcm))
    return to_int16(pcm / _FULL * 10 ** (gain_db / 20))


def is_clipped(pcm: Pcm, run: int = 3) -> bool:
    """Whether `run` samples in a row stand at the rails."""
    at_rail = np.concatenate(([0], (np.abs(pcm.astype(np.int32)) >= 32767).astype(np.int8), [0]))
    edges = np.flatnonzero(np.diff(at_rail))
    return bool(len(edges)) and int((edges[1::2] - edges[::2]).max()) >= run


def trim(pcm: Pcm, rate_hz: int, *, below_db: float = 40.0, pad_s: float = 0.03) -> Pcm:
    """Without leading and trailing frames more than `below_db` under the loudest; `pad_s` of them is kept and faded."""
    energy = _frame_energy(pcm, rate_hz)
    loud = np.flatnonzero(energy > energy.max(initial=0.0) * 10 ** (-below_db / 10))
    if not len(loud):
        return pcm[:0]
    size, pad = round(FRAME_S * rate_hz), round(pad_s * rate_hz)
    cut = pcm[max(0, loud[0] * size - pad) : (loud[-1] + 1) * size + pad].astype(np.float64)
    fade = min(round(0.005 * rate_hz), len(cut) // 2)
    if fade:
        ramp = np.linspace(0.0, 1.0, fade)
        cut[:fade] *= ramp
        cut[-fade:] *= ramp[::-1]
    return cut.astype(np.int16)


def line_clip(pcm: Pcm, rate_hz: int) -> bytes:
    """A synthesised clip as the line plays it: trimmed, 8 kHz, at the target loudness, mu-law."""
    on_line = resample(trim(pcm, rate_hz), rate_hz, LINE_RATE_HZ)
    return encode_mulaw(normalise(on_line, LINE_RATE_HZ))


def write_wav(pcm: Pcm, rate_hz: int) -> bytes:
    """A 16-bit PCM WAV file; a two-dimensional array [samples, channels] makes several channels."""
    channels = 1 if pcm.ndim == 1 else pcm.shape[1]
    data = np.ascontiguousarray(pcm, dtype="<i2").tobytes()
    head = struct.pack("<HHIIHH", 1, channels, rate_hz, rate_hz * channels * 2, channels * 2, 16)
    body = b"WAVE" + _chunk(b"fmt ", head) + _chunk(b"data", data)
    return _chunk(b"RIFF", body)


def read_wav(data: bytes) -> tuple[Pcm, int]:
    """Samples of the first channel and rate of a WAV file: 16-bit PCM, mu-law or A-law. Raises BadAudio.

    Of a call's recording the first channel is the callee; the other one is our own voice.
    """
    samples, rate = read_wav_channels(data)
    return np.ascontiguousarray(samples[:, 0]), rate


def read_wav_channels(data: bytes) -> tuple[NDArray[np.int16], int]:
    """Samples [samples, channels] and rate of a WAV file: 16-bit PCM, mu-law or A-law. Raises BadAudio."""
    chunks = _chunks(data)
    head, body = chunks.get(b"fmt ", b""), chunks.get(b"data")
    if len(head) < 16 or body is None:
        raise BadAudio("不是 WAV 文件，或缺少 fmt/data 段")
    kind, channels, rate, _, _, bits = struct.unpack("<HHIIHH", head[:16])
    if kind == 0xFFFE and len(head) >= 26:
        kind = struct.unpack("<H", head[24:26])[0]
    if not channels or rate not in _RATES_HZ:
        raise BadAudio(f"WAV 的声道数 {channels} 或采样率 {rate} 不对")
    if (kind, bits) == (1, 16):
        samples = np.frombuffer(body[: len(body) // 2 * 2], dtype="<i2").astype(np.int16)
    elif (kind, bits) == (7, 8):
        samples = decode_mulaw(body)
    elif (kind, bits) == (6, 8):
        samples = _DECODE_ALAW[np.frombuffer(body, dtype=np.uint8)]
    else:
        raise BadAudio(f"只读 16 位 PCM、8 位 mu-law 或 A-law 的 WAV（这是格式 {kind}，{bits} 位）")
    whole = len(samples) // channels * channels
    return samples[:whole].reshape(-1, channels), rate


def _chunk(name: bytes, data: bytes) -> bytes:
    return name + struct.pack("<I", len(data)) + data + b"\0" * (len(data) % 2)


def _chunks(data: bytes) -> dict[bytes, bytes]:
    """The chunks of a RIFF/WAVE file. A recorder that was killed leaves the last one short, or its size 0: taken as far as it
    goes."""
    if data[:4] != b"RIFF" or data[8:12] != b"WAVE":
        raise BadAudio("不是 WAV 文件")
    found: dict[bytes, bytes] = {}
    at = 12
    while at + 8 <= len(data):
        size = struct.unpack("<I", data[at + 4 : at + 8])[0]
        if data[at : at + 4] == b"data" and not size:
            size = len(data) - at - 8
        found.setdefault(data[at : at + 4], data[at + 8 : at + 8 + size])
        at += 8 + size + size % 2
    return found


def _frame_energy(pcm: Pcm, rate_hz: int) -> NDArray[np.float64]:
    """Mean square of each 20 ms frame against full scale; a short tail counts as a frame."""
    size = round(FRAME_S * rate_hz)
    padded = np.zeros(-(-len(pcm) // size) * size)
    padded[: len(pcm)] = pcm / _FULL
    energy: NDArray[np.float64] = (padded.reshape(-1, size) ** 2).mean(axis=1)
    return energy
