"""Text to Meaning: intents, slots and risk of one utterance. Pure: no I/O, no clock, no randomness."""

from ivr.understanding.understand import understand

__all__ = ["understand"]
