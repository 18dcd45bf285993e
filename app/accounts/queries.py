"""Reads about people and teams: single look-ups, names in bulk, choices for forms."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import load_only

from app.accounts import addresses, further
from app.accounts.access import visible_to
from app.accounts.models import Membership, Organisation, Person, RecoveryCode, SignIn, Team
from app.accounts.words import STAFF, Role, SignInKind
from app.core import clock
from app.core.actor import Actor
from app.core.db import db


@dataclass(frozen=True, slots=True)
class PersonName:
    """How a person is named in a list: enough for an avatar and a line, no address."""

    id: int
    full_name: str
    role: Role
    support_level: int
    is_active: bool
    avatar_sha256: str

    @property
    def initials(self) -> str:
        words = self.full_name.split() or ["?"]
        return (words[0][:1] + (words[-1][:1] if len(words) > 1 else "")).upper()

    @property
    def is_staff(self) -> bool:
        return self.role in STAFF


_BY_EMAIL = sa.select(Person).where(further.whose(sa.bindparam("email_key")))
# Half of a person's columns are for their own pages only; what is left out is read when somebody asks for it.
_SENDER = _BY_EMAIL.options(
    load_only(
        *(Person.email, Person.first_name, Person.last_name, Person.role, Person.organisation_id),
        *(Person.is_vip, Person.is_active, Person.language, Person.verified_at),
    )
)
_NAME = (
    Person.id,
    Person.first_name,
    Person.last_name,
    Person.email,
    Person.role,
    Person.support_level,
    Person.is_active,
    Person.avatar_sha256,
)


def _named(row: sa.Row[tuple[int, str, str, str, Role, int, bool, str]]) -> PersonName:
    person_id, first, last, email, role, level, active, avatar = row
    return PersonName(person_id, f"{first} {last}".strip() or email, role, level, active, avatar)


def names(ids: Iterable[int | None]) -> dict[int, PersonName]:
    """The names behind ids, with one statement; ids nobody has are left out.

    Args:
        ids: any iterable, None and repeats are passed over.
    """
    wanted = {person_id for person_id in ids if person_id is not None}
    if not wanted:
        return {}
    rows = db.session.execute(sa.select(*_NAME).where(Person.id.in_(wanted)))
    return {row[0]: _named(row) for row in rows}


def find_by_email(address: str) -> Person | None:
    """The person with this address, main or confirmed further one, whatever its capitals.

    None for unknown, for one that waits for its confirmation, and for what is no address.
    """
    return _found(_BY_EMAIL, address)


def find_sender(address: str) -> Person | None:
    """As ``find_by_email``, with what counts for a mail at hand."""
    return _found(_SENDER, address)


def _found(query: sa.Select[tuple[Person]], address: str) -> Person | None:
    email_key = addresses.key(address)
    return db.session.scalar(query, {"email_key": email_key}) if email_key else None


def has_admin() -> bool:
    """Whether somebody can administer this installation."""
    active = sa.exists().where(Person.role == Role.ADMIN, Person.is_active.is_(True))
    return bool(db.session.scalar(sa.select(active)))


def leaders_of_team(team_id: int) -> list[int]:
    """Ids of the active people who lead a team."""
    query = (
        sa.select(Membership.person_id)
        .join(Person, Person.id == Membership.person_id)
        .where(Membership.team_id == team_id, Membership.leads.is_(True), Person.is_active.is_(True))
        .order_by(Membership.person_id)
    )
    return list(db.session.scalars(query))


def members_of_team(team_id: int) -> list[PersonName]:
    """Everybody in a team, by name."""
    query = (
        sa.select(*_NAME)
        .join(Membership, Membership.person_id == Person.id)
        .where(Membership.team_id == team_id)
        .order_by(Person.search_key, Person.id)
    )
    return [_named(row) for row in db.session.execute(query)]


def colleagues(actor: Actor, *, but: int | None = None) -> list[PersonName]:
    """Active staff the actor may see, by name: choices for a deputy or an assignee.

    Args:
        but: a person to leave out.
    """
    query = sa.select(*_NAME).where(Person.role.in_(STAFF), Person.is_active.is_(True), visible_to(actor))
    rows = db.session.execute(query.order_by(Person.search_key, Person.id))
    return [_named(row) for row in rows if row[0] != but]


def is_away(person: Person, today: date) -> bool:
    """Whether a person is absent on this day."""
    if person.absent_from is None or person.absent_from > today:
        return False
    return person.absent_until is None or person.absent_until >= today


def deputy_of(person_id: int, today: date) -> int | None:
    """Who stands in for a person on this day: the deputy, if the person is away and the deputy is there."""
    person = db.session.get(Person, person_id)
    if person is None or person.deputy_id is None or not is_away(person, today):
        return None
    deputy = db.session.get(Person, person.deputy_id)
    if deputy is None or not deputy.is_active or is_away(deputy, today):
        return None
    return deputy.id


@dataclass(frozen=True, slots=True)
class OwnSignIn:
    """A signed-in browser or program as its owner sees it."""

    id: int
    user_agent: str
    network: str
    created_at: datetime
    seen_at: datetime
    is_this: bool
    kind: SignInKind


def own_sign_ins(actor: Actor) -> list[OwnSignIn]:
    """The actor's signed-in browsers and programs, the one in use first, then by last use."""
    query = (
        sa.select(
            SignIn.id, SignIn.user_agent, SignIn.network, SignIn.created_at, SignIn.seen_at, SignIn.kind
        )
        .where(SignIn.person_id == actor.person_id, SignIn.expires_at > clock.now())
        .order_by(SignIn.seen_at.desc(), SignIn.id.desc())
        .limit(50)
    )
    rows = db.session.execute(query).all()
    found = [
        OwnSignIn(row[0], row[1], row[2], row[3], row[4], row[0] == actor.sign_in_id, row[5]) for row in rows
    ]
    return sorted(found, key=lambda one: not one.is_this)


