"""The same arithmetic done by walking through every minute: too slow to use, too simple to be wrong."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from app.sla.slots import Slot
from app.sla.spans import Span

MINUTE = timedelta(minutes=1)
NOTHING = timedelta()


@dataclass(frozen=True)
class SlowCalendar:
    """Rules read literally; every offset of the zone and every slot must lie on whole minutes."""

    time_zone: ZoneInfo
    slots: tuple[Slot, ...] | None
    closed: frozenset[date] = frozenset()


@lru_cache(maxsize=1_000_000)
def is_open(calendar: SlowCalendar, minute: datetime) -> bool:
    """Whether this minute of UTC counts.

    The second pass through an hour that happens twice belongs to the minute before the clocks agree
    again: bounds inside it are their first occurrence.
    """
    if calendar.slots is None:
        return True
    local = minute.astimezone(calendar.time_zone)
    if local.fold:
        while local.fold:
            minute += MINUTE
            local = minute.astimezone(calendar.time_zone)
        local = local.replace(tzinfo=None) - MINUTE
    shown = local.hour * 60 + local.minute
    if local.date() in calendar.closed:
        return False
    return any(day == local.weekday() and start <= shown < end for day, start, end in calendar.slots)


def elapsed(calendar: SlowCalendar, start: datetime, end: datetime) -> timedelta:
    total = NOTHING
    minute = start.astimezone(UTC).replace(second=0, microsecond=0)
    while minute < end:
        if is_open(calendar, minute):
            total += min(minute + MINUTE, end) - max(minute, start)
        minute += MINUTE
    return total


def add(calendar: SlowCalendar, start: datetime, amount: timedelta) -> datetime:
    """Only for amounts that are reached soon: it walks until they are."""
    if not amount:
        return start
    minute = start.astimezone(UTC).replace(second=0, microsecond=0)
    while True:
        if is_open(calendar, minute):
            begin = max(minute, start)
            if amount <= minute + MINUTE - begin:
                return begin + amount
            amount -= minute + MINUTE - begin
        minute += MINUTE


def consumed(spans: Iterable[Span], calendar: SlowCalendar, at: datetime) -> timedelta:
    running = (span for span in spans if span.runs and span.start < at)
    return sum((elapsed(calendar, span.start, min(span.end or at, at)) for span in running), NOTHING)
