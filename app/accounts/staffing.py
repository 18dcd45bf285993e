"""Who could take a ticket: the agents of a team who are there today."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy as sa

from app.accounts.models import Membership, Person, Team
from app.accounts.words import STAFF
from app.core.db import db


@dataclass(frozen=True, slots=True)
class Candidate:
    """An agent who may be given a ticket, and when the last one was given in this team."""

    person_id: int
    support_level: int
    last_given_at: datetime | None


def lock_team(team_id: int) -> Team | None:
    """The team, its staff locked until the unit ends, so that two tickets at once never find the same agent idle.

    The memberships are locked, not the team: every new ticket holds a share of its team's row (the foreign key), and
    two that then wanted the row for themselves would wait for each other.
    """
    staff = (
        sa.select(Membership.person_id).where(Membership.team_id == team_id).order_by(Membership.person_id)
    )
    db.session.execute(staff.with_for_update())
    return db.session.get(Team, team_id)


def candidates(team_id: int, level: int, today: date) -> Sequence[Candidate]:
    """Active agents of a team with at least this support level who are not absent today.

    Args:
        team_id: the team.
        level: least support level, 1 to 4.
        today: the day in the installation's zone.
    """
    absent = sa.and_(
        Person.absent_from.is_not(None),
        Person.absent_from <= today,
        sa.or_(Person.absent_until.is_(None), Person.absent_until >= today),
    )
    rows = db.session.execute(
        sa.select(Person.id, Person.support_level, Membership.last_given_at)
        .join(Membership, Membership.person_id == Person.id)
        .where(Membership.team_id == team_id, Person.is_active.is_(True), Person.role.in_(STAFF))
        .where(Person.support_level >= level, sa.not_(absent))
    )
    return [Candidate(*row) for row in rows]


def note_given(team_id: int, person_id: int, at: datetime) -> None:
    """Remember that the person was given a ticket of the team."""
    db.session.execute(
        sa.update(Membership)
        .where(Membership.team_id == team_id, Membership.person_id == person_id)
        .values(last_given_at=at)
    )


def default_team_id() -> int:
    """The team that gets what nobody else is named for."""
    return db.session.scalars(sa.select(Team.id).where(Team.is_default.is_(True))).one()
