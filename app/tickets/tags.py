"""The words on tickets, in pages by the alphabet."""

from __future__ import annotations

import sqlalchemy as sa

from app.core.actor import Actor
from app.core.db import db
from app.core.paging import Page, read_cursor, write_cursor
from app.tickets.access import visible_to
from app.tickets.models import Tag, Ticket, TicketTag


def page(actor: Actor, cursor: str, limit: int) -> tuple[Page[str], int]:
    """A page of the tags of tickets the actor sees, and how many there are.

    Raises:
        Invalid: the cursor is damaged.
    """
    backward, place = False, ""
    if cursor:
        direction, (place,) = read_cursor(cursor, str)
        backward = direction == "p"
    used = sa.exists().where(TicketTag.tag_id == Tag.id, TicketTag.ticket_id == Ticket.id, visible_to(actor))
    count = db.session.scalar(sa.select(sa.func.count()).select_from(Tag).where(used)) or 0
    beyond = Tag.name < place if backward else Tag.name > place
    order = Tag.name.desc() if backward else Tag.name.asc()
    found = list(db.session.scalars(sa.select(Tag.name).where(beyond, used).order_by(order).limit(limit + 1)))
    more = len(found) > limit
    rows = found[:limit][:: -1 if backward else 1]
    if not rows:
        return Page(()), count
    forth, back = (True, more) if backward else (more, bool(cursor))
    forward = write_cursor("n", rows[-1]) if forth else None
    return Page(rows, forward, write_cursor("p", rows[0]) if back else None), count
