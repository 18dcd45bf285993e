"""`/events`: what happened to the tickets the caller sees, to be read on from a position or as a stream."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any

from flask import Response
from pydantic import ConfigDict, Field

from app.accounts.key_words import Scope
from app.accounts.queries import PersonName, names
from app.core.actor import Actor
from app.core.schema import MAX_ID, Command
from app.tickets import feed
from app.tickets.feed import Happened
from app.tickets.words import number_of
from app.web.api.door import door
from app.web.api.event_words import EventKind
from app.web.kit import streams
from app.web.kit.json_answers import Answer
from app.web.kit.json_lists import MOST, USUAL
from app.web.kit.streams import Piece

# What whoever reads a stream must be allowed to at each look, as the route says it.
PERMISSION = "portal.use"
SCOPE = Scope.EVENTS_READ


class AfterPosition(Command):
    """Where to read on. Without `after` nothing is told but the position of the present end."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"after": 4711, "limit": 25}]})

    after: Annotated[int, Field(ge=0, le=MAX_ID)] | None = None
    limit: Annotated[int, Field(ge=1, le=MOST)] = USUAL
    kinds: list[EventKind] = Field(default_factory=list, max_length=50)


class EventTicket(Answer):
    """The ticket something happened to."""

    id: int
    number: str


class EventActor(Answer):
    """The person who did it."""

    id: int
    full_name: str


class TicketEvent(Answer):
    """One thing that happened; `data` names ids and words, never what somebody wrote."""

    position: int
    id: int
    kind: str
    at: datetime
    ticket: EventTicket
    actor: EventActor | None
    data: dict[str, Any]
    version: int


class EventFeed(Answer):
    """A piece of the feed. Ask on with `after=next_after`, at once where `more` is true.

    A piece may be empty and lead on all the same, because so many positions are looked at for one answer.
    """

    results: list[TicketEvent]
    next_after: int
    more: bool


@door.read("/events", allow="portal.use", gives=EventFeed, query=AfterPosition, streams=True)
def events(actor: Actor, query: AfterPosition) -> EventFeed | Response:
    """Everything that happened to the tickets you see, in order.

    With `Accept: text/event-stream` the same comes as a stream (server-sent events): each event's `id` is its position,
    `Last-Event-ID` goes on where a stream ended. A stream ends after five minutes; two may be open for each person.
    """
    if streams.is_wanted():
        after = streams.resumed(query.after)

        def look(reader: Actor, at: int | None) -> Piece:
            told = _told(reader, at, MOST, query.kinds)
            found = [(one.position, one.model_dump_json()) for one in told.results]
            return Piece(found, told.next_after, told.more)

        return streams.answer(actor, PERMISSION, SCOPE, after, look)
    return _told(actor, query.after, query.limit, query.kinds)


def _told(actor: Actor, after: int | None, limit: int, kinds: list[EventKind]) -> EventFeed:
    stretch = feed.read(actor, after, limit, [str(kind) for kind in kinds])
    people = names(one.event.actor_id for one in stretch.happened)
    return EventFeed(
        results=[_shape(one, people) for one in stretch.happened],
        next_after=stretch.until,
        more=stretch.more,
    )


def _shape(one: Happened, people: Mapping[int, PersonName]) -> TicketEvent:
    event, who = one.event, people.get(one.event.actor_id or 0)
    ticket_id = event.ticket_id or 0
    return TicketEvent(
        position=one.position,
        id=event.id,
        kind=event.kind,
        at=event.at,
        ticket=EventTicket(id=ticket_id, number=number_of(ticket_id)),
        actor=EventActor(id=who.id, full_name=who.full_name) if who else None,
        data=one.data,
        version=event.version,
    )
