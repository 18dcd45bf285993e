"""Tables of tickets: the ticket, its categories, conversation, files, people and tags."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import BigId, LongText, Model, Word, table_args
from app.sla.words import ClockState
from app.tickets.listed import INDEXES, Listed
from app.tickets.scheduled import ScheduledReply as ScheduledReply
from app.tickets.words import (
    AttachmentState,
    Channel,
    PendingReason,
    Phase,
    PresenceMode,
    Priority,
    Status,
    number_of,
)


class Category(Model):
    """What a ticket is about; leads to a team, a priority and an SLA policy."""

    __tablename__ = "category"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    name_de: Mapped[str] = mapped_column(sa.String(80), unique=True)
    name_en: Mapped[str] = mapped_column(sa.String(80), unique=True)
    team_id: Mapped[int | None] = mapped_column(sa.ForeignKey("team.id"))
    priority: Mapped[Priority | None] = mapped_column(Word(Priority))
    sla_policy_id: Mapped[int | None] = mapped_column(sa.ForeignKey("sla_policy.id"))
    is_active: Mapped[bool] = mapped_column(default=True)
    version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime]


class Ticket(Listed, Model):
    """One request. The number is the id: ``TICKET-000042``.

    ``*_told`` is what was announced about the present due time of a clock; a changed due time sets it back.
    ``due_at`` is the next open SLA deadline, far in the future while none is open, so that every list order has a
    total key; ``check_at`` is when the clock has something to do. ``has_scheduled``: ever had replies for later.
    """

    __tablename__ = "ticket"
    __table_args__ = table_args(
        *INDEXES,
        sa.Index("ix_ticket_check", "check_at"),
        sa.Index("ix_ticket_resolved", "status", "resolved_at"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    title: Mapped[str] = mapped_column(sa.String(200))
    description: Mapped[str] = mapped_column(LongText)
    description_html: Mapped[str] = mapped_column(LongText)
    requester_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"))
    created_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id"))
    organisation_id: Mapped[int | None] = mapped_column(BigId)
    assignee_id: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id"), active_history=True)
    team_id: Mapped[int] = mapped_column(sa.ForeignKey("team.id"), active_history=True)
    category_id: Mapped[int | None] = mapped_column(sa.ForeignKey("category.id"))
    status: Mapped[Status] = mapped_column(Word(Status, 12), default=Status.OPEN)
    pending_reason: Mapped[PendingReason | None] = mapped_column(Word(PendingReason, 12))
    priority: Mapped[Priority] = mapped_column(Word(Priority, 8))
    priority_reason: Mapped[dict[str, Any]]
    assign_reason: Mapped[dict[str, Any]]
    impact: Mapped[Priority | None] = mapped_column(Word(Priority, 8))
    support_level: Mapped[int] = mapped_column(sa.SmallInteger, default=1)
    channel: Mapped[Channel] = mapped_column(Word(Channel, 8))
    created_from_email: Mapped[bool] = mapped_column(default=False)
    email_from: Mapped[str] = mapped_column(sa.String(254), default="")
    follows_id: Mapped[int | None] = mapped_column(BigId)
    version: Mapped[int] = mapped_column(default=1)
    last_entry_id: Mapped[int] = mapped_column(BigId, default=0)
    last_entry_by_customer: Mapped[bool] = mapped_column(default=True)
    has_files: Mapped[bool] = mapped_column(default=False)
    has_scheduled: Mapped[bool] = mapped_column(default=False, server_default=sa.false())
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    first_response_at: Mapped[datetime | None]
    resolved_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    deleted_at: Mapped[datetime | None]

    sla_policy_id: Mapped[int | None] = mapped_column(sa.ForeignKey("sla_policy.id"))
    response_due_at: Mapped[datetime | None]
    response_state: Mapped[ClockState] = mapped_column(Word(ClockState, 8), default=ClockState.OK)
    response_told: Mapped[ClockState] = mapped_column(Word(ClockState, 8), default=ClockState.OK)
    resolution_due_at: Mapped[datetime | None]
    resolution_state: Mapped[ClockState] = mapped_column(Word(ClockState, 8), default=ClockState.OK)
    resolution_told: Mapped[ClockState] = mapped_column(Word(ClockState, 8), default=ClockState.OK)
    sla_state: Mapped[ClockState] = mapped_column(
        Word(ClockState, 8), default=ClockState.OK, active_history=True
    )
    due_at: Mapped[datetime]
    check_at: Mapped[datetime | None]

    __mapper_args__ = {"eager_defaults": False}

    @property
    def number(self) -> str:
        return number_of(self.id)


class ClockChange(Model):
    """From ``at`` on the resolution clock runs or waits, and why; the first row is the ticket's opening.

    The response clock needs no rows: it runs from the opening to the first response whatever happens.
    """

    __tablename__ = "clock_change"
    __table_args__ = table_args(sa.Index("ix_clock_change_ticket", "ticket_id", "id"))

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    ticket_id: Mapped[int] = mapped_column(sa.ForeignKey("ticket.id"))
    at: Mapped[datetime]
    runs: Mapped[bool]
    reason: Mapped[str] = mapped_column(sa.String(30))


class Comment(Model):
    """An entry of the conversation: a note, or a reply that can be taken back until ``public_from`` shows it."""

    __tablename__ = "comment"
    __table_args__ = table_args(sa.Index("ix_comment_ticket", "ticket_id", "id"))

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    ticket_id: Mapped[int] = mapped_column(sa.ForeignKey("ticket.id"))
    author_id: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id"))
    author_name: Mapped[str] = mapped_column(sa.String(160), default="")
    author_email: Mapped[str] = mapped_column(sa.String(254), default="")
    by_staff: Mapped[bool] = mapped_column(default=False)
    body: Mapped[str] = mapped_column(LongText)
    body_html: Mapped[str] = mapped_column(LongText)
    folded: Mapped[str] = mapped_column(LongText, default="")
    is_internal: Mapped[bool] = mapped_column(default=False)
    is_from_email: Mapped[bool] = mapped_column(default=False)
    is_ai: Mapped[bool] = mapped_column(default=False)
    is_unverified: Mapped[bool] = mapped_column(default=False)
    public_from: Mapped[datetime | None]
    undo: Mapped[dict[str, Any]] = mapped_column(default=dict)
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime | None]
    taken_back_at: Mapped[datetime | None]
    redacted_at: Mapped[datetime | None]
    redacted_by_id: Mapped[int | None] = mapped_column(BigId)


class Attachment(Model):
    """A file of a ticket. Belongs to its uploader until a ticket or comment binds it; bytes lie in the store."""

    __tablename__ = "attachment"
    __table_args__ = table_args(
        sa.Index("ix_attachment_ticket", "ticket_id", "comment_id"),
        sa.Index("ix_attachment_sha256", "sha256"),
        sa.Index("ix_attachment_unbound", "uploader_id", "ticket_id"),
        sa.Index("ix_attachment_state", "state", "id"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    ticket_id: Mapped[int | None] = mapped_column(sa.ForeignKey("ticket.id"))
    comment_id: Mapped[int | None] = mapped_column(sa.ForeignKey("comment.id"))
    uploader_id: Mapped[int | None] = mapped_column(BigId)
    key_id: Mapped[int | None] = mapped_column(BigId)
    sha256: Mapped[str] = mapped_column(sa.String(64))
    filename: Mapped[str] = mapped_column(sa.String(150))
    content_type: Mapped[str] = mapped_column(sa.String(100))
    content_id: Mapped[str] = mapped_column(sa.String(200), default="")
    size: Mapped[int] = mapped_column(sa.BigInteger)
    is_picture: Mapped[bool] = mapped_column(default=False)
    state: Mapped[AttachmentState] = mapped_column(Word(AttachmentState, 10))
    created_at: Mapped[datetime]


class Participant(Model):
    """Somebody besides the requester who takes part (Cc); sees public entries from ``since_entry_id`` on."""

    __tablename__ = "participant"
    __table_args__ = table_args(
        sa.UniqueConstraint("ticket_id", "person_id"),
        sa.Index("ix_participant_person", "person_id", "ticket_id"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    ticket_id: Mapped[int] = mapped_column(sa.ForeignKey("ticket.id"))
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"))
    since_entry_id: Mapped[int] = mapped_column(BigId, default=0)
    added_by_id: Mapped[int | None] = mapped_column(BigId)
    created_at: Mapped[datetime]


class Watcher(Model):
    """A colleague who wants to hear of a ticket; ``phase`` is the ticket's and follows it by itself."""

    __tablename__ = "watcher"
    __table_args__ = table_args(sa.Index("ix_watcher_person", "person_id", "phase", "ticket_id"))

    ticket_id: Mapped[int] = mapped_column(sa.ForeignKey("ticket.id"), primary_key=True)
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"), primary_key=True)
    phase: Mapped[Phase] = mapped_column(Word(Phase, 8), default=Phase.ACTIVE)
    created_at: Mapped[datetime]


