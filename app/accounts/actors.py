"""From a token of a browser or program, or a person, to an Actor with one statement; and actors that are no persons."""

from __future__ import annotations

import threading
import time
from dataclasses import replace
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from app.accounts.json_tokens import MicrosoftNeeded, TokenKind, read
from app.accounts.models import Membership, Person, SignIn, Team
from app.accounts.permissions import UNTIL_ENROLLED, rights_of
from app.accounts.words import STAFF, Role, SignInKind
from app.core import clock, crypto
from app.core.actor import Actor, ActorKind
from app.core.db import UTCDateTime, db
from app.settings import queries as settings
from app.settings.schemas import SignInRules

IDLE_STAFF = timedelta(hours=8)
IDLE_CUSTOMER = timedelta(days=14)

MAIL = Actor(ActorKind.MAIL)
CLOCK = Actor(ActorKind.CLOCK)
SHELL = Actor(ActorKind.SHELL)

PERSON = (
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
    Person.avatar_sha256,
)
_SIGNED_IN = (
    sa.select(
        *PERSON,
        SignIn.id.label("sign_in_id"),
        SignIn.seen_at,
        SignIn.is_strong,
        SignIn.recheck_by,
        (sa.func.length(Person.totp_secret) > 0).label("has_second_factor"),
        Membership.team_id,
    )
    .select_from(SignIn)
    .join(Person, Person.id == SignIn.person_id)
    .outerjoin(Membership, Membership.person_id == Person.id)
    .where(SignIn.expires_at > sa.bindparam("now", type_=UTCDateTime()), Person.is_active.is_(True))
)
_BY_TOKEN = _SIGNED_IN.where(
    SignIn.token_hash == sa.bindparam("token"),
    SignIn.kind == SignInKind.BROWSER,
    sa.or_(SignIn.recheck_by.is_(None), SignIn.recheck_by > sa.bindparam("now", type_=UTCDateTime())),
)
_BY_SIGN_IN = _SIGNED_IN.where(
    SignIn.id == sa.bindparam("sign_in_id"),
    SignIn.person_id == sa.bindparam("person_id"),
    SignIn.kind == SignInKind.PROGRAM,
)
_BY_PERSON = (
    sa.select(*PERSON, Membership.team_id)
    .select_from(Person)
    .outerjoin(Membership, Membership.person_id == Person.id)
    .where(Person.id == sa.bindparam("person_id"))
)
KEPT_SECONDS = 5.0
_teams: tuple[float, frozenset[int], frozenset[int]] | None = None
_lock = threading.Lock()


def confidential_team_ids() -> frozenset[int]:
    """The teams only their members look into, at most five seconds old in this process."""
    return _known_teams()[1]


def every_team_id() -> frozenset[int]:
    """All teams there are, at most five seconds old in this process."""
    return _known_teams()[0]


def _known_teams() -> tuple[frozenset[int], frozenset[int]]:
    global _teams
    with _lock:
        known = _teams
    if known is not None and time.monotonic() - known[0] < KEPT_SECONDS:
        return known[1:]
    rows = [(row[0], row[1]) for row in db.session.execute(sa.select(Team.id, Team.is_confidential))]
    every, closed = frozenset(one for one, _ in rows), frozenset(one for one, is_closed in rows if is_closed)
    with _lock:
        _teams = (time.monotonic(), every, closed)
    return every, closed


def forget() -> None:
    """Read the teams anew at the next use (after a change, between tests)."""
    global _teams
    with _lock:
        _teams = None


def actor_for_token(token: str) -> tuple[Actor, bool] | None:
    """The actor of a session token and whether its last activity should be noted.

    Returns:
        None when the token is unknown, ended, idle for too long, or its person is deactivated.
    """
    rows = db.session.execute(_BY_TOKEN, {"token": crypto.digest(token), "now": clock.now()}).all()
    return _judge(rows) if rows else None


def actor_for_access(token: str) -> tuple[Actor, bool] | None:
    """As :func:`actor_for_token` for the access token of a program, which is never idle for too long.

    Raises:
        MicrosoftNeeded: the sign-in is there, but Microsoft has to say once more that the person is.
    """
    named = read(TokenKind.ACCESS, token)
    if named is None:
        return None
    given = {"sign_in_id": named.sign_in_id, "person_id": named.person_id, "now": clock.now()}
    rows = db.session.execute(_BY_SIGN_IN, given).all()
    if not rows:
        return None
    if rows[0].recheck_by is not None and rows[0].recheck_by <= clock.now():
        raise MicrosoftNeeded
    return _known(rows)


def _judge(rows: Any) -> tuple[Actor, bool] | None:
    first = rows[0]
    silent = clock.now() - first.seen_at
    if silent > (IDLE_STAFF if first.role in STAFF else IDLE_CUSTOMER):
        return None
    return _known(rows)


def _known(rows: Any) -> tuple[Actor, bool]:
    first = rows[0]
    actor = actor_of(rows, first.sign_in_id)
    if _must_enrol(first):
        actor = replace(actor, rights=UNTIL_ENROLLED)
    return actor, clock.now() - first.seen_at > timedelta(minutes=5)


def _must_enrol(row: Any) -> bool:
    """An administrator without a second factor, where one is demanded.

    Whoever came by Microsoft without one gives the own one here, see ``signing_in.confirm_code``.
    """
    if row.role is not Role.ADMIN or row.is_strong or (row.has_second_factor and row.recheck_by is None):
        return False
    return settings.get(SignInRules).admins_need_second_factor


def actor_for_id(person_id: int) -> Actor:
    """The actor of a person at a door without a session (mail, demonstrations, tests)."""
    return actor_of(db.session.execute(_BY_PERSON, {"person_id": person_id}).all(), None)


def actor_for_person(person: Person) -> Actor:
    """As :func:`actor_for_id` for a person at hand."""
    return actor_for_id(person.id)


def actor_of(rows: Any, sign_in_id: int | None) -> Actor:
    """The actor of a person as rows of the columns PERSON and one membership each tell it."""
    first = rows[0]
    own = frozenset(row.team_id for row in rows if row.team_id is not None)
    hidden = confidential_team_ids() - own if first.role in STAFF else frozenset()
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
        picture=first.avatar_sha256,
    )
