"""pyttsx3 over the espeak-ng that espeakng-loader carries: a voice for the terminal, tests and development, not for people.

espeak-ng reads Chinese characters as English and digits; its voice cmn-latn-pinyin reads numbered pinyin rightly, so that
is what it is given. The library keeps one state per process and prints, so each text is rendered by a child process.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import subprocess
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path

from kit.settings import Settings
from speech.audio import BadAudio, read_wav, trim
from speech.mandarin.readings import words
from speech.ports import EngineUnavailable, Pcm

VOICE = "cmn-latn-pinyin"
WORDS_PER_MINUTE = 230
"""espeak's rate at speed 1.0: about four syllables a second, as people speak on the telephone."""

TIMEOUT_S = 60.0
TRIES = 5
"""On a busy machine pyttsx3's loop sometimes ends before espeak has begun, and then nothing is written."""

_ROOT = Path(__file__).parents[2]


class Pyttsx3:
    """The espeak voice. `is_for_people` is False: a live campaign refuses it."""

    name = "pyttsx3"
    version = "espeak-ng-1"
    is_for_people = False

    def __init__(self, library: str, data: str) -> None:
        self._library, self._data = library, data

    def voices(self) -> tuple[str, ...]:
        """The one voice; other names are taken as this one, so that a voice of another engine may stay set."""
        return (VOICE,)

    def render(self, text: str, voice: str, *, speed: float = 1.0) -> tuple[Pcm, int]:
        """Samples without silence at the ends. Raises EngineUnavailable when espeak cannot run."""
        with tempfile.TemporaryDirectory() as folder:
            out = Path(folder) / "out.wav"
            order: dict[str, str | int] = {"pinyin": pinyin(text), "rate": round(WORDS_PER_MINUTE * speed), "out": str(out)}
            for _ in range(TRIES):
                self._run(order)
                if out.exists():
                    break
            try:
                pcm, rate_hz = read_wav(out.read_bytes())
            except (OSError, BadAudio):
                raise EngineUnavailable("pyttsx3 没有写出声音：请运行 make install 重新安装 espeakng-loader") from None
        return trim(pcm, rate_hz), rate_hz

    def _run(self, order: dict[str, str | int]) -> None:
        command = ["env", f"ESPEAK_DATA_PATH={self._data}", sys.executable, "-m", __name__, self._library]
        try:
            subprocess.run(
                command, cwd=_ROOT, input=json.dumps(order).encode(), capture_output=True, check=True, timeout=TIMEOUT_S
            )
        except (OSError, subprocess.SubprocessError) as error:
            raise EngineUnavailable(f"pyttsx3 运行失败（{type(error).__name__}）：请运行 make install 重新安装依赖") from None


def pinyin(text: str) -> str:
    """What espeak is given: `huan2 kuan3 , ni3 hao3 .`"""
    return " ".join(word.text if word.is_mark else " ".join(word.syllables) for word in words(text))


def load(settings: Settings) -> Pyttsx3:
    """The engine, if its package is there. Raises EngineUnavailable with the command that mends it."""
    for package in ("espeakng_loader", "pyttsx3"):
        if find_spec(package) is None:
            raise EngineUnavailable(f"缺少 Python 包 {package}：请运行 make install 重新安装依赖")
    import espeakng_loader

    return Pyttsx3(espeakng_loader.get_library_path(), espeakng_loader.get_data_path())


def _child(library: str) -> None:
    """In the child process: say the order on standard input into its file."""
    espeak = ctypes.CDLL(library, ctypes.RTLD_GLOBAL)  # pyttsx3 then finds it under its soname
    import pyttsx3

    order = json.load(sys.stdin)
    with contextlib.redirect_stdout(sys.stderr):
        engine = pyttsx3.init("espeak")
        engine.setProperty("voice", VOICE)
        engine.setProperty("rate", order["rate"])
        engine.save_to_file(order["pinyin"], order["out"])
        engine.runAndWait()
        espeak.espeak_Synchronize()


if __name__ == "__main__":
    _child(sys.argv[1])
