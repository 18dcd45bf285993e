"""Tickets as programs read them: rows with the names around them, many with a fixed number of statements."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import defer

from app.accounts.models import Team
from app.accounts.queries import PersonName, names
from app.core.actor import Actor
from app.core.db import db
from app.core.language import language
from app.events.models import Event
from app.sla.queries import promise
from app.tickets import queries
from app.tickets.access import is_staff, ticket_for
from app.tickets.events import Escalated
from app.tickets.models import Attachment, Category, Rating, Tag, Ticket, TicketTag, Watcher


@dataclass(frozen=True, slots=True)
class Record:
    """A ticket in a list. ``people``, ``teams`` and ``categories`` are shared by the records of a page."""

    ticket: Ticket
    people: Mapping[int, PersonName]
    teams: Mapping[int, str]
    categories: Mapping[int, str]
    tags: Sequence[str]


@dataclass(frozen=True, slots=True)
class Whole:
    """A ticket with everything beside it that its reader may know."""

    record: Record
    files: Sequence[Attachment]
    participants: Sequence[int]
    watchers: Sequence[int]
    rating: Rating | None
    escalation: Event | None
    policy: str


def records(actor: Actor, ids: Sequence[int]) -> list[Record]:
    """Tickets in this order, as lists show them.

    Args:
        ids: of tickets the actor is known to see: a page of a list that was cut by ``visible_to``.
    """
    if not ids:
        return []
    rows = db.session.scalars(
        sa.select(Ticket)
        .where(Ticket.id.in_(ids))
        .options(defer(Ticket.description), defer(Ticket.description_html))
    )
    by_id = {ticket.id: ticket for ticket in rows}
    return _dressed(actor, [by_id[one] for one in ids if one in by_id])


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
        record=_dressed(actor, [ticket], [*participants, *watchers, ticket.created_by_id])[0],
        files=queries.files(actor, ticket).get(0, []),
        participants=participants,
        watchers=watchers,
        rating=queries.rating(ticket),
        escalation=_escalation(ticket) if staff else None,
        policy=held.name if held else "",
    )


def _dressed(actor: Actor, tickets: Sequence[Ticket], further: Iterable[int | None] = ()) -> list[Record]:
    people = names([*further, *(one for t in tickets for one in (t.requester_id, t.assignee_id))])
    teams = dict(_pairs(sa.select(Team.id, Team.name), Team.id, {t.team_id for t in tickets}))
    topic = Category.name_de if language() == "de" else Category.name_en
    wanted = {t.category_id for t in tickets if t.category_id}
    categories = dict(_pairs(sa.select(Category.id, topic), Category.id, wanted))
    tags = _tags([t.id for t in tickets]) if is_staff(actor) else {}
    return [Record(t, people, teams, categories, tags.get(t.id, ())) for t in tickets]


def _pairs(query: sa.Select[tuple[int, str]], key: Any, ids: set[int]) -> list[tuple[int, str]]:
    if not ids:
        return []
    return [(number, name) for number, name in db.session.execute(query.where(key.in_(ids)))]


def _tags(ids: Sequence[int]) -> dict[int, list[str]]:
    found: dict[int, list[str]] = defaultdict(list)
    query = sa.select(TicketTag.ticket_id, Tag.name).join(Tag, Tag.id == TicketTag.tag_id)
    for ticket_id, name in db.session.execute(query.where(TicketTag.ticket_id.in_(ids)).order_by(Tag.name)):
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
