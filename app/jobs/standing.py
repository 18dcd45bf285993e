"""Standing jobs: one at a time over all machines, with a diary, caught up once after a stop."""

from __future__ import annotations

import functools
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from celery import shared_task

from app.core import clock, heartbeat, log
from app.core.lease import lease
from app.core.uow import run_unit
from app.jobs import timetable

Work = Callable[[], Any]
RETRY = timedelta(minutes=5)


def standing(name: str, *, seconds: int) -> Callable[[Work], Any]:
    """Make a task of a job that must never run twice at once.

    Args:
        name: the task's name, its line in the timetable and in the diary.
        seconds: the longest it may hold the lease before another takes over.

    The work may return a moment at which it wants to be asked again, earlier than the timetable would.
    """

    def make(work: Work) -> Any:
        @shared_task(name=name, ignore_result=True)
        @functools.wraps(work)
        def task() -> None:
            run_if_due(name, seconds, work)

        return task

    return make


def run_if_due(name: str, seconds: int, work: Work) -> bool:
    """Answer a request for a standing job; one that was late under way finds it done and leaves."""
    return heartbeat.is_due(name) and run_standing(name, seconds, work)


def run_standing(name: str, seconds: int, work: Work) -> bool:
    """Run a standing job now, due or not; False when another process is at it."""
    with lease(f"job.{name}", seconds) as mine:
        if not mine:
            return False
        began = clock.now()
        run_unit(lambda: heartbeat.begin(name))
        following = timetable.current().following(name, began)
        try:
            again = work()
        except Exception as error:
            retry = min(following, began + RETRY) if following else None
            line = _line(error)
            run_unit(lambda: heartbeat.end(name, line, due_at=retry))
            log.get(__name__).exception("job_failed", job=name)
            raise
        if isinstance(again, datetime) and following:
            following = min(following, again)
        run_unit(lambda: heartbeat.end(name, due_at=following))
    return True


def _line(error: Exception) -> str:
    """What went wrong in one line; a statement's values stay out of it."""
    cause = getattr(error, "orig", None) or error
    return " ".join(f"{type(cause).__name__}: {cause}".split())
