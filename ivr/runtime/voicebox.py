"""Rendered clips as the sound of pieces: text that was rendered before the call, values from the clip inventory."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Protocol

from ivr.dialogue.effects import Piece
from speech.audio import silence
from speech.mandarin.pieces import pieces_of
from speech.prompts import CLAUSE_GAP_S

_ENDS_CLAUSE = re.compile(r"[，。？！；：、,.?!;:]$")


class Clips(Protocol):
    """What is used of speech.prompts.PromptStore."""

    def clip(self, text: str) -> bytes: ...

    def joined(self, texts: Sequence[str]) -> bytes: ...


class Voicebox:
    """Fits ivr.runtime.line.Prompts over a clip store."""

    def __init__(self, clips: Clips) -> None:
        self._clips = clips

    def sound(self, piece: Piece) -> bytes:
        """mu-law of a piece, with the breath that its punctuation asks for. Raises LookupError when it was not rendered."""
        said = self._clips.clip(piece.text) if piece.value is None else self._clips.joined(pieces_of(piece.value))
        return said + silence(CLAUSE_GAP_S) if _ENDS_CLAUSE.search(piece.text) else said
