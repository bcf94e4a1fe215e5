"""Names of Redis keys, in one place. Everything under them may be lost."""

from __future__ import annotations

PREFIX = "huiling"
WORKERS = f"{PREFIX}:workers"
STARTS = f"{PREFIX}:starts"
"""Calls that were given leave to start within the last second, by the server's clock."""

TICK = f"{PREFIX}:tick"
"""The dialler looked for work within the last seconds."""


def token(token_digest: str) -> str:
    return f"{PREFIX}:token:{token_digest}"


def orders(call_id: str) -> str:
    return f"{PREFIX}:orders:{call_id}"


def listen(call_id: str) -> str:
    """The channel on which a call's sound is sent to listeners."""
    return f"{PREFIX}:listen:{call_id}"


def alone(job: str) -> str:
    """Held by whoever does the job now."""
    return f"{PREFIX}:alone:{job}"
