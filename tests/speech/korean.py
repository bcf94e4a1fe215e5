"""Korean words as espeak-ng says them, for tests of the engine on another model: `python -m tests.speech.korean OUT WORD`.

The library keeps one state per process and prints, so each word is rendered by a child process, as speech.engines.pyttsx3 does.
"""

from __future__ import annotations

import ctypes
import os
import subprocess
import sys
from pathlib import Path

import numpy as np

from speech.audio import read_wav, resample
from speech.engines.pyttsx3 import TRIES
from speech.ports import LINE_RATE_HZ, Pcm

ROOT = Path(__file__).parents[2]
WORDS_PER_MINUTE = 140
PAUSE = np.zeros(LINE_RATE_HZ // 2, np.int16)


def spoken(word: str, folder: Path) -> Pcm:
    """The word at line rate between half seconds of silence. Raises OSError when espeak wrote nothing."""
    out = folder / f"{word}.wav"
    for _ in range(TRIES):  # pyttsx3's loop sometimes ends before espeak has begun
        subprocess.run([sys.executable, "-m", __name__, str(out), word], cwd=ROOT, capture_output=True, check=True, timeout=60)
        if out.exists():
            break
    pcm, rate_hz = read_wav(out.read_bytes())
    return np.concatenate([PAUSE, resample(pcm, rate_hz, LINE_RATE_HZ), PAUSE])


def _child(out: str, word: str) -> None:
    import espeakng_loader

    os.environ["ESPEAK_DATA_PATH"] = espeakng_loader.get_data_path()
    espeak = ctypes.CDLL(espeakng_loader.get_library_path(), ctypes.RTLD_GLOBAL)
    import pyttsx3

    engine = pyttsx3.init("espeak")
    engine.setProperty("voice", "ko")
    engine.setProperty("rate", WORDS_PER_MINUTE)
    engine.save_to_file(word, out)
    engine.runAndWait()
    espeak.espeak_Synchronize()


if __name__ == "__main__":
    _child(*sys.argv[1:])
