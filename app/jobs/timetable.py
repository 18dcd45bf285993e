"""The timetable: what is due when, and asking the queue for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial
from zoneinfo import ZoneInfo

from flask import Flask, current_app

from app.core import clock, heartbeat, log
from app.core.uow import run_unit
from app.jobs.schedule import Schedule, parse

BEAT = "beat"
# These see to it themselves that two at once do no harm and that nothing is forgotten: asked for, and asked again.
CARELESS = frozenset({"relay"})
Send = Callable[[str], None]


class Timetable:
    """Every standing job with its rhythm.

    Args:
        schedules: name of the job → setting, as ``app.jobs.schedule.parse`` reads it.
        time_zone: zone of the crontab forms.
    """

    def __init__(self, schedules: Mapping[str, str], time_zone: str) -> None:
        zone = ZoneInfo(time_zone)
        self._schedules: dict[str, Schedule] = {name: parse(text, zone) for name, text in schedules.items()}

    @property
    def names(self) -> list[str]:
        return sorted(self._schedules)

    def following(self, name: str, moment: datetime) -> datetime | None:
        """When a job is due after this moment; None when it is not on the timetable."""
        schedule = self._schedules.get(name)
        return schedule.after(moment) if schedule else None

    def hang_up(self) -> None:
        """Write down when each job is due next; what is overdue stays so, what was set anew is moved."""
        run_unit(self._plan_all)

    def _plan_all(self) -> None:
        for name, schedule in self._schedules.items():
            known = heartbeat.last(name)
            now = clock.now()
            following = schedule.after(known.started_at) if known and known.started_at else now
            heartbeat.plan(name, following if following > now else schedule.after(now))

    def ask(self, send: Send) -> list[str]:
        """Ask the queue for every job that is due; returns the names asked for.

        Args:
            send: puts a task of this name into the queue; when it fails, the job is asked for again next time.
        """
        run_unit(partial(heartbeat.beat, BEAT))
        return [name for name in heartbeat.due(self.names) if self._asked(name, send)]

    def _asked(self, name: str, send: Send) -> bool:
        moves_on = self.following(name, clock.now()) if name in CARELESS else None
        if not run_unit(lambda: heartbeat.ask(name, moves_on)):
            return False
        try:
            send(name)
        except Exception as error:  # whatever the broker's client raises
            log.get(__name__).warning("queue_unreachable", job=name, error=str(error)[:200])
            run_unit(partial(heartbeat.take_back, name))
            return False
        return True


def use(app: Flask, timetable: Timetable) -> None:
    """Give an application its timetable."""
    app.extensions["timetable"] = timetable


def current() -> Timetable:
    """The timetable of the application at hand."""
    timetable: Timetable = current_app.extensions["timetable"]
    return timetable
