"""Working time over the nights in which the clocks change (F29)."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sample_calendars import ALWAYS, BERLIN, OFFICE, WHOLE_WEEK, berlin

from app.sla.calendars import Calendar, add, day_of, day_start, elapsed, openings
from app.sla.slots import Slot

pytestmark = pytest.mark.sqlite_only

HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
SUNDAY = 6
SPRING = [date(2026, 3, 29), date(2027, 3, 28)]
AUTUMN = [date(2026, 10, 25), date(2027, 10, 31)]


def on_sundays(start: float, end: float) -> Calendar:
    return Calendar(BERLIN, (Slot(SUNDAY, int(start * 60), int(end * 60)),))


def midnight(day: date) -> datetime:
    return berlin(day.year, day.month, day.day)


@pytest.mark.parametrize(("days", "length"), [(SPRING, 23), (AUTUMN, 25)])
def test_the_day_of_a_change_counts_the_hours_that_really_passed(days: list[date], length: int) -> None:
    for day in days:
        start, end = midnight(day), midnight(day + timedelta(days=1))
        for calendar in (ALWAYS, WHOLE_WEEK):
            assert elapsed(calendar, start, end) == length * HOUR
            assert add(calendar, start, length * HOUR) == end


@pytest.mark.parametrize("day", SPRING + AUTUMN)
def test_office_hours_keep_their_wall_time_on_the_monday_after(day: date) -> None:
    friday, monday = day - timedelta(days=2), day + timedelta(days=1)
    start = berlin(friday.year, friday.month, friday.day, 16, 30)
    assert add(OFFICE, start, 2 * HOUR) == berlin(monday.year, monday.month, monday.day, 9, 30)
    assert elapsed(OFFICE, start, midnight(monday + timedelta(days=1))) == 9.5 * HOUR


@pytest.mark.parametrize(("days", "length"), [(SPRING, 5), (AUTUMN, 7)])
def test_a_night_shift_over_the_change_is_as_long_as_it_felt(days: list[date], length: int) -> None:
    for day in days:
        assert elapsed(on_sundays(0, 6), midnight(day), midnight(day) + 24 * HOUR) == length * HOUR


@pytest.mark.parametrize("day", SPRING)
def test_a_slot_inside_the_skipped_hour_does_not_happen(day: date) -> None:
    assert openings(on_sundays(2, 3), day) == ()
    assert openings(on_sundays(2.25, 2.75), day) == ()
    week_later = midnight(day + timedelta(days=7))
    assert add(on_sundays(2, 3), midnight(day), HOUR / 2) == week_later + 2.5 * HOUR


@pytest.mark.parametrize("day", SPRING)
def test_a_bound_inside_the_skipped_hour_is_the_instant_of_the_change(day: date) -> None:
    change = datetime(day.year, day.month, day.day, 1, tzinfo=UTC)
    assert openings(on_sundays(2.5, 8), day) == ((change, change + 5 * HOUR),)
    assert openings(on_sundays(0, 2.5), day) == ((change - 2 * HOUR, change),)


@pytest.mark.parametrize("day", AUTUMN)
def test_a_bound_inside_the_doubled_hour_is_its_first_occurrence(day: date) -> None:
    first_three = datetime(day.year, day.month, day.day, 1, tzinfo=UTC)
    ((_, end),) = openings(on_sundays(0, 2.5), day)
    assert end == first_three - HOUR / 2
    assert openings(on_sundays(2.5, 8), day) == ((end, first_three + 6 * HOUR),)
    assert elapsed(on_sundays(2, 3), midnight(day), midnight(day) + 20 * HOUR) == 2 * HOUR
    assert elapsed(on_sundays(2, 2.5), midnight(day), midnight(day) + 20 * HOUR) == HOUR / 2


@pytest.mark.parametrize("day", SPRING + AUTUMN)
def test_slots_that_touch_in_the_night_of_a_change_never_overlap(day: date) -> None:
    split = Calendar(BERLIN, tuple(Slot(SUNDAY, minute, minute + 5) for minute in range(0, 1440, 5)))
    whole = elapsed(ALWAYS, midnight(day), midnight(day + timedelta(days=1)))
    stretches = openings(split, day)
    assert sum((end - start for start, end in stretches), timedelta()) == whole
    assert all(end == start for (_, end), (start, _) in zip(stretches, stretches[1:], strict=False))


def test_both_passes_of_the_doubled_hour_are_told_apart() -> None:
    first, second = berlin(2026, 10, 25, 2, 30), berlin(2026, 10, 25, 2, 30, fold=1)
    assert elapsed(WHOLE_WEEK, first, second) == HOUR
    assert add(WHOLE_WEEK, first, HOUR) == second


@pytest.mark.parametrize(
    ("zone", "change"),
    [
        ("America/St_Johns", datetime(2010, 11, 7, 2, 31, tzinfo=UTC)),
        ("America/Sao_Paulo", datetime(2018, 2, 18, 2, tzinfo=UTC)),
        ("America/Havana", datetime(2026, 11, 1, 5, tzinfo=UTC)),
        ("America/Toronto", datetime(1919, 3, 31, 4, 30, tzinfo=UTC)),
        ("Pacific/Apia", datetime(2011, 12, 30, 10, tzinfo=UTC)),
        ("Australia/Lord_Howe", datetime(2026, 4, 4, 15, tzinfo=UTC)),
    ],
)
def test_changes_at_midnight_in_other_zones_lose_and_double_nothing(zone: str, change: datetime) -> None:
    rules = tuple(Slot(day, 0, 1440) for day in range(7))
    calendar = Calendar(ZoneInfo(zone), rules)
    start = change - 50 * HOUR
    for step in range(0, 100 * 60, 7):
        moment = start + step * MINUTE
        assert elapsed(calendar, start, moment) == step * MINUTE
        assert add(calendar, start, step * MINUTE) == moment


def test_a_day_begun_before_the_clocks_went_back_over_midnight_stays_the_day() -> None:
    newfoundland = Calendar(ZoneInfo("America/St_Johns"))
    begin = day_start(newfoundland, date(2010, 11, 7))
    shown_again = begin + 30 * MINUTE
    assert shown_again.astimezone(newfoundland.time_zone).date() == date(2010, 11, 6)
    assert day_of(newfoundland, shown_again) == date(2010, 11, 7)
    assert day_of(newfoundland, begin - MINUTE) == date(2010, 11, 6)
