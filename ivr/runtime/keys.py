"""Keys pressed one by one, gathered into what the step waits for. Pure; given the time."""

from __future__ import annotations

from dataclasses import dataclass, field

from ivr.dialogue.events import MAX_KEYS
from ivr.script.model import KEYS

BETWEEN_KEYS_S = 2.5
"""How long the next key of a longer number is waited for."""


@dataclass(slots=True)
class Keys:
    """The keys of one call that have not been told yet."""

    _keys: str = ""
    _at: float = field(default=0.0)

    @property
    def is_typing(self) -> bool:
        """Whether somebody is in the middle of a number."""
        return bool(self._keys)

    def push(self, key: str, at: float) -> None:
        """One more key; beyond MAX_KEYS they are dropped, and the letters A to D mean nothing to us."""
        if key in KEYS and len(self._keys) < MAX_KEYS:
            self._keys += key
            self._at = at

    def take(self, max_digits: int, at: float) -> str:
        """The whole input once it is complete: long enough, ended by #, a lone *, or nothing more came. Else empty."""
        is_whole = len(self._keys) >= max_digits or self._keys[-1:] == "#" or self._keys == "*"
        if not self._keys or not (is_whole or at - self._at >= BETWEEN_KEYS_S):
            return ""
        taken, self._keys = self._keys, ""
        return taken
