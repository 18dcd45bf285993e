"""Pages of tickets for staff: rows without objects behind them, as fast at a million tickets as at a thousand."""

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
from app.core.paging import Page
from app.sla.words import ClockKind, ClockState
from app.tickets import walks
from app.tickets.access import is_staff
from app.tickets.deadlines import NEVER
from app.tickets.listing import QueueQuery, Sort, View
from app.tickets.models import Presence, ReadMark, Tag, Ticket, TicketTag
from app.tickets.plans import Plan, plan_for
from app.tickets.queries import PRESENT_FOR
from app.tickets.questions import Nothing
from app.tickets.walks import Shape, key_params
from app.tickets.words import Channel, PendingReason, PresenceMode, Priority, Status, number_of

__all__ = ["QueuePage", "QueueQuery", "QueueRow", "Sort", "View", "page"]

# How far an index may be followed to find a page of a combination: at first a few times the page, then further. Each
# row is met twice, once when the end of a window is found and once when it is looked at.
FIRST_WINDOW = 4
WINDOWS = (1800, 6000)


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


@dataclass(frozen=True, slots=True)
class QueuePage(Page[QueueRow]):
    """A page of the queue.

    ``goes_on`` says that the search stopped before the page was full, at a fixed number of tickets looked at:
    ``next_cursor`` goes on from there.
    """

    goes_on: bool = False


def page(actor: Actor, query: QueueQuery) -> QueuePage:
    """One page of the tickets the actor may see.

    Raises:
        Invalid: the cursor is damaged or belongs to another order.
    """
    backward, place = query.place()
    try:
        plan = plan_for(actor, query)
    except Nothing:
        return QueuePage(())
    found, end = _find(plan, query.limit + 1, backward, place)
    more = len(found) > query.limit
    found = found[: query.limit][:: -1 if backward else 1]
    width = len(plan.order.columns) + 1
    keys = [tuple(row[:width]) for row in found]
    first, last = (keys[0], keys[-1]) if keys else _around(query, backward, place)
    if not more and end is not None:
        first, last = (end, last) if backward else (first, end)
    onward = more or end is not None
    forth, back = (place is not None, onward) if backward else (onward, place is not None)
    return QueuePage(
        rows=_dressed(actor, [row[width:] for row in found]),
        next_cursor=query.cursor_at("n", last) if forth and last else None,
        previous_cursor=query.cursor_at("p", first) if back and first else None,
        goes_on=end is not None and not more,
    )


Key = tuple[Any, ...]
Cells = Sequence[Any]


def _around(query: QueueQuery, backward: bool, place: Key | None) -> tuple[Key | None, Key | None]:
    """Where the neighbours of an empty page begin: the way back has to meet the row at the place itself."""
    if place is None:
        return None, None
    step = -1 if query.order.descending else 1
    return (*place[:-1], place[-1] + step), (*place[:-1], place[-1] - step)


def _find(plan: Plan, take: int, backward: bool, place: Key | None) -> tuple[list[Cells], Key | None]:
    """Rows in walking order, and where the window ended if it did before there were enough."""
    if not plan.is_windowed:
        return _rows(plan, take, backward, place, None), None
    found: list[Cells] = []
    end = place
    windowed = sum(walk.is_windowed for walk in plan.walks)
    for window in (FIRST_WINDOW * (take - 1), *WINDOWS):
        begin, end = end, _frontier(plan, max(1, window // windowed), backward, end)
        found += _rows(plan, take - len(found), backward, begin, end)
        if len(found) >= take or end is None:
            return found, None
    return found, end


def _frontier(plan: Plan, step: int, backward: bool, place: Key | None) -> Key | None:
    shape = plan.shape(backward=backward, after=place is not None)
    params = plan.params | {"step": step} | key_params("after", place or ())
    row = db.session.execute(walks.frontier(shape), params).first()
    return tuple(row) if row else None


def _rows(plan: Plan, take: int, backward: bool, place: Key | None, end: Key | None) -> list[Cells]:
    shape = plan.shape(backward=backward, after=place is not None, until=end is not None)
    params = plan.params | {"take": take} | key_params("after", place or ()) | key_params("until", end or ())
    return list(db.session.execute(_statement(shape), params))


@lru_cache(maxsize=512)
def _statement(shape: Shape) -> sa.Select[Any]:
    """The keys of a page joined with everything a line shows."""
    head = walks.head(shape).subquery("head")
    ticket, requester, assignee = aliased(Ticket), aliased(Person), aliased(Person)
    key = [head.c[name] for name in (*shape.order.columns, "id")]
    mark = sa.and_(ReadMark.person_id == sa.bindparam("me"), ReadMark.ticket_id == ticket.id)
    first_clock = sa.and_(ticket.first_response_at.is_(None), ticket.due_at == ticket.response_due_at)
    return (
        sa.select(
            *key,
            ticket.id,
            ticket.title,
            ticket.status,
            ticket.pending_reason,
            ticket.priority,
            ticket.sla_state,
            ticket.due_at,
            first_clock,
            ticket.requester_id,
            *_name(requester),
            requester.department,
            ticket.assignee_id,
            *_name(assignee),
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


def _name(person: Any) -> tuple[sa.ColumnElement[str], ...]:
    """The parts of a name; the address only where there is no name."""
    nameless = sa.and_(person.first_name == "", person.last_name == "")
    return person.first_name, person.last_name, sa.case((nameless, person.email), else_="")


def _full(first: str | None, last: str | None, email: str | None) -> str:
    return f"{first} {last}".strip() or email or "" if first is not None else ""


def _dressed(actor: Actor, found: Sequence[Cells]) -> list[QueueRow]:
    """Rows with what lies beside the tickets: tags, and who is there just now (staff)."""
    if not found:
        return []
    for_staff = is_staff(actor)
    tags, present = _beside(actor, [cells[0] for cells in found]) if for_staff else ({}, {})
    rows = []
    for cells in found:
        (ticket_id, title, status, reason, priority, state, due, first_clock, *rest) = cells
        (requester_id, r_first, r_last, r_email, department, assignee_id, a_first, a_last, a_email, *rest) = (
            rest
        )
        (team_id, team, level, channel, has_files, created, updated, version, by_customer, unread) = rest
        open_due = None if due == NEVER else due
        rows.append(
            QueueRow(
                ticket_id,
                title,
                status,
                reason,
                priority,
                state,
                open_due,
                _clock(open_due, bool(first_clock)),
                requester_id,
                _full(r_first, r_last, r_email),
                department,
                assignee_id,
                _full(a_first, a_last, a_email),
                team_id,
                team,
                level,
                channel,
                has_files,
                created,
                updated,
                version,
                by_customer,
                bool(unread) and for_staff,
                tuple(tags.get(ticket_id, ())),
                tuple(present.get(ticket_id, ())),
            )
        )
    return rows


def _clock(due: datetime | None, is_first: bool) -> ClockKind | None:
    if due is None:
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
