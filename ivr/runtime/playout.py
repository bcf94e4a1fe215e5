"""What was sent to the callee and how much of it has been heard. Knows marks and generations; sends nothing.

The carrier buffers what it gets and echoes a mark when the sound before it was played. `clear` returns every pending
mark too, so each mark carries a generation: an echo of an older one says nothing. Between marks, elapsed line time tells
how far a piece has got.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

from ivr.dialogue.effects import Say
from speech.audio import MULAW_SILENCE

MARK_GRACE_S = 3.0
"""How long after its computed end a piece is waited for when its mark does not come back."""


@dataclass(slots=True)
class _Piece:
    name: str
    text: str
    sound: bytes
    played: int = 0
    is_heard: bool = False


@dataclass(slots=True)
class Saying:
    """One Say on its way; `began_at` and `heard` become facts of the transcript."""

    say: Say
    pieces: list[_Piece]
    began_s: float
    ran_out_at: float | None = None

    @property
    def is_played(self) -> bool:
        """Whether every mark came back."""
        return all(piece.is_heard for piece in self.pieces)

    @property
    def heard(self) -> str:
        """The text that had been played by now: whole pieces by their marks, the running one by time."""
        text = ""
        for piece in self.pieces:
            if piece.is_heard or piece.played >= len(piece.sound):
                text += piece.text
                continue
            return text + piece.text[: len(piece.text) * piece.played // max(1, len(piece.sound))]
        return text


@dataclass(slots=True)
class Playout:
    """The outbound side of one call."""

    generation: int = 0
    _sayings: deque[Saying] = field(default_factory=deque)

    @property
    def is_playing(self) -> bool:
        """Whether something said is not known to be played."""
        return bool(self._sayings)

    @property
    def current(self) -> Saying | None:
        """The Say that the callee hears now."""
        return self._sayings[0] if self._sayings else None

    def queue(self, say: Say, sounds: list[bytes], at_s: float) -> list[tuple[bytes, str]]:
        """Take a Say; returns what to send: sound and the mark behind it, piece by piece."""
        pieces = [
            _Piece(f"{self.generation}.{say.say_id}.{place}", piece.text, sound)
            for place, (piece, sound) in enumerate(zip(say.pieces, sounds, strict=True))
        ]
        self._sayings.append(Saying(say, pieces, began_s=at_s))
        return [(piece.sound, piece.name) for piece in pieces]

    def requeue(self, cut: list[Saying]) -> list[tuple[bytes, str]]:
        """Go on with what was cut, from the beginning of the piece in which it was; returns what to send."""
        for saying in cut:
            for place, piece in enumerate(saying.pieces):
                piece.name = f"{self.generation}.{saying.say.say_id}.{place}"
                if piece.played < len(piece.sound):
                    piece.played, piece.is_heard = 0, False
            saying.ran_out_at = None
            self._sayings.append(saying)
        return [(piece.sound, piece.name) for saying in cut for piece in saying.pieces if not piece.is_heard]

    def marked(self, name: str) -> bool:
        """A mark came back; False when it is of an older generation or unknown. Earlier pieces were played too."""
        if not name.startswith(f"{self.generation}."):
            return False
        pieces = [piece for saying in self._sayings for piece in saying.pieces]
        reached = next((place for place, piece in enumerate(pieces) if piece.name == name), None)
        if reached is None:
            return False
        for piece in pieces[: reached + 1]:
            piece.is_heard, piece.played = True, len(piece.sound)
        return True

    def take(self, count: int) -> bytes:
        """What the callee heard of us in the next `count` bytes of line time; silence where nothing was on its way."""
        sound = b""
        for saying in self._sayings:
            for piece in saying.pieces:
                part = piece.sound[piece.played : piece.played + count - len(sound)]
                piece.played += len(part)
                sound += part
                if len(sound) == count:
                    return sound
        return sound.ljust(count, MULAW_SILENCE)

    def finished(self, now: float) -> Saying | None:
        """The first Say if it was played, or ran out of time to be reported as played; it leaves the queue."""
        if not self._sayings:
            return None
        first = self._sayings[0]
        if not first.is_played and not self._has_lost_marks(first, now):
            return None
        return self._sayings.popleft()

    def cut(self) -> list[Saying]:
        """A `clear` is being sent: everything still on its way is dropped and returned, marks of it mean nothing."""
        dropped, self._sayings = list(self._sayings), deque()
        self.generation += 1
        return dropped

    def _has_lost_marks(self, saying: Saying, now: float) -> bool:
        if any(piece.played < len(piece.sound) for piece in saying.pieces):
            return False
        if saying.ran_out_at is None:
            saying.ran_out_at = now
        return now - saying.ran_out_at >= MARK_GRACE_S
