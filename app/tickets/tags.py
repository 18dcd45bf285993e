"""The words on tickets, in pages by the alphabet."""

from __future__ import annotations

import sqlalchemy as sa

from app.core.actor import Actor
from app.core.db import db
from app.core.paging import Page, by_id
from app.tickets.access import visible_to
from app.tickets.models import Tag, Ticket, TicketTag


def page(actor: Actor, cursor: str, limit: int) -> tuple[Page[str], int]:
    """A page of the tags of tickets the actor sees, and how many there are.

    Raises:
        Invalid: the cursor is damaged.
    """
    used = sa.exists().where(TicketTag.tag_id == Tag.id, TicketTag.ticket_id == Ticket.id, visible_to(actor))
    count = db.session.scalar(sa.select(sa.func.count()).select_from(Tag).where(used)) or 0
    found = by_id(sa.select(Tag).where(used), Tag.name, cursor, limit)
    return Page([tag.name for tag in found.rows], found.next_cursor, found.previous_cursor), count
