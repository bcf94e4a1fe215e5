"""The corpus as a real ear wrote it: Kokoro's voices over a noisy telephone, heard by Whisper. Floors only rise.

The floors are low because the ear is: one line in nine comes through word for word. They show what is left to do.
"""

from __future__ import annotations

from ivr.meaning import Hints
from ivr.understanding import understand
from kit.vocabulary import Severity
from tests.understanding import corpus

ACCURACY = 0.375
GRAVEST_HEARD = 0.46
FALSE_ALARMS = 0.012


def judged() -> list[tuple[corpus.Judged, corpus.Line]]:
    by_text = {line.text: line for line in corpus.lines()}
    lines = [(one.heard, by_text[one.text]) for one in corpus.heard_texts()]
    return [
        (corpus.Judged(line, understand(heard, Hints(now=corpus.NOW, expect=line.expect, callee_name=corpus.CALLEE))), line)
        for heard, line in lines
    ]


def is_gravest(one: corpus.Judged) -> bool:
    return any(severity is Severity.P0 for _, severity in one.risk)


def test_a_third_of_the_first_corpus_went_through_an_ear() -> None:
    written = [line for line in corpus.lines() if not line.note.startswith(corpus.ONLY_GRAVEST)]
    assert len(corpus.heard_texts()) >= len(written) / 3
    assert {one.text for one in corpus.heard_texts()} <= {line.text for line in corpus.lines()}


def test_what_is_heard_is_understood_no_worse_than_before() -> None:
    both = judged()
    right = [one.is_right for one, line in both if line.intent]
    grave = [is_gravest(one) for one, line in both if any(severity is Severity.P0 for _, severity in line.risk)]
    calm = [is_gravest(one) for one, line in both if not any(severity is Severity.P0 for _, severity in line.risk)]
    assert sum(right) / len(right) >= ACCURACY
    assert sum(grave) / len(grave) >= GRAVEST_HEARD
    assert sum(calm) / len(calm) <= FALSE_ALARMS
