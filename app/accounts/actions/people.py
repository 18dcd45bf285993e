"""Staff look after people: create, edit, give roles, deactivate. Who may do that to whom says `app.accounts.access`."""

from __future__ import annotations

import sqlalchemy as sa

from app.accounts import arrivals, details, mailboxes, sign_ins, tokens
from app.accounts.access import (
    may_give,
    may_name_managers,
    must_have_confirmed,
    organisation_for,
    team_for,
)
from app.accounts.actions.resetting import send_reset
from app.accounts.events import (
    PersonActivated,
    PersonChanged,
    PersonCreated,
    PersonDeactivated,
    PersonWelcomed,
    RoleChanged,
)
from app.accounts.identities import comes_only_by_microsoft
from app.accounts.models import Membership, Person
from app.accounts.schemas import ChangePerson, ChangeRole, NewPerson
from app.accounts.words import LEVELS, STAFF, Role, TokenPurpose
from app.core.actor import Actor
from app.core.db import db
from app.core.errors import Conflict, Forbidden, Invalid, NotFound
from app.core.language import _
from app.events.log import action, record


@action
def create(command: NewPerson, *, how: str = "people", actor: Actor) -> Person:
    """A new account without a password; with ``send_welcome`` the link to set one goes out.

    Raises:
        Invalid: the address is taken or our own, a level is missing, a team or organisation is unknown.
        Forbidden: the actor may not make such a person.
    """
    level = _level(command.role, command.support_level)
    if not may_give(actor, command.role, level):
        raise Forbidden(permission="people.manage_agents")
    _check_places(command, actor)
    arrivals.refuse_address(command.email, "ours" if mailboxes.is_ours(command.email) else "")
    own = command.model_dump(exclude={"email", "support_level", "team_ids", "send_welcome"})
    person = arrivals.add(command.email, support_level=level, **own)
    if person is None:
        raise Invalid({"email": _("There is already a person with this address.")})
    if person.role in STAFF:
        arrivals.join(person, sorted(set(command.team_ids)), leads=person.role is Role.TEAM_LEADER)
    record(PersonCreated(role=person.role, how=how), actor=actor, subject=("person", person.id))
    if command.send_welcome:
        welcome(person, actor=actor)
    return person


@action
def welcome(person: Person, *, actor: Actor) -> None:
    """Send the first link to set a password.

    Raises:
        Conflict: the account is deactivated, or its person signs in with Microsoft.
    """
    _must_be_active(person)
    if comes_only_by_microsoft(person):
        raise Conflict(_("This person signs in with Microsoft and has no password here."))
    token = tokens.issue(person.id, TokenPurpose.WELCOME)
    record(PersonWelcomed(token_id=token.id), actor=actor, subject=("person", person.id))


@action
def send_password_link(person: Person, *, actor: Actor) -> None:
    """Send a link to set a new password to a person the actor manages.

    Raises:
        Conflict: the account is deactivated.
    """
    _must_be_active(person)
    send_reset(person, how="by_staff", actor=actor)


@action
def change(person: Person, command: ChangePerson, *, actor: Actor) -> list[str]:
    """Save the record of a person the actor manages; returns the names of the fields that changed.

    Raises:
        Conflict: it was changed since the form was opened.
        Invalid: the employee number belongs to somebody else, or the organisation is unknown.
        Forbidden: only administrators name the managers of an organisation.
    """
    if command.organisation_id is not None:
        _known_organisation(command.organisation_id, actor)
    command = _without_managing(person, command, actor)
    changed = details.put(person, command, command.version)
    if changed:
        record(PersonChanged(fields=changed), actor=actor, subject=("person", person.id))
    return changed


