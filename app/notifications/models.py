"""Tables of notices: the bell's entries, what people turned off, how many automatic mails somebody got lately."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import BigId, Model, Word, table_args
from app.notifications.words import Topic, Way


class Notice(Model):
    """An entry of somebody's bell. What it says is told from the event when it is read."""

    __tablename__ = "notice"
    __table_args__ = table_args(
        sa.UniqueConstraint("event_id", "person_id"),
        sa.Index("ix_notice_inbox", "person_id", "id"),
        sa.Index("ix_notice_unread", "person_id", "read_at"),
        sa.Index("ix_notice_ticket", "ticket_id", "person_id"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"))
    event_id: Mapped[int] = mapped_column(BigId)
    ticket_id: Mapped[int] = mapped_column(sa.ForeignKey("ticket.id"))
    topic: Mapped[Topic] = mapped_column(Word(Topic))
    created_at: Mapped[datetime]
    read_at: Mapped[datetime | None]


class TurnedOff(Model):
    """A topic somebody does not want to hear of in this way; no row means yes."""

    __tablename__ = "turned_off"

    person_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"), primary_key=True)
    topic: Mapped[Topic] = mapped_column(Word(Topic), primary_key=True)
    way: Mapped[Way] = mapped_column(Word(Way, 8), primary_key=True)


class MailWindow(Model):
    """The automatic mails of the last hour to one person: ``[[delivery id, ISO moment], …]``."""

    __tablename__ = "mail_window"

    person_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"), primary_key=True)
    sent: Mapped[list[Any]]
