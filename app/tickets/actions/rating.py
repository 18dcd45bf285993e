"""Satisfaction: one to five, from the portal or by the signed link in the mail."""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa

from app.accounts.models import Person
from app.core import clock, links
from app.core.actor import Actor, ActorKind
from app.core.db import db
from app.core.errors import Conflict, NotFound
from app.core.language import _
from app.events.log import action, record
from app.settings.queries import get as settings
from app.settings.schemas import TicketRules
from app.tickets.access import Need, locked, ticket_for
from app.tickets.events import Rated
from app.tickets.models import Rating, Ticket
from app.tickets.schemas import Score
from app.tickets.words import Phase

PURPOSE = "rating"


def link_for(ticket: Ticket) -> str:
    """The page where the requester rates without signing in; the mail names it."""
    days = settings(TicketRules).rating_within_days
    token = links.seal(PURPOSE, f"{ticket.id}.{ticket.requester_id}", timedelta(days=days))
    return links.absolute(f"/rate/{token}")


def ticket_of_link(token: str, *, lock: bool = False) -> Ticket:
    """The ticket a rating link opens.

    Args:
        lock: hold the row until the unit ends.

    Raises:
        NotFound: altered, out of date, or it is no longer the request of that person, or their account is closed.
    """
    value = links.unseal(PURPOSE, token)
    if value is None:
        raise NotFound
    ticket_id, requester_id = (int(part) for part in value.split("."))
    query = (
        sa.select(Ticket)
        .join(Person, Person.id == Ticket.requester_id)
        .where(Ticket.id == ticket_id, Ticket.deleted_at.is_(None))
        .where(Person.id == requester_id, Person.is_active.is_(True))
    )
    if lock:
        query = locked(query, Ticket)
    ticket = db.session.scalar(query)
    if ticket is None:
        raise NotFound
    return ticket


@action
def rate(actor: Actor, ticket_id: int, command: Score) -> Rating:
    """Rate a resolved ticket as its requester; can be changed for the days the settings name.

    Raises:
        NotFound, Forbidden: see access.
        Conflict: not resolved yet, or too long ago.
    """
    return _rate(ticket_for(actor, ticket_id, Need.RATE, lock=True), command, actor)


@action
def rate_by_link(token: str, command: Score) -> Rating:
    """As :func:`rate` with the link of the mail. Its page does not show what was said before, so saying nothing
    leaves that as it is.

    Raises:
        NotFound: the link opens nothing.
        Conflict: not resolved, or too long ago.
    """
    ticket = ticket_of_link(token, lock=True)
    before = db.session.get(Rating, ticket.id)
    if before is not None and not command.comment:
        command = Score(score=command.score, comment=before.comment)
    return _rate(ticket, command, Actor(ActorKind.PERSON, person_id=ticket.requester_id))


def _rate(ticket: Ticket, command: Score, actor: Actor) -> Rating:
    if ticket.phase is Phase.ACTIVE or ticket.resolved_at is None:
        raise Conflict(_("You can rate a request once it is resolved."), ticket_id=ticket.id)
    if ticket.resolved_at < clock.now() - timedelta(days=settings(TicketRules).rating_within_days):
        raise Conflict(_("The time to rate this request is over."), ticket_id=ticket.id)
    now = clock.now()
    rating = db.session.get(Rating, ticket.id)
    if rating is None:
        rating = Rating(ticket_id=ticket.id, created_at=now)
        db.session.add(rating)
    rating.score, rating.comment, rating.updated_at = command.score, command.comment, now
    ticket.version += 1  # the rating is part of every view of the ticket
    record(Rated(score=command.score), actor=actor, subject=("ticket", ticket.id), ticket=ticket.id)
    return rating
