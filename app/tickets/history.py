"""The log of one ticket, a page at a time, and entries by their ids."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from app.core.actor import Actor
from app.core.db import db
from app.core.paging import Page, read_cursor, write_cursor
from app.events.models import Event
from app.events.words import Visibility
from app.tickets import feed
from app.tickets.access import entry_visible_to, is_staff
from app.tickets.feed import Happened
from app.tickets.models import Comment, Ticket

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


def timeline(actor: Actor, ticket: Ticket, cursor: str, limit: int) -> tuple[Page[Happened], int]:
    """The same to be turned both ways, and how much there is in all.

    Raises:
        Invalid: the cursor is damaged.
    """
    direction, (place,) = read_cursor(cursor, int) if cursor else ("n", (None,))
    newer = direction == "p"
    if is_staff(actor):
        found = _stretch(ticket, place, newer, limit + 1)
        count = db.session.scalar(sa.select(sa.func.count()).where(Event.ticket_id == ticket.id)) or 0
    else:
        told = feed.told(actor, ticket)
        found, count = _piece(told, place, newer), len(told)
    more = len(found) > limit
    rows = found[:limit][:: -1 if newer else 1]
    if not rows:
        return Page(()), count
    older, back = (True, more) if newer else (more, bool(cursor))
    return Page(
        rows,
        write_cursor("n", rows[-1].position) if older else None,
        write_cursor("p", rows[0].position) if back else None,
    ), count


def _stretch(ticket: Ticket, place: int | None, newer: bool, most: int) -> list[Happened]:
    """What staff may know, away from a place."""
    query = sa.select(Event).where(Event.ticket_id == ticket.id).limit(most)
    query = query.order_by(Event.id if newer else Event.id.desc())
    if place is not None:
        query = query.where(Event.id > place if newer else Event.id < place)
    return [Happened(event.id, event, event.payload) for event in db.session.scalars(query)]


def _piece(told: Sequence[Happened], place: int | None, newer: bool) -> list[Happened]:
    """What the requester's side was told, away from a place."""
    if place is None:
        return list(told)
    if newer:
        return [one for one in reversed(told) if one.position > place]
    return [one for one in told if one.position < place]


def entries(actor: Actor, ticket_id: int, ids: Sequence[int]) -> Sequence[Comment]:
    """Some entries of a ticket, as far as the viewer may read them, in order."""
    return db.session.scalars(
        sa.select(Comment)
        .where(Comment.ticket_id == ticket_id, Comment.id.in_(ids), entry_visible_to(actor))
        .order_by(Comment.id)
    ).all()


def newest_of_others(actor: Actor, ticket: Ticket, after: int) -> int | None:
    """The newest entry after one the viewer has seen that somebody else wrote; None when there is none."""
    if ticket.last_entry_id <= after:
        return None
    return db.session.scalar(
        sa.select(sa.func.max(Comment.id)).where(
            Comment.ticket_id == ticket.id,
            Comment.id > after,
            Comment.taken_back_at.is_(None),
            sa.or_(Comment.author_id.is_(None), Comment.author_id != actor.person_id),
            entry_visible_to(actor),
        )
    )
