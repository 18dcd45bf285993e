"""Lines of the queue: plain rows made from one statement for the page and one for what lies beside the tickets."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from app.accounts.models import Person, Team
from app.core import clock
from app.core.actor import Actor
from app.core.db import UTCDateTime, db
from app.sla.words import ClockKind, ClockState
from app.tickets import walks
from app.tickets.access import is_staff
from app.tickets.deadlines import NEVER
from app.tickets.listing import Order
from app.tickets.models import Presence, ReadMark, Tag, Ticket, TicketTag
from app.tickets.queries import PRESENT_FOR
from app.tickets.walks import Shape
from app.tickets.words import Channel, PendingReason, PresenceMode, Priority, Status, number_of

Cells = Sequence[Any]


@dataclass(frozen=True, slots=True)
class Present:
    """A colleague who reads or writes at a ticket just now."""

    person_id: int
    name: str
    mode: PresenceMode


@dataclass(frozen=True, slots=True)
class QueueRow:
    """One line of a list. ``due_at`` and ``due_clock`` are empty while no deadline is open."""

    id: int
    title: str
    status: Status
    pending_reason: PendingReason | None
    priority: Priority
    sla_state: ClockState
    due_at: datetime | None
    due_clock: ClockKind | None
    requester_id: int
    requester_name: str
    requester_department: str
    assignee_id: int | None
    assignee_name: str
    team_id: int
    team_name: str
    support_level: int
    channel: Channel
    has_files: bool
    created_at: datetime
    updated_at: datetime
    version: int
    last_entry_by_customer: bool
    is_unread: bool
    tags: tuple[str, ...] = ()
    present: tuple[Present, ...] = ()

    @property
    def number(self) -> str:
        return number_of(self.id)


@lru_cache(maxsize=512)
def statement(shape: Shape) -> sa.Select[Any]:
    """The keys of a page joined with everything a line shows."""
    head = walks.head(shape).subquery("head")
    ticket, requester, assignee = aliased(Ticket), aliased(Person), aliased(Person)
    key = (head.c[name] for name in (*shape.order.columns, "id"))
    mark = sa.and_(ReadMark.person_id == sa.bindparam("me"), ReadMark.ticket_id == ticket.id)
    first_clock = sa.and_(ticket.first_response_at.is_(None), ticket.due_at == ticket.response_due_at)
    return (
        sa.select(
            ticket.id,
            ticket.title,
            ticket.status,
            ticket.pending_reason,
            ticket.priority,
            ticket.sla_state,
            ticket.due_at,
            first_clock,
            ticket.requester_id,
            name_of(requester),
            requester.department,
            ticket.assignee_id,
            name_of(assignee),
            ticket.team_id,
            Team.name,
            ticket.support_level,
            ticket.channel,
            ticket.has_files,
            ticket.created_at,
            ticket.updated_at,
            ticket.version,
            ticket.last_entry_by_customer,
            ticket.last_entry_id > sa.func.coalesce(ReadMark.entry_id, 0),
        )
        .select_from(head)
        .join(ticket, ticket.id == head.c.id)
        .join(requester, requester.id == ticket.requester_id)
        .join(Team, Team.id == ticket.team_id)
        .outerjoin(assignee, assignee.id == ticket.assignee_id)
        .outerjoin(ReadMark, mark)
        .order_by(*(column.desc() if shape.descending else column.asc() for column in key))
    )


def name_of(person: Any) -> sa.ColumnElement[str]:
    """A person's name, the address where there is none."""
    name = sa.func.trim(person.first_name + " " + person.last_name)
    return sa.case((name != "", name), else_=person.email)


# Where a row of the statement holds the columns an order may be by.
_AT = {"urgency": 4, "due_at": 6, "created_at": 18, "updated_at": 19}


def key_of(order: Order, cells: Cells) -> tuple[Any, ...]:
    """The sort key of a row of the statement."""
    parts = (cells[_AT[name]] for name in order.columns)
    return (*(part.urgency if isinstance(part, Priority) else part for part in parts), cells[0])


def dressed(actor: Actor, found: Sequence[Cells]) -> Sequence[QueueRow]:
    """Rows with what lies beside the tickets: tags, and who is there just now (staff)."""
    if not found:
        return ()
    for_staff = is_staff(actor)
    tags, present = _beside(actor, [cells[0] for cells in found]) if for_staff else ({}, {})
    lines: list[QueueRow] = []
    for cells in found:
        due, ticket_id = cells[6], cells[0]
        line: tuple[Any, ...] = (
            *cells[:6],
            None if due == NEVER else due,
            _clock(due, bool(cells[7])),
            *cells[8:12],
            cells[12] or "",
            *cells[13:22],
            bool(cells[22]) and for_staff,
            tuple(tags.get(ticket_id, ())),
            tuple(present.get(ticket_id, ())),
        )
        lines.append(QueueRow(*line))
    return lines


def _clock(due: datetime, is_first: bool) -> ClockKind | None:
    if due == NEVER:
        return None
    return ClockKind.RESPONSE if is_first else ClockKind.RESOLUTION


def _ids(column: sa.ColumnElement[Any] | sa.orm.InstrumentedAttribute[int]) -> sa.ColumnElement[bool]:
    return column.in_(sa.bindparam("ids", expanding=True))


# One statement for both: a tag has person 0 and no mode.
_BESIDE: sa.CompoundSelect[Any] = sa.union_all(
    sa.select(
        TicketTag.ticket_id, sa.literal_column("0").label("person_id"), Tag.name.label("a"),
        sa.literal_column("''").label("b"), sa.literal_column("''").label("mode"),
    )
    .join(Tag, Tag.id == TicketTag.tag_id)
    .where(_ids(TicketTag.ticket_id)),
    sa.select(
        Presence.ticket_id, Presence.person_id, Person.first_name, Person.last_name,
        sa.type_coerce(Presence.mode, sa.String),
    )
    .join(Person, Person.id == Presence.person_id)
    .where(_ids(Presence.ticket_id), Presence.seen_at > sa.bindparam("since", type_=UTCDateTime())),
)  # fmt: skip


def _beside(actor: Actor, ids: list[int]) -> tuple[dict[int, list[str]], dict[int, list[Present]]]:
    """Tags and present colleagues (without the viewer) by ticket."""
    tags: dict[int, list[str]] = defaultdict(list)
    present: dict[int, list[Present]] = defaultdict(list)
    params = {"ids": ids, "since": clock.now() - PRESENT_FOR}
    for ticket_id, person_id, first, last, mode in db.session.execute(_BESIDE, params):
        if not person_id:
            tags[ticket_id].append(first)
        elif person_id != actor.person_id:
            present[ticket_id].append(Present(person_id, f"{first} {last}".strip(), PresenceMode(mode)))
    for names in tags.values():
        names.sort()
    return tags, present
