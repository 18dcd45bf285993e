"""The life of a ticket's clocks: due, warned, paused, breached and met."""

from datetime import datetime, timedelta

import pytest
from sample_calendars import ALWAYS, LUNCH, NEVER, OFFICE, OFFICE_BY, berlin

from app.sla.clocks import consumed, due_at, example, paused, remaining, state, warn_at
from app.sla.policies import DEFAULT_TARGETS
from app.sla.spans import Change, Span, spans_of
from app.sla.words import ClockState, Reason

pytestmark = pytest.mark.sqlite_only

HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
TICK = timedelta(microseconds=1)
FILED = berlin(2026, 11, 9, 16, 10)


def running(start: datetime, end: datetime | None = None) -> Span:
    return Span(start, end, True, Reason.OPEN)


def waiting(start: datetime, end: datetime | None = None, why: str = Reason.PENDING_CUSTOMER) -> Span:
    return Span(start, end, False, why)


def test_a_ticket_that_never_waits_is_due_after_its_target() -> None:
    life = [running(FILED)]
    assert due_at(4 * HOUR, life, ALWAYS) == FILED + 4 * HOUR
    assert due_at(4 * HOUR, life, OFFICE) == berlin(2026, 11, 10, 11, 10)
    assert warn_at(4 * HOUR, life, OFFICE) == berlin(2026, 11, 10, 10, 10)


def test_waiting_for_the_customer_has_no_due_time() -> None:
    life = [running(FILED, FILED + HOUR), waiting(FILED + HOUR)]
    assert due_at(4 * HOUR, life, ALWAYS) is None
    assert warn_at(4 * HOUR, life, ALWAYS) is None
    assert remaining(4 * HOUR, life, ALWAYS, FILED + 90 * HOUR) == 3 * HOUR
    assert paused(life, ALWAYS, FILED + 90 * HOUR) == 89 * HOUR


def test_the_customers_answer_moves_the_due_time_by_the_wait() -> None:
    back = FILED + 3 * HOUR
    life = [running(FILED, FILED + HOUR), waiting(FILED + HOUR, back), running(back)]
    assert due_at(4 * HOUR, life, ALWAYS) == FILED + 6 * HOUR
    assert warn_at(4 * HOUR, life, ALWAYS) == FILED + 5 * HOUR


def test_a_wait_outside_the_working_hours_moves_nothing() -> None:
    night, morning = berlin(2026, 11, 9, 18), berlin(2026, 11, 10, 7)
    life = [running(FILED, night), waiting(night, morning), running(morning)]
    assert due_at(4 * HOUR, life, OFFICE) == due_at(4 * HOUR, [running(FILED)], OFFICE)
    assert paused(life, OFFICE, morning) == timedelta()


def test_waiting_for_a_third_party_runs_or_waits_as_the_policy_says() -> None:
    away, back = FILED + HOUR, FILED + 3 * HOUR
    for runs, due in ((True, FILED + 4 * HOUR), (False, FILED + 6 * HOUR)):
        third = Span(away, back, runs, Reason.PENDING_THIRD_PARTY)
        assert due_at(4 * HOUR, [running(FILED, away), third, running(back)], ALWAYS) == due


def test_the_time_a_reopened_ticket_was_resolved_counts_as_a_pause() -> None:
    solved, reopened = FILED + 2 * HOUR, FILED + 50 * HOUR
    life = [running(FILED, solved), waiting(solved, reopened, Reason.RESOLVED), running(reopened)]
    assert due_at(4 * HOUR, life, ALWAYS) == reopened + 2 * HOUR


def test_a_higher_priority_measures_the_same_life_against_a_shorter_target() -> None:
    asked, back = FILED + HOUR, FILED + 11 * HOUR
    life = [running(FILED, asked), waiting(asked, back), running(back)]
    now = FILED + 12 * HOUR
    medium, critical = DEFAULT_TARGETS["medium"].resolution, DEFAULT_TARGETS["critical"].resolution
    assert due_at(medium, life, ALWAYS) == FILED + 82 * HOUR
    assert due_at(critical, life, ALWAYS) == FILED + 14 * HOUR
    assert consumed(life, ALWAYS, now) == 2 * HOUR
    assert state(medium, life, ALWAYS, now) is ClockState.OK
    assert state(2 * HOUR, life, ALWAYS, now) is ClockState.BREACHED


