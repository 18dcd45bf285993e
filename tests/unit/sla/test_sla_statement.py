"""The itemised statement: every minute of a clock explained, and the sums that add up."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sample_calendars import ALWAYS, BERLIN, LUNCH, OFFICE, OFFICE_BY, berlin

from app.sla.calendars import Calendar
from app.sla.clocks import consumed, due_at
from app.sla.spans import Span
from app.sla.statement import Line, statement
from app.sla.words import Reason

pytestmark = pytest.mark.sqlite_only

HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)


def shown(lines: list[Line]) -> list[tuple[str, str, int | None]]:
    """The lines as a page would print them: times in Berlin, minutes counted or None, the reason."""
    return [
        (
            f"{line.start.astimezone(BERLIN):%d. %H:%M}–{line.end.astimezone(BERLIN):%H:%M}",
            line.reason + ("!" if line.late else ""),
            line.amount // MINUTE if line.runs else None,
        )
        for line in lines
    ]


def total(lines: list[Line]) -> timedelta:
    return sum((line.amount for line in lines), timedelta())


def test_monday_fifty_minutes_then_tuesday_waiting_for_the_customer() -> None:
    filed, asked = berlin(2026, 11, 9, 16, 10), berlin(2026, 11, 9, 18)
    back, now = berlin(2026, 11, 11, 9), berlin(2026, 11, 11, 11)
    life = [
        Span(filed, asked, True, Reason.OPEN),
        Span(asked, back, False, Reason.PENDING_CUSTOMER),
        Span(back, None, True, Reason.OPEN),
    ]
    lines = statement(2 * HOUR, life, OFFICE, now)
    assert shown(lines) == [
        ("09. 16:10–17:00", "open", 50),
        ("09. 17:00–18:00", "outside_hours", None),
        ("09. 18:00–00:00", "pending_customer", None),
        ("10. 00:00–00:00", "pending_customer", None),
        ("11. 00:00–09:00", "pending_customer", None),
        ("11. 09:00–10:10", "open", 70),
        ("11. 10:10–11:00", "open!", 50),
    ]
    assert due_at(2 * HOUR, life, OFFICE) == berlin(2026, 11, 11, 10, 10)
    assert total(lines) == consumed(life, OFFICE, now)
    assert total([line for line in lines if not line.late]) == 2 * HOUR


def test_lunch_breaks_nights_and_weekends_are_outside_the_hours() -> None:
    life = [Span(berlin(2026, 11, 13, 11), None, True, Reason.OPEN)]
    assert shown(statement(8 * HOUR, life, LUNCH, berlin(2026, 11, 16, 9))) == [
        ("13. 11:00–12:00", "open", 60),
        ("13. 12:00–12:30", "outside_hours", None),
        ("13. 12:30–17:00", "open", 270),
        ("13. 17:00–00:00", "outside_hours", None),
        ("14. 00:00–00:00", "outside_hours", None),
        ("15. 00:00–00:00", "outside_hours", None),
        ("16. 00:00–08:00", "outside_hours", None),
        ("16. 08:00–09:00", "open", 60),
    ]


def test_a_holiday_is_named_and_a_holiday_on_a_weekend_is_not() -> None:
    life = [Span(berlin(2026, 12, 24, 16), None, True, Reason.OPEN)]
    lines = statement(8 * HOUR, life, OFFICE_BY, berlin(2026, 12, 27))
    assert shown(lines) == [
        ("24. 16:00–17:00", "open", 60),
        ("24. 17:00–00:00", "outside_hours", None),
        ("25. 00:00–00:00", "holiday:Erster Weihnachtstag", None),
        ("26. 00:00–00:00", "outside_hours", None),
    ]


def test_waiting_is_told_as_waiting_at_night_and_on_holidays_too() -> None:
    life = [Span(berlin(2026, 6, 3, 20), berlin(2026, 6, 5, 7), False, Reason.PENDING_CUSTOMER)]
    reasons = {line.reason for line in statement(HOUR, life, OFFICE_BY, berlin(2026, 6, 9))}
    assert reasons == {"pending_customer"}


def test_around_the_clock_the_days_of_the_clock_changes_have_23_and_25_hours() -> None:
    for day, length in ((date(2026, 3, 29), 23), (date(2026, 10, 25), 25)):
        filed = berlin(day.year, day.month, day.day) - HOUR
        lines = statement(99 * HOUR, [Span(filed, None, True, Reason.OPEN)], ALWAYS, filed + 72 * HOUR)
        assert [line.day for line in lines] == [day + timedelta(days=n) for n in (-1, 0, 1, 2)]
        assert lines[1].amount == length * HOUR
        assert total(lines) == 72 * HOUR


def test_a_day_that_a_zone_left_out_has_no_line() -> None:
    samoa = Calendar(ZoneInfo("Pacific/Apia"))
    filed = datetime(2011, 12, 29, 12, tzinfo=samoa.time_zone)
    lines = statement(99 * HOUR, [Span(filed, None, True, Reason.OPEN)], samoa, filed + 24 * HOUR)
    assert [line.day for line in lines] == [date(2011, 12, 29), date(2011, 12, 31)]
    assert total(lines) == 24 * HOUR


def test_after_the_due_time_every_line_is_late_whatever_it_says() -> None:
    life = [Span(berlin(2026, 11, 13, 16), None, True, Reason.OPEN)]
    lines = statement(HOUR, life, OFFICE, berlin(2026, 11, 14, 12))
    assert shown(lines) == [
        ("13. 16:00–17:00", "open", 60),
        ("13. 17:00–00:00", "outside_hours!", None),
        ("14. 00:00–12:00", "outside_hours!", None),
    ]


def test_a_stopped_clock_has_no_lines_after_its_stop() -> None:
    stopped = berlin(2026, 11, 9, 15)
    life = [Span(berlin(2026, 11, 9, 14), stopped, True, Reason.OPEN)]
    lines = statement(4 * HOUR, life, OFFICE, stopped + 500 * HOUR)
    assert shown(lines) == [("09. 14:00–15:00", "open", 60)]


def test_a_clock_that_has_not_begun_has_no_lines() -> None:
    filed = berlin(2026, 11, 9, 14)
    assert statement(HOUR, [Span(filed, None, True, Reason.OPEN)], OFFICE, filed) == []
    assert statement(HOUR, [Span(filed, None, True, Reason.OPEN)], OFFICE, filed - HOUR) == []
    assert statement(HOUR, [], OFFICE, filed) == []
