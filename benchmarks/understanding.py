"""Microseconds per utterance of `ivr.understanding`, on the corpus and on long speech. Prints percentiles; decides nothing.

Run: .venv/bin/python -m benchmarks.understanding [ROUNDS]
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable

from ivr.meaning import Hints
from ivr.understanding import understand
from tests.understanding import corpus

LONG = "我刚才不是跟你说了吗最近生意不好做但是钱我肯定会还的等我月底货款到了先还三千五剩下的下个月再说"


def main(rounds: int = 5) -> None:
    """Print the cost of the first utterance and the percentiles of the others."""
    texts = [line.text for line in corpus.lines()]
    hints = Hints(now=corpus.NOW)
    first = _microseconds(texts[:1], hints)[0][0]
    _microseconds(texts, hints)
    print(f"first utterance (tables compiled): {first / 1000:.0f} ms")
    _report(f"corpus, {len(texts)} utterances", _microseconds(texts * rounds, hints))
    _report(f"long speech, {len(LONG)} characters", _microseconds([LONG] * 40 * rounds, hints))


def _microseconds(texts: Iterable[str], hints: Hints) -> list[tuple[float, float]]:
    """Wall and processor time of each; they differ by what other programs took on a shared machine."""
    spent = []
    for text in texts:
        wall, own = time.perf_counter_ns(), time.thread_time_ns()
        understand(text, hints)
        spent.append(((time.perf_counter_ns() - wall) / 1000, (time.thread_time_ns() - own) / 1000))
    return spent


def _report(name: str, spent: list[tuple[float, float]]) -> None:
    for index, clock in enumerate(("wall", "cpu")):
        times = sorted(one[index] for one in spent)
        marks = [times[min(len(times) - 1, int(len(times) * share))] for share in (0.5, 0.95, 0.99)]
        print(f"{name}, {clock}: median {marks[0]:.0f} µs, p95 {marks[1]:.0f}, p99 {marks[2]:.0f}, max {times[-1]:.0f}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 5)
