"""Who may see and do what with a ticket: one condition for lists and single objects, fetch and check in one call."""

from __future__ import annotations

from enum import StrEnum
from functools import lru_cache
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import InstrumentedAttribute, aliased

from app.core import clock
from app.core.actor import Actor, ActorKind
from app.core.db import db
from app.core.errors import Forbidden, NotFound
from app.settings.queries import get as settings
from app.settings.schemas import TicketRules
from app.tickets.models import Attachment, Comment, Participant, Ticket, Watcher


class Need(StrEnum):
    """What somebody wants of a ticket; each is a permission of the table."""

    READ = "read"
    COMMENT = "tickets.comment"
    WORK = "tickets.work"
    NOTE = "tickets.note"
    TAKE = "tickets.take"
    ESCALATE = "tickets.escalate"
    ASSIGN = "tickets.assign"
    DELETE = "tickets.delete"
    REDACT = "tickets.redact"
    RATE = "tickets.rate"


SIGHTS = 1000  # people at work whose statements are kept
HOUSE = frozenset({ActorKind.MAIL, ActorKind.CLOCK, ActorKind.SHELL, ActorKind.RULE})


def is_staff(actor: Actor) -> bool:
    """Whether the actor reads the internal side of tickets."""
    return actor.can("tickets.work") or actor.kind in HOUSE


def sees_all_teams(actor: Actor) -> bool:
    """Whether only confidential teams are closed to the actor; never to a key that is limited to teams (A40)."""
    if actor.only_team_ids is not None:
        return False
    if actor.can("tickets.all_teams"):
        return True
    return actor.can("tickets.work") and settings(TicketRules).agents_see_all_teams


def is_beyond(actor: Actor, team_id: int) -> bool:
    """Whether a team lies beyond a key that is limited to teams, which puts no ticket there either (A40)."""
    return actor.only_team_ids is not None and team_id not in actor.only_team_ids


class Sight(NamedTuple):
    """What decides which tickets somebody sees.

    ``teams``: the only ones, None for all but ``hidden``; ``strictly``: nothing of other teams, whomever it concerns.
    """

    everything: bool = False
    person_id: int | None = None
    is_staff: bool = False
    organisation_id: int | None = None
    teams: frozenset[int] | None = None
    hidden: frozenset[int] = frozenset()
    strictly: bool = False


def sight_of(actor: Actor) -> Sight:
    """The sight of an actor; the same for each page somebody opens, so that statements are built once."""
    if actor.kind in HOUSE:
        return Sight(everything=True)
    if not actor.can("tickets.work"):
        return Sight(person_id=actor.person_id, organisation_id=actor.managed_organisation_id)
    if sees_all_teams(actor):
        return Sight(person_id=actor.person_id, is_staff=True, hidden=actor.hidden_team_ids)
    limited = actor.only_team_ids is not None
    return Sight(person_id=actor.person_id, is_staff=True, teams=actor.team_ids, strictly=limited)


def visible_to(actor: Actor) -> sa.ColumnElement[bool]:
    """The condition every list and every single ticket is fetched with."""
    return visible_in(sight_of(actor))


@lru_cache(maxsize=SIGHTS)
def visible_in(sight: Sight) -> sa.ColumnElement[bool]:
    """The same for a sight."""
    return sa.and_(Ticket.deleted_at.is_(None), sa.true() if sight.everything else _seen_in(sight))


def _seen_in(sight: Sight) -> sa.ColumnElement[bool]:
    if sight.person_id is None:
        return sa.false()
    if not sight.is_staff:
        return _seen_by_requester(sight.person_id, sight.organisation_id)
    if sight.teams is not None and sight.strictly:
        return Ticket.team_id.in_(sight.teams)
    if sight.teams is not None:
        return sa.or_(Ticket.team_id.in_(sight.teams), _personally(sight.person_id))
    if sight.hidden:
        return sa.or_(Ticket.team_id.not_in(sight.hidden), _personally(sight.person_id))
    return sa.true()


def _seen_by_requester(person_id: int, organisation_id: int | None) -> sa.ColumnElement[bool]:
    ways: list[sa.ColumnElement[bool]] = [
        Ticket.requester_id == person_id,
        Ticket.id.in_(sa.select(Participant.ticket_id).where(Participant.person_id == person_id)),
    ]
    if organisation_id is not None:
        ways.append(Ticket.organisation_id == organisation_id)
    return sa.or_(*ways)


