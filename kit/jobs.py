"""The Celery app. Messages carry ids only and are hints; a sweep over SQL is the truth; no ETA tasks."""

from __future__ import annotations

from celery import Celery, Task
from flask import Flask

TICK_S = 1.0
"""How often the dialler looks for borrowers who are due, in seconds."""
SWEEP_S = 15.0
"""How often attempts without an end are asked about at the carrier, in seconds."""
PREPARE_S = 10.0
"""How often borrowers who were added to running campaigns get their prompts rendered, in seconds."""
SEAL_S = 10.0
"""How often the ledger's new entries are sealed, in seconds."""
SALVAGE_S = 60.0
"""How often recordings of lost media workers are looked for, in seconds."""
ERASE_S = 3600.0
"""How often recordings and transcripts whose time is over are looked for, in seconds."""


def make_celery(flask_app: Flask, broker_url: str) -> Celery:
    """A Celery app whose tasks run inside the Flask application context; results are not kept."""

    class InContext(Task):  # type: ignore[misc]
        def __call__(self, *args: object, **kwargs: object) -> object:
            with flask_app.app_context():
                return self.run(*args, **kwargs)

    celery = Celery(flask_app.name, task_cls=InContext)
    celery.conf.update(
        broker_url=broker_url,
        task_ignore_result=True,
        task_acks_late=True,
        task_default_expires=60,
        worker_prefetch_multiplier=1,
        worker_hijack_root_logger=False,
        broker_connection_retry_on_startup=True,
        beat_schedule={
            "dial": {"task": "campaigns.dial_due", "schedule": TICK_S, "options": {"expires": TICK_S * 5}},
            "sweep": {"task": "campaigns.sweep", "schedule": SWEEP_S, "options": {"expires": SWEEP_S}},
            "prepare": {"task": "campaigns.prepare", "schedule": PREPARE_S, "options": {"expires": PREPARE_S}},
            "salvage": {"task": "store.salvage", "schedule": SALVAGE_S, "options": {"expires": SALVAGE_S}},
            "erase": {"task": "campaigns.erase_expired", "schedule": ERASE_S, "options": {"expires": ERASE_S}},
            "seal": {"task": "store.seal", "schedule": SEAL_S, "options": {"expires": SEAL_S}},
        },
        timezone="Asia/Shanghai",
    )
    celery.set_default()
    return celery
