"""Tags on tickets."""

from __future__ import annotations

import sqlalchemy as sa

from app.core.actor import Actor
from app.core.db import db
from app.core.text import one_line
from app.events.log import action, record
from app.tickets.access import Need, ticket_for
from app.tickets.actions.changing import touched
from app.tickets.events import TagsChanged
from app.tickets.models import Tag, Ticket, TicketTag


def tags_of(ticket_id: int) -> list[str]:
    """The tags of a ticket, sorted."""
    return list(
        db.session.scalars(
            sa.select(Tag.name).join(TicketTag).where(TicketTag.ticket_id == ticket_id).order_by(Tag.name)
        )
    )


def set_tags(ticket: Ticket, names: list[str]) -> tuple[list[str], list[str]]:
    """Make these the tags of a ticket; returns what was added and what was removed."""
    wanted = {one_line(name).lower()[:40] for name in names if one_line(name)}
    present = set(tags_of(ticket.id))
    added, removed = sorted(wanted - present), sorted(present - wanted)
    if removed:
        old = sa.select(Tag.id).where(Tag.name.in_(removed))
        db.session.execute(
            sa.delete(TicketTag)
            .where(TicketTag.ticket_id == ticket.id, TicketTag.tag_id.in_(old))
            .execution_options(synchronize_session=False)
        )
    for name in added:
        db.session.add(TicketTag(ticket_id=ticket.id, tag_id=_tag_id(name)))
    db.session.flush()
    return added, removed


def _tag_id(name: str) -> int:
    found = db.session.scalar(sa.select(Tag.id).where(Tag.name == name))
    if found is not None:
        return found
    tag = Tag(name=name)
    db.session.add(tag)
    db.session.flush()
    return tag.id


@action
def change_tags(actor: Actor, ticket_id: int, names: list[str]) -> Ticket:
    """Replace the tags of a ticket.

    Raises:
        NotFound, Forbidden: see access.
    """
    ticket = ticket_for(actor, ticket_id, Need.WORK, lock=True)
    added, removed = set_tags(ticket, names)
    if added or removed:
        touched(ticket)
        record(
            TagsChanged(added=added, removed=removed),
            actor=actor,
            subject=("ticket", ticket.id),
            ticket=ticket.id,
        )
    return ticket
