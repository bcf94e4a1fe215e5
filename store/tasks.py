"""What Celery runs for the store."""

from __future__ import annotations

from celery import shared_task
from flask import current_app

from store import ledger
from store.recordings import StoredRecorder
from store.session import the_store


@shared_task(name="store.seal")
def seal() -> None:
    """Seal the ledger's new entries."""
    ledger.seal(the_store())


@shared_task(name="store.salvage")
def salvage() -> None:
    """Finish the recordings that lost media workers left behind."""
    recorder: StoredRecorder = current_app.extensions["recorder"]
    recorder.salvage()
