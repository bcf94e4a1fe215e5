"""The two ways in which an event can be illegal. Neither leaves a trace in the dialogue."""

from __future__ import annotations


class DialogueMisuse(Exception):
    """Our own side broke the contract: an unknown event or order, foreign memory, a private line before verification."""


class PeerMisbehaved(Exception):
    """The other side sent what cannot be: a key that does not exist, an end of speech that never began."""


class Refused(DialogueMisuse):
    """An order of ours that the machine does not take: raised to the caller, unlike a fault of the script."""
