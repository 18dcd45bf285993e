"""Where a mail belongs: a ticket that our own keyed Message-ID, reply address or a number names, if its sender takes
part there.

A number is no secret and an id can be copied, so neither is enough by itself (abuse cases A01, A03, A04).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

import sqlalchemy as sa

from app.accounts import addresses
from app.accounts.actors import actor_for_person
from app.accounts.models import Person
from app.accounts.words import STAFF
from app.core.db import db
from app.mailroom import own_ids, references
from app.mailroom.mail import Mail
from app.mailroom.models import Forwarding
from app.mailroom.own_ids import OwnId
from app.mailroom.words import Match
from app.tickets.access import visible_to
from app.tickets.models import Participant, Ticket

MAX_NAMED = 10


class Part(StrEnum):
    """What the sender is in a ticket."""

    CUSTOMER = "customer"
    STAFF = "staff"
    SUPPLIER = "supplier"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a mail goes.

    Args:
        ticket_id: the ticket it joins; None for a new one.
        part: the sender's part in it.
        is_proved: a key that was given to this very sender names the ticket; only such a sender is believed.
        named_id: the ticket it names without joining it: a hint for agents.
        match: what led there.
    """

    ticket_id: int | None = None
    part: Part = Part.NONE
    is_proved: bool = False
    named_id: int | None = None
    match: Match = Match.NEW


@dataclass(frozen=True, slots=True)
class _Named:
    """A ticket a mail names; ``key_of`` is the person whose key named it."""

    ticket_id: int
    match: Match
    key_of: int | None = None


def names_any(mail: Mail) -> bool:
    """Whether a mail names a ticket or a forwarding at all: most do not, and then nobody need be asked."""
    return any(True for _named_one in _named(mail)) or any(True for _one in _forwards(mail))


def place_for(mail: Mail, sender: Person | None) -> Place:
    """Find the ticket a mail belongs to.

    Args:
        mail: as parsed.
        sender: the active person whose address it came from; None for everybody else.
    """
    own, from_supplier = _of_people(mail, sender), _of_supplier(mail)
    if from_supplier is None or (own.is_proved and own.part is Part.CUSTOMER):
        return own
    return from_supplier


def _of_people(mail: Mail, sender: Person | None) -> Place:
    hint = None
    for named in _named(mail):
        ticket = _alive(named.ticket_id)
        if ticket is None:
            continue
        part = _part(ticket, sender) if sender is not None else Part.NONE
        if part is not Part.NONE and sender is not None:
            return Place(ticket.id, part, is_proved=named.key_of == sender.id, match=named.match)
        hint = hint or ticket.id
    return Place(named_id=hint)


def _alive(ticket_id: int) -> Ticket | None:
    ticket = db.session.get(Ticket, ticket_id)
    return ticket if ticket is not None and ticket.deleted_at is None else None


def _of_supplier(mail: Mail) -> Place | None:
    """An answer to what was passed on: it carries the key of the forwarding, whoever of the firm writes it."""
    for own in _forwards(mail):
        forwarding = db.session.get(Forwarding, own.subject_id)
        ticket = _alive(forwarding.ticket_id) if forwarding is not None else None
        if forwarding is None or ticket is None or mail.sender is None:
            continue
        same = addresses.key(mail.sender.email) == addresses.key(forwarding.address)
        return Place(ticket.id, Part.SUPPLIER, is_proved=same, match=Match.SUPPLIER)
    return None


def _forwards(mail: Mail) -> Iterator[OwnId]:
    for own, _match in _keys(mail):
        if own.about == "forward":
            yield own


def _named(mail: Mail) -> Iterator[_Named]:
    """The tickets a mail names, the surest first, each once: keys from the newest to the oldest, then numbers."""
    by_key = (
        _Named(own.subject_id, match, own.person_id) for own, match in _keys(mail) if own.about == "ticket"
    )
    by_number = (_Named(number, Match.NUMBER) for number in references.find(mail.subject))
    seen: set[int] = set()
    for named in (*by_key, *by_number):
        if named.ticket_id not in seen and len(seen) < MAX_NAMED:
            seen.add(named.ticket_id)
            yield named


def _keys(mail: Mail) -> Iterator[tuple[OwnId, Match]]:
    """Every key of ours in a mail: of the mails it answers, and of the addresses it was sent to."""
    for message_id in (*mail.in_reply_to, *reversed(mail.references)):
        own = own_ids.read(message_id)
        if own is not None:
            yield own, Match.OUR_MAIL
    for address in (*mail.to, *mail.cc):
        own = own_ids.read_address(address.email)
        if own is not None:
            yield own, Match.REPLY_ADDRESS


def _part(ticket: Ticket, sender: Person) -> Part:
    if ticket.requester_id == sender.id:
        return Part.CUSTOMER
    takes_part = sa.exists().where(Participant.ticket_id == ticket.id, Participant.person_id == sender.id)
    if sender.role in STAFF:
        return Part.STAFF if _sees(ticket, sender) else Part.NONE
    return Part.CUSTOMER if db.session.scalar(sa.select(takes_part)) else Part.NONE


def _sees(ticket: Ticket, sender: Person) -> bool:
    query = sa.select(Ticket.id).where(Ticket.id == ticket.id, visible_to(actor_for_person(sender)))
    return db.session.scalar(query) is not None
