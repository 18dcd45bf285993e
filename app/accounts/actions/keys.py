"""Making API keys, and taking them back (abuse cases A40, A62)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

import sqlalchemy as sa

from app.accounts import api_keys
from app.accounts.access import check_keys, must_have_confirmed
from app.accounts.key_events import ApiKeyCreated, ApiKeyRevoked
from app.accounts.key_schemas import LONGEST, USUAL, NewApiKey
from app.accounts.key_words import OF_TEAMS, Scope
from app.accounts.models import Person, Team
from app.accounts.program_models import ApiKey
from app.accounts.words import STAFF
from app.core import clock
from app.core.actor import Actor
from app.core.db import db
from app.core.errors import Conflict, Invalid
from app.core.language import _
from app.events.log import action, record

MOST = 200  # that still open something


@action
def create(command: NewApiKey, *, actor: Actor) -> tuple[ApiKey, str]:
    """A new key, and its text, which nobody is shown again.

    Raises:
        Forbidden: not the actor's to make.
        PasswordNeeded: it was not given lately (abuse case A62).
        Invalid: somebody who is not active, teams that are not there, a moment out of reach.
        Conflict: there are too many.
    """
    check_keys(actor)
    must_have_confirmed(actor)
    if _living() >= MOST:
        raise Conflict(_("There are as many API keys as there may be."))
    owner = _owner(command.owner or actor.person_id or 0)
    made = api_keys.fresh()
    row = ApiKey(
        person_id=owner.id,
        name=command.name,
        prefix=made.prefix,
        secret_hash=made.secret_hash,
        scopes=_in_order(command.scopes),
        team_ids=_teams(command, owner),
        expires_at=_end(command.expires_at),
        created_by_id=actor.person_id,
        created_at=clock.now(),
    )
    db.session.add(row)
    db.session.flush()
    fact = ApiKeyCreated(key_id=row.id, prefix=row.prefix, scopes=row.scopes, team_ids=row.team_ids)
    record(fact, actor=actor, subject=("person", owner.id))
    return row, made.text


@action
def revoke(key: ApiKey, *, actor: Actor) -> None:
    """Let a key open nothing any more; one that was revoked before stays so.

    Args:
        key: locked by the caller.

    Raises:
        Forbidden: not the actor's to take back.
        PasswordNeeded: it was not given lately.
    """
    check_keys(actor)
    must_have_confirmed(actor)
    if key.revoked_at is not None:
        return
    key.revoked_at = clock.now()
    fact = ApiKeyRevoked(key_id=key.id, prefix=key.prefix)
    record(fact, actor=actor, subject=("person", key.person_id))


def _living() -> int:
    living = sa.select(sa.func.count()).select_from(ApiKey)
    living = living.where(ApiKey.revoked_at.is_(None), ApiKey.expires_at > clock.now())
    return db.session.scalar(living) or 0


def _owner(person_id: int) -> Person:
    person = db.session.get(Person, person_id)
    if person is None or not person.is_active:
        raise Invalid({"owner": _("Please choose somebody whose account is active.")})
    return person


def _in_order(scopes: Iterable[Scope]) -> list[str]:
    chosen = set(scopes)
    return [str(scope) for scope in Scope if scope in chosen]


def _teams(command: NewApiKey, owner: Person) -> list[int]:
    """The teams a key is limited to: of staff, and only where everything it opens is about tickets."""
    wanted = set(command.team_ids)
    if not wanted:
        return []
    if owner.role not in STAFF:
        raise Invalid({"team_ids": _("Customers do not belong to teams.")})
    if set(command.scopes) - OF_TEAMS:
        raise Invalid({"scopes": _("A key that is limited to teams opens only what is about tickets.")})
    found = set(db.session.scalars(sa.select(Team.id).where(Team.id.in_(wanted))))
    if found != wanted:
        raise Invalid({"team_ids": _("Please choose one of the given options.")})
    return sorted(wanted)


def _end(wanted: datetime | None) -> datetime:
    now = clock.now()
    end = now + USUAL if wanted is None else wanted
    if not now < end <= now + LONGEST:
        raise Invalid({"expires_at": _("Please choose a moment to come, a year ahead at most.")})
    return end.astimezone(UTC)
