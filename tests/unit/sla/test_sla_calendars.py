"""Working time between instants, told as stories of a help desk in Germany."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sample_calendars import (
    ALWAYS,
    BERLIN,
    LUNCH,
    NEVER,
    OFFICE,
    OFFICE_BE,
    OFFICE_BY,
    WHOLE_WEEK,
    berlin,
    hours,
)

from app.sla import calendars
from app.sla.calendars import Calendar, add, elapsed, openings
from app.sla.closing_days import ClosingDays
from app.sla.slots import Slot

pytestmark = pytest.mark.sqlite_only

HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
TICK = timedelta(microseconds=1)


def test_friday_half_past_four_and_two_hours_is_monday_morning() -> None:
    assert add(OFFICE, berlin(2026, 11, 13, 16, 30), 2 * HOUR) == berlin(2026, 11, 16, 9, 30)


def test_the_example_of_the_admin_page_with_a_day_that_begins_at_nine() -> None:
    nine_to_five = Calendar(BERLIN, hours(9, 17))
    assert add(nine_to_five, berlin(2026, 11, 13, 16, 30), 2 * HOUR) == berlin(2026, 11, 16, 10, 30)


def test_an_amount_used_up_at_closing_time_is_due_at_closing_time_and_not_next_morning() -> None:
    assert add(OFFICE, berlin(2026, 11, 13, 16, 30), HOUR / 2) == berlin(2026, 11, 13, 17)
    assert add(OFFICE, berlin(2026, 11, 13, 16, 30), HOUR / 2 + TICK) == berlin(2026, 11, 16, 8) + TICK


def test_nothing_added_is_the_same_instant_even_at_night() -> None:
    assert add(OFFICE, berlin(2026, 11, 14, 3), timedelta()) == berlin(2026, 11, 14, 3)


def test_a_ticket_of_the_night_starts_when_the_day_begins() -> None:
    assert add(OFFICE, berlin(2026, 11, 10, 2), HOUR) == berlin(2026, 11, 10, 9)
    assert add(OFFICE, berlin(2026, 11, 14, 23), HOUR) == berlin(2026, 11, 16, 9)


def test_the_lunch_break_does_not_count() -> None:
    assert add(LUNCH, berlin(2026, 11, 10, 11, 45), HOUR / 2) == berlin(2026, 11, 10, 12, 45)
    assert elapsed(LUNCH, berlin(2026, 11, 10, 11), berlin(2026, 11, 10, 13)) == 1.5 * HOUR
    assert elapsed(LUNCH, berlin(2026, 11, 10, 12), berlin(2026, 11, 10, 12, 30)) == timedelta()
    assert elapsed(LUNCH, berlin(2026, 11, 9), berlin(2026, 11, 14)) == 5 * 8.5 * HOUR


def test_a_slot_until_midnight_and_one_from_midnight_make_one_night() -> None:
    night = Calendar(BERLIN, (Slot(0, 22 * 60, 24 * 60), Slot(1, 0, 6 * 60)))
    assert elapsed(night, berlin(2026, 11, 9), berlin(2026, 11, 11)) == 8 * HOUR
    assert add(night, berlin(2026, 11, 9, 20), 3 * HOUR) == berlin(2026, 11, 10, 1)
    assert add(night, berlin(2026, 11, 9, 20), 2 * HOUR) == berlin(2026, 11, 10, 0)


def test_slots_may_be_given_in_any_order() -> None:
    shuffled = Calendar(BERLIN, tuple(reversed(hours(8, 12, 12.5, 17))))
    assert add(shuffled, berlin(2026, 11, 10, 7), 5 * HOUR) == berlin(2026, 11, 10, 13, 30)


def test_around_the_clock_every_hour_counts_holidays_too() -> None:
    calendar = Calendar(BERLIN, None, ClosingDays("BY"))
    christmas = berlin(2026, 12, 24, 18)
    assert add(calendar, christmas, 72 * HOUR) == christmas + 72 * HOUR
    assert elapsed(calendar, christmas, christmas + 72 * HOUR) == 72 * HOUR


def test_christmas_eve_and_new_years_eve_are_working_days() -> None:
    assert elapsed(OFFICE_BY, berlin(2026, 12, 24), berlin(2026, 12, 25)) == 9 * HOUR
    assert elapsed(OFFICE_BE, berlin(2026, 12, 31), berlin(2027, 1, 1)) == 9 * HOUR


def test_from_christmas_eve_over_the_holidays_and_the_weekend() -> None:
    assert add(OFFICE_BY, berlin(2026, 12, 24, 16), 2 * HOUR) == berlin(2026, 12, 28, 9)


def test_over_the_end_of_the_year() -> None:
    assert add(OFFICE_BE, berlin(2026, 12, 31, 16), 2 * HOUR) == berlin(2027, 1, 4, 9)
    assert elapsed(OFFICE_BE, berlin(2026, 12, 31, 16), berlin(2027, 1, 4, 9)) == 2 * HOUR


def test_epiphany_lengthens_the_bavarian_january_only() -> None:
    start = berlin(2027, 1, 5, 16)
    assert add(OFFICE_BY, start, 2 * HOUR) == berlin(2027, 1, 7, 9)
    assert add(OFFICE_BE, start, 2 * HOUR) == berlin(2027, 1, 6, 9)


def test_corpus_christi_is_free_in_bavaria_and_a_working_day_in_berlin() -> None:
    start = berlin(2026, 6, 3, 16)
    assert add(OFFICE_BY, start, 2 * HOUR) == berlin(2026, 6, 5, 9)
    assert add(OFFICE_BE, start, 2 * HOUR) == berlin(2026, 6, 4, 9)


def test_womens_day_is_free_in_berlin_and_a_working_day_in_bavaria() -> None:
    start = berlin(2027, 3, 5, 16)
    assert add(OFFICE_BE, start, 2 * HOUR) == berlin(2027, 3, 9, 9)
    assert add(OFFICE_BY, start, 2 * HOUR) == berlin(2027, 3, 8, 9)


def test_the_leap_day_is_a_day_like_any_other() -> None:
    assert elapsed(OFFICE, berlin(2028, 2, 29), berlin(2028, 3, 1)) == 9 * HOUR
    assert add(OFFICE, berlin(2028, 2, 28, 16), 2 * HOUR) == berlin(2028, 2, 29, 9)
    assert elapsed(OFFICE, berlin(2028, 1, 1), berlin(2029, 1, 1)) == 260 * 9 * HOUR


def test_an_own_closing_day_is_free() -> None:
    eve = frozenset({(date(2026, 12, 24), "Betriebsruhe")})
    calendar = Calendar(BERLIN, hours(8, 17), ClosingDays("BE", own=eve))
    assert add(calendar, berlin(2026, 12, 23, 16), 2 * HOUR) == berlin(2026, 12, 28, 9)


@pytest.mark.parametrize("amount", [TICK, HOUR, timedelta(days=7)])
def test_a_calendar_that_never_opens_is_never_due(amount: timedelta) -> None:
    assert add(NEVER, berlin(2026, 11, 10), amount) is None
    assert elapsed(NEVER, berlin(2026, 1, 1), berlin(2027, 1, 1)) == timedelta()


def test_an_amount_out_of_all_reason_is_never_due() -> None:
    one_minute_a_week = Calendar(BERLIN, (Slot(0, 0, 1),))
    assert add(one_minute_a_week, berlin(2026, 11, 10), 100 * HOUR) is None
    assert add(ALWAYS, berlin(2026, 11, 10), timedelta.max) is None


def test_it_counts_to_the_microsecond() -> None:
    start = berlin(2026, 11, 13, 16, 59) + timedelta(seconds=59, microseconds=999_999)
    assert add(OFFICE, start, 2 * TICK) == berlin(2026, 11, 16, 8) + TICK
    assert elapsed(OFFICE, start, berlin(2026, 11, 16, 8) + TICK) == 2 * TICK


def test_instants_may_be_given_in_any_zone_and_answers_are_utc() -> None:
    start = datetime(2026, 11, 13, 10, 30, tzinfo=ZoneInfo("America/New_York"))
    due = add(OFFICE, start, 2 * HOUR)
    assert due == berlin(2026, 11, 16, 9, 30)
    assert due is not None and due.tzinfo is UTC


def test_the_calendar_counts_in_its_own_zone() -> None:
    kathmandu = Calendar(ZoneInfo("Asia/Kathmandu"), hours(8, 17))
    assert add(kathmandu, datetime(2026, 11, 10, tzinfo=UTC), HOUR) == datetime(
        2026, 11, 10, 3, 15, tzinfo=UTC
    )


def test_an_instant_without_a_zone_is_refused() -> None:
    naive = datetime(2026, 11, 10)  # noqa: DTZ001 - the refused input
    for calendar in (ALWAYS, OFFICE):
        with pytest.raises(ValueError, match="time zone"):
            add(calendar, naive, HOUR)
        with pytest.raises(ValueError, match="time zone"):
            elapsed(calendar, berlin(2026, 11, 10), naive)


def test_an_end_before_its_start_and_a_negative_amount_are_refused() -> None:
    with pytest.raises(ValueError, match="before the start"):
        elapsed(OFFICE, berlin(2026, 11, 10), berlin(2026, 11, 9))
    with pytest.raises(ValueError, match="negative"):
        add(OFFICE, berlin(2026, 11, 10), -TICK)


def test_overlapping_slots_make_no_calendar() -> None:
    with pytest.raises(ValueError, match="no calendar"):
        Calendar(BERLIN, (Slot(0, 480, 720), Slot(0, 700, 1020)))


def test_calendars_with_the_same_rules_are_one_whatever_they_are_called() -> None:
    assert Calendar(BERLIN, hours(8, 17), name="Other") == OFFICE
    assert hash(Calendar(BERLIN, hours(8, 17), name="Other")) == hash(OFFICE)
    assert OFFICE_BY != OFFICE_BE


def test_the_openings_of_a_day() -> None:
    assert openings(LUNCH, date(2026, 11, 10)) == (
        (berlin(2026, 11, 10, 8), berlin(2026, 11, 10, 12)),
        (berlin(2026, 11, 10, 12, 30), berlin(2026, 11, 10, 17)),
    )
    assert openings(LUNCH, date(2026, 11, 14)) == ()
    assert openings(OFFICE_BY, date(2026, 6, 4)) == ()
    assert openings(ALWAYS, date(2026, 11, 10)) == ((berlin(2026, 11, 10), berlin(2026, 11, 11)),)


def test_ten_years_are_computed_from_a_few_days() -> None:
    calendars._working_stretches.cache_clear()
    calendars._year_sums.cache_clear()
    start, ten_years = berlin(2026, 11, 10, 9), 10 * 250 * 9 * HOUR
    due = add(OFFICE_BY, start, ten_years)
    assert due is not None and due.year == 2036
    assert elapsed(OFFICE_BY, start, due) == ten_years
    # two clock changes a year, the first day and the last one
    assert calendars._working_stretches.cache_info().misses <= 2 * 11 + 2
    assert calendars._year_sums.cache_info().misses == 11

    calendars._working_stretches.cache_clear()
    assert add(OFFICE_BY, start, ten_years) == due
    assert calendars._working_stretches.cache_info().misses <= 2


def test_around_the_clock_no_day_is_computed_at_all() -> None:
    calendars._working_stretches.cache_clear()
    calendars._year_sums.cache_clear()
    assert add(ALWAYS, berlin(2026, 1, 1), timedelta(days=9_000)) is not None
    assert elapsed(ALWAYS, berlin(2026, 1, 1), berlin(2051, 1, 1)) == berlin(2051, 1, 1) - berlin(2026, 1, 1)
    assert calendars._working_stretches.cache_info().misses == 0
    assert calendars._year_sums.cache_info().misses == 0


def test_an_always_open_week_counts_like_around_the_clock() -> None:
    start, end = berlin(2026, 2, 3, 4, 5), berlin(2029, 11, 12, 13, 14)
    assert elapsed(WHOLE_WEEK, start, end) == elapsed(ALWAYS, start, end)
    assert add(WHOLE_WEEK, start, end - start) == end