@action
def change_role(person: Person, command: ChangeRole, *, actor: Actor) -> None:
    """Give another role or support level. Nobody changes the own one, and one active administrator always stays.

    Raises:
        Conflict: changed since the form was opened, or this is the last administrator.
        Forbidden: the actor may not give this role.
        Invalid: an agent without a level.
        PasswordNeeded: the password was given too long ago.
    """
    must_have_confirmed(actor)
    level = _level(command.role, command.support_level)
    if person.id == actor.person_id or not may_give(actor, command.role, level):
        raise Forbidden(permission="people.manage_agents")
    details.check_version(person, command.version)
    before, level_before = person.role, person.support_level
    if (before, level_before) == (command.role, level):
        return
    if command.role is not Role.ADMIN:
        keep_an_admin(person)
    person.role, person.support_level = command.role, level
    person.version += 1
    fit_memberships(person)
    sign_ins.end_all(person.id)
    fact = RoleChanged(
        before=before, after=command.role, level_before=level_before, level_after=person.support_level
    )
    record(fact, actor=actor, subject=("person", person.id))


@action
def deactivate(person: Person, *, how: str = "", actor: Actor) -> None:
    """Close an account: sign-ins and open links end at once, the history stays.

    Raises:
        Conflict: this is the last active administrator.
    """
    if not person.is_active:
        return
    keep_an_admin(person)
    person.is_active = False
    person.version += 1
    sign_ins.end_all(person.id)
    tokens.void(person.id, *TokenPurpose)
    record(PersonDeactivated(how=how), actor=actor, subject=("person", person.id))


@action
def activate(person: Person, *, how: str = "", actor: Actor) -> None:
    """Open a closed account again; the person signs in anew."""
    if person.is_active:
        return
    person.is_active = True
    person.version += 1
    record(PersonActivated(how=how), actor=actor, subject=("person", person.id))


def _without_managing(person: Person, command: ChangePerson, actor: Actor) -> ChangePerson:
    """Only administrators say who manages an organisation; others keep it as it is, and it ends with a move."""
    if may_name_managers(actor):
        return command
    if command.manages_organisation and not person.manages_organisation:
        raise Forbidden(permission="people.manage_admins")
    stays = person.manages_organisation and command.organisation_id == person.organisation_id
    return command.model_copy(update={"manages_organisation": stays})


def _must_be_active(person: Person) -> None:
    if not person.is_active:
        raise Conflict(_("This account is deactivated. Activate it first."))


def keep_an_admin(person: Person) -> None:
    """The rows are locked in the order of their ids, so that two administrators cannot remove each other."""
    if person.role is not Role.ADMIN:
        return
    active = sa.select(Person.id).where(Person.role == Role.ADMIN, Person.is_active.is_(True))
    ids = list(db.session.scalars(active.order_by(Person.id).with_for_update()))
    if ids == [person.id]:
        raise Conflict(_("This is the last active administrator. Name another one first."))


def fit_memberships(person: Person) -> None:
    """Customers belong to no team; team leaders lead theirs."""
    own = Membership.person_id == person.id
    if person.role is Role.CUSTOMER:
        db.session.execute(sa.delete(Membership).where(own))
    else:
        leads = person.role is Role.TEAM_LEADER
        db.session.execute(sa.update(Membership).where(own).values(leads=leads))


def _level(role: Role, level: int) -> int:
    if role is not Role.SUPPORT_AGENT:
        return 0
    if level not in LEVELS:
        raise Invalid({"support_level": _("Please choose the support level of the agent.")})
    return level


def _check_places(command: NewPerson, actor: Actor) -> None:
    """Teams and the organisation must be ones the actor may know of."""
    if command.organisation_id is not None:
        _known_organisation(command.organisation_id, actor)
    if command.role is Role.CUSTOMER and command.team_ids:
        raise Invalid({"team_ids": _("Customers do not belong to teams.")})
    for team_id in command.team_ids:
        try:
            team_for(actor, team_id)
        except NotFound as error:
            raise Invalid({"team_ids": _("Please choose one of the given options.")}) from error


def _known_organisation(organisation_id: int, actor: Actor) -> None:
    try:
        organisation_for(actor, organisation_id)
    except NotFound as error:
        raise Invalid({"organisation_id": _("Please choose one of the given options.")}) from error
