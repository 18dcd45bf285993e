"""Customers register themselves; every question about an address gets the same answer (abuse case A59)."""

from __future__ import annotations

from app.accounts import arrivals, limits, mailboxes, tokens
from app.accounts.access import registration_is_open
from app.accounts.actions.resetting import send_reset
from app.accounts.actors import actor_for_person
from app.accounts.events import (
    PersonCreated,
    RegistrationConfirmed,
    RegistrationRefused,
    RegistrationStarted,
)
from app.accounts.models import Person
from app.accounts.queries import find_by_email
from app.accounts.schemas import Registration
from app.accounts.words import Role, TokenPurpose
from app.core import clock
from app.core.actor import Actor
from app.core.db import db
from app.core.language import language
from app.events.log import action, record


@action
def register(command: Registration, password_hash: str, *, actor: Actor) -> None:
    """A new customer account, of no use until its address is confirmed.

    A known address gets a link to set a password instead, so that whoever owns it comes in and nobody else does;
    addresses of the helpdesk itself get nothing.

    Args:
        password_hash: made before, outside the unit, whether it will be needed or not.
    """
    reason = _refusal(command.email)
    if reason:
        record(RegistrationRefused(reason=reason), actor=actor, subject=("person", 0))
        return
    known = find_by_email(command.email)
    if known is None:
        known = _join(command, password_hash, actor)
        if known is None:
            return
    if known.is_active:
        send_reset(known, how="registered_again", to=command.email, actor=actor)
    else:
        record(RegistrationRefused(reason="inactive"), actor=actor, subject=("person", known.id))


def _refusal(address: str) -> str:
    if not registration_is_open():
        return "closed"
    return "ours" if mailboxes.is_ours(address) else ""


def _join(command: Registration, password_hash: str, actor: Actor) -> Person | None:
    """Make the account and the link; the person who already has the address, when somebody was faster."""
    own = command.model_dump(exclude={"email", "password", "password_confirm"}, exclude_none=True)
    given = {"language": language()} | own
    person = arrivals.add(command.email, password_hash=password_hash, role=Role.CUSTOMER, **given)
    if person is None:
        return find_by_email(command.email)
    record(PersonCreated(role=person.role, how="registration"), actor=actor, subject=("person", person.id))
    send_confirmation(person, actor=actor)
    return None


@action
def send_confirmation(person: Person, *, actor: Actor) -> None:
    """Send the link that confirms the address of a registration."""
    token = tokens.issue(person.id, TokenPurpose.CONFIRM)
    record(RegistrationStarted(token_id=token.id), actor=actor, subject=("person", person.id))


@action
def remind_to_confirm(person: Person, *, actor: Actor) -> None:
    """Send the link once more to somebody who signs in before confirming; at most three an hour."""
    if limits.may_mail(person.email_key):
        send_confirmation(person, actor=actor)


@action
def confirm(token: str, *, actor: Actor) -> Person | None:
    """Open a confirmation link; None when it opens nothing (any more)."""
    row = tokens.claim(token, TokenPurpose.CONFIRM)
    person = None if row is None else db.session.get(Person, row.person_id)
    if person is None or not person.is_active:
        return None
    person.verified_at = clock.now()
    record(RegistrationConfirmed(), actor=actor_for_person(person), subject=("person", person.id))
    return person
