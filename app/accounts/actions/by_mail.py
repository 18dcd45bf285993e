"""People who are known by their mail only."""

from __future__ import annotations

from app.accounts import arrivals, mailboxes
from app.accounts.events import PersonCreated
from app.accounts.models import Person
from app.accounts.queries import find_by_email
from app.accounts.words import Role
from app.core.actor import Actor
from app.core.language import language
from app.events.log import action, record


@action
def find_or_create(address: str, name: str, *, actor: Actor) -> Person:
    """The person with this address; a customer without a password, unverified, when there is none.

    Args:
        address: one plain address; who sent it is the mailroom's to judge.
        name: the display name of the mail, only used for a new person.

    Raises:
        ValueError: no address, or one of the helpdesk's own (abuse case A03).
    """
    known = find_by_email(address)
    if known is not None:
        return known
    if mailboxes.is_ours(address):
        raise ValueError("this address belongs to the helpdesk itself")
    first, last = arrivals.split_name(name)
    person = arrivals.add(address, role=Role.CUSTOMER, first_name=first, last_name=last, language=language())
    if person is None:
        found = find_by_email(address)
        if found is None:
            raise ValueError("this address cannot be stored")
        return found
    record(PersonCreated(role=person.role, how="mail"), actor=actor, subject=("person", person.id))
    return person
