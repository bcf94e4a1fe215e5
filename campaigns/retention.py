"""Erases what has been kept long enough, by the policy's days. Deletes sound and words; the ledger keeps the proof."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import timedelta

from ivr.dialogue.errors import DialogueMisuse
from ivr.script.fields import Facts
from law.policy import Policy
from store import calls, facts, retention
from store.blobs import Blobs
from store.retention import Keeping
from store.session import Store

LOG = logging.getLogger(__name__)
BATCH = 200
"""Calls erased in one go; the next beat goes on."""


class Retention:
    """One pass over what is due. `forget(script id, its digest, facts)` deletes the clips that were made for such a call."""

    def __init__(self, store: Store, blobs: Blobs, policy: Policy, *, forget: Callable[[str, str, Facts], object]) -> None:
        self._store = store
        self._blobs = blobs
        self._forget = forget
        self._keeping = Keeping(timedelta(days=policy.retention_days), timedelta(days=policy.retention_wrong_number_days))
        self._rule = f"policy:{policy.digest}"

    def run(self) -> int:
        """Erase what is due; how many calls were erased."""
        with self._store.reading() as session:
            due = retention.expired(session, self._keeping, now=self._store.clock.now(), limit=BATCH)
        return sum(self._erase(call_id) for call_id in due)

    def _erase(self, call_id: str) -> bool:
        try:
            self._forget_clips(call_id)
            return retention.erase(self._store, self._blobs, call_id, rule=self._rule)
        except OSError as fault:
            LOG.warning("what a call left could not be deleted", extra={"call_id": call_id, "fault": type(fault).__name__})
            return False

    def _forget_clips(self, call_id: str) -> None:
        """Before the facts go that name them. Who is called again gets new ones."""
        with self._store.reading() as session:
            found = calls.find(session, call_id)
        if found is None:
            return
        call, _ = found
        try:
            self._forget(call.script_id, call.script_digest, facts.from_json(call.facts))
        except (LookupError, DialogueMisuse) as fault:
            LOG.warning("a call's clips cannot be told", extra={"call_id": call_id, "fault": type(fault).__name__})
