"""Where a mail belongs: a ticket that our own keyed Message-ID or a number names, if its sender takes part there.

A number is no secret and an id can be copied, so neither is enough by itself (abuse cases A01, A03, A04).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

import sqlalchemy as sa

from app.accounts.actors import actor_for_person
from app.accounts.models import Person
from app.accounts.words import STAFF
from app.core.db import db
from app.mailroom import own_ids, references
from app.mailroom.mail import Mail
from app.tickets.access import visible_to
from app.tickets.models import Participant, Ticket

MAX_NAMED = 10


class Part(StrEnum):
    """What the sender is in a ticket."""

    CUSTOMER = "customer"
    STAFF = "staff"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a mail goes.

    Args:
        ticket_id: the ticket it joins; None for a new one.
        part: the sender's part in it.
        is_proved: a key that was given to this very sender names the ticket; only such a sender is believed.
        named_id: the ticket it names without joining it: a hint for agents.
    """

    ticket_id: int | None = None
    part: Part = Part.NONE
    is_proved: bool = False
    named_id: int | None = None


@dataclass(frozen=True, slots=True)
class _Named:
    """A ticket a mail names; ``key_of`` is the person whose key named it."""

    ticket_id: int
    key_of: int | None = None


def names_any(mail: Mail) -> bool:
    """Whether a mail names a ticket at all: most do not, and then nobody need be asked."""
    return any(True for _named_one in _named(mail))


def place_for(mail: Mail, sender: Person | None) -> Place:
    """Find the ticket a mail belongs to.

    Args:
        mail: as parsed.
        sender: the active person whose address it came from; None for everybody else.
    """
    hint = None
    for named in _named(mail):
        ticket = db.session.get(Ticket, named.ticket_id)
        if ticket is None or ticket.deleted_at is not None:
            continue
        part = _part(ticket, sender) if sender is not None else Part.NONE
        if part is not Part.NONE and sender is not None:
            return Place(ticket.id, part, is_proved=named.key_of == sender.id)
        hint = hint or ticket.id
    return Place(named_id=hint)


def _named(mail: Mail) -> Iterator[_Named]:
    """The tickets a mail names, the surest first, each once: keys from the newest to the oldest, then numbers."""
    seen: set[int] = set()
    for named in (*_by_key(mail), *(_Named(number) for number in references.find(mail.subject))):
        if named.ticket_id not in seen and len(seen) < MAX_NAMED:
            seen.add(named.ticket_id)
            yield named


def _by_key(mail: Mail) -> Iterator[_Named]:
    for message_id in (*mail.in_reply_to, *reversed(mail.references)):
        own = own_ids.read(message_id)
        if own is not None and own.about == "ticket":
            yield _Named(own.subject_id, own.person_id)


def _part(ticket: Ticket, sender: Person) -> Part:
    if ticket.requester_id == sender.id:
        return Part.CUSTOMER
    takes_part = sa.exists().where(Participant.ticket_id == ticket.id, Participant.person_id == sender.id)
    if db.session.scalar(sa.select(takes_part)):
        return Part.CUSTOMER if sender.role not in STAFF else Part.STAFF
    if sender.role in STAFF and _sees(ticket, sender):
        return Part.STAFF
    return Part.NONE


def _sees(ticket: Ticket, sender: Person) -> bool:
    query = sa.select(Ticket.id).where(Ticket.id == ticket.id, visible_to(actor_for_person(sender)))
    return db.session.scalar(query) is not None
