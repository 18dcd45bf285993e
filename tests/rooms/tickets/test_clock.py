"""Warnings and breaches: each exactly once, armed again by a changed due time, at the cost of what is due."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
import time_machine

from app.core.db import db
from app.core.uow import run_unit
from app.events.models import Event
from app.sla import queries
from app.sla.models import Policy, WorkCalendar
from app.sla.words import ClockState
from app.tickets.actions import clock, triage
from app.tickets.actions.opening import open_ticket
from app.tickets.models import Ticket
from app.tickets.schemas import NewTicket, StatusMove
from app.tickets.words import Channel, Priority

FRIDAY = datetime(2026, 11, 13, 15, 30, tzinfo=UTC)  # 16:30 in Berlin


@pytest.fixture
def story(world):
    with time_machine.travel(FRIDAY, tick=False) as travel:
        world.clock = travel
        world.mia, world.anna = world.customer(), world.agent()
        yield world


def open_one(world, **values) -> int:
    given = {"title": "VPN bricht ab", "description": "Alle zehn Minuten."} | values
    ticket = run_unit(
        lambda: open_ticket(NewTicket(**given), actor=world.actor(world.mia), channel=Channel.WEB)
    )
    return ticket.id


def told(ticket_id: int) -> list[tuple[str, str]]:
    rows = db.session.scalars(
        sa.select(Event)
        .where(Event.ticket_id == ticket_id, Event.kind.like("ticket.deadline%"))
        .order_by(Event.id)
    )
    return [(row.kind.rpartition("_")[2], row.payload["clock"]) for row in rows]


def test_the_clock_warns_at_three_quarters_and_breaches_at_the_end_once_each(story):
    one = open_one(story)
    story.clock.shift(timedelta(hours=5, minutes=59))
    assert clock.check_due() == 0
    story.clock.shift(timedelta(minutes=1))
    assert clock.check_due() == 1
    assert clock.check_due() == 0
    story.clock.shift(timedelta(hours=2))
    clock.check_due()
    clock.check_due()
    assert told(one) == [("warned", "response"), ("breached", "response")]
    assert db.session.get(Ticket, one).sla_state is ClockState.BREACHED


def test_after_a_long_stop_the_breach_is_told_without_the_stale_warning(story):
    one = open_one(story)
    story.clock.shift(timedelta(days=10))
    clock.check_due()
    assert told(one) == [("breached", "response"), ("breached", "resolution")]


def test_a_changed_priority_keeps_the_consumed_time_and_arms_the_clock_again(story):
    one = open_one(story)
    story.clock.shift(timedelta(hours=6))
    clock.check_due()
    run_unit(lambda: triage.change_priority(story.actor(story.anna), one, Priority.LOW))
    ticket = db.session.get(Ticket, one)
    assert ticket.response_due_at == FRIDAY + timedelta(hours=24)
    assert ticket.response_state is ClockState.OK
    story.clock.shift(timedelta(hours=12))
    clock.check_due()
    assert told(one) == [("warned", "response"), ("warned", "response")]


def test_a_breach_is_not_told_again_after_a_pause(story):
    one = open_one(story)
    story.clock.shift(timedelta(hours=80))
    clock.check_due()
    before = told(one)
    actor = story.actor(story.anna)
    run_unit(lambda: triage.change_status(actor, one, StatusMove(status="pending")))
    story.clock.shift(timedelta(hours=1))
    run_unit(lambda: triage.change_status(actor, one, StatusMove(status="in_progress")))
    clock.check_due()
    assert told(one) == before
    assert db.session.get(Ticket, one).resolution_state is ClockState.BREACHED


def test_in_office_hours_friday_half_past_four_plus_two_hours_is_monday(story):
    calendar = db.session.scalars(sa.select(WorkCalendar).where(WorkCalendar.name != "24×7")).one()
    policy = db.session.scalars(sa.select(Policy).where(Policy.is_default.is_(True))).one()

    def work_in_office_hours():
        db.session.get(Policy, policy.id).calendar_id = calendar.id
        row = db.session.get(Policy, policy.id)
        row.targets = {**row.targets, "medium": [2 * 3600, 8 * 3600]}

    run_unit(work_in_office_hours)
    queries.forget()
    ticket = db.session.get(Ticket, open_one(story))
    assert ticket.response_due_at == datetime(2026, 11, 16, 8, 30, tzinfo=UTC)  # Monday 9:30 in Berlin


def test_checking_costs_nothing_when_nothing_is_due(story, statements):
    for _ in range(5):
        open_one(story)
    with statements() as seen:
        assert clock.check_due() == 0
    assert len(seen) == 1


def test_the_shell_checks_as_the_worker_does(story):
    one, shell = open_one(story), story.app.test_cli_runner()
    story.clock.shift(timedelta(hours=9))
    said = [shell.invoke(args=["sla", "check"]) for _ in range(2)]
    assert [(answer.exit_code, answer.output) for answer in said] == [(0, "1 checked\n"), (0, "0 checked\n")]
    db.session.rollback()
    assert told(one) == [("breached", "response")]
