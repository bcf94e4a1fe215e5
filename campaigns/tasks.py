"""What Celery runs for campaigns. Messages are ticks; SQL says what is to be done."""

from __future__ import annotations

from celery import shared_task
from flask import current_app

from campaigns.dialler import Dialler
from campaigns.preparation import Preparation
from campaigns.retention import Retention
from campaigns.sweep import Sweep

PREPARING_S = 900.0
"""After so long a worker that prepares is taken for dead."""


@shared_task(name="campaigns.dial_due")
def dial_due() -> None:
    """Start the calls that may be started now."""
    dialler: Dialler = current_app.extensions["dialler"]
    current_app.extensions["live"].tick()
    dialler.tick()


@shared_task(name="campaigns.sweep")
def sweep() -> None:
    """Settle what nobody reported."""
    settling: Sweep = current_app.extensions["sweep"]
    settling.run()


@shared_task(name="campaigns.prepare")
def prepare() -> None:
    """Render prompts of borrowers who were added to running campaigns; one at a time, or dialling would wait for voices."""
    with current_app.extensions["live"].alone("prepare", at_most_s=PREPARING_S) as is_mine:
        if is_mine:
            preparation: Preparation = current_app.extensions["preparation"]
            preparation.prepare_running()


@shared_task(name="campaigns.erase_expired")
def erase_expired() -> None:
    """Erase recordings and transcripts that the policy keeps no longer."""
    retention: Retention = current_app.extensions["retention"]
    retention.run()
