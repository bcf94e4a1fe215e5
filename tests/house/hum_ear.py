"""An ear for the simulator that knows the bot's hums by heart: `python -m tests.house.hum_ear TEXTS.json`.

Reads the path of a WAV a line and answers {"path", "text"} a line. TEXTS.json lists what may be said; the scripted voice
hums each text in its own way, and a hum that lies in the WAV whole was said.
"""

from __future__ import annotations

import json
import sys
import wave
from collections.abc import Mapping
from pathlib import Path

from speech.audio import decode_mulaw
from speech.engines.scripted_voice import ScriptedVoice
from speech.prompts import render_clip


def hums(texts: list[str], voice: str) -> dict[str, bytes]:
    """The samples of every text, the longest first: the short ones may lie inside others."""
    clips = {text: decode_mulaw(render_clip(ScriptedVoice(), text, voice)).astype("<i2").tobytes() for text in texts}
    return dict(sorted(clips.items(), key=lambda one: -len(one[1])))


def heard(path: Path, known: Mapping[str, bytes]) -> str:
    """The texts that lie whole in the WAV, in the order in which they were said."""
    with wave.open(str(path)) as file:
        samples = file.readframes(file.getnframes())
    found: list[tuple[int, str]] = []
    for text, hum in known.items():
        at = samples.find(hum)
        if at >= 0:
            found.append((at, text))
            samples = samples[:at] + b"\x00" * len(hum) + samples[at + len(hum) :]
    return "".join(text for _, text in sorted(found))


def main() -> None:
    """Answer until standard input ends."""
    known = hums(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")), "hum")
    for line in sys.stdin:
        path = line.strip()
        print(json.dumps({"path": path, "text": heard(Path(path), known)}, ensure_ascii=False), flush=True)


if __name__ == "__main__":
    main()
