"""Working calendars: how much working time lies between two instants, and when an amount is used up.

All counting happens in UTC; the bounds of the slots are made in the calendar's time zone. A local bound
that a clock change skips is the instant of the change; one that happens twice is its first occurrence.
So bounds never change their order, slots that do not overlap on paper never overlap in time, and a slot
over a clock change has the length that really passed: Sunday 0–24 is 23 or 25 hours.

Distances are differences of running sums, kept per calendar and year, so years cost no more than days.
"""

from array import array
from bisect import bisect_left
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from app.sla.closing_days import ClosingDays
from app.sla.slots import Slot, check_slots

HORIZON = timedelta(days=36_525)

_DAY = timedelta(days=1)
_MICROSECOND = timedelta(microseconds=1)
_MICROSECONDS_OF_MINUTE = 60_000_000
_NO_CLOSING_DAYS = ClosingDays()

Stretch = tuple[datetime, datetime]


@dataclass(frozen=True)
class Calendar:
    """When time counts: always (`slots` None; closing days are then ignored) or in slots of the week.

    `name` is for people and takes no part in comparison. Calendars with equal rules share what was
    computed for them. Raises ValueError when check_slots() finds something.
    """

    time_zone: ZoneInfo
    slots: tuple[Slot, ...] | None = None
    closing_days: ClosingDays = _NO_CLOSING_DAYS
    name: str = field(default="", compare=False)

    def __post_init__(self) -> None:
        if self.slots and (problems := check_slots(self.slots)):
            raise ValueError(f"these slots make no calendar: {problems}")


def elapsed(calendar: Calendar, start: datetime, end: datetime) -> timedelta:
    """The working time in [start, end), to the microsecond.

    Both are aware instants. Raises ValueError when one is naive or `end` comes before `start`.
    """
    start, end = in_utc(start), in_utc(end)
    if end < start:
        raise ValueError("the end comes before the start")
    if calendar.slots is None:
        return end - start
    first, last = day_of(calendar, start), day_of(calendar, end)
    years_between = sum(_year_sums(calendar, year)[-1] for year in range(first.year, last.year))
    worked = _worked_in_year(calendar, last, end) - _worked_in_year(calendar, first, start)
    return timedelta(microseconds=years_between + worked)


def add(calendar: Calendar, start: datetime, amount: timedelta) -> datetime | None:
    """The earliest instant in UTC at which `amount` of working time has passed since `start`.

    Friday 16:30 and half an hour, open until 17:00, is Friday 17:00 and not the next opening. None
    when that never happens: the calendar does not open, or not often enough within HORIZON (a
    century). Raises ValueError when `start` is naive or `amount` negative.
    """
    start = in_utc(start)
    if amount < timedelta():
        raise ValueError("a negative amount of working time")
    if not amount:
        return start
    if amount > HORIZON or calendar.slots == ():
        return None
    if calendar.slots is None:
        return start + amount
    first = day_of(calendar, start)
    goal = _worked_in_year(calendar, first, start) + amount // _MICROSECOND
    return _when_worked(calendar, first.year, goal)


def openings(calendar: Calendar, day: date) -> tuple[Stretch, ...]:
    """The open stretches of a local day as (start, end) in UTC, in order; empty when it is closed."""
    if calendar.slots is None:
        return ((day_start(calendar, day), day_start(calendar, day + _DAY)),)
    return _working_stretches(calendar, day)


def closed_by(calendar: Calendar, day: date) -> str | None:
    """The name of the closing day, in German, that keeps an otherwise open day shut, else None."""
    if not calendar.slots or all(slot.weekday != day.weekday() for slot in calendar.slots):
        return None
    return calendar.closing_days.name(day)


def day_of(calendar: Calendar, moment: datetime) -> date:
    """The local day an instant belongs to, such that days follow each other without overlapping."""
    local = moment.astimezone(calendar.time_zone)
    day = local.date()
    # clocks set back over midnight show yesterday's date once more, after today has begun
    if local.fold and moment >= day_start(calendar, day + _DAY):
        return day + _DAY
    return day


def day_start(calendar: Calendar, day: date) -> datetime:
    """The instant in UTC at which a local day begins; it ends where the next one begins."""
    return _instant(calendar.time_zone, day, 0)