def _personally(person_id: int) -> sa.ColumnElement[bool]:
    return sa.or_(
        Ticket.assignee_id == person_id,
        Ticket.requester_id == person_id,
        Ticket.id.in_(sa.select(Watcher.ticket_id).where(Watcher.person_id == person_id)),
    )


@lru_cache(maxsize=SIGHTS)
def _one(sight: Sight) -> sa.Select[tuple[Ticket]]:
    wanted: sa.BindParameter[int] = sa.bindparam("wanted", type_=sa.BigInteger)
    return sa.select(Ticket).where(Ticket.id == wanted, visible_in(sight))


def locked(query: sa.Select[Any], model: type[Ticket | Comment]) -> sa.Select[Any]:
    """The query, holding its rows of one table until the unit ends and reading them as they are now."""
    return query.with_for_update(of=model).execution_options(populate_existing=True)


def ticket_for(actor: Actor, ticket_id: int, need: Need = Need.READ, *, lock: bool = False) -> Ticket:
    """The ticket, if the actor may see it and do what is needed.

    Args:
        actor: who asks.
        ticket_id: the number without its letters.
        need: what is wanted.
        lock: hold the row until the unit ends.

    Raises:
        NotFound: missing, deleted or not visible: the same answer for all three.
        Forbidden: visible, but this is not for the actor.
    """
    query = _one(sight_of(actor))
    if lock:
        query = locked(query, Ticket)
    ticket = db.session.scalars(query, {"wanted": ticket_id}).one_or_none()
    if ticket is None:
        raise NotFound
    if need is not Need.READ and actor.kind not in HOUSE and not actor.can(need.value):
        raise Forbidden(permission=need.value)
    if need is Need.RATE and actor.kind not in HOUSE and ticket.requester_id != actor.person_id:
        raise Forbidden(permission=need.value)
    return ticket


def entry_visible_to(actor: Actor) -> sa.ColumnElement[bool]:
    """The condition comments are read with: the requester's side never sees notes or what is still held back."""
    if is_staff(actor):
        return sa.true()
    return sa.and_(
        Comment.is_internal.is_(False),
        Comment.taken_back_at.is_(None),
        sa.or_(Comment.public_from.is_(None), Comment.public_from <= clock.now()),
        _since(actor, Comment.id),
    )


def _since(actor: Actor, entry_id: InstrumentedAttribute[int]) -> sa.ColumnElement[bool]:
    """Participants see entries from their joining on, the requester (and the organisation's manager) all."""
    joined = (
        sa.select(Participant.since_entry_id)
        .where(Participant.ticket_id == Comment.ticket_id, Participant.person_id == actor.person_id)
        .scalar_subquery()
    )
    return entry_id > sa.func.coalesce(sa.case((_is_mine(actor), sa.literal(0)), else_=joined), sa.literal(0))


def _is_mine(actor: Actor) -> Any:
    own = aliased(Ticket)  # the surrounding query may have the ticket itself among its tables
    ways = [own.requester_id == actor.person_id]
    if actor.managed_organisation_id is not None:
        ways.append(own.organisation_id == actor.managed_organisation_id)
    return sa.exists().where(own.id == Comment.ticket_id, sa.or_(*ways)).correlate(Comment)


def comment_for(actor: Actor, ticket_id: int, comment_id: int, *, lock: bool = False) -> Comment:
    """An entry of a ticket, if the actor may see both.

    Raises:
        NotFound: missing or not visible.
    """
    query = (
        sa.select(Comment)
        .join(Ticket, Ticket.id == Comment.ticket_id)
        .where(Comment.id == comment_id, Comment.ticket_id == ticket_id)
        .where(visible_to(actor), entry_visible_to(actor))
    )
    if lock:
        query = locked(query, Comment)
    comment = db.session.scalars(query).one_or_none()
    if comment is None:
        raise NotFound
    return comment


def attachment_for(actor: Actor, attachment_id: int) -> Attachment:
    """A file, if the actor may see the entry it hangs on; an unbound one only its uploader.

    Of keys that are limited to teams an unbound one only the key it came with (A40).

    Raises:
        NotFound: missing, not visible, or of a note the actor may not read.
    """
    attachment = db.session.get(Attachment, attachment_id)
    if attachment is None:
        raise NotFound
    if attachment.ticket_id is None:
        if attachment.uploader_id is None or attachment.uploader_id != actor.person_id:
            raise NotFound
        if actor.only_team_ids is not None and attachment.key_id != actor.key_id:
            raise NotFound
        return attachment
    if attachment.comment_id is not None:
        comment_for(actor, attachment.ticket_id, attachment.comment_id)
    else:
        ticket_for(actor, attachment.ticket_id)
    return attachment
