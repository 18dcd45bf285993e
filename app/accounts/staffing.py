"""Who could take a ticket: the agents of a team who are there today."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy as sa

from app.accounts.models import Membership, Person, Team
from app.accounts.words import STAFF
from app.core.db import BigId, db

_TEAM = sa.bindparam("team_id", type_=BigId)
_TODAY = sa.bindparam("today", type_=sa.Date)
_ABSENT = sa.and_(
    Person.absent_from.is_not(None),
    Person.absent_from <= _TODAY,
    sa.or_(Person.absent_until.is_(None), Person.absent_until >= _TODAY),
)
_THERE = (
    sa.select(Person.id, Person.support_level, Membership.last_given_at)
    .join(Membership, Membership.person_id == Person.id)
    .where(Membership.team_id == _TEAM, Person.is_active.is_(True), Person.role.in_(STAFF))
    .where(Person.support_level >= sa.bindparam("level"), sa.not_(_ABSENT))
)
_LOCK = (
    sa.select(Membership.person_id)
    .where(Membership.team_id == _TEAM)
    .order_by(Membership.person_id)
    .with_for_update()
)
_GIVEN = (
    sa.update(Membership)
    .where(Membership.team_id == sa.bindparam("team"), Membership.person_id == sa.bindparam("person"))
    .values(last_given_at=sa.bindparam("at"))
    .execution_options(synchronize_session=False, autoflush=False)
)
_DEFAULT = sa.select(Team).where(Team.is_default.is_(True))


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
    db.session.execute(_LOCK, {"team_id": team_id})
    return db.session.get(Team, team_id)


def candidates(team_id: int, level: int, today: date) -> Sequence[Candidate]:
    """Active agents of a team with at least this support level who are not absent today.

    Args:
        team_id: the team.
        level: least support level, 1 to 4.
        today: the day in the installation's zone.
    """
    rows = db.session.execute(_THERE, {"team_id": team_id, "level": level, "today": today})
    return [Candidate(*row) for row in rows]


def note_given(team_id: int, person_id: int, at: datetime) -> None:
    """Remember that the person was given a ticket of the team."""
    db.session.execute(_GIVEN, {"team": team_id, "person": person_id, "at": at})


def default_team() -> Team:
    """The team that gets what nobody else is named for."""
    return db.session.scalars(_DEFAULT).one()
