"""Sends lines of the corpus through a telephone and a real ear: Kokoro speaks, the line degrades, Whisper writes.

Appends `text, heard, voice` to tests/understanding/heard.tsv; a line that is there already is not said again, so a run may be
stopped and taken up. The labels stay in corpus.tsv and are joined by text. Decides nothing; text only, no audio is kept.

Run: nice -n 15 .venv/bin/python -m benchmarks.hearing [LINES] [NOTE]   (LINES in all; NOTE: only lines so marked)
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from hashlib import sha256

import numpy as np
from numpy.typing import NDArray

from kit.edge import settings_of_process
from speech.audio import active_dbfs, decode_mulaw, encode_mulaw, normalise, resample, to_int16
from speech.engines.kokoro import Kokoro
from speech.engines.whisper import WhisperRecognizer
from speech.models import KOKORO_FILE, require
from speech.ports import LINE_RATE_HZ, Pcm
from tests.understanding import corpus

VOICES = ("zf_xiaobei", "zf_xiaoni", "zf_xiaoxiao", "zf_xiaoyi", "zm_yunjian", "zm_yunxi", "zm_yunxia", "zm_yunyang")
SPEEDS = (0.9, 1.0, 1.1)
SNR_DB = 15.0
BAND_HZ = (300, 3400)
"""What a telephone line passes (ITU-T G.712)."""


def main(count: int = 700, note: str = "") -> None:
    """Hear lines until the file holds `count` of them; an even sample of the corpus, in the order of their digests."""
    done = {one.text for one in corpus.heard_texts()} if corpus.HEARD.exists() else set()
    if not done:
        corpus.HEARD.write_text("text\theard\tvoice\n", encoding="utf-8")
    cache = settings_of_process().resolved_cache_dir
    mouth = Kokoro(require("kokoro", cache) / KOKORO_FILE, threads=1)
    ear = WhisperRecognizer(require("whisper-base", cache), cpu_threads=1)
    for text in _sample(note):
        if len(done) >= count:
            return
        if text not in done:
            voice, sound = on_the_line(mouth, text)
            heard = ear.transcribe(sound).text
            with corpus.HEARD.open("a", encoding="utf-8") as file:
                file.write(f"{text}\t{heard}\t{voice}\n")
            done.add(text)


def _sample(note: str) -> Iterator[str]:
    """Lines written as said, without those that already imitate an engine's errors, in an order that nobody chose."""
    texts = {line.text for line in corpus.lines() if "错字" not in line.note and line.note.startswith(note)}
    yield from sorted(texts, key=lambda text: sha256(text.encode()).digest())


def on_the_line(mouth: Kokoro, text: str) -> tuple[str, Pcm]:
    """The voice, and the text as the far end hears it: one of eight voices and four speeds, noise at SNR_DB, mu-law."""
    digest = sha256(text.encode()).digest()[16:]  # the first half orders the sample
    voice, speed = VOICES[digest[0] % len(VOICES)], SPEEDS[digest[1] % len(SPEEDS)]
    pcm, rate_hz = mouth.render(text, voice, speed=speed)
    return voice, telephoned(resample(pcm, rate_hz, LINE_RATE_HZ), int.from_bytes(digest[2:6]))


def telephoned(pcm: Pcm, seed: int) -> Pcm:
    """Speech at LINE_RATE_HZ as a telephone brings it: its band, traffic SNR_DB under the voice, mu-law there and back."""
    speech = normalise(to_int16(_band(pcm / 32768.0)), LINE_RATE_HZ)
    traffic = _band(np.random.default_rng(seed).normal(0, 1, len(speech)), slope=1.0)
    level = 10 ** ((active_dbfs(speech, LINE_RATE_HZ) - SNR_DB) / 20)
    noisy = speech / 32768.0 + traffic / max(1e-9, float(np.sqrt((traffic**2).mean()))) * level
    return decode_mulaw(encode_mulaw(to_int16(noisy)))


def _band(wave: NDArray[np.float64], *, slope: float = 0.0) -> NDArray[np.float64]:
    """The wave within BAND_HZ; amplitude falls with frequency to the power of `slope` (1.0: 6 dB an octave)."""
    spectrum = np.fft.rfft(wave)
    hertz = np.fft.rfftfreq(len(wave), 1 / LINE_RATE_HZ)
    spectrum[(hertz < BAND_HZ[0]) | (hertz > BAND_HZ[1])] = 0
    return np.asarray(np.fft.irfft(spectrum / np.maximum(hertz, BAND_HZ[0]) ** slope, len(wave)))


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 700, sys.argv[2] if len(sys.argv) > 2 else "")
