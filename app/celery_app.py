"""Entrance of the worker and the scheduler: ``celery -A app.celery_app worker|beat``.

The timetable stands in the settings (``SCHEDULE_…`` in config.py) and in the database, see app/jobs/timetable.py.
"""

from __future__ import annotations

from typing import Any

from celery import Celery
from celery.signals import worker_ready, worker_shutting_down

from app import create_app
from app.jobs import cards, deadlines, hints, housekeeping, mail, people, rechecking, relay, scanning
from app.jobs.queue import be_patient
from app.jobs.watching import Listener

flask_app = create_app()
celery: Celery = flask_app.extensions["celery"]
be_patient(celery)

TASKS = (cards, deadlines, hints, housekeeping, mail, people, rechecking, relay, scanning)
listener = Listener(flask_app)


@worker_ready.connect
def _listen(**_told: Any) -> None:
    """A worker also listens at the mailboxes, in threads of its own."""
    if flask_app.extensions["settings"].mail_watch == "on":
        listener.start()


@worker_shutting_down.connect
def _be_quiet(**_told: Any) -> None:
    listener.stop()
