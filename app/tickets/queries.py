"""Reading one ticket: its conversation, files, people, clocks, statement; all as the viewer may see them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from app.core import clock
from app.core.actor import Actor
from app.core.db import db
from app.core.errors import Conflict, Forbidden, NotFound
from app.core.language import _
from app.events.models import Delivery, Event
from app.events.words import Visibility
from app.sla.clocks import consumed
from app.sla.queries import Promise, promise
from app.sla.spans import Change
from app.sla.statement import Line, statement
from app.sla.words import ClockKind, ClockState
from app.tickets import deadlines
from app.tickets.access import attachment_for, entry_visible_to, is_staff
from app.tickets.models import (
    Attachment,
    Category,
    ClockChange,
    Comment,
    Draft,
    Participant,
    Presence,
    Rating,
    ReadMark,
    Tag,
    Ticket,
    TicketTag,
    Watcher,
)
from app.tickets.words import AttachmentState

SHOWN_ENTRIES = 30
PRESENT_FOR = timedelta(seconds=25)


@dataclass(frozen=True, slots=True)
class Entries:
    """The newest entries in order, and whether there are older ones."""

    comments: Sequence[Comment]
    older_before: int | None


def entries(
    actor: Actor, ticket: Ticket, *, before: int | None = None, limit: int = SHOWN_ENTRIES
) -> Entries:
    """The conversation as the viewer may read it.

    Args:
        before: only entries older than this id.
        limit: how many at most.
    """
    query = (
        sa.select(Comment)
        .where(Comment.ticket_id == ticket.id, entry_visible_to(actor), Comment.taken_back_at.is_(None))
        .order_by(Comment.id.desc())
        .limit(limit + 1)
    )
    if before is not None:
        query = query.where(Comment.id < before)
    rows = list(db.session.scalars(query))
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
    """The events of a ticket's timeline the viewer may see, oldest first.

    Args:
        since: only those from this moment on (the oldest entry shown).
        until: only those up to this moment.
        limit: how many at most, the newest.
    """
    query = sa.select(Event).where(Event.ticket_id == ticket.id).order_by(Event.id.desc()).limit(limit)
    if not is_staff(actor):
        query = query.where(Event.visibility == Visibility.PUBLIC)
    if since is not None:
        query = query.where(Event.at >= since)
    if until is not None:
        query = query.where(Event.at <= until)
    return list(db.session.scalars(query))[::-1]


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
            .where(Attachment.uploader_id == actor.person_id)
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
    attachment = attachment_for(actor, attachment_id)
    if attachment.comment_id is not None:
        comment = db.session.get_one(Comment, attachment.comment_id)
        if comment.redacted_at is not None or comment.taken_back_at is not None:
            raise NotFound
    if attachment.state is AttachmentState.PENDING and attachment.uploader_id != actor.person_id:
        raise Conflict(_("This file is still being checked for viruses. Please try again in a moment."))
    if attachment.state is AttachmentState.INFECTED and not actor.can("admin.use"):
        raise Forbidden(_("A virus was found in this file. It cannot be opened."), permission="admin.use")
    return attachment


def deliveries(ticket: Ticket) -> dict[int, list[Delivery]]:
    """What went out for each event of the ticket, by event id (staff)."""
    rows = db.session.scalars(
        sa.select(Delivery)
        .where(Delivery.ticket_id == ticket.id, Delivery.target != "")
        .order_by(Delivery.id.desc())
        .limit(300)
    )
    found: dict[int, list[Delivery]] = {}
    for row in rows:
        found.setdefault(row.event_id, []).append(row)
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


def watcher_ids(ticket: Ticket) -> list[int]:
    """Colleagues who watch a ticket."""
    return list(db.session.scalars(sa.select(Watcher.person_id).where(Watcher.ticket_id == ticket.id)))


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


@dataclass(frozen=True, slots=True)
class ClockView:
    """One clock as a page shows it."""

    kind: ClockKind
    state: ClockState
    due_at: datetime | None
    target: timedelta | None
    used: timedelta | None
    lines: Sequence[Line]

    @property
    def percent(self) -> int:
        """The share of the target used, 0 to 100."""
        if not self.target or self.used is None:
            return 0
        return min(100, int(self.used / self.target * 100))


def clocks(ticket: Ticket, *, itemised: bool = True) -> list[ClockView]:
    """Both clocks; the running lines of a statement add up to what was used.

    Args:
        itemised: with the statements, which cost one line for each day of the ticket's life.
    """
    held = promise(ticket.sla_policy_id)
    changes = [
        Change(row.at, row.runs, row.reason)
        for row in db.session.scalars(
            sa.select(ClockChange).where(ClockChange.ticket_id == ticket.id).order_by(ClockChange.id)
        )
    ]
    return [_clock_view(kind, ticket, changes, held, itemised) for kind in ClockKind]


def _clock_view(
    kind: ClockKind, ticket: Ticket, changes: list[Change], held: Promise | None, itemised: bool
) -> ClockView:
    response = kind is ClockKind.RESPONSE
    state = ticket.response_state if response else ticket.resolution_state
    due = ticket.response_due_at if response else ticket.resolution_due_at
    if held is None:
        return ClockView(kind, state, due, None, None, ())
    target = deadlines.targets_for(ticket, held).of(kind)
    spans = deadlines.spans_for(kind, ticket, changes)
    lines = statement(target, spans, held.calendar, clock.now()) if itemised else ()
    return ClockView(kind, state, due, target, consumed(spans, held.calendar, clock.now()), lines)


def count_all() -> int:
    """How many tickets there are, deleted ones too (tools; pages use the tally)."""
    return int(db.session.scalar(sa.select(sa.func.count()).select_from(Ticket)) or 0)


def assignee_of(ticket_id: int) -> int | None:
    """Who works a ticket."""
    return db.session.scalar(sa.select(Ticket.assignee_id).where(Ticket.id == ticket_id))
