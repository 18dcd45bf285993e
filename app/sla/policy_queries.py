"""Policies and calendars as administrators look at them, and what a ticket would get."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from app.accounts.models import Organisation, Team
from app.core import clock
from app.core.db import db
from app.sla.calendars import Calendar
from app.sla.clocks import example
from app.sla.closing_days import ClosingDays
from app.sla.models import Policy, ScopedPolicy, WorkCalendar
from app.sla.schemas import CalendarCommand

FRIDAY = 4
EXAMPLE_AT = time(16, 30)


@dataclass(frozen=True, slots=True)
class PolicyRow:
    """A policy with the names of what it holds for."""

    policy: Policy
    calendar_name: str
    teams: list[str] = field(default_factory=list)
    organisations: list[str] = field(default_factory=list)


def policies() -> list[PolicyRow]:
    """Every policy, the default first, then by name."""
    rows = db.session.execute(
        sa.select(Policy, WorkCalendar.name)
        .join(WorkCalendar, WorkCalendar.id == Policy.calendar_id)
        .order_by(Policy.is_default.desc(), Policy.name)
    ).all()
    made = {policy.id: PolicyRow(policy, calendar) for policy, calendar in rows}
    scopes = db.session.execute(
        sa.select(ScopedPolicy.policy_id, Team.name, Organisation.name)
        .outerjoin(Team, Team.id == ScopedPolicy.team_id)
        .outerjoin(Organisation, Organisation.id == ScopedPolicy.organisation_id)
        .order_by(Team.name, Organisation.name)
    ).all()
    for policy_id, team, organisation in scopes:
        row = made[policy_id]
        (row.teams if team else row.organisations).append(team or organisation or "")
    return list(made.values())


def scopes_of(policy_id: int) -> tuple[list[int], list[int]]:
    """The teams and the organisations a policy holds for, as ids."""
    rows = db.session.scalars(sa.select(ScopedPolicy).where(ScopedPolicy.policy_id == policy_id)).all()
    return [r.team_id for r in rows if r.team_id], [r.organisation_id for r in rows if r.organisation_id]


def choices() -> list[tuple[int, str]]:
    """Every policy as a choice of a form."""
    rows = db.session.execute(sa.select(Policy.id, Policy.name).order_by(Policy.name))
    return [(policy_id, name) for policy_id, name in rows]


def calendars() -> Sequence[WorkCalendar]:
    """Every calendar, by name."""
    return db.session.scalars(sa.select(WorkCalendar).order_by(WorkCalendar.name)).all()


def calendar_in_the_making(command: CalendarCommand) -> Calendar:
    """The pure calendar a form describes, before it is saved.

    Raises:
        ValueError: its lines make no calendar.
    """
    zone = ZoneInfo(command.time_zone)
    if command.counts == "always":
        return Calendar(zone)
    return Calendar(zone, tuple(command.slots), ClosingDays(command.holiday_state or None))


@dataclass(frozen=True, slots=True)
class Example:
    """When a ticket of next Friday afternoon would be due."""

    opened_at: datetime
    target: timedelta
    due_at: datetime | None


def friday_example(calendar: Calendar, target: timedelta) -> Example:
    """The example the page shows: a ticket opened on the coming Friday at 16:30, local time of the calendar."""
    today = clock.now().astimezone(calendar.time_zone).date()
    friday = today + timedelta(days=(FRIDAY - today.weekday()) % 7)
    opened_at = datetime.combine(friday, EXAMPLE_AT, calendar.time_zone)
    return Example(opened_at, target, example(calendar, target, opened_at))
