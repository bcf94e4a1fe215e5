"""Engines that hear whole utterances share one listener: what was fed is heard once, together, with the phrases expected."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from speech.engines.gathering import GatheringListener
from speech.ports import NOTHING, Heard, Pcm

HALF = np.arange(80, dtype=np.int16)


def length_and_phrases(pcm: Pcm, phrases: Sequence[str]) -> Heard:
    return Heard(f"{len(pcm)}{''.join(phrases)}")


def test_what_was_fed_is_heard_whole_and_once() -> None:
    listener = GatheringListener(length_and_phrases)
    listener.expect(["是"])
    assert [listener.feed(HALF), listener.feed(HALF)] == ["", ""]
    assert listener.finish() == Heard("160是")
    assert listener.finish() == NOTHING
    listener.feed(HALF)
    assert listener.finish() == Heard("80是"), "the phrases stay until others are expected"


def test_a_new_question_and_a_closed_line_forget_what_was_gathered() -> None:
    listener = GatheringListener(length_and_phrases, partial=lambda: "是")
    assert listener.feed(HALF) == "是"
    listener.expect(())
    assert listener.finish() == NOTHING
    listener.feed(HALF)
    listener.close()
    assert listener.finish() == NOTHING
