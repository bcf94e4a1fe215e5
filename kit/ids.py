"""Identifiers: random, sortable by time of making, safe in URLs."""

from __future__ import annotations

import secrets
import time


def new_id(kind: str) -> str:
    """A new identifier such as `call_0193f2c8a1b7d3e4f5a6b7c8`: kind, 12 hex digits of milliseconds, 16 random."""
    return f"{kind}_{time.time_ns() // 1_000_000:012x}{secrets.token_hex(8)}"


def new_token() -> str:
    """A secret of 256 bits for single use, safe in URLs."""
    return secrets.token_urlsafe(32)
