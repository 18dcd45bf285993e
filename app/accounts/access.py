"""Who may see and change whom; and who has given the password lately enough for a sensitive change."""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa

from app.accounts.models import Organisation, Person, SignIn, Team
from app.accounts.program_models import ApiKey
from app.accounts.words import LEVELS, STAFF, Need, Role
from app.core import clock
from app.core.actor import Actor
from app.core.db import db
from app.core.errors import Forbidden, NotFound, PasswordNeeded
from app.core.schema import MAX_ID
from app.settings import queries as settings
from app.settings.schemas import SignInRules

PASSWORD_COUNTS_FOR = timedelta(minutes=10)


def person_for(actor: Actor, person_id: int, need: Need, *, lock: bool = False) -> Person:
    """A person, if the actor may see or manage them.

    Args:
        need: SEE to look, MANAGE to change.
        lock: hold the row until the unit ends.

    Raises:
        NotFound: there is none, or the actor may not see them.
        Forbidden: visible, but not the actor's to change.
    """
    if not 1 <= person_id <= MAX_ID:
        raise NotFound
    query = sa.select(Person).where(Person.id == person_id, visible_to(actor))
    if lock:
        query = query.with_for_update().execution_options(populate_existing=True)
    person = db.session.scalar(query)
    if person is None:
        raise NotFound
    if need is Need.MANAGE and not may_manage(actor, person):
        raise Forbidden(permission="people.manage")
    return person


def visible_to(actor: Actor) -> sa.ColumnElement[bool]:
    """The condition every list and every single look goes through.

    Staff see everybody; customers see themselves and the staff who answer them.
    """
    if not actor.is_signed_in or actor.can("people.list"):
        return sa.true()
    return sa.or_(Person.id == actor.person_id, Person.role.in_(STAFF))


def myself(actor: Actor, *, lock: bool = False) -> Person:
    """The person who acts."""
    return person_for(actor, actor.person_id or 0, Need.SEE, lock=lock)


def may_manage(actor: Actor, person: Person) -> bool:
    """Whether the actor may change this person; nobody manages the own account here."""
    if not actor.is_signed_in:
        return True
    return person.id != actor.person_id and may_give(actor, person.role, person.support_level)


def may_give(actor: Actor, role: Role, level: int) -> bool:
    """Whether the actor may make somebody this: what one may manage, one may make, and nothing above it."""
    if not actor.is_signed_in or actor.can("people.manage_admins"):
        return True
    if role is Role.CUSTOMER:
        return actor.can("people.manage")
    if role is not Role.SUPPORT_AGENT or not actor.can("people.manage_agents"):
        return False
    return actor.role != Role.SUPPORT_AGENT or level < actor.support_level


def roles_to_give(actor: Actor) -> list[Role]:
    """The roles the actor may choose from in a form."""
    return [role for role in Role if may_give(actor, role, LEVELS[0])]


def levels_to_give(actor: Actor) -> list[int]:
    """The support levels the actor may choose from in a form."""
    return [level for level in LEVELS if may_give(actor, Role.SUPPORT_AGENT, level)]


def may_name_managers(actor: Actor) -> bool:
    """Whether the actor decides who sees all requests of an organisation."""
    return not actor.is_signed_in or actor.can("people.manage_admins")


def registration_is_open() -> bool:
    """Whether strangers may make accounts."""
    return settings.get(SignInRules).self_registration


def must_have_confirmed(actor: Actor) -> None:
    """Sensitive changes want a password that was given in the last ten minutes (abuse case A62).

    Raises:
        PasswordNeeded: it is longer ago, or the actor came by a door without sign-ins.
    """
    if not actor.is_signed_in:
        return
    confirmed = db.session.scalar(sa.select(SignIn.confirmed_at).where(SignIn.id == actor.sign_in_id))
    if confirmed is None or confirmed < clock.now() - PASSWORD_COUNTS_FOR:
        raise PasswordNeeded


def team_for(actor: Actor, team_id: int, *, lock: bool = False) -> Team:
    """A team; confidential ones exist only for their members and for those who set up teams.

    Raises:
        NotFound: there is none, or not for this actor.
    """
    is_closed = actor.only_team_ids is not None or not actor.can("admin.teams")
    hidden = team_id in actor.hidden_team_ids and is_closed
    team = db.session.get(Team, team_id, with_for_update=lock or None) if 1 <= team_id <= MAX_ID else None
    if team is None or hidden:
        raise NotFound
    return team


def check_keys(actor: Actor) -> None:
    """Raises Forbidden for a person who may not look at API keys and make them."""
    if actor.is_signed_in and not actor.can("api_keys.manage"):
        raise Forbidden(permission="api_keys.manage")


def api_key_for(actor: Actor, key_id: int, *, lock: bool = False) -> ApiKey:
    """An API key.

    Raises:
        Forbidden: not the actor's to look at.
        NotFound: there is none.
    """
    check_keys(actor)
    known = 1 <= key_id <= MAX_ID
    found = (
        db.session.get(ApiKey, key_id, with_for_update=lock or None, populate_existing=lock)
        if known
        else None
    )
    if found is None:
        raise NotFound
    return found


def organisation_for(actor: Actor, organisation_id: int, *, lock: bool = False) -> Organisation:
    """An organisation, for staff.

    Raises:
        NotFound: there is none, or not for this actor.
    """
    allowed = not actor.is_signed_in or actor.can("people.list")
    if not allowed or not 1 <= organisation_id <= MAX_ID:
        raise NotFound
    found = db.session.get(Organisation, organisation_id, with_for_update=lock or None)
    if found is None:
        raise NotFound
    return found
