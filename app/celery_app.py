"""Entrance of the worker and the scheduler: ``celery -A app.celery_app worker|beat``.

The timetable stands in the settings (``SCHEDULE_…`` in config.py) and in the database, see app/jobs/timetable.py.
"""

from __future__ import annotations

from celery import Celery

from app import create_app
from app.jobs import deadlines, housekeeping, mail, relay, scanning
from app.jobs.queue import be_patient

flask_app = create_app()
celery: Celery = flask_app.extensions["celery"]
be_patient(celery)

TASKS = (deadlines, housekeeping, mail, relay, scanning)
