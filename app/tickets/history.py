"""The log of one ticket, a page at a time."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from app.core.actor import Actor
from app.core.db import db
from app.core.paging import read_cursor, write_cursor
from app.events.models import Event
from app.events.words import Visibility
from app.tickets.access import is_staff
from app.tickets.models import Ticket

ROWS = 100


def page(actor: Actor, ticket: Ticket, cursor: str = "") -> tuple[Sequence[Event], str]:
    """Everything that happened to a ticket the viewer may know, newest first, and the cursor of what is older.

    Args:
        cursor: where the page before ended; empty for the newest.

    Raises:
        Invalid: the cursor is damaged.
    """
    query = sa.select(Event).where(Event.ticket_id == ticket.id).order_by(Event.id.desc()).limit(ROWS + 1)
    if not is_staff(actor):
        query = query.where(Event.visibility == Visibility.PUBLIC)
    if cursor:
        _direction, (before,) = read_cursor(cursor, int)
        query = query.where(Event.id < before)
    rows = list(db.session.scalars(query))
    older = write_cursor("n", rows[ROWS - 1].id) if len(rows) > ROWS else ""
    return rows[:ROWS], older
