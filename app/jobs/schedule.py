"""When something is due: every so often, or by the wall clock in crontab form. Pure arithmetic, no queue.

Clock changes follow what cron promises (cron(8), Debian): a job with a fixed hour runs once on every local day,
also on days of 23 and 25 hours; a job of every hour keeps its rhythm through the change.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

UNITS = {"s": 1, "m": 60, "h": 3600}
SPAN = re.compile(r"^([0-9]{1,5})([smh])$")
PART = re.compile(r"^(?:\*|([0-9]{1,2})(?:-([0-9]{1,2}))?)(?:/([0-9]{1,2}))?$")
BOUNDS = ((0, 59), (0, 23), (1, 31), (1, 12), (0, 7))
LONGEST_GAP = 5 * 366  # days; 29 February on a given date comes back within eight years, on any within five
MINUTE = timedelta(minutes=1)


class Schedule(Protocol):
    """A rhythm."""

    def after(self, moment: datetime) -> datetime:
        """The first due moment later than this one (aware, UTC)."""


@dataclass(frozen=True, slots=True)
class Every:
    """Again and again after a span of real time."""

    span: timedelta

    def after(self, moment: datetime) -> datetime:
        return moment + self.span


@dataclass(frozen=True, slots=True)
class Crontab:
    """The five fields of cron in a time zone; a restricted day of month and day of week are alternatives."""

    minutes: tuple[int, ...]
    hours: tuple[int, ...]
    days: tuple[int, ...]
    months: tuple[int, ...]
    weekdays: tuple[int, ...]
    zone: ZoneInfo

    def after(self, moment: datetime) -> datetime:
        first = moment.astimezone(self.zone).date()
        for ahead in range(LONGEST_GAP):
            day = first + timedelta(days=ahead)
            if not self._on(day):
                continue
            found = next((at for at in self._moments(day, moment) if at > moment), None)
            if found is not None:
                return found
        raise ValueError("this crontab is never due")

    def _on(self, day: date) -> bool:
        if day.month not in self.months:
            return False
        by_date, by_weekday = day.day in self.days, day.isoweekday() % 7 in self.weekdays
        if len(self.days) == 31 or len(self.weekdays) == 7:
            return by_date and by_weekday
        return by_date or by_weekday

    def _moments(self, day: date, since: datetime) -> Iterator[datetime]:
        if len(self.hours) == 24:
            yield from self._through_the_day(day, since)
            return
        for hour in self.hours:
            for minute in self.minutes:
                # The first of two equal wall times; one that is skipped comes as much later as the clock jumps.
                yield datetime.combine(day, time(hour, minute), self.zone).astimezone(UTC)

    def _through_the_day(self, day: date, since: datetime) -> Iterator[datetime]:
        start = datetime.combine(day, time(), self.zone).astimezone(UTC)
        at = max(start, since.astimezone(UTC).replace(second=0, microsecond=0))
        while (local := at.astimezone(self.zone)).date() <= day:
            if local.minute in self.minutes and local.date() == day:
                yield at
            at += MINUTE


def parse(text: str, zone: ZoneInfo) -> Schedule:
    """A schedule from its setting.

    Args:
        text: ``10s``, ``5m``, ``1h``, or five crontab fields such as ``30 2 * * *``.
        zone: where the crontab's clock hangs.

    Raises:
        ValueError: neither of the two, or never due.
    """
    span = SPAN.match(text.strip())
    if span is not None:
        seconds = int(span[1]) * UNITS[span[2]]
        if seconds < 1:
            raise ValueError("a span of at least one second")
        return Every(timedelta(seconds=seconds))
    fields = text.split()
    if len(fields) != len(BOUNDS):
        raise ValueError("a span such as 10s, 5m or 1h, or five crontab fields such as 30 2 * * *")
    minutes, hours, days, months, weekdays = (
        _numbers(field, low, high) for field, (low, high) in zip(fields, BOUNDS, strict=True)
    )
    sundays_as_zero = tuple(sorted({day % 7 for day in weekdays}))
    made = Crontab(minutes, hours, days, months, sundays_as_zero, zone)
    made.after(datetime(2026, 1, 1, tzinfo=UTC))  # 30 February is refused when it is written, not at night
    return made


def _numbers(field: str, low: int, high: int) -> tuple[int, ...]:
    found: set[int] = set()
    for part in field.split(","):
        match = PART.match(part)
        if match is None:
            raise ValueError(f"{part!r} is no crontab field")
        start = int(match[1]) if match[1] else low
        end = int(match[2]) if match[2] else (start if match[1] and not match[3] else high)
        step = int(match[3]) if match[3] else 1
        if not (low <= start <= end <= high) or step < 1:
            raise ValueError(f"{part!r} is outside {low}-{high}")
        found.update(range(start, end + 1, step))
    return tuple(sorted(found))
