"""Further addresses of a person: added, taken away, made the main one; by staff at once, by oneself with a link."""

from __future__ import annotations

from app.accounts import addresses, further, mailboxes, sign_ins, tokens
from app.accounts.access import must_have_confirmed, myself
from app.accounts.actors import actor_for_person
from app.accounts.events import (
    EmailChanged,
    FurtherAddressAdded,
    FurtherAddressRemoved,
    FurtherAddressRequested,
    FurtherAddressWithdrawn,
)
from app.accounts.models import Person, PersonAddress
from app.accounts.queries import find_by_email
from app.accounts.schemas import ChangeEmail
from app.accounts.words import TokenPurpose
from app.core import clock
from app.core.actor import Actor
from app.core.db import db
from app.core.errors import Conflict, Invalid
from app.core.language import _
from app.events.log import action, record

BY_PERSON, BY_STAFF = "by_person", "by_staff"


@action
def ask(command: ChangeEmail, *, actor: Actor) -> None:
    """Note an address of one's own and send it a link; it counts for nothing before the link is opened.

    An address that cannot be had is noted as well and gets no link, and the actor is not told so (abuse case A59).
    One that waits already gets a new link.

    Raises:
        Invalid: it is one of the actor's addresses, or these are too many.
        PasswordNeeded: the password was given too long ago.
    """
    must_have_confirmed(actor)
    person = myself(actor, lock=True)
    row = _note(person, command.email)
    reason = _refusal(row.email)
    token = tokens.issue(person.id, TokenPurpose.ADD_EMAIL, detail=row.email, former=person.email)
    if reason:
        tokens.spoil(token)
    fact = FurtherAddressRequested(token_id=token.id, reason=reason)
    record(fact, actor=actor, subject=("person", person.id))


@action
def confirm(token: str, *, actor: Actor) -> PersonAddress | None:
    """Open the link in the mailbox of a further address.

    Returns:
        None when the link opens nothing (any more).

    Raises:
        Conflict: somebody else has the address by now.
    """
    used = tokens.claim(token, TokenPurpose.ADD_EMAIL)
    person = None if used is None else db.session.get(Person, used.person_id, with_for_update=True)
    row = None if used is None or person is None else further.noted(person, used.detail)
    if used is None or person is None or row is None or not person.is_active or row.verified_at is not None:
        return None
    if mailboxes.is_ours(row.email) or not further.give(row):
        raise Conflict(_("Somebody else uses this address by now. Nothing was changed."))
    fact = FurtherAddressAdded(further_id=row.id, token_id=used.id, how="confirmed")
    record(fact, actor=actor_for_person(person), subject=("person", person.id))
    return row


@action
def add_for(person: Person, command: ChangeEmail, *, actor: Actor) -> PersonAddress:
    """Give a further address to a person the actor manages; it counts at once, and the main one is told.

    Raises:
        Invalid: it is an address of this or another person or of the helpdesk, or these are too many.
        PasswordNeeded: the password was given too long ago.
    """
    must_have_confirmed(actor)
    row = _note(person, command.email)
    if mailboxes.is_ours(row.email):
        raise Invalid({"email": _("%(address)s is a mailbox of this helpdesk.", address=row.email)})
    if not further.give(row):
        _say_whose(row.email)
    tokens.void(person.id, TokenPurpose.ADD_EMAIL, detail=row.email)
    noted = tokens.note_change(person.id, detail=row.email, former=person.email)
    fact = FurtherAddressAdded(further_id=row.id, token_id=noted.id, how=BY_STAFF)
    record(fact, actor=actor, subject=("person", person.id))
    return row


@action
def remove(further_id: int, *, actor: Actor) -> None:
    """Take away one of one's own further addresses, confirmed or waiting.

    Raises:
        NotFound: the actor has no such address.
        PasswordNeeded: the password was given too long ago.
    """
    must_have_confirmed(actor)
    person = myself(actor, lock=True)
    _remove(person, further_id, BY_PERSON, actor)


@action
def remove_for(person: Person, further_id: int, *, actor: Actor) -> None:
    """Take away a further address of a person the actor manages, see :func:`remove`."""
    must_have_confirmed(actor)
    _remove(person, further_id, BY_STAFF, actor)


@action
def make_main(further_id: int, *, actor: Actor) -> None:
    """Make one of one's own further addresses the main one; the main one becomes a further one.

    Both are told, open links and every sign-in but the actor's own end.

    Raises:
        NotFound: the actor has no such address.
        Conflict: it is not confirmed yet.
        PasswordNeeded: the password was given too long ago.
    """
    must_have_confirmed(actor)
    person = myself(actor, lock=True)
    _swap(person, further_id, "made_main", actor)
    sign_ins.end_all(person.id, but=actor.sign_in_id)


@action
def make_main_for(person: Person, further_id: int, *, actor: Actor) -> None:
    """Make a further address of a person the actor manages the main one, see :func:`make_main`."""
    must_have_confirmed(actor)
    _swap(person, further_id, "made_main_by_staff", actor)
    sign_ins.end_all(person.id)


def _note(person: Person, address: str) -> PersonAddress:
    """The waiting row of an address, new or from before."""
    row = further.noted(person, address)
    if addresses.key(address) == person.email_key or (row is not None and row.verified_at is not None):
        raise Invalid({"email": _("This address is in the list already.")})
    if row is not None:
        return row
    if len(further.of_person(person.id)) >= further.MOST:
        raise Invalid({"email": _("At most %(num)s further addresses are possible.", num=further.MOST)})
    row = PersonAddress(person_id=person.id, email=address, created_at=clock.now())
    db.session.add(row)
    db.session.flush()
    return row


def _refusal(address: str) -> str:
    """Why nobody new can have this address: ours, taken; empty when nothing is against it."""
    owner = find_by_email(address)
    if mailboxes.is_ours(address):
        return "ours"
    return "taken" if owner is not None else ""


def _say_whose(address: str) -> None:
    owner = find_by_email(address)
    if owner is None:
        raise Conflict(_("This was changed in the meantime."))
    raise Invalid({"email": _("%(address)s belongs to %(name)s.", address=address, name=owner.full_name)})


def _remove(person: Person, further_id: int, how: str, actor: Actor) -> None:
    row = further.one_of(person, further_id)
    tokens.void(person.id, TokenPurpose.ADD_EMAIL, detail=row.email)
    fact: FurtherAddressWithdrawn | FurtherAddressRemoved
    if row.verified_at is None:
        fact = FurtherAddressWithdrawn(further_id=row.id, how=how)
    else:
        tokens.void(person.id, *tokens.SETS_PASSWORD)  # one of them may have gone to this address
        noted = tokens.note_change(person.id, detail=row.email, former=person.email)
        fact = FurtherAddressRemoved(further_id=row.id, token_id=noted.id, how=how)
    db.session.delete(row)
    db.session.flush()
    record(fact, actor=actor, subject=("person", person.id))


def _swap(person: Person, further_id: int, how: str, actor: Actor) -> None:
    row = further.one_of(person, further_id)
    if row.email_key is None:
        raise Conflict(_("This address is not confirmed yet."))
    noted = tokens.note_change(person.id, detail=row.email, former=person.email)
    main = (person.email, person.email_key)
    person.email, person.email_key = row.email, row.email_key
    row.email, row.email_key = main
    tokens.void(person.id, *TokenPurpose)
    db.session.flush()
    record(EmailChanged(token_id=noted.id, how=how), actor=actor, subject=("person", person.id))
