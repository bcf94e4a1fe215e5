"""`python -m simulator.clips`: has every line of the cast spoken ahead, then gives it pitch, noise and telephone sound.

The voice is a command that reads JSON lines {"text", "voice", "speed", "out"} from a file and writes a WAV to each `out`.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import shlex
import subprocess
import sys
import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soxr

from simulator import audio
from simulator.callers import SPEECH_LEVEL
from simulator.cast import NAMESAKE, Cast, Persona

DEFAULT_COMMAND = ".venv/bin/flask --app app speech say --rate-hz 24000 --batch"
_EDGE_S = 0.06


@dataclass(frozen=True, slots=True)
class Clip:
    """One line of one persona: the spoken WAV that it is made of, and the mu-law that it becomes."""

    persona: Persona
    text: str
    raw: Path
    out: Path

    @property
    def speed(self) -> float:
        """The speed to ask of the voice, so that raising the pitch leaves the persona's own."""
        return round(self.persona.speed / self.persona.pitch, 4)


def clips(cast: Cast, out: Path, *, with_turns: bool = False) -> list[Clip]:
    """Every clip of the cast."""
    found = []
    for persona in cast.personas.values():
        if persona.telephone.how != "answers":
            continue
        for text in persona.lines(with_turns=with_turns):
            sound = f"{persona.voice}|{persona.speed / persona.pitch:.4f}|{text}"
            raw = out / "raw" / f"{hashlib.sha256(sound.encode()).hexdigest()[:16]}.wav"
            found.append(Clip(persona, text, raw, out / persona.clip_name(text)))
    return found


def batch(missing: list[Clip]) -> str:
    """The JSON lines for the voice, each spoken line once."""
    lines = {
        clip.raw: {"text": clip.text, "voice": clip.persona.voice, "speed": clip.speed, "out": str(clip.raw)}
        for clip in missing
    }
    return "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines.values())


def finish(clip: Clip) -> bytes:
    """mu-law of a spoken line: pitch, 8 kHz, silence off both ends, level, noise. Raises BadSound, OSError."""
    samples, rate_hz = audio.read_wav(clip.raw.read_bytes())
    raised = audio.pitched(samples, clip.persona.pitch)
    voice = trim(np.asarray(soxr.resample(raised, rate_hz, audio.RATE_HZ), dtype=np.float64))
    loudness = float(np.sqrt(np.mean(voice**2))) if len(voice) else 0.0
    if loudness < 1e-4:
        raise audio.BadSound(f"{clip.raw} is silent")
    voice = np.clip(voice * (SPEECH_LEVEL / loudness), -0.95, 0.95)
    noise = clip.persona.noise
    if noise is not None:
        hum = audio.noise(len(voice), kind=noise.kind, seed=zlib.crc32(clip.text.encode()))
        voice = voice + hum * SPEECH_LEVEL * 10 ** (-noise.snr_db / 20)
    return audio.to_mulaw(voice)


def trim(samples: audio.Samples) -> audio.Samples:
    """Without the silence at both ends, so that the end of the clip is the end of the speech."""
    loud = np.flatnonzero(np.abs(samples) > 0.01 * max(1e-9, float(np.max(np.abs(samples), initial=0.0))))
    if not len(loud):
        return samples[:0]
    edge = round(_EDGE_S * audio.RATE_HZ)
    return samples[max(0, int(loud[0]) - edge) : int(loud[-1]) + edge]


def render(cast: Cast, out: Path, *, command: str, with_turns: bool = False) -> tuple[int, int]:
    """Make what is missing; how many clips were made and how many there are. Raises CalledProcessError, BadSound, OSError."""
    wanted = clips(cast, out, with_turns=with_turns)
    (out / "raw").mkdir(parents=True, exist_ok=True)
    missing = [clip for clip in wanted if not clip.out.exists()]
    unspoken = [clip for clip in missing if not clip.raw.exists()]
    if unspoken:
        file = out / "batch.jsonl"
        file.write_text(batch(unspoken), encoding="utf-8")
        subprocess.run([*shlex.split(command), str(file)], check=True)
    for clip in missing:
        part = clip.out.with_suffix(".part")
        part.write_bytes(finish(clip))
        part.replace(clip.out)
    return len(missing), len(wanted)


def main(arguments: list[str] | None = None) -> int:
    """Exit code 1 when the voice fails."""
    parser = argparse.ArgumentParser(prog="python -m simulator.clips", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--cast", type=Path, default=NAMESAKE)
    parser.add_argument("--out", type=Path, default=Path("var/simulator/clips"))
    parser.add_argument("--command", default=DEFAULT_COMMAND, help="the file of JSON lines is appended")
    parser.add_argument("--with-turns", action="store_true", help="also what is said without an ear (--ear none)")
    parser.add_argument("--only", nargs="+", metavar="PERSONA", help="these personas alone")
    given = parser.parse_args(arguments)
    cast = Cast.load(given.cast)
    if given.only:
        cast = Cast({key: one for key, one in cast.personas.items() if key in given.only})
    try:
        made, total = render(cast, given.out, command=given.command, with_turns=given.with_turns)
    except (subprocess.CalledProcessError, audio.BadSound, OSError) as fault:
        print(f"simulator.clips: {fault}", file=sys.stderr)
        return 1
    print(f"{made} clips made, {total} in {given.out}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
