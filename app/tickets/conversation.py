"""The conversation of a ticket in pages, oldest first, with the people, files and deliveries around its entries."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from app.accounts.queries import PersonName, names
from app.core.actor import Actor
from app.core.db import db
from app.core.paging import Page, by_id
from app.tickets import queries
from app.tickets.access import entry_visible_to, is_staff
from app.tickets.models import Attachment, Comment, Ticket
from app.tickets.queries import Sending


@dataclass(frozen=True, slots=True)
class Around:
    """What stands beside entries; files and deliveries by the id of the entry, deliveries for staff only."""

    people: Mapping[int, PersonName]
    files: Mapping[int, Sequence[Attachment]]
    deliveries: Mapping[int, Sequence[Sending]]


def page(actor: Actor, ticket: Ticket, cursor: str, limit: int) -> tuple[Page[Comment], int]:
    """Entries as the viewer may read them, and how many there are in all.

    Raises:
        Invalid: the cursor is damaged.
    """
    mine = sa.select(Comment).where(Comment.ticket_id == ticket.id, Comment.taken_back_at.is_(None))
    mine = mine.where(entry_visible_to(actor))
    count = db.session.scalar(sa.select(sa.func.count()).select_from(mine.subquery())) or 0
    return by_id(mine, Comment.id, cursor, limit), count


def around(actor: Actor, ticket: Ticket, entries: Sequence[Comment]) -> Around:
    """What stands beside these entries of a ticket."""
    deliveries = queries.deliveries(ticket) if is_staff(actor) and entries else {}
    sent_to = {person_of(one.target) for ways in deliveries.values() for one in ways}
    people = names({one.author_id for one in entries} | sent_to)
    return Around(people, queries.files(actor, ticket), deliveries)


def person_of(target: str) -> int | None:
    """The person a delivery goes to; None for somebody outside."""
    kind, _colon, rest = target.partition(":")
    number = rest.partition(":")[0]
    return int(number) if kind == "person" and number.isdigit() else None