def test_a_higher_priority_may_make_a_ticket_due_in_the_past() -> None:
    life = [running(FILED)]
    assert due_at(HOUR, life, ALWAYS) == FILED + HOUR
    assert remaining(HOUR, life, ALWAYS, FILED + 5 * HOUR) == -4 * HOUR


def test_from_fine_to_at_risk_to_breached_at_the_exact_instants() -> None:
    life = [running(FILED)]
    warned, due = FILED + 3 * HOUR, FILED + 4 * HOUR
    expected = {
        FILED: ClockState.OK,
        warned - TICK: ClockState.OK,
        warned: ClockState.AT_RISK,
        due - TICK: ClockState.AT_RISK,
        due: ClockState.BREACHED,
        due + 900 * HOUR: ClockState.BREACHED,
    }
    assert {at: state(4 * HOUR, life, ALWAYS, at) for at in expected} == expected


def test_the_share_to_warn_at_is_a_setting() -> None:
    life = [running(FILED)]
    assert warn_at(4 * HOUR, life, ALWAYS, share=0.5) == FILED + 2 * HOUR
    assert state(4 * HOUR, life, ALWAYS, FILED + 2 * HOUR, share=0.5) is ClockState.AT_RISK
    assert warn_at(4 * HOUR, life, ALWAYS, share=1) == due_at(4 * HOUR, life, ALWAYS)


def test_a_waiting_clock_is_paused_even_when_it_had_been_at_risk() -> None:
    life = [running(FILED, FILED + 3.5 * HOUR), waiting(FILED + 3.5 * HOUR)]
    assert state(4 * HOUR, life, ALWAYS, FILED + 3.4 * HOUR) is ClockState.AT_RISK
    assert state(4 * HOUR, life, ALWAYS, FILED + 3.5 * HOUR) is ClockState.PAUSED
    assert state(4 * HOUR, life, ALWAYS, FILED + 100 * HOUR) is ClockState.PAUSED


def test_waiting_or_resolving_does_not_undo_a_breach() -> None:
    late = FILED + 5 * HOUR
    for life in ([running(FILED, late), waiting(late)], [running(FILED, late)]):
        assert due_at(4 * HOUR, life, ALWAYS) == FILED + 4 * HOUR
        assert state(4 * HOUR, life, ALWAYS, late + HOUR) is ClockState.BREACHED


def test_a_clock_stopped_in_time_is_met_and_keeps_its_due_time() -> None:
    answered = FILED + 2 * HOUR
    life = [running(FILED, answered)]
    assert state(4 * HOUR, life, ALWAYS, answered) is ClockState.MET
    assert state(4 * HOUR, life, ALWAYS, answered + 1000 * HOUR) is ClockState.MET
    assert due_at(4 * HOUR, life, ALWAYS) == FILED + 4 * HOUR
    assert consumed(life, ALWAYS, answered + 1000 * HOUR) == 2 * HOUR


def test_a_clock_stopped_while_waiting_is_met_and_was_never_due() -> None:
    life = [running(FILED, FILED + HOUR), waiting(FILED + HOUR, FILED + 9 * HOUR)]
    assert due_at(4 * HOUR, life, ALWAYS) is None
    assert state(4 * HOUR, life, ALWAYS, FILED + 9 * HOUR) is ClockState.MET


def test_an_answer_in_the_evening_after_the_target_was_used_up_at_closing_time_is_late() -> None:
    filed, closing = berlin(2026, 11, 13, 16), berlin(2026, 11, 13, 17)
    life = [running(filed, closing + HOUR)]
    assert due_at(HOUR, life, OFFICE) == closing
    assert state(HOUR, life, OFFICE, closing - TICK) is ClockState.AT_RISK
    assert state(HOUR, life, OFFICE, closing + HOUR) is ClockState.BREACHED


def test_the_past_is_judged_by_what_was_known_then() -> None:
    life = [running(FILED, FILED + HOUR), waiting(FILED + HOUR, FILED + 9 * HOUR)]
    assert state(4 * HOUR, life, ALWAYS, FILED + HOUR / 2) is ClockState.OK
    assert state(4 * HOUR, life, ALWAYS, FILED + 8 * HOUR) is ClockState.PAUSED
    assert consumed(life, ALWAYS, FILED + HOUR / 2) == HOUR / 2


def test_before_its_ticket_began_a_clock_is_fine_and_empty() -> None:
    life = [running(FILED)]
    assert state(HOUR, life, ALWAYS, FILED - 10 * MINUTE) is ClockState.OK
    assert consumed(life, ALWAYS, FILED - 10 * MINUTE) == timedelta()


