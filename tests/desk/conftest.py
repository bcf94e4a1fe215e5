"""The desk's tests stand on the store's fixtures."""

from __future__ import annotations

from tests.store.conftest import clock, migrated, store

__all__ = ["clock", "migrated", "store"]
