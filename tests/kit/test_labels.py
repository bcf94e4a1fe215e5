"""Every code has a Chinese label."""

from __future__ import annotations

from kit import labels
from kit.vocabulary import Intent, Outcome, Risk


def test_every_word_has_a_label() -> None:
    assert set(labels.OUTCOMES) == set(Outcome)
    assert set(labels.INTENTS) == set(Intent)
    assert set(labels.RISKS) == set(Risk)