class Tag(Model):
    """A free word on tickets."""

    __tablename__ = "tag"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    name: Mapped[str] = mapped_column(sa.String(40), unique=True)


class TicketTag(Model):
    __tablename__ = "ticket_tag"
    __table_args__ = table_args(sa.Index("ix_ticket_tag_tag", "tag_id", "ticket_id"))

    ticket_id: Mapped[int] = mapped_column(sa.ForeignKey("ticket.id"), primary_key=True)
    tag_id: Mapped[int] = mapped_column(sa.ForeignKey("tag.id"), primary_key=True)


class Draft(Model):
    """What somebody is writing and has not sent."""

    __tablename__ = "draft"

    person_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"), primary_key=True)
    ticket_id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)
    is_internal: Mapped[bool] = mapped_column(primary_key=True)
    body: Mapped[str] = mapped_column(LongText)
    attachment_ids: Mapped[list[Any] | None] = mapped_column(sa.JSON(none_as_null=True))
    saved_at: Mapped[datetime]


class Presence(Model):
    """Who looks at a ticket or writes an answer just now; rows older than 25 seconds mean nothing."""

    __tablename__ = "presence"

    ticket_id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"), primary_key=True)
    mode: Mapped[PresenceMode] = mapped_column(Word(PresenceMode, 10))
    since: Mapped[datetime]
    seen_at: Mapped[datetime] = mapped_column(index=True)


