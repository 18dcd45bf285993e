"""When a job is due: spans, crontab forms, and the two nights on which the clock changes (F29)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.jobs.schedule import parse

BERLIN = ZoneInfo("Europe/Berlin")


def at(text: str) -> datetime:
    """A wall time in Berlin as an instant."""
    return datetime.fromisoformat(text).replace(tzinfo=BERLIN).astimezone(UTC)


def runs(rule: str, since: datetime, until: datetime) -> list[datetime]:
    """Every due moment in (since, until]."""
    schedule, found = parse(rule, BERLIN), []
    moment = schedule.after(since)
    while moment <= until:
        found.append(moment)
        moment = schedule.after(moment)
    return found


@pytest.mark.parametrize(("rule", "seconds"), [("10s", 10), ("5m", 300), ("2h", 7200), (" 60s ", 60)])
def test_a_span_counts_real_time(rule: str, seconds: int) -> None:
    start = at("2026-11-20 11:00:07")
    assert parse(rule, BERLIN).after(start) == start + timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("rule", "since", "expected"),
    [
        ("30 2 * * *", "2026-11-20 02:29:59", "2026-11-20 02:30"),
        ("30 2 * * *", "2026-11-20 02:30:00", "2026-11-21 02:30"),
        ("7 * * * *", "2026-11-20 11:07:01", "2026-11-20 12:07"),
        ("*/5 * * * *", "2026-11-20 11:04:59", "2026-11-20 11:05"),
        ("0 8-18/2 * * 1-5", "2026-11-20 18:00", "2026-11-23 08:00"),
        ("0 3 1 * *", "2026-11-20 11:00", "2026-12-01 03:00"),
        ("0 0 29 2 *", "2026-11-20 11:00", "2028-02-29 00:00"),
        ("0 6 * * 0", "2026-11-20 11:00", "2026-11-22 06:00"),
        ("0 6 * * 7", "2026-11-20 11:00", "2026-11-22 06:00"),
        ("0 6 13 * 5", "2026-11-21 11:00", "2026-11-27 06:00"),  # either the 13th or a Friday, as cron does
        ("15,45 23 31 12 *", "2026-12-31 23:20", "2026-12-31 23:45"),
        ("59 23 31 12 *", "2026-12-31 23:59", "2027-12-31 23:59"),
    ],
)
def test_a_crontab_names_the_next_wall_time(rule: str, since: str, expected: str) -> None:
    assert parse(rule, BERLIN).after(at(since)) == at(expected)


@pytest.mark.parametrize("rule", ["30 2 * * *", "0 3 * * *", "59 2 * * *", "0 2 * * *", "0 1 * * *"])
@pytest.mark.parametrize("day", ["2026-03-29", "2026-10-25", "2026-11-20"])
def test_a_daily_job_runs_once_on_days_of_23_and_of_25_hours(rule: str, day: str) -> None:
    begin = at(f"{day} 00:00")
    end = (begin.astimezone(BERLIN).replace(hour=12)).astimezone(UTC)
    assert len(runs(rule, begin, end)) == 1


def test_a_skipped_wall_time_comes_as_much_later_as_the_clock_jumps() -> None:
    (only,) = runs("30 2 * * *", at("2026-03-29 00:00"), at("2026-03-29 12:00"))
    assert only == at("2026-03-29 03:30")


def test_an_hourly_job_keeps_its_rhythm_through_the_changes() -> None:
    for day in ("2026-03-29", "2026-10-25"):
        moments = runs("7 * * * *", at(f"{day} 00:00"), at(f"{day} 06:00"))
        assert {later - earlier for earlier, later in zip(moments, moments[1:], strict=False)} == {
            timedelta(hours=1)
        }


@pytest.mark.parametrize(
    "rule",
    ["", "soon", "0s", "5", "* * * *", "60 * * * *", "* 24 * * *", "* * 0 * *", "* * * 13 *", "* * * * 8",
     "5-1 * * * *", "*/0 * * * *", "a * * * *", "0 0 30 2 *", "-5m", "1d", "* * * * * *"],
)  # fmt: skip
def test_what_is_no_schedule_is_refused(rule: str) -> None:
    with pytest.raises(ValueError):
        parse(rule, BERLIN)


RULES = st.builds(
    lambda minute, hour, weekday: f"{minute} {hour} * * {weekday}",
    st.sampled_from(["0", "30", "*/15", "5,50", "*"]),
    st.sampled_from(["*", "2", "0", "1-3", "23", "*/6"]),
    st.sampled_from(["*", "0", "1-5", "6,7"]),
)
FIRST, LAST = datetime(2026, 3, 27, tzinfo=UTC), datetime(2026, 11, 2, tzinfo=UTC)
MOMENTS = st.integers(int(FIRST.timestamp()), int(LAST.timestamp())).map(
    lambda s: datetime.fromtimestamp(s, UTC)
)


@settings(max_examples=150, deadline=None)
@given(RULES, MOMENTS)
def test_due_moments_only_go_forward_and_stand_on_the_wall(rule: str, moment: datetime) -> None:
    schedule = parse(rule, BERLIN)
    first = schedule.after(moment)
    second = schedule.after(first)
    assert moment < first < second
    minutes = {"0": {0}, "30": {30}, "*/15": {0, 15, 30, 45}, "5,50": {5, 50}, "*": set(range(60))}
    assert first.astimezone(BERLIN).minute in minutes[rule.split()[0]]
    assert first.second == first.microsecond == 0
