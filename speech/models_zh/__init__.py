"""The Chinese model that comes with the product, as package data; its card is README.md."""

from __future__ import annotations

from pathlib import Path

MODELS = Path(__file__).resolve().parent
SHIPPED = MODELS / "telephone"