def in_utc(moment: datetime) -> datetime:
    """The same instant in UTC; raises ValueError when it does not say its zone."""
    if moment.utcoffset() is None:
        raise ValueError(f"an instant without time zone: {moment}")
    return moment.astimezone(UTC)


def _instant(zone: ZoneInfo, day: date, minute: int) -> datetime:
    wall = datetime.combine(day, time()) + timedelta(minutes=minute)
    first = wall.replace(tzinfo=zone).astimezone(UTC)
    if first.astimezone(zone).replace(tzinfo=None) == wall:
        return first
    return _clock_change(zone, wall.replace(tzinfo=zone, fold=1).astimezone(UTC), first)


def _clock_change(zone: ZoneInfo, before: datetime, after: datetime) -> datetime:
    """The second at which the zone's offset changes between two instants around a skipped wall time."""
    offset = before.astimezone(zone).utcoffset()
    low, high = 0, int((after - before).total_seconds())
    while high - low > 1:
        middle = (low + high) // 2
        moment = before + timedelta(seconds=middle)
        if moment.astimezone(zone).utcoffset() == offset:
            low = middle
        else:
            high = middle
    return before + timedelta(seconds=high)


@lru_cache(maxsize=4096)
def _working_stretches(calendar: Calendar, day: date) -> tuple[Stretch, ...]:
    if calendar.closing_days.name(day) is not None:
        return ()
    today = sorted(slot for slot in calendar.slots or () if slot.weekday == day.weekday())
    zone = calendar.time_zone
    bounds = ((_instant(zone, day, slot.start), _instant(zone, day, slot.end)) for slot in today)
    return tuple((start, end) for start, end in bounds if start < end)


@lru_cache(maxsize=512)
def _year_sums(calendar: Calendar, year: int) -> "array[int]":
    """Working microseconds of a year before its n-th day, and last those of the whole year.

    A day of 24 hours has the length its slots have on paper; only days with a clock change are made
    in the zone.
    """
    closed = calendar.closing_days.in_year(year)
    usual = _usual_lengths(calendar.slots or ())
    sums = array("q", [0])
    day, begin = date(year, 1, 1), day_start(calendar, date(year, 1, 1))
    while day.year == year:
        end = day_start(calendar, day + _DAY)
        if day in closed:
            worked = 0
        elif end - begin == _DAY:
            worked = usual[day.weekday()]
        else:
            worked = sum((until - since) // _MICROSECOND for since, until in openings(calendar, day))
        sums.append(sums[-1] + worked)
        day, begin = day + _DAY, end
    return sums


def _usual_lengths(slots: tuple[Slot, ...]) -> list[int]:
    lengths = [0] * 7
    for slot in slots:
        lengths[slot.weekday] += (slot.end - slot.start) * _MICROSECONDS_OF_MINUTE
    return lengths


def _worked_in_year(calendar: Calendar, day: date, moment: datetime) -> int:
    """Working microseconds from the start of the year of `day`, the day of `moment`, until `moment`."""
    before = _year_sums(calendar, day.year)[(day - date(day.year, 1, 1)).days]
    passed = (min(end, moment) - start for start, end in openings(calendar, day) if start < moment)
    return before + sum(passed, timedelta()) // _MICROSECOND


def _when_worked(calendar: Calendar, first_year: int, goal: int) -> datetime | None:
    """When `goal` microseconds, at least one, have been worked since the start of `first_year`."""
    for year in range(first_year, first_year + HORIZON // timedelta(days=365)):
        sums = _year_sums(calendar, year)
        if goal > sums[-1]:
            goal -= sums[-1]
            continue
        index = bisect_left(sums, goal) - 1
        return _when_worked_on(calendar, date(year, 1, 1) + index * _DAY, goal - sums[index])
    return None


def _when_worked_on(calendar: Calendar, day: date, goal: int) -> datetime:
    rest = goal * _MICROSECOND
    stretches = openings(calendar, day)
    for start, end in stretches[:-1]:
        if rest <= end - start:
            return start + rest
        rest -= end - start
    return stretches[-1][0] + rest
