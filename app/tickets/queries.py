"""Reading one ticket: its conversation, files, people, drafts; all as the viewer may see them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache

import sqlalchemy as sa
from sqlalchemy.orm import defer

from app.core import clock
from app.core.actor import Actor
from app.core.db import UTCDateTime, db
from app.core.errors import Conflict, Forbidden, NotFound
from app.core.language import _
from app.core.schema import MAX_ID
from app.events.models import Delivery, Event
from app.events.words import DeliveryState, Visibility
from app.tickets.access import attachment_for, entry_visible_to, is_staff
from app.tickets.events import NoteAdded, ReplyAdded
from app.tickets.models import (
    Attachment,
    Category,
    Comment,
    Draft,
    Participant,
    Presence,
    Rating,
    ReadMark,
    Tag,
    Ticket,
    TicketTag,
)
from app.tickets.uploads import sent_by
from app.tickets.words import AttachmentState

SHOWN_ENTRIES = 30
PRESENT_FOR = timedelta(seconds=25)


@dataclass(frozen=True, slots=True)
class Entries:
    """The newest entries in order, and whether there are older ones."""

    comments: Sequence[Comment]
    older_before: int | None


_TICKET: sa.BindParameter[int] = sa.bindparam("ticket", type_=sa.BigInteger)
_ENTRIES = (
    sa.select(Comment)
    .where(
        Comment.ticket_id == _TICKET,
        Comment.taken_back_at.is_(None),
        Comment.id < sa.bindparam("before", type_=sa.BigInteger),
    )
    .order_by(Comment.id.desc())
    .limit(sa.bindparam("most", type_=sa.Integer))
    .options(defer(Comment.body), defer(Comment.undo))
)


def entries(
    actor: Actor, ticket: Ticket, *, before: int | None = None, limit: int = SHOWN_ENTRIES
) -> Entries:
    """The conversation as the viewer may read it.

    Args:
        before: only entries older than this id.
        limit: how many at most.
    """
    query = _ENTRIES if is_staff(actor) else _ENTRIES.where(entry_visible_to(actor))
    params = {"ticket": ticket.id, "before": before or MAX_ID, "most": limit + 1}
    rows = list(db.session.scalars(query, params))
    more = len(rows) > limit
    rows = rows[:limit][::-1]
    return Entries(rows, rows[0].id if more else None)


def happenings(
    actor: Actor,
    ticket: Ticket,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    limit: int = 200,
) -> Sequence[Event]:
    """The events of a ticket's timeline the viewer may see, oldest first; entries stand there themselves.

    Args:
        since: only those from this moment on (the oldest entry shown).
        until: only those up to this moment.
        limit: how many at most, the newest.
    """
    params = {"ticket": ticket.id, "since": since, "until": until, "most": limit}
    wanted = {name: value for name, value in params.items() if value is not None}
    query = _happenings(is_staff(actor), since is not None, until is not None)
    return list(db.session.scalars(query, wanted))[::-1]


@lru_cache(maxsize=8)
def _happenings(internal: bool, since: bool, until: bool) -> sa.Select[tuple[Event]]:
    beside = Event.kind.not_in((ReplyAdded.kind, NoteAdded.kind))
    query = sa.select(Event).where(Event.ticket_id == _TICKET, beside).order_by(Event.id.desc())
    if not internal:
        query = query.where(Event.visibility == Visibility.PUBLIC)
    if since:
        query = query.where(Event.at >= sa.bindparam("since", type_=UTCDateTime()))
    if until:
        query = query.where(Event.at <= sa.bindparam("until", type_=UTCDateTime()))
    return query.limit(sa.bindparam("most", type_=sa.Integer))


def files(actor: Actor, ticket: Ticket) -> dict[int, list[Attachment]]:
    """Files by comment id; those of the description stand under 0. Files of hidden entries are left out."""
    if not ticket.has_files:
        return {}
    hidden = sa.select(Comment.id).where(Comment.ticket_id == ticket.id, sa.not_(entry_visible_to(actor)))
    rows = db.session.scalars(
        sa.select(Attachment)
        .where(Attachment.ticket_id == ticket.id)
        .where(sa.or_(Attachment.comment_id.is_(None), Attachment.comment_id.not_in(hidden)))
        .order_by(Attachment.id)
    )
    found: dict[int, list[Attachment]] = {}
    for row in rows:
        found.setdefault(row.comment_id or 0, []).append(row)
    return found


def unbound_files(actor: Actor, ids: Sequence[int]) -> list[Attachment]:
    """Those of the viewer's own uploads that nothing has taken yet."""
    if not ids or actor.person_id is None:
        return []
    return list(
        db.session.scalars(
            sa.select(Attachment)
            .where(Attachment.id.in_(ids), Attachment.ticket_id.is_(None))
            .where(sent_by(actor, Attachment))
            .order_by(Attachment.id)
        )
    )


