"""`python -m speech.training.onset [words] [examples] [fit] [exam]`: makes and measures the network of `speech.onset`.

words: what people say while listening, by both teachers. examples: every utterance over lines drawn at random, judged
frame by frame as the call would. fit: a gated recurrent unit. exam: voices and noises that training never heard.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from pathlib import Path

from kit.edge import settings_of_process
from speech.models import KOKORO_FILE, require
from speech.onset import WEIGHTS, read
from speech.training import brief_words
from speech.training.onset.exam import exam
from speech.training.onset.examples import NoSpeech, make
from speech.training.onset.fit import fit
from speech.training.voices import Place

STAGES = ("words", "examples", "fit", "exam")


def main(arguments: Sequence[str] | None = None) -> None:
    """Command line."""
    parser = argparse.ArgumentParser(prog="python -m speech.training.onset", description=__doc__)
    parser.add_argument("stages", nargs="*", default=STAGES, choices=[*STAGES, []])
    parser.add_argument("--out", type=Path, default=WEIGHTS, help="the network (default: the shipped one)")
    given = parser.parse_args(arguments)
    cache = settings_of_process().resolved_cache_dir
    place = Place(cache / "training" / "full", require("kokoro", cache) / KOKORO_FILE)
    for name in given.stages:
        began = time.monotonic()
        try:
            _run(name, place, given.out)
        except NoSpeech as why:
            raise SystemExit(str(why)) from None
        print(f"=== {name}：{time.monotonic() - began:.0f} 秒", flush=True)


def _run(stage: str, place: Place, out: Path) -> None:
    examples = place.folder.parent / "onset" / "examples"
    if stage == "words":
        for kind in brief_words.COUNTS:
            brief_words.speak(place, kind)
    elif stage == "examples":
        make(place, examples)
    elif stage == "fit":
        if not any(examples.glob("[0-9]*.npz")):
            raise NoSpeech(f"{examples} 里没有例子：请先运行 python -m speech.training.onset words examples")
        fit(examples, out, seed=place.seed)
    else:
        exam(place, read(out))


if __name__ == "__main__":
    main()
