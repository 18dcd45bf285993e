"""Reads for the requester's side: own requests, one page of them at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from app.core.actor import Actor
from app.core.db import db
from app.core.paging import Page, count, damaged_cursor, read_cursor, write_cursor
from app.tickets.counts import Total
from app.tickets.models import Participant, Rating, Ticket
from app.tickets.words import PendingReason, Phase, Status, number_of

ROWS = 25


@dataclass(frozen=True, slots=True)
class RequestRow:
    """One request in the portal's list."""

    id: int
    title: str
    status: Status
    pending_reason: PendingReason | None
    requester_id: int
    created_at: datetime
    updated_at: datetime
    resolved_at: datetime | None
    score: int | None

    @property
    def number(self) -> str:
        return number_of(self.id)


COLUMNS = (
    Ticket.id,
    Ticket.title,
    Ticket.status,
    Ticket.pending_reason,
    Ticket.requester_id,
    Ticket.created_at,
    Ticket.updated_at,
    Ticket.resolved_at,
    Rating.score,
)


def ways(actor: Actor) -> list[sa.ColumnElement[bool]]:
    """Each way a request belongs to the viewer has an index of its own."""
    ways: list[sa.ColumnElement[bool]] = [
        Ticket.requester_id == actor.person_id,
        Ticket.id.in_(sa.select(Participant.ticket_id).where(Participant.person_id == actor.person_id)),
    ]
    if actor.managed_organisation_id is not None:
        ways.append(Ticket.organisation_id == actor.managed_organisation_id)
    return ways


def requests(
    actor: Actor,
    *,
    active_only: bool = False,
    statuses: Sequence[Status] = (),
    cursor: str = "",
    limit: int = ROWS,
) -> Page[RequestRow]:
    """The viewer's requests, last changed first.

    Args:
        active_only: leave out what is resolved or closed.
        statuses: only those in one of these.
        cursor: where an earlier page ended.
        limit: rows a page.

    Raises:
        Invalid: the cursor is damaged.
    """
    conditions = _conditions(active_only, statuses)
    if cursor:
        _direction, (at, last_id) = read_cursor(cursor, str, int)
        moment = _moment(at)
        conditions.append(
            sa.or_(Ticket.updated_at < moment, sa.and_(Ticket.updated_at == moment, Ticket.id < last_id))
        )
    branches = [
        sa.select(
            sa.select(Ticket.id.label("id"), Ticket.updated_at.label("at"))
            .where(way, *conditions)
            .order_by(Ticket.updated_at.desc(), Ticket.id.desc())
            .limit(limit + 1)
            .subquery()
        )
        for way in ways(actor)
    ]
    found = sa.union(*branches).subquery()
    top = sa.select(found.c.id).order_by(found.c.at.desc(), found.c.id.desc()).limit(limit + 1)
    ids = list(db.session.scalars(top))
    rows = _rows(ids[:limit])
    more = len(ids) > limit
    next_cursor = write_cursor("n", rows[-1].updated_at.isoformat(), rows[-1].id) if more else None
    return Page(rows, next_cursor)


def total(actor: Actor, *, statuses: Sequence[Status] = ()) -> Total:
    """How many requests the viewer has, counted up to 10,000."""
    conditions = _conditions(False, statuses)
    mine = sa.union(*(sa.select(Ticket.id).where(way, *conditions) for way in ways(actor))).subquery()
    return Total(*count(sa.select(mine.c.id)))


def _conditions(active_only: bool, statuses: Sequence[Status]) -> list[sa.ColumnElement[bool]]:
    conditions: list[sa.ColumnElement[bool]] = [Ticket.deleted_at.is_(None)]
    if active_only:
        conditions.append(Ticket.phase == Phase.ACTIVE)
    if statuses:
        conditions.append(Ticket.status.in_(statuses))
    return conditions


def _rows(ids: list[int]) -> list[RequestRow]:
    if not ids:
        return []
    rows = db.session.execute(
        sa.select(*COLUMNS).outerjoin(Rating, Rating.ticket_id == Ticket.id).where(Ticket.id.in_(ids))
    )
    by_id = {row.id: RequestRow(*row) for row in rows}
    return [by_id[ticket_id] for ticket_id in ids if ticket_id in by_id]


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise damaged_cursor() from error
    if moment.tzinfo is None:
        raise damaged_cursor()
    return moment
