"""The log as auditors read it: filtered, page by page, and as a whole for an export."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from app.core.actor import Actor
from app.core.db import db
from app.core.errors import Forbidden
from app.core.paging import Page, read_cursor, write_cursor
from app.events.kinds import Fact
from app.events.log import action, record
from app.events.models import Event
from app.events.places import first_since

ROWS = 50
BATCH = 1000
PERMISSION = "audit.read"
UNTIDY = timedelta(minutes=5)  # how far ids and times of several writers may be out of step


class AuditExported(Fact):
    """Somebody took a copy of a part of the log, or of all of it when nothing narrows it."""

    kind = "audit.exported"
    kinds: list[str]
    person_id: int | None
    thing: str
    since: str
    until: str


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which part of the log; empty fields do not narrow it.

    Args:
        kinds: kinds of events.
        actor_id: the person who acted.
        subject: kind and id of the thing it happened to; a ticket means everything on its timeline.
        since, until: moments, the second one not included.
    """

    kinds: tuple[str, ...] = ()
    actor_id: int | None = None
    subject: tuple[str, int] | None = None
    since: datetime | None = None
    until: datetime | None = None


def page(wanted: Wanted, cursor: str, *, actor: Actor) -> Page[Event]:
    """Events, newest first.

    Args:
        cursor: where an earlier page ended.

    Raises:
        Forbidden: not an auditor.
        Invalid: a damaged cursor.
    """
    check(actor)
    query = _narrowed(wanted).order_by(Event.id.desc()).limit(ROWS + 1)
    if cursor:
        _direction, (before,) = read_cursor(cursor, int)
        query = query.where(Event.id < before)
    rows = list(db.session.scalars(query))
    more = len(rows) > ROWS
    rows = rows[:ROWS]
    return Page(rows, write_cursor("n", rows[-1].id) if more else None)


def everything(wanted: Wanted) -> Iterator[Sequence[Event]]:
    """All events of a part of the log, oldest first, some hundreds at a time, so that memory stays small."""
    after = 0
    while True:
        query = _narrowed(wanted).where(Event.id > after).order_by(Event.id).limit(BATCH)
        rows = db.session.scalars(query).all()
        if not rows:
            return
        after = rows[-1].id
        db.session.expunge_all()  # the reader may take the next rows in another session
        yield rows


@action
def note_export(wanted: Wanted, *, actor: Actor) -> None:
    """Write down that somebody exports this part of the log.

    Raises:
        Forbidden: not an auditor.
    """
    check(actor)
    fact = AuditExported(
        kinds=list(wanted.kinds),
        person_id=wanted.actor_id,
        thing=" ".join(str(part) for part in wanted.subject or ()),
        since=wanted.since.isoformat() if wanted.since else "",
        until=wanted.until.isoformat() if wanted.until else "",
    )
    record(fact, actor=actor, subject=("audit", 0))


def check(actor: Actor) -> None:
    """Only auditors read the whole log.

    Raises:
        Forbidden: the permission is missing.
    """
    if not actor.can(PERMISSION):
        raise Forbidden(permission=PERMISSION)


def _narrowed(wanted: Wanted) -> sa.Select[tuple[Event]]:
    query = sa.select(Event)
    if wanted.kinds:
        query = query.where(Event.kind.in_(wanted.kinds))
    if wanted.actor_id is not None:
        query = query.where(Event.actor_id == wanted.actor_id)
    if wanted.subject is not None:
        query = query.where(_about(*wanted.subject))
    if wanted.since is not None:
        first = first_since(Event.id, Event.at, wanted.since - UNTIDY)
        query = query.where(Event.id >= first, Event.at >= wanted.since)
    if wanted.until is not None:
        beyond = first_since(Event.id, Event.at, wanted.until + UNTIDY)
        query = query.where(Event.id < beyond, Event.at < wanted.until)
    return query


def _about(kind: str, number: int) -> sa.ColumnElement[bool]:
    if kind == "ticket":
        return Event.ticket_id == number
    return sa.and_(Event.subject_kind == kind, Event.subject_id == number)


def kinds_of(event_ids: Sequence[int]) -> dict[int, str]:
    """The kinds of some events, by id."""
    if not event_ids:
        return {}
    rows = db.session.execute(sa.select(Event.id, Event.kind).where(Event.id.in_(event_ids)))
    return {event_id: kind for event_id, kind in rows}
