"""`/users`: people, by the rules of the pages: who may see whom, and who may make somebody what."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import Response

from app.accounts import details, search
from app.accounts.access import must_have_confirmed, person_for
from app.accounts.actions import people
from app.accounts.actions.changing_email import change_for
from app.accounts.queries import names
from app.accounts.schemas import ChangeEmail, ChangePerson, ChangeRole, NewPerson
from app.accounts.words import STAFF, Need
from app.core.actor import Actor
from app.core.errors import NotFound
from app.web.api.door import door
from app.web.api.names import our_names
from app.web.api.shapes import User, own_user
from app.web.api.shapes import users as as_users
from app.web.api.ticket_shapes import Somebody, somebody
from app.web.api.user_commands import (
    FIELDS,
    NewUser,
    UserChange,
    UsersWanted,
    WholeUser,
    changes,
)
from app.web.kit.downloads import send_picture
from app.web.kit.entity_tags import expected_version
from app.web.kit.json_lists import Listing, listing

if TYPE_CHECKING:
    from app.accounts.models import Person


@door.read("/users", allow="people.list", gives=Listing[User], query=UsersWanted)
def users(actor: Actor, query: UsersWanted) -> Listing[User]:
    """People, in the order they came, for staff."""
    page, count, more = search.users(
        actor, query.search, query.role, query.is_active, query.cursor, query.limit
    )
    return listing(Listing[User], as_users(actor, page.rows), page, count, at_least=more)


@door.change("/users", allow="people.manage", takes=NewUser, gives=User, status=201)
def create_user(actor: Actor, command: NewUser) -> tuple[User, str]:
    """An account for somebody, who sets the password by a link.

    Agents make customers; team leaders and agents of level 4 also agents (those below them); administrators everybody.
    For all but customers a password given in the last ten minutes is wanted (403 with `password_needed`).
    """
    if command.role in STAFF:
        must_have_confirmed(actor)
    made = people.create(NewPerson.model_construct(**dict(command)), actor=actor)
    return _shown(actor, made), f"/api/v1/users/{made.id}"


@door.read("/users/<id:person_id>", allow="portal.use", gives=Somebody, gives_staff=User)
def user(actor: Actor, person_id: int) -> Somebody | User:
    """Somebody. Customers see themselves and, by name and picture, the staff who answer them."""
    person = person_for(actor, person_id, Need.SEE)
    if person.id == actor.person_id:
        return own_user(actor)
    if actor.can("people.list"):
        return _shown(actor, person)
    seen = somebody(person.id, names([person.id]))
    if seen is None:
        raise NotFound
    return seen


@door.file("/users/<id:person_id>/avatar", allow="portal.use")
def user_avatar(actor: Actor, person_id: int) -> Response:
    """Somebody's picture, a square of 256 pixels as PNG, for those who may see that person."""
    return send_picture(person_for(actor, person_id, Need.SEE).avatar_sha256)


@door.change(
    "/users/<id:person_id>",
    allow="people.manage",
    method="PATCH",
    takes=UserChange,
    gives=User,
    matches=True,
)
def change_user(actor: Actor, command: UserChange, person_id: int) -> User:
    """Change fields of somebody's account; all of them or, when one cannot be, none.

    Another address or role wants a password given in the last ten minutes (403 with `password_needed`)
    and ends the sign-ins of that person. Nobody changes the own account here.
    """
    return _changed(actor, person_id, changes(command))


@door.change(
    "/users/<id:person_id>", allow="people.manage", method="PUT", takes=WholeUser, gives=User, matches=True
)
def replace_user(actor: Actor, command: WholeUser, person_id: int) -> User:
    """Give every field of somebody's account at once; by the rules of `PATCH`."""
    return _changed(actor, person_id, changes(command))


@door.change("/users/<id:person_id>", allow="people.manage", method="DELETE", matches=True)
def deactivate_user(actor: Actor, person_id: int) -> None:
    """Close somebody's account: sign-ins and open links end at once, tickets and history stay."""
    person = _managed(actor, person_id)
    people.deactivate(person, actor=actor)


@door.change("/users/<id:person_id>/toggle-status", allow="people.manage", gives=User, matches=True)
def toggle_user(actor: Actor, person_id: int) -> User:
    """Close an open account, or open a closed one again."""
    person = _managed(actor, person_id)
    _activate(person, not person.is_active, actor)
    return _shown(actor, person)


@door.change("/users/<id:person_id>/reset-password", allow="people.manage", status=202)
def reset_user_password(actor: Actor, person_id: int) -> None:
    """Send somebody a link to set a new password; the present one goes on until then."""
    people.send_password_link(_managed(actor, person_id), actor=actor)


@door.change("/users/<id:person_id>/send-welcome", allow="people.manage", status=202)
def welcome_user(actor: Actor, person_id: int) -> None:
    """Send somebody the first link, once more if need be."""
    people.welcome(_managed(actor, person_id), actor=actor)


def _managed(actor: Actor, person_id: int) -> Person:
    """Somebody the actor may change, held until the unit ends, in the version the caller knows."""
    person = person_for(actor, person_id, Need.MANAGE, lock=True)
    version = expected_version()
    if version is not None:
        details.check_version(person, version)
    return person


def _changed(actor: Actor, person_id: int, given: dict[str, Any]) -> User:
    person = _managed(actor, person_id)
    of_record = {name: value for name, value in given.items() if name in ChangePerson.model_fields}
    with our_names(FIELDS):
        people.change(person, details.merged(ChangePerson, person, of_record), actor=actor)
        if "email" in given:
            _move(person, given["email"], actor)
        if {"role", "support_level"} & set(given):
            _promote(person, given, actor)
    if "is_active" in given:
        _activate(person, given["is_active"], actor)
    return _shown(actor, person)


def _move(person: Person, email: str, actor: Actor) -> None:
    if email != person.email:
        change_for(person, ChangeEmail.model_construct(email=email), actor=actor)


def _promote(person: Person, given: dict[str, Any], actor: Actor) -> None:
    wanted = {"role": person.role, "support_level": person.support_level} | {
        name: given[name] for name in ("role", "support_level") if name in given
    }
    if wanted != {"role": person.role, "support_level": person.support_level}:
        people.change_role(person, ChangeRole(**wanted, version=person.version), actor=actor)


def _activate(person: Person, active: bool, actor: Actor) -> None:
    if active:
        people.activate(person, actor=actor)
    else:
        people.deactivate(person, actor=actor)


def _shown(actor: Actor, person: Person) -> User:
    return as_users(actor, [person])[0]
