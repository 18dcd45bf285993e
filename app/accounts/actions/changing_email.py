"""Another e-mail address: the new one is proved by a link, the old one is warned."""

from __future__ import annotations

from app.accounts import addresses, arrivals, further, mailboxes, sign_ins, tokens
from app.accounts.access import must_have_confirmed, myself
from app.accounts.actors import actor_for_person
from app.accounts.events import EmailChanged, EmailChangeRefused, EmailChangeRequested
from app.accounts.models import OneTimeToken, Person
from app.accounts.queries import find_by_email
from app.accounts.schemas import ChangeEmail
from app.accounts.words import TokenPurpose
from app.core import clock
from app.core.actor import Actor
from app.core.db import db
from app.core.errors import Conflict, Invalid
from app.core.language import _
from app.events.log import action, record


@action
def ask(command: ChangeEmail, *, actor: Actor) -> None:
    """Send a link to the new address. An address somebody has gets none, and the actor is not told so.

    Raises:
        Invalid: it is the present address.
        PasswordNeeded: the password was given too long ago.
    """
    must_have_confirmed(actor)
    person = myself(actor, lock=True)
    if addresses.key(command.email) == person.email_key and command.email == person.email:
        raise Invalid({"email": _("This is your present address.")})
    reason = _refusal(person, command.email)
    if reason:
        record(EmailChangeRefused(reason=reason), actor=actor, subject=("person", person.id))
        return
    token = tokens.issue(person.id, TokenPurpose.CHANGE_EMAIL, detail=command.email, former=person.email)
    record(EmailChangeRequested(token_id=token.id), actor=actor, subject=("person", person.id))


@action
def confirm(token: str, *, actor: Actor) -> Person | None:
    """Open the link in the new mailbox; ends open links and every sign-in but the actor's own.

    Returns:
        None when the link opens nothing (any more).

    Raises:
        Conflict: somebody else has the address by now.
    """
    row = tokens.claim(token, TokenPurpose.CHANGE_EMAIL)
    person = None if row is None else db.session.get(Person, row.person_id, with_for_update=True)
    if row is None or person is None or not person.is_active or person.email != row.former:
        return None
    if _refusal(person, row.detail):
        raise Conflict(_("Somebody else uses this address by now. Nothing was changed."))
    _put(person, row)
    person.verified_at = clock.now()
    sign_ins.end_all(person.id, but=actor.sign_in_id if actor.person_id == person.id else None)
    fact = EmailChanged(token_id=row.id, how="confirmed")
    record(fact, actor=actor_for_person(person), subject=("person", person.id))
    return person


@action
def change_for(person: Person, command: ChangeEmail, *, actor: Actor) -> None:
    """Change the address of a person the actor manages, at once; the old address is told.

    Raises:
        Invalid: somebody else has it, or it is one of the helpdesk's own.
        PasswordNeeded: the password was given too long ago.
    """
    must_have_confirmed(actor)
    if command.email == person.email:
        return
    arrivals.refuse_address(command.email, _refusal(person, command.email))
    row = tokens.note_change(person.id, detail=command.email, former=person.email)
    _put(person, row)
    sign_ins.end_all(person.id)
    record(EmailChanged(token_id=row.id, how="by_staff"), actor=actor, subject=("person", person.id))


def _refusal(person: Person, address: str) -> str:
    """Why the person cannot have this address: ours, taken; empty when nothing is against it."""
    if mailboxes.is_ours(address):
        return "ours"
    owner = find_by_email(address)
    return "taken" if owner is not None and owner.id != person.id else ""


def _put(person: Person, row: OneTimeToken) -> None:
    """Write the new main address; one that was a further one of the same person is that no longer."""
    own = further.noted(person, row.detail)
    if own is not None:
        db.session.delete(own)
    person.email = row.detail
    person.email_key = addresses.key(row.detail)
    person.version += 1
    tokens.void(person.id, *TokenPurpose)
    db.session.flush()
    try:
        further.must_be_nobodys(person.email_key)
    except further.Taken as error:
        raise Conflict(_("Somebody else uses this address by now. Nothing was changed.")) from error
