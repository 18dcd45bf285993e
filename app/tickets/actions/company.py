"""Who else follows a ticket: watchers among colleagues, participants beside the requester."""

from __future__ import annotations

import sqlalchemy as sa

from app.accounts.models import Person
from app.accounts.queries import find_by_email
from app.accounts.words import STAFF
from app.core import clock
from app.core.actor import Actor
from app.core.db import db, rows_changed
from app.core.errors import Forbidden, Invalid, NotFound
from app.core.language import _
from app.events.log import action, record
from app.tickets.access import Need, is_staff, ticket_for
from app.tickets.events import ParticipantAdded, ParticipantRemoved, WatcherAdded, WatcherRemoved
from app.tickets.models import Participant, Ticket, Watcher

MAX_PARTICIPANTS = 50


@action
def watch(actor: Actor, ticket_id: int) -> None:
    """Hear of everything that happens to a ticket.

    Raises:
        NotFound, Forbidden: see access.
    """
    ticket = ticket_for(actor, ticket_id, Need.WORK, lock=True)
    if db.session.get(Watcher, (ticket.id, actor.person_id)) is not None:
        return
    me = actor.person_id or 0
    db.session.add(Watcher(ticket_id=ticket.id, person_id=me, phase=ticket.phase, created_at=clock.now()))
    record(
        WatcherAdded(person_id=actor.person_id or 0),
        actor=actor,
        subject=("ticket", ticket.id),
        ticket=ticket.id,
    )


@action
def unwatch(actor: Actor, ticket_id: int) -> None:
    """Hear of it no longer."""
    ticket = ticket_for(actor, ticket_id, Need.WORK, lock=True)
    watcher = db.session.get(Watcher, (ticket.id, actor.person_id))
    if watcher is None:
        return
    db.session.delete(watcher)
    record(
        WatcherRemoved(person_id=actor.person_id or 0),
        actor=actor,
        subject=("ticket", ticket.id),
        ticket=ticket.id,
    )


@action
def add_participant(actor: Actor, ticket_id: int, email: str) -> Participant:
    """Let somebody take part: they see public entries from now on.

    Staff and the requester may; people are named by the address of their account.

    Raises:
        NotFound, Forbidden: see access.
        Invalid: nobody has this address, or they take part already.
    """
    ticket = ticket_for(actor, ticket_id, Need.COMMENT, lock=True)
    if not is_staff(actor) and ticket.requester_id != actor.person_id:
        raise Forbidden(permission="tickets.comment")
    person = find_by_email(email)
    if person is None or not person.is_active:
        raise Invalid({"email": _("Nobody here has this address.")})
    if not is_staff(actor) and not _may_name(actor, person):
        raise Invalid({"email": _("Nobody here has this address.")})
    return join(ticket, person.id, actor=actor)


def _may_name(actor: Actor, person: Person) -> bool:
    """Customers name colleagues of their own organisation or staff, so that addresses cannot be probed."""
    own = db.session.get(Person, actor.person_id)
    same = (
        own is not None and own.organisation_id is not None and own.organisation_id == person.organisation_id
    )
    return same or person.role in STAFF


def join(ticket: Ticket, person_id: int, *, actor: Actor) -> Participant:
    """Make a person a participant of a locked ticket.

    Raises:
        Invalid: they take part already, or there are too many.
    """
    present = list(db.session.scalars(sa.select(Participant).where(Participant.ticket_id == ticket.id)))
    if person_id == ticket.requester_id or any(p.person_id == person_id for p in present):
        raise Invalid({"email": _("This person takes part already.")})
    if len(present) >= MAX_PARTICIPANTS:
        raise Invalid({"email": _("There are too many participants.")})
    made = Participant(
        ticket_id=ticket.id,
        person_id=person_id,
        since_entry_id=ticket.last_entry_id,
        added_by_id=actor.person_id,
        created_at=clock.now(),
    )
    db.session.add(made)
    record(
        ParticipantAdded(person_id=person_id), actor=actor, subject=("ticket", ticket.id), ticket=ticket.id
    )
    return made


@action
def remove_participant(actor: Actor, ticket_id: int, person_id: int) -> None:
    """End somebody's part; their access ends at once. People may always remove themselves.

    Raises:
        NotFound: see access, or no such participant.
        Forbidden: neither staff, nor the requester, nor oneself.
    """
    ticket = ticket_for(actor, ticket_id, Need.COMMENT, lock=True)
    allowed = is_staff(actor) or ticket.requester_id == actor.person_id or person_id == actor.person_id
    if not allowed:
        raise Forbidden(permission="tickets.comment")
    gone = rows_changed(
        sa.delete(Participant).where(Participant.ticket_id == ticket.id, Participant.person_id == person_id)
    )
    if not gone:
        raise NotFound
    record(
        ParticipantRemoved(person_id=person_id), actor=actor, subject=("ticket", ticket.id), ticket=ticket.id
    )
