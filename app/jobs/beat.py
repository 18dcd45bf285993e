"""The scheduler behind ``celery beat``: reads due times from the database, keeps none of its own."""

from __future__ import annotations

import os
from typing import Any

from billiard.process import current_process
from celery.beat import Scheduler

from app.core import log
from app.jobs import timetable

TICK_SECONDS = 5.0
EXPIRES_SECONDS = 55  # a request is repeated after a minute; the old one must be gone by then


class Timekeeper(Scheduler):  # type: ignore[misc]
    """Looks every few seconds what is due. Two of them do no harm, and none of them has a file to lose."""

    def __init__(self, app: Any, *args: Any, **kwargs: Any) -> None:
        self._hung_up = False
        self._worker = os.getppid() if current_process().name != "MainProcess" else None
        super().__init__(app, *args, **kwargs)

    def setup_schedule(self) -> None:
        """There is nothing to read at start: the timetable is hung up at the first tick that has a database."""

    def tick(self, *_args: Any, **_kwargs: Any) -> float:
        """Ask for what is due; returns the seconds until the next look. No error ends it: beat must go on.

        Raises:
            SystemExit: the worker it ran inside of (``worker -B``) was killed, and nobody else would end it.
        """
        if self._worker not in (None, os.getppid()):
            raise SystemExit
        try:
            with self.app.house.app_context():
                self._look()
        except Exception as error:
            log.get(__name__).error("beat_stumbled", error=str(error)[:300])
        return TICK_SECONDS

    def _look(self) -> None:
        plan = timetable.current()
        if not self._hung_up:
            plan.hang_up()
            self._hung_up = True
        plan.ask(self._send)

    def _send(self, name: str) -> None:
        self.app.send_task(name, expires=EXPIRES_SECONDS)

    @property
    def info(self) -> str:
        return "    . timetable -> database"
