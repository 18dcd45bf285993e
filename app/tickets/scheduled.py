"""The table of replies that were written to go out later."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import BigId, LongText, Model, Word, table_args
from app.tickets.words import PendingReason, ScheduledState, Status


class ScheduledReply(Model):
    """A public reply that waits for its time; until then nothing of it counts as answered.

    ``after_entry_id`` is the last entry when it was scheduled: what a customer writes after it stops the reply.
    The text stays here only as long as it stands nowhere else for good: a reply that was sent is an entry, a
    cancelled one is a draft, and one that was stopped is shown to its author until the next answer.
    """

    __tablename__ = "scheduled_reply"
    __table_args__ = table_args(
        sa.Index("ix_scheduled_reply_due", "state", "due_at"),
        sa.Index("ix_scheduled_reply_ticket", "ticket_id", "state"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    ticket_id: Mapped[int] = mapped_column(sa.ForeignKey("ticket.id"))
    author_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"))
    body: Mapped[str] = mapped_column(LongText)
    attachment_ids: Mapped[list[Any]]
    then: Mapped[Status | None] = mapped_column(Word(Status, 12))
    pending_reason: Mapped[PendingReason | None] = mapped_column(Word(PendingReason, 12))
    due_at: Mapped[datetime]
    state: Mapped[ScheduledState] = mapped_column(Word(ScheduledState, 10), default=ScheduledState.WAITING)
    after_entry_id: Mapped[int] = mapped_column(BigId)
    comment_id: Mapped[int | None] = mapped_column(sa.ForeignKey("comment.id"))
    created_at: Mapped[datetime]
    settled_at: Mapped[datetime | None]
