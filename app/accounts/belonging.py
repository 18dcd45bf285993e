"""Who belongs where, as administrators look at it: teams with their members, organisations with their people."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from app.accounts.models import Membership, Organisation, Person, Team
from app.accounts.words import STAFF, Role
from app.core.db import db


@dataclass(frozen=True, slots=True)
class TeamRow:
    """A team with the number of its active members and the names of those who lead it."""

    team: Team
    members: int
    leaders: list[str]


@dataclass(frozen=True, slots=True)
class Member:
    """A person in a team."""

    id: int
    full_name: str
    email: str
    role: Role
    support_level: int
    leads: bool
    is_active: bool

    @property
    def initials(self) -> str:
        words = self.full_name.split() or ["?"]
        return (words[0][:1] + (words[-1][:1] if len(words) > 1 else "")).upper()


def teams() -> list[TeamRow]:
    """Every team, those in use first, then by name."""
    found = db.session.scalars(sa.select(Team).order_by(Team.is_active.desc(), Team.name)).all()
    rows = {team.id: TeamRow(team, 0, []) for team in found}
    counts = db.session.execute(
        sa.select(Membership.team_id, sa.func.count())
        .join(Person, Person.id == Membership.person_id)
        .where(Person.is_active.is_(True))
        .group_by(Membership.team_id)
    )
    for team_id, count in counts:
        rows[team_id] = TeamRow(rows[team_id].team, count, [])
    leaders = db.session.execute(
        sa.select(Membership.team_id, Person.first_name, Person.last_name, Person.email)
        .join(Person, Person.id == Membership.person_id)
        .where(Membership.leads.is_(True), Person.is_active.is_(True))
        .order_by(Person.search_key)
    )
    for team_id, first, last, email in leaders:
        rows[team_id].leaders.append(f"{first} {last}".strip() or email)
    return list(rows.values())


def members(team_id: int) -> list[Member]:
    """Everybody in a team, leaders first, then by name."""
    rows = db.session.execute(
        sa.select(Person, Membership.leads)
        .join(Membership, Membership.person_id == Person.id)
        .where(Membership.team_id == team_id)
        .order_by(Membership.leads.desc(), Person.search_key, Person.id)
    )
    return [
        Member(p.id, p.full_name, p.email, p.role, p.support_level, leads, p.is_active) for p, leads in rows
    ]


def newcomers(team_id: int) -> list[tuple[int, str]]:
    """Active staff who are not in a team yet, by name, as choices of a form."""
    inside = sa.select(Membership.person_id).where(Membership.team_id == team_id)
    rows = db.session.scalars(
        sa.select(Person)
        .where(Person.role.in_(STAFF), Person.is_active.is_(True), Person.id.not_in(inside))
        .order_by(Person.search_key, Person.id)
    )
    return [(person.id, f"{person.full_name} ({person.email})") for person in rows]


def organisations() -> Sequence[tuple[Organisation, int]]:
    """Every organisation with the number of its active people, by name."""
    count = sa.func.count(Person.id)
    rows = db.session.execute(
        sa.select(Organisation, count)
        .outerjoin(Person, sa.and_(Person.organisation_id == Organisation.id, Person.is_active.is_(True)))
        .group_by(Organisation.id)
        .order_by(Organisation.name)
    )
    return [(organisation, number) for organisation, number in rows]
