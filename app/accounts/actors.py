"""From a session token or a person to an Actor, with one statement; and the actors that are no persons."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from app.accounts.models import Membership, Person, SignIn, Team
from app.accounts.permissions import rights_of
from app.accounts.words import STAFF, Role
from app.core import clock, crypto
from app.core.actor import Actor, ActorKind
from app.core.db import UTCDateTime, db

IDLE_STAFF = timedelta(hours=8)
IDLE_CUSTOMER = timedelta(days=14)

MAIL = Actor(ActorKind.MAIL)
CLOCK = Actor(ActorKind.CLOCK)
SHELL = Actor(ActorKind.SHELL)

_PERSON = (
    Person.id,
    Person.first_name,
    Person.last_name,
    Person.email,
    Person.role,
    Person.support_level,
    Person.language,
    Person.time_zone,
    Person.organisation_id,
    Person.manages_organisation,
)
_BELONGS = sa.exists().where(Membership.team_id == Team.id, Membership.person_id == Person.id)
_TEAMS = (
    Team.id.label("team_id"),
    sa.case((_BELONGS, 1), else_=0).label("belongs"),
)


def _with_teams(query: sa.Select[Any]) -> sa.Select[Any]:
    """One row for each team that matters: those the person belongs to, and the confidential ones."""
    return query.add_columns(*_TEAMS).outerjoin(Team, sa.or_(Team.is_confidential, _BELONGS))


_BY_TOKEN = _with_teams(
    sa.select(*_PERSON, SignIn.id.label("sign_in_id"), SignIn.seen_at)
    .select_from(SignIn)
    .join(Person, Person.id == SignIn.person_id)
).where(
    SignIn.token_hash == sa.bindparam("token"),
    SignIn.expires_at > sa.bindparam("now", type_=UTCDateTime()),
    Person.is_active.is_(True),
)
_BY_PERSON = _with_teams(sa.select(*_PERSON).select_from(Person)).where(
    Person.id == sa.bindparam("person_id")
)


def actor_for_token(token: str) -> tuple[Actor, bool] | None:
    """The actor of a session token and whether its last activity should be noted.

    Returns:
        None when the token is unknown, ended, idle for too long, or its person is deactivated.
    """
    rows = db.session.execute(_BY_TOKEN, {"token": crypto.digest(token), "now": clock.now()}).all()
    return _judge(rows) if rows else None


def _judge(rows: Any) -> tuple[Actor, bool] | None:
    first = rows[0]
    silent = clock.now() - first.seen_at
    if silent > (IDLE_STAFF if first.role in STAFF else IDLE_CUSTOMER):
        return None
    return _actor(rows, first.sign_in_id), silent > timedelta(minutes=5)


def actor_for_person(person: Person) -> Actor:
    """The actor of a person at a door without a session (mail, tests, shell)."""
    return _actor(db.session.execute(_BY_PERSON, {"person_id": person.id}).all(), None)


def _actor(rows: Any, sign_in_id: int | None) -> Actor:
    first = rows[0]
    joined = [row for row in rows if row.team_id is not None]
    own = frozenset(row.team_id for row in joined if row.belongs)
    hidden = frozenset(row.team_id for row in joined if not row.belongs)
    manages = first.manages_organisation and first.role is Role.CUSTOMER
    return Actor(
        kind=ActorKind.PERSON,
        person_id=first.id,
        full_name=f"{first.first_name} {first.last_name}".strip() or first.email,
        email=first.email,
        role=str(first.role),
        support_level=first.support_level,
        language=first.language,
        time_zone=first.time_zone,
        rights=rights_of(first.role, first.support_level),
        team_ids=own,
        hidden_team_ids=hidden,
        managed_organisation_id=first.organisation_id if manages else None,
        sign_in_id=sign_in_id,
    )
