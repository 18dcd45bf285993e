"""Tickets as programs read them: rows with the names around them, many with a fixed number of statements."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from app.accounts.models import Person, Team
from app.accounts.queries import PersonName, names
from app.core.actor import Actor
from app.core.db import db
from app.core.language import language
from app.core.paging import Page
from app.events.models import Event
from app.sla.queries import promise
from app.tickets import queries, queue, walks
from app.tickets.access import is_staff, ticket_for
from app.tickets.events import Escalated
from app.tickets.listing import Order, QueueQuery
from app.tickets.models import Attachment, Category, Rating, Tag, Ticket, TicketTag, Watcher
from app.tickets.queue import Reading
from app.tickets.rows import name_of
from app.tickets.walks import Shape

_CELLS: tuple[Any, ...] = (
    *(Ticket.id, Ticket.title, Ticket.status, Ticket.pending_reason, Ticket.priority, Ticket.channel),
    *(Ticket.created_at, Ticket.updated_at, Ticket.first_response_at, Ticket.resolved_at, Ticket.closed_at),
    *(Ticket.sla_state, Ticket.has_files, Ticket.last_entry_by_customer, Ticket.version),
    *(Ticket.support_level, Ticket.category_id, Ticket.team_id, Ticket.requester_id, Ticket.assignee_id),
)


@dataclass(frozen=True, slots=True)
class Mentioned:
    """Somebody as a line names them."""

    id: int
    full_name: str
    avatar_sha256: str


@dataclass(frozen=True, slots=True)
class Record:
    """A ticket in a list. ``people``, ``teams`` and ``categories`` are shared by the records of a page.

    ``ticket`` is the ticket itself or, in a list, a row of those of its columns that lists show.
    """

    ticket: Ticket | sa.Row[Any]
    people: Mapping[int, PersonName | Mentioned]
    teams: Mapping[int, str]
    categories: Mapping[int, str]
    tags: Sequence[str]


@dataclass(frozen=True, slots=True)
class Whole:
    """A ticket with everything beside it that its reader may know."""

    ticket: Ticket
    record: Record
    files: Sequence[Attachment]
    participants: Sequence[int]
    watchers: Sequence[int]
    rating: Rating | None
    escalation: Event | None
    policy: str


def page(actor: Actor, query: QueueQuery) -> Page[Record]:
    """One page of the tickets the actor may see: its keys and all it shows come with one statement.

    Raises:
        Invalid: the cursor is damaged or belongs to another order.
    """
    found = queue.cut(actor, query, Reading(partial(_walked, words=language()), _key))
    return Page(_made(actor, found.rows), found.next_cursor, found.previous_cursor)


def records(actor: Actor, ids: Sequence[int]) -> list[Record]:
    """Tickets in this order, as lists show them.

    Args:
        ids: of tickets the actor is known to see: a page of a list that was cut by ``visible_to``.
    """
    if not ids:
        return []
    found = {row.id: row for row in db.session.execute(_named(language()), {"ids": list(ids)})}
    return _made(actor, [found[one] for one in ids if one in found])


def _made(actor: Actor, rows: Sequence[Any]) -> list[Record]:
    people: dict[int, Mentioned] = {}
    teams: dict[int, str] = {}
    categories: dict[int, str] = {}
    for row in rows:
        people[row.requester_id] = Mentioned(row.requester_id, row.requester, row.requester_picture)
        if row.assignee_id is not None:
            people[row.assignee_id] = Mentioned(row.assignee_id, row.assignee, row.assignee_picture)
        teams[row.team_id] = row.team
        categories[row.category_id or 0] = row.category or ""
    tags = _tags([row.id for row in rows]) if rows and is_staff(actor) else {}
    return [Record(row, people, teams, categories, tags.get(row.id, ())) for row in rows]


@lru_cache(maxsize=512)
def _walked(shape: Shape, words: str) -> sa.Select[Any]:
    """The keys of a page, named key_0 and on, with everything a line shows."""
    head = walks.head(shape).subquery("head")
    key = [head.c[name] for name in (*shape.order.columns, "id")]
    named = (column.label(f"key_{n}") for n, column in enumerate(key))
    query = _lines(words).add_columns(*named).join(head, head.c.id == Ticket.id)
    return query.order_by(*(column.desc() if shape.descending else column.asc() for column in key))


def _key(order: Order, row: Any) -> tuple[Any, ...]:
    return tuple(row[-1 - len(order.columns) :])


@lru_cache(maxsize=2)
def _named(words: str) -> sa.Select[Any]:
    return _lines(words).where(Ticket.id.in_(sa.bindparam("ids", expanding=True)))


def _lines(words: str) -> sa.Select[Any]:
    """Everything a line of a list shows."""
    requester, assignee = aliased(Person), aliased(Person)
    topic = Category.name_de if words == "de" else Category.name_en
    return (
        sa.select(
            *_CELLS,
            name_of(requester).label("requester"), requester.avatar_sha256.label("requester_picture"),
            name_of(assignee).label("assignee"), assignee.avatar_sha256.label("assignee_picture"),
            Team.name.label("team"), topic.label("category"),
        )
        .join(requester, requester.id == Ticket.requester_id)
        .join(Team, Team.id == Ticket.team_id)
        .outerjoin(assignee, assignee.id == Ticket.assignee_id)
        .outerjoin(Category, Category.id == Ticket.category_id)
    )  # fmt: skip


def whole(actor: Actor, ticket_id: int) -> Whole:
    """One ticket with all of it.

    Raises:
        NotFound: missing, deleted or not visible.
    """
    ticket = ticket_for(actor, ticket_id)
    staff = is_staff(actor)
    participants = queries.participant_ids(ticket)
    watchers = _watchers(ticket) if staff else []
    held = promise(ticket.sla_policy_id)
    return Whole(
        ticket=ticket,
        record=_dressed(actor, ticket, [*participants, *watchers, ticket.created_by_id]),
        files=queries.files(actor, ticket).get(0, []),
        participants=participants,
        watchers=watchers,
        rating=queries.rating(ticket),
        escalation=_escalation(ticket) if staff else None,
        policy=held.name if held else "",
    )


def _dressed(actor: Actor, ticket: Ticket, further: Iterable[int | None]) -> Record:
    people = names([*further, ticket.requester_id, ticket.assignee_id])
    topic = Category.name_de if language() == "de" else Category.name_en
    teams = sa.select(Team.name).where(Team.id == ticket.team_id)
    topics = sa.select(topic).where(Category.id == ticket.category_id)
    return Record(
        ticket,
        people,
        teams={ticket.team_id: db.session.scalar(teams) or ""},
        categories={ticket.category_id: db.session.scalar(topics) or ""} if ticket.category_id else {},
        tags=_tags([ticket.id]).get(ticket.id, ()) if is_staff(actor) else (),
    )


_TAGS = (
    sa.select(TicketTag.ticket_id, Tag.name)
    .join(Tag, Tag.id == TicketTag.tag_id)
    .where(TicketTag.ticket_id.in_(sa.bindparam("ids", expanding=True)))
    .order_by(Tag.name)
)


def _tags(ids: Sequence[int]) -> dict[int, list[str]]:
    found: dict[int, list[str]] = defaultdict(list)
    for ticket_id, name in db.session.execute(_TAGS, {"ids": list(ids)}):
        found[ticket_id].append(name)
    return found


def _watchers(ticket: Ticket) -> list[int]:
    query = sa.select(Watcher.person_id).where(Watcher.ticket_id == ticket.id)
    return list(db.session.scalars(query.order_by(Watcher.created_at, Watcher.person_id)))


def _escalation(ticket: Ticket) -> Event | None:
    """The last time it was handed up."""
    if ticket.support_level <= 1:
        return None
    query = sa.select(Event).where(Event.ticket_id == ticket.id, Event.kind == Escalated.kind)
    return db.session.scalars(query.order_by(Event.id.desc()).limit(1)).first()