class ReadMark(Model):
    """Up to which entry somebody has read a ticket."""

    __tablename__ = "read_mark"

    person_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"), primary_key=True)
    ticket_id: Mapped[int] = mapped_column(sa.ForeignKey("ticket.id"), primary_key=True)
    entry_id: Mapped[int] = mapped_column(BigId)
    read_at: Mapped[datetime]


class Rating(Model):
    """How content the requester is, 1 to 5; can be changed for 30 days."""

    __tablename__ = "rating"

    ticket_id: Mapped[int] = mapped_column(sa.ForeignKey("ticket.id"), primary_key=True)
    score: Mapped[int] = mapped_column(sa.SmallInteger)
    comment: Mapped[str] = mapped_column(sa.Text, default="")
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class Tally(Model):
    """Signed counts of the tickets of teams; few rows, however many agents there are (see tallying.py)."""

    __tablename__ = "tally"
    __table_args__ = table_args(sa.Index("ix_tally_stage", "stage", "team_id", "is_free", "sla_state", "n"))

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    team_id: Mapped[int] = mapped_column(BigId)
    is_free: Mapped[bool]
    stage: Mapped[int] = mapped_column(sa.SmallInteger)
    sla_state: Mapped[ClockState] = mapped_column(Word(ClockState, 8))
    n: Mapped[int]


class Load(Model):
    """Signed counts of the tickets people have (see tallying.py)."""

    __tablename__ = "load"
    __table_args__ = table_args(sa.Index("ix_load_assignee", "assignee_id", "stage", "n"))

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    assignee_id: Mapped[int] = mapped_column(BigId)
    stage: Mapped[int] = mapped_column(sa.SmallInteger)
    n: Mapped[int]
