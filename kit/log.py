"""JSON logs on standard error. A constant message plus `extra`; whatever stands under `pii` is dropped."""

from __future__ import annotations

import logging
from typing import Any

from pythonjsonlogger.json import JsonFormatter

from kit.redact import redact


class PrivateFormatter(JsonFormatter):
    """Drops `pii` and every `pii.*` field; redacts numbers from what remains, tracebacks included."""

    def process_log_record(self, log_data: dict[str, Any]) -> dict[str, Any]:
        kept = {key: value for key, value in log_data.items() if key != "pii" and not key.startswith("pii.")}
        return {key: redact(value) if isinstance(value, str) else value for key, value in kept.items()}


def configure(level: str = "INFO") -> None:
    """Send the root logger's records to standard error as JSON. Idempotent."""
    root = logging.getLogger()
    root.setLevel(level)
    logging.getLogger("alembic").setLevel(logging.WARNING)
    if any(isinstance(handler.formatter, PrivateFormatter) for handler in root.handlers):
        return
    handler = logging.StreamHandler()
    handler.setFormatter(
        PrivateFormatter("%(asctime)s %(levelname)s %(name)s %(message)s", rename_fields={"levelname": "level"})
    )
    root.addHandler(handler)