def download(actor: Actor, attachment_id: int) -> Attachment:
    """A file the actor may have now: not while it waits for its verdict (but for its uploader), not when it is
    infected (but for administrators), and none of an entry whose words were removed.

    Raises:
        NotFound: missing, or not visible.
        Conflict: it is still being checked.
        Forbidden: it is infected.
    """
    attachment = known(actor, attachment_id)
    if attachment.state is AttachmentState.PENDING and attachment.uploader_id != actor.person_id:
        raise Conflict(_("This file is still being checked for viruses. Please try again in a moment."))
    if attachment.state is AttachmentState.INFECTED and not actor.can("admin.use"):
        raise Forbidden(_("A virus was found in this file. It cannot be opened."), permission="admin.use")
    return attachment


def known(actor: Actor, attachment_id: int) -> Attachment:
    """A file the actor may know of, whether its bytes can be had or not.

    Raises:
        NotFound: missing, not visible, or of an entry whose words were removed.
    """
    attachment = attachment_for(actor, attachment_id)
    if attachment.comment_id is not None:
        comment = db.session.get_one(Comment, attachment.comment_id)
        if comment.redacted_at is not None or comment.taken_back_at is not None:
            raise NotFound
    return attachment


@dataclass(frozen=True, slots=True)
class Sending:
    """How far a message about an entry came by one consumer; ``target`` says to whom (``person:5``)."""

    consumer: str
    target: str
    state: DeliveryState
    error: str
    may_be_repeat: bool
    at: datetime


# What carries an entry out of the house: an answer, or what somebody outside was asked (a fact of the mail room).
SENT_OUT = (ReplyAdded.kind, "mail.forwarded")
_DELIVERIES = (
    sa.select(
        Event.payload,
        Delivery.consumer,
        Delivery.target,
        Delivery.state,
        Delivery.error,
        Delivery.may_be_repeat,
        sa.func.coalesce(Delivery.settled_at, Delivery.created_at, type_=UTCDateTime()),
    )
    .join(Event, Event.id == Delivery.event_id)
    .where(Delivery.ticket_id == _TICKET, Delivery.target != "", Event.kind.in_(SENT_OUT))
    .order_by(Delivery.id.desc())
    .limit(300)
)


def deliveries(ticket: Ticket) -> dict[int, list[Sending]]:
    """What went out for each entry, by the id of the entry (staff)."""
    found: dict[int, list[Sending]] = {}
    for payload, *way in db.session.execute(_DELIVERIES, {"ticket": ticket.id}):
        found.setdefault(payload["comment_id"], []).append(Sending(*way))
    return found


def present(actor: Actor, ticket: Ticket) -> Sequence[Presence]:
    """Colleagues who read or write at the ticket just now, without the viewer."""
    return db.session.scalars(
        sa.select(Presence)
        .where(Presence.ticket_id == ticket.id, Presence.person_id != actor.person_id)
        .where(Presence.seen_at > clock.now() - PRESENT_FOR)
        .order_by(Presence.since)
    ).all()


def drafts(actor: Actor, ticket: Ticket) -> dict[bool, Draft]:
    """The viewer's drafts: under True the note, under False the reply."""
    rows = db.session.scalars(
        sa.select(Draft).where(Draft.person_id == actor.person_id, Draft.ticket_id == ticket.id)
    )
    return {row.is_internal: row for row in rows}


def read_up_to(actor: Actor, ticket: Ticket) -> int:
    """The entry up to which the viewer had read, 0 for never."""
    mark = db.session.get(ReadMark, (actor.person_id, ticket.id))
    return mark.entry_id if mark else 0


def tags(ticket: Ticket) -> list[str]:
    """The tags of a ticket, sorted."""
    return list(
        db.session.scalars(
            sa.select(Tag.name).join(TicketTag).where(TicketTag.ticket_id == ticket.id).order_by(Tag.name)
        )
    )


def participant_ids(ticket: Ticket) -> list[int]:
    """People who take part beside the requester."""
    return list(
        db.session.scalars(
            sa.select(Participant.person_id)
            .where(Participant.ticket_id == ticket.id)
            .order_by(Participant.id)
        )
    )


def rating(ticket: Ticket) -> Rating | None:
    """How content the requester was, None when not said."""
    return db.session.get(Rating, ticket.id)


def category(ticket: Ticket) -> Category | None:
    """What the ticket is about."""
    return db.session.get(Category, ticket.category_id) if ticket.category_id else None


def active_categories() -> Sequence[Category]:
    """The topics a new ticket may have."""
    return db.session.scalars(
        sa.select(Category).where(Category.is_active.is_(True)).order_by(Category.id)
    ).all()


def count_all() -> int:
    """How many tickets there are, deleted ones too (tools; pages use the tally)."""
    return int(db.session.scalar(sa.select(sa.func.count()).select_from(Ticket)) or 0)


def assignee_of(ticket_id: int) -> int | None:
    """Who works a ticket."""
    return db.session.scalar(sa.select(Ticket.assignee_id).where(Ticket.id == ticket_id))