def test_a_calendar_that_never_opens_keeps_every_promise() -> None:
    assert due_at(HOUR, [running(FILED)], NEVER) is None
    assert state(HOUR, [running(FILED)], NEVER, FILED + 9999 * HOUR) is ClockState.OK


def test_the_example_of_the_admin_page_counts_like_a_ticket() -> None:
    assert example(LUNCH, 2 * HOUR, berlin(2026, 11, 13, 16, 30)) == berlin(2026, 11, 16, 9, 30)
    assert example(OFFICE_BY, HOUR, berlin(2026, 6, 3, 16, 30)) == berlin(2026, 6, 5, 8, 30)
    assert example(NEVER, HOUR, FILED) is None


@pytest.mark.parametrize("target", [timedelta(), -HOUR])
def test_a_target_that_is_not_positive_is_refused(target: timedelta) -> None:
    for judge in (
        lambda: due_at(target, [running(FILED)], ALWAYS),
        lambda: warn_at(target, [running(FILED)], ALWAYS),
        lambda: remaining(target, [running(FILED)], ALWAYS, FILED),
        lambda: state(target, [running(FILED)], ALWAYS, FILED),
    ):
        with pytest.raises(ValueError, match="positive"):
            judge()


@pytest.mark.parametrize("share", [0, -0.5, 1.01])
def test_a_share_outside_the_target_is_refused(share: float) -> None:
    with pytest.raises(ValueError, match="share"):
        warn_at(HOUR, [running(FILED)], ALWAYS, share)


@pytest.mark.parametrize(
    "life",
    [
        [running(FILED, FILED + 2 * HOUR), waiting(FILED + HOUR)],
        [waiting(FILED + HOUR, FILED + 2 * HOUR), running(FILED, FILED + HOUR)],
        [running(FILED), waiting(FILED + HOUR)],
    ],
    ids=["overlapping", "out of order", "going on after an open one"],
)
def test_a_life_that_cannot_be_is_refused(life: list[Span]) -> None:
    for judge in (
        lambda: consumed(life, ALWAYS, FILED),
        lambda: due_at(HOUR, life, ALWAYS),
        lambda: state(HOUR, life, ALWAYS, FILED),
    ):
        with pytest.raises(ValueError, match="overlap or are out of order"):
            judge()


def test_a_span_without_length_or_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="end after its start"):
        running(FILED, FILED)
    with pytest.raises(ValueError, match="end after its start"):
        running(FILED, FILED - TICK)
    with pytest.raises(ValueError, match="time zone"):
        running(FILED.replace(tzinfo=None))


def test_changes_become_a_life_without_holes() -> None:
    changes = [
        Change(FILED, True, Reason.OPEN),
        Change(FILED + HOUR, False, Reason.PENDING_CUSTOMER),
        Change(FILED + 3 * HOUR, True, Reason.OPEN),
    ]
    open_end = (
        running(FILED, FILED + HOUR),
        waiting(FILED + HOUR, FILED + 3 * HOUR),
        running(FILED + 3 * HOUR),
    )
    assert spans_of(changes) == open_end
    assert spans_of(changes, FILED + 4 * HOUR) == (*open_end[:2], running(FILED + 3 * HOUR, FILED + 4 * HOUR))
    assert spans_of([]) == ()


def test_a_clock_that_stepped_back_and_two_changes_at_once_leave_a_sound_life() -> None:
    changes = [
        Change(FILED, True, Reason.OPEN),
        Change(FILED + HOUR, False, Reason.PENDING_CUSTOMER),
        Change(FILED + HOUR - timedelta(seconds=10), True, Reason.OPEN),
        Change(FILED + 2 * HOUR, False, Reason.PENDING_CUSTOMER),
        Change(FILED + 2 * HOUR, True, Reason.OPEN),
    ]
    life = spans_of(changes)
    assert life == (
        running(FILED, FILED + HOUR),
        running(FILED + HOUR, FILED + 2 * HOUR),
        running(FILED + 2 * HOUR),
    )
    assert due_at(4 * HOUR, life, ALWAYS) == FILED + 4 * HOUR


def test_a_ticket_answered_the_moment_it_was_filed_met_its_promise() -> None:
    life = spans_of([Change(FILED, True, Reason.OPEN)], stopped_at=FILED)
    assert life == ()
    assert state(HOUR, life, ALWAYS, FILED) is ClockState.MET
    assert due_at(HOUR, life, ALWAYS) is None
