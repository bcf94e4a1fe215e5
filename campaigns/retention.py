"""Erases what has been kept long enough, by the policy's days. Deletes sound and words; the ledger keeps the proof."""

from __future__ import annotations

import logging
from datetime import timedelta

from law.policy import Policy
from store import retention
from store.blobs import Blobs
from store.retention import Keeping
from store.session import Store

LOG = logging.getLogger(__name__)
BATCH = 200
"""Calls erased in one go; the next beat goes on."""


class Retention:
    """One pass over what is due."""

    def __init__(self, store: Store, blobs: Blobs, policy: Policy) -> None:
        self._store = store
        self._blobs = blobs
        self._keeping = Keeping(timedelta(days=policy.retention_days), timedelta(days=policy.retention_wrong_number_days))
        self._rule = f"policy:{policy.digest}"

    def run(self) -> int:
        """Erase what is due; how many calls were erased."""
        with self._store.reading() as session:
            due = retention.expired(session, self._keeping, now=self._store.clock.now(), limit=BATCH)
        return sum(self._erase(call_id) for call_id in due)

    def _erase(self, call_id: str) -> bool:
        try:
            return retention.erase(self._store, self._blobs, call_id, rule=self._rule)
        except OSError as fault:
            LOG.warning("a recording could not be deleted", extra={"call_id": call_id, "fault": type(fault).__name__})
            return False
