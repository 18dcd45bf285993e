"""The arithmetic against a reference that walks through every minute, and the laws it always obeys."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import slow_reference as slow
from hypothesis import given, settings
from hypothesis import strategies as st
from sample_calendars import (
    ALWAYS,
    BAVARIAN_DAYS,
    BERLIN,
    BERLIN_DAYS,
    LUNCH,
    OFFICE_BE,
    OFFICE_BY,
    SHIFTS_BY,
    WHOLE_WEEK,
)

from app.sla.calendars import Calendar, add, elapsed
from app.sla.clocks import consumed, due_at, paused, remaining, state, warn_at
from app.sla.slots import Slot
from app.sla.spans import Change, Span, known_at, spans_of
from app.sla.statement import statement
from app.sla.words import ClockState

pytestmark = pytest.mark.sqlite_only
unhurried = settings(deadline=None, max_examples=60, database=None)

NOTHING = timedelta()
TICK = timedelta(microseconds=1)
BAVARIA, BERLIN_STATE = frozenset(BAVARIAN_DAYS), frozenset(BERLIN_DAYS)
PAIRS = [
    (ALWAYS, slow.SlowCalendar(BERLIN, None)),
    (LUNCH, slow.SlowCalendar(BERLIN, LUNCH.slots)),
    (OFFICE_BY, slow.SlowCalendar(BERLIN, OFFICE_BY.slots, BAVARIA)),
    (OFFICE_BE, slow.SlowCalendar(BERLIN, OFFICE_BE.slots, BERLIN_STATE)),
    (SHIFTS_BY, slow.SlowCalendar(BERLIN, SHIFTS_BY.slots, BAVARIA)),
]
# both clock changes of two years, Corpus Christi, the end of the year, an ordinary week
ANCHORS = [
    datetime(2026, 3, 27, tzinfo=UTC),
    datetime(2026, 10, 23, tzinfo=UTC),
    datetime(2027, 3, 25, tzinfo=UTC),
    datetime(2027, 10, 29, tzinfo=UTC),
    datetime(2026, 6, 2, tzinfo=UTC),
    datetime(2026, 12, 30, tzinfo=UTC),
    datetime(2026, 11, 9, tzinfo=UTC),
]
# zones whose clocks change at midnight, by half an hour, or by a whole day
FAR_ZONES = [
    ("America/St_Johns", datetime(2010, 11, 5, tzinfo=UTC)),
    ("America/Sao_Paulo", datetime(2018, 2, 16, tzinfo=UTC)),
    ("America/Sao_Paulo", datetime(2018, 11, 2, tzinfo=UTC)),
    ("America/Havana", datetime(2026, 10, 30, tzinfo=UTC)),
    ("Australia/Lord_Howe", datetime(2026, 4, 3, tzinfo=UTC)),
    ("Pacific/Apia", datetime(2011, 12, 28, tzinfo=UTC)),
    ("Europe/Berlin", datetime(2026, 10, 23, tzinfo=UTC)),
    ("Europe/Berlin", datetime(2026, 3, 27, tzinfo=UTC)),
]

pairs = st.sampled_from(PAIRS)
fast_calendars = st.sampled_from([fast for fast, _ in PAIRS])
amounts = st.timedeltas(NOTHING, timedelta(hours=20))
targets = st.timedeltas(TICK, timedelta(hours=20))
decades = st.datetimes(datetime(2020, 1, 1), datetime(2039, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


@st.composite
def moments(draw: st.DrawFn) -> datetime:
    """Around a day on which something is special; often on a whole quarter of an hour."""
    offset = draw(
        st.one_of(
            st.integers(0, 4 * 96).map(lambda quarters: timedelta(minutes=15 * quarters)),
            st.timedeltas(NOTHING, timedelta(days=4)),
        )
    )
    return draw(st.sampled_from(ANCHORS)) + offset


@st.composite
def weeks(draw: st.DrawFn) -> tuple[Slot, ...]:
    """Slots at any minute, none of them overlapping."""
    slots: list[Slot] = []
    for weekday in range(7):
        bounds = sorted(draw(st.sets(st.integers(0, 1440), max_size=4)))
        slots += [Slot(weekday, a, b) for a, b in zip(bounds[::2], bounds[1::2], strict=False)]
    return tuple(slots)


@st.composite
def lives(draw: st.DrawFn) -> tuple[Span, ...]:
    """A ticket that runs and waits, and stops or goes on; changes may come at the same instant."""
    at = draw(moments())
    changes = [Change(at, draw(st.booleans()), "first")]
    for number in range(draw(st.integers(0, 4))):
        at += draw(st.timedeltas(NOTHING, timedelta(hours=30)))
        changes.append(Change(at, draw(st.booleans()), f"reason {number}"))
    stopped = at + draw(st.timedeltas(NOTHING, timedelta(hours=30))) if draw(st.booleans()) else None
    return spans_of(changes, stopped)


def later(life: Sequence[Span], wait: timedelta) -> datetime:
    return (life[0].start if life else ANCHORS[0]) + wait


@unhurried
@given(pairs, moments(), st.timedeltas(NOTHING, timedelta(days=4)))
def test_elapsed_counts_what_walking_through_the_minutes_counts(
    pair: tuple[Calendar, slow.SlowCalendar], start: datetime, wait: timedelta
) -> None:
    fast, reference = pair
    assert elapsed(fast, start, start + wait) == slow.elapsed(reference, start, start + wait)


@unhurried
@given(pairs, moments(), amounts)
def test_add_arrives_where_walking_through_the_minutes_arrives(
    pair: tuple[Calendar, slow.SlowCalendar], start: datetime, amount: timedelta
) -> None:
    fast, reference = pair
    assert add(fast, start, amount) == slow.add(reference, start, amount)


@unhurried
@given(st.sampled_from(FAR_ZONES), weeks(), st.timedeltas(NOTHING, timedelta(days=3)), st.integers(0, 72))
def test_any_week_in_any_zone_counts_as_walking_does(
    place: tuple[str, datetime], week: tuple[Slot, ...], offset: timedelta, length: int
) -> None:
    zone, anchor = place
    fast, reference = Calendar(ZoneInfo(zone), week), slow.SlowCalendar(ZoneInfo(zone), week)
    start, end = anchor + offset, anchor + offset + timedelta(hours=length)
    worked = elapsed(fast, start, end)
    assert worked == slow.elapsed(reference, start, end)
    if worked:
        assert add(fast, start, worked) == slow.add(reference, start, worked)


def test_two_whole_years_count_as_walking_does() -> None:
    fast, reference = PAIRS[2]
    start, quarter = datetime(2026, 1, 1, tzinfo=UTC), timedelta(minutes=15)
    walked = NOTHING
    for step in range(2 * 365 * 96):
        moment = start + step * quarter
        if step % 1009 == 0:
            assert elapsed(fast, start, moment) == walked
        if slow.is_open.__wrapped__(reference, moment):
            walked += quarter


@unhurried
@given(fast_calendars, decades, st.timedeltas(TICK, timedelta(days=900)))
def test_what_was_added_has_elapsed_and_not_a_tick_earlier(
    calendar: Calendar, start: datetime, amount: timedelta
) -> None:
    due = add(calendar, start, amount)
    assert due is not None
    assert elapsed(calendar, start, due) == amount
    assert elapsed(calendar, start, due - TICK) == amount - TICK


@unhurried
@given(fast_calendars, st.lists(decades, min_size=3, max_size=3))
def test_time_adds_up_and_only_grows(calendar: Calendar, instants: list[datetime]) -> None:
    first, middle, last = sorted(instants)
    parts = elapsed(calendar, first, middle), elapsed(calendar, middle, last)
    assert min(parts) >= NOTHING
    assert elapsed(calendar, first, last) == sum(parts, NOTHING) <= last - first


@unhurried
@given(fast_calendars, st.lists(decades, min_size=2, max_size=2), amounts, amounts)
def test_later_starts_and_larger_amounts_are_never_due_earlier(
    calendar: Calendar, starts: list[datetime], one: timedelta, other: timedelta
) -> None:
    early, late = sorted(starts)
    less, more = sorted((one, other))
    dues = [add(calendar, early, less), add(calendar, early, more), add(calendar, late, more)]
    known = [due for due in dues if due is not None]
    assert len(known) == 3 and known == sorted(known)


@unhurried
@given(decades, decades)
def test_a_week_of_whole_days_is_around_the_clock(one: datetime, other: datetime) -> None:
    start, end = sorted((one, other))
    assert elapsed(WHOLE_WEEK, start, end) == end - start
    assert add(WHOLE_WEEK, start, end - start) == end


@unhurried
@given(pairs, lives(), st.timedeltas(NOTHING, timedelta(days=5)))
def test_a_clock_consumes_what_walking_through_its_life_counts(
    pair: tuple[Calendar, slow.SlowCalendar], life: tuple[Span, ...], wait: timedelta
) -> None:
    fast, reference = pair
    at = later(life, wait)
    assert consumed(life, fast, at) == slow.consumed(life, reference, at)
    waited = [Span(span.start, span.end, not span.runs, span.reason) for span in life]
    assert paused(life, fast, at) == slow.consumed(waited, reference, at)


@unhurried
@given(fast_calendars, lives(), targets)
def test_at_its_due_time_a_clock_has_consumed_its_target_exactly(
    calendar: Calendar, life: tuple[Span, ...], target: timedelta
) -> None:
    due = due_at(target, life, calendar)
    if due is None:
        assert not life or not life[-1].runs
        return
    if life[-1].end is not None and due > life[-1].end:
        assert consumed(life, calendar, due) < target
        return
    assert consumed(life, calendar, due) == target
    assert consumed(life, calendar, due - TICK) == target - TICK
    assert remaining(target, life, calendar, due) == NOTHING


@unhurried
@given(fast_calendars, lives(), targets, st.timedeltas(NOTHING, timedelta(days=9)))
def test_a_clock_is_breached_from_its_due_time_on_and_warned_before(
    calendar: Calendar, life: tuple[Span, ...], target: timedelta, wait: timedelta
) -> None:
    at = later(life, wait)
    known = known_at(life, at)
    due, warned = due_at(target, known, calendar), warn_at(target, known, calendar)
    judged = state(target, life, calendar, at)
    stopped = bool(known) and known[-1].end is not None
    reached = due is not None and (due <= known[-1].end if stopped and known[-1].end else due <= at)
    assert (judged is ClockState.BREACHED) == reached
    if due is not None:
        assert warned is not None and warned <= due
    if judged is ClockState.AT_RISK:
        assert warned is not None and warned <= at
    if judged is ClockState.OK and warned is not None:
        assert warned > at


@unhurried
@given(fast_calendars, lives(), targets, st.timedeltas(NOTHING, timedelta(days=9)))
def test_the_lines_of_a_statement_add_up_and_leave_nothing_out(
    calendar: Calendar, life: tuple[Span, ...], target: timedelta, wait: timedelta
) -> None:
    at = later(life, wait)
    lines = statement(target, life, calendar, at)
    assert sum((line.amount for line in lines), NOTHING) == consumed(life, calendar, at)
    assert all(line.start < line.end for line in lines)
    assert all(a.end == b.start for a, b in zip(lines, lines[1:], strict=False))
    known = known_at(life, at)
    if lines:
        assert lines[0].start == known[0].start and lines[-1].end == (known[-1].end or at)
    in_time = sum((line.amount for line in lines if not line.late), NOTHING)
    assert in_time == min(target, consumed(life, calendar, at))
    assert all(line.start.astimezone(BERLIN).date() == line.day for line in lines)
    assert all((line.end - TICK).astimezone(BERLIN).date() == line.day for line in lines)
