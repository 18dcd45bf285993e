"""The feed: what happened to the tickets somebody sees, in the order in which the relay handed out positions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from app.core import clock
from app.core.actor import Actor
from app.core.db import db
from app.events.models import Event, Feed
from app.events.words import Visibility
from app.settings.queries import get as settings
from app.settings.schemas import TicketRules
from app.tickets.access import entry_visible_to, is_staff, visible_to
from app.tickets.models import Comment, Participant, Ticket
from app.tickets.public_facts import public_data

# So many positions are looked at for one answer, whoever asks and however little of it is theirs.
WINDOW = 5000
# Of one ticket a customer is told so many events at most.
TOLD = 500
# What is said to happen later than this comes from a clock that was wrong; waiting for it could take years.
ASTRAY = timedelta(minutes=2)
REPLY = "ticket.reply_added"


@dataclass(frozen=True, slots=True)
class Happened:
    """One event with its position; ``data`` is what the viewer may know of its payload."""

    position: int
    event: Event
    data: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Stretch:
    """A piece of the feed.

    ``until``: the position up to which everything was looked at; the next piece begins after it. ``more``: there is
    more already, so that asking again at once is worth it.
    """

    happened: Sequence[Happened]
    until: int
    more: bool


Row = tuple[int, Event]


def read(actor: Actor, after: int | None, limit: int, kinds: Sequence[str] = ()) -> Stretch:
    """What happened after a position, as far as the actor may know of it.

    It costs the same few statements wherever the position lies; a stretch may be empty and lead on all the same.

    Args:
        after: a position; None for nothing but the present end of the feed. One beyond the end counts as the end.
        limit: events in one answer.
        kinds: only these, all without any.
    """
    newest = db.session.scalar(sa.select(sa.func.max(Feed.position))) or 0
    begin = max(newest - WINDOW, 0) if after is None else min(after, newest)
    edge = min(begin + WINDOW, newest)
    until = edge if is_staff(actor) else _settled(begin, edge)
    if after is None:
        return Stretch((), until, False)
    more = until == edge < newest
    rows = _rows(actor, begin, until, limit + 1, kinds)
    if len(rows) > limit:
        rows, until, more = rows[:limit], rows[limit - 1][0], True
    if is_staff(actor):
        return Stretch([Happened(at, event, event.payload) for at, event in rows], until, more)
    readable, reached = _readable(actor, rows, until)
    found = [Happened(at, event, public_data(event)) for at, event in readable]
    return Stretch(found, reached, more and reached == until)


def told(actor: Actor, ticket: Ticket) -> list[Happened]:
    """The newest events of one ticket that its requester's side may know of, newest first."""
    rows = db.session.scalars(
        sa.select(Event)
        .join(Ticket, Ticket.id == Event.ticket_id)
        .where(Event.ticket_id == ticket.id, Event.visibility == Visibility.PUBLIC, _since_joining(actor))
        .order_by(Event.id.desc())
        .limit(TOLD)
    )
    readable, _reached = _readable(actor, [(event.id, event) for event in reversed(rows.all())], 0)
    return [Happened(position, event, public_data(event)) for position, event in reversed(readable)]


def _rows(actor: Actor, begin: int, until: int, most: int, kinds: Sequence[str]) -> list[Row]:
    if until <= begin:
        return []
    # Written so that no index leads from tickets to their events: the window comes first, on every engine.
    query = (
        sa.select(Feed.position, Event)
        .join(Event, Event.id == Feed.event_id)
        .join(Ticket, Ticket.id == sa.func.coalesce(Event.ticket_id, 0))
        .where(Feed.position > begin, Feed.position <= until, visible_to(actor))
        .order_by(Feed.position)
        .limit(most)
    )
    if not is_staff(actor):
        query = query.where(Event.visibility == Visibility.PUBLIC, _since_joining(actor))
    if kinds:
        query = query.where(Event.kind.in_(kinds))
    return [(position, event) for position, event in db.session.execute(query)]


def _since_joining(actor: Actor) -> sa.ColumnElement[bool]:
    """Participants hear from their joining on, the requester and the organisation's manager of everything (A38)."""
    joined = sa.exists().where(
        Participant.ticket_id == Event.ticket_id,
        Participant.person_id == actor.person_id,
        sa.or_(Participant.since_entry_id == 0, Participant.created_at <= Event.at),
    )
    ways: list[sa.ColumnElement[bool]] = [Ticket.requester_id == actor.person_id, joined]
    if actor.managed_organisation_id is not None:
        ways.append(Ticket.organisation_id == actor.managed_organisation_id)
    return sa.or_(*ways)


def _settled(begin: int, edge: int) -> int:
    """How far the requester's side may look: not yet at what is younger than a reply that can be taken back.

    It is the same for everything and everybody, so that waiting tells nobody that there is such a reply.
    """
    now = clock.now()
    moment = now - timedelta(seconds=settings(TicketRules).undo_seconds)
    young = (
        sa.select(sa.func.min(Feed.position))
        .join(Event, Event.id == Feed.event_id)
        .where(Feed.position > begin, Feed.position <= edge, Event.at > moment, Event.at <= now + ASTRAY)
    )
    first = db.session.scalar(young)
    return edge if first is None else first - 1


def _readable(actor: Actor, rows: Sequence[Row], until: int) -> tuple[list[Row], int]:
    """Without replies the viewer may not read, and only up to the first that can still be taken back.

    There is one when the time for that was made shorter in the settings while it ran.
    """
    ids = [event.payload["comment_id"] for _position, event in rows if event.kind == REPLY]
    if not ids:
        return list(rows), until
    seen = sa.case((entry_visible_to(actor), 1), else_=0)
    held = sa.case((sa.and_(Comment.taken_back_at.is_(None), Comment.public_from > clock.now()), 1), else_=0)
    query = sa.select(Comment.id, Comment.ticket_id, seen, held).where(Comment.id.in_(ids))
    states = {(row[0], row[1]): (bool(row[2]), bool(row[3])) for row in db.session.execute(query)}
    found: list[Row] = []
    for position, event in rows:
        if event.kind == REPLY:
            is_seen, is_held = states.get((event.payload["comment_id"], event.ticket_id), (False, False))
            if is_held:
                return found, position - 1
            if not is_seen:
                continue
        found.append((position, event))
    return found, until