def count_sign_ins(person_id: int) -> int:
    """How many browsers a person is signed in with."""
    query = sa.select(sa.func.count()).where(SignIn.person_id == person_id, SignIn.expires_at > clock.now())
    return db.session.scalar(query) or 0


def recovery_codes_left(person_id: int) -> int:
    """How many recovery codes a person has not used yet."""
    query = sa.select(sa.func.count()).where(
        RecoveryCode.person_id == person_id, RecoveryCode.used_at.is_(None)
    )
    return db.session.scalar(query) or 0


def teams_of(person_ids: Iterable[int], actor: Actor) -> dict[int, list[str]]:
    """Names of the teams of several people, with one statement; without those hidden from the actor."""
    found = named_teams_of(person_ids, actor)
    return {person_id: [name for _id, name in teams] for person_id, teams in found.items()}


def named_teams_of(person_ids: Iterable[int], actor: Actor) -> dict[int, list[tuple[int, str]]]:
    """As :func:`teams_of`, each team with its id."""
    query = (
        sa.select(Membership.person_id, Team.id, Team.name)
        .join(Team, Team.id == Membership.team_id)
        .where(Membership.person_id.in_(list(person_ids)), Team.is_active.is_(True))
        .where(Team.id.not_in(actor.hidden_team_ids))
        .order_by(Team.name)
    )
    found: dict[int, list[tuple[int, str]]] = {}
    for person_id, team_id, name in db.session.execute(query):
        found.setdefault(person_id, []).append((team_id, name))
    return found


def own_teams(actor: Actor) -> list[tuple[int, str]]:
    """The active teams the actor belongs to, by name."""
    if not actor.team_ids:
        return []
    query = sa.select(Team.id, Team.name).where(Team.id.in_(actor.team_ids), Team.is_active.is_(True))
    return [(row[0], row[1]) for row in db.session.execute(query.order_by(Team.name))]


def team_choices(actor: Actor) -> Sequence[tuple[int, str]]:
    """Active teams the actor may know of, by name."""
    query = sa.select(Team.id, Team.name).where(Team.is_active.is_(True)).order_by(Team.name)
    return [(row[0], row[1]) for row in db.session.execute(query) if row[0] not in actor.hidden_team_ids]


def organisation_choices() -> Sequence[tuple[int, str]]:
    """All organisations, by name."""
    query = sa.select(Organisation.id, Organisation.name).order_by(Organisation.name)
    return [(row[0], row[1]) for row in db.session.execute(query)]


def organisation_name(organisation_id: int | None) -> str:
    """The name of an organisation, empty for none."""
    if organisation_id is None:
        return ""
    query = sa.select(Organisation.name).where(Organisation.id == organisation_id)
    return db.session.scalar(query) or ""


def somebody_besides(emails: Sequence[str]) -> bool:
    """Whether anybody has an account with another address than these."""
    keys = [addresses.key(email) for email in emails]
    return bool(db.session.scalar(sa.select(sa.exists().where(Person.email_key.not_in(keys)))))
