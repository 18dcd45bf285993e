"""Whose request a mail is: the person with its one plain address, a new customer, or the unknown sender."""

from __future__ import annotations

from dataclasses import dataclass

from app.accounts import arrivals
from app.accounts.actions.by_mail import find_or_create
from app.accounts.actions.people import activate
from app.accounts.events import PersonCreated
from app.accounts.models import Person
from app.accounts.queries import find_by_email, find_sender
from app.accounts.words import Role
from app.core.actor import Actor
from app.core.language import _
from app.events.log import action, record
from app.mailroom.mail import Mail
from app.mailroom.nobody import ADDRESS


def sender_of(mail: Mail) -> Person | None:
    """The active person whose address a mail came from; never the unknown sender, whose address anybody may write."""
    if mail.sender is None or mail.sender.email.lower() == ADDRESS:
        return None
    person = find_sender(mail.sender.email)
    return person if person is not None and person.is_active else None


@dataclass(frozen=True, slots=True)
class Requester:
    """Whose request a new ticket is; ``is_new``: nobody knew the address before."""

    person: Person
    is_new: bool = False


@action
def requester_of(mail: Mail, *, actor: Actor) -> Requester:
    """Whose request a new ticket is.

    Args:
        mail: as parsed.
        actor: the mail's.
    """
    if mail.sender is None or mail.sender.email.lower() == ADDRESS:
        return Requester(unknown_sender(actor=actor))
    known = find_sender(mail.sender.email)
    try:
        person = known or find_or_create(mail.sender.email, mail.sender.name, actor=actor)
    except ValueError:
        return Requester(unknown_sender(actor=actor))
    if not person.is_active:
        return Requester(unknown_sender(actor=actor))
    return Requester(person, is_new=known is None)


@action
def unknown_sender(*, actor: Actor) -> Person:
    """Who stands for everybody whose address cannot be believed; always there and always active (abuse case A05)."""
    person = find_by_email(ADDRESS)
    if person is None:
        first, last = arrivals.split_name(_("Unknown sender"))
        person = arrivals.add(ADDRESS, role=Role.CUSTOMER, first_name=first, last_name=last)
        if person is not None:
            record(PersonCreated(role=person.role, how="mail"), actor=actor, subject=("person", person.id))
            return person
        person = find_by_email(ADDRESS)
    if person is None:
        raise RuntimeError("the unknown sender is neither there nor can be made")
    if not person.is_active:
        activate(person, actor=actor)
    return person
