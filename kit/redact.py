"""Removes personal values from text that may reach logs or errors."""

from __future__ import annotations

import re

_PHONE = re.compile(r"(?<!\d)(?:\+?86[- ]?)?1[3-9]\d{9}(?!\d)|\+\d{8,15}(?!\d)")
_ID_CARD = re.compile(r"(?<!\d)\d{17}[\dXx](?!\d)")


def redact(text: str) -> str:
    """The text with telephone numbers and identity-card numbers replaced by a mark."""
    return _PHONE.sub("[phone]", _ID_CARD.sub("[id]", text))
