"""Reading the bell and what people turned off."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from app.accounts.team_webhooks import has_own
from app.core.actor import Actor
from app.core.db import db
from app.core.formats import Formats
from app.core.paging import Page, read_cursor, write_cursor
from app.events.models import Event
from app.events.words import Visibility
from app.notifications import timeline
from app.notifications.models import Notice, TurnedOff
from app.notifications.timeline import Line
from app.notifications.words import CHOICES, Choice, Side, Topic, Way
from app.tickets.access import is_staff, visible_to
from app.tickets.models import Ticket
from app.tickets.words import number_of

ROWS = 30
COUNTED = 100


@dataclass(frozen=True, slots=True)
class InboxRow:
    """One entry of the bell."""

    id: int
    topic: Topic
    ticket_id: int
    title: str
    line: Line
    created_at: datetime
    read_at: datetime | None

    @property
    def number(self) -> str:
        return number_of(self.ticket_id)


def inbox(actor: Actor, cursor: str = "", *, only_unread: bool = False) -> Page[InboxRow]:
    """The bell's entries, newest first; those of tickets the actor may no longer see are left out of their page.

    Args:
        cursor: where an earlier page ended.
        only_unread: leave out what was read.

    Raises:
        Invalid: the cursor is damaged.
    """
    query = (
        sa.select(Notice)
        .where(Notice.person_id == actor.person_id)
        .order_by(Notice.id.desc())
        .limit(ROWS + 1)
    )
    if only_unread:
        query = query.where(Notice.read_at.is_(None))
    if cursor:
        _direction, (before,) = read_cursor(cursor, int)
        query = query.where(Notice.id < before)
    found = list(db.session.scalars(query))
    notices = found[:ROWS]
    more = write_cursor("n", notices[-1].id) if len(found) > ROWS else None
    return Page(_rows(actor, notices), more)


def _rows(actor: Actor, notices: Sequence[Notice]) -> list[InboxRow]:
    if not notices:
        return []
    happened = _happened(actor, notices)
    events = [happened[notice.event_id][0] for notice in notices if notice.event_id in happened]
    side = Side.STAFF if is_staff(actor) else Side.REQUESTER
    formats = Formats(actor.time_zone)
    made = timeline.lines(events, timeline.names_of(events), side, formats, reader_id=actor.person_id)
    told = {line.event.id: line for line in made}
    return [
        InboxRow(
            id=notice.id,
            topic=notice.topic,
            ticket_id=notice.ticket_id,
            title=happened[notice.event_id][1],
            line=told[notice.event_id],
            created_at=notice.created_at,
            read_at=notice.read_at,
        )
        for notice in notices
        if notice.event_id in told
    ]


def _happened(actor: Actor, notices: Sequence[Notice]) -> dict[int, tuple[Event, str]]:
    """Event id → the event and the title of its ticket, as far as the actor may see them."""
    query = (
        sa.select(Event, Ticket.title)
        .join(Ticket, Ticket.id == Event.ticket_id)
        .where(Event.id.in_([notice.event_id for notice in notices]), visible_to(actor))
    )
    if not is_staff(actor):
        query = query.where(Event.visibility == Visibility.PUBLIC)
    return {event.id: (event, title) for event, title in db.session.execute(query)}


_UNREAD = sa.select(sa.func.count()).select_from(
    sa.select(sa.literal_column("1"))
    .where(Notice.person_id == sa.bindparam("me", type_=sa.BigInteger), Notice.read_at.is_(None))
    .limit(sa.literal_column(str(COUNTED)))
    .subquery()
)


def unread_count(actor: Actor) -> int:
    """How many entries nobody read, counted to a hundred: one look into an index, for every page."""
    return db.session.scalar(_UNREAD, {"me": actor.person_id}) or 0


@dataclass(frozen=True, slots=True)
class Preference:
    """One line of the preferences page: what it is about, and which ways are on."""

    choice: Choice
    on: Mapping[Way, bool]


def wishes(actor: Actor) -> list[str]:
    """What the actor hears of, as the form has it: ``topic.way`` for each box that is ticked."""
    lines = preferences(actor)
    return [f"{one.choice.topic}.{way}" for one in lines for way, is_on in one.on.items() if is_on]


def preferences(actor: Actor) -> list[Preference]:
    """What the actor can turn off, and did."""
    rows = db.session.execute(
        sa.select(TurnedOff.topic, TurnedOff.way).where(TurnedOff.person_id == actor.person_id)
    )
    off = {(topic, way) for topic, way in rows}
    ways = set(Way) if is_staff(actor) and has_own(actor) else set(Way) - {Way.TEAMS}
    return [
        Preference(choice, {way: (choice.topic, way) not in off for way in choice.ways if way in ways})
        for choice in CHOICES
        if choice.side is Side.REQUESTER or is_staff(actor)
    ]
