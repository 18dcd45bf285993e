"""Tables of notices: the bell, what people turned off, mails of an hour, receivers of cards, words of mails."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import BigId, Model, Word, table_args
from app.notifications.words import MailKind, Topic, Way


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


class CardChannel(Model):
    """How a receiver of cards does: ``team:5``, ``person:7``, or ``house`` for the channel of those without their own.

    ``mark`` is the SHA-256 of the address that ``failing_since``, ``trouble`` and ``off_at`` speak of; with another
    address they count no longer. ``recent`` are the cards of the last minute, ``[[delivery id, ISO moment], …]``, and
    ``gather_until`` the end of a minute in which there were too many: what comes until then goes out as one.
    """

    __tablename__ = "card_channel"

    key: Mapped[str] = mapped_column(sa.String(40), primary_key=True)
    mark: Mapped[str] = mapped_column(sa.String(64), default="")
    failing_since: Mapped[datetime | None]
    trouble: Mapped[str] = mapped_column(sa.String(60), default="")
    off_at: Mapped[datetime | None]
    accepted_at: Mapped[datetime | None]
    recent: Mapped[list[Any]]
    gather_until: Mapped[datetime | None]


class MailTemplate(Model):
    """The words of a mail about tickets, where somebody wrote others than those it came with.

    ``team_key`` is the team's id and 0 for all teams: NULLs would not be unique.
    """

    __tablename__ = "mail_template"
    __table_args__ = table_args(sa.UniqueConstraint("kind", "language", "team_key"))

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    kind: Mapped[MailKind] = mapped_column(Word(MailKind))
    language: Mapped[str] = mapped_column(sa.String(2))
    team_id: Mapped[int | None] = mapped_column(sa.ForeignKey("team.id"))
    team_key: Mapped[int] = mapped_column(BigId, default=0)
    subject: Mapped[str] = mapped_column(sa.String(200))
    body: Mapped[str] = mapped_column(sa.Text)
    version: Mapped[int] = mapped_column(default=1)
    changed_at: Mapped[datetime]


class MailSignature(Model):
    """What stands below the public replies of a team's agents; ``team_key`` as in ``MailTemplate``."""

    __tablename__ = "mail_signature"
    __table_args__ = table_args(sa.UniqueConstraint("language", "team_key"))

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    language: Mapped[str] = mapped_column(sa.String(2))
    team_id: Mapped[int | None] = mapped_column(sa.ForeignKey("team.id"))
    team_key: Mapped[int] = mapped_column(BigId, default=0)
    text: Mapped[str] = mapped_column(sa.Text)
    version: Mapped[int] = mapped_column(default=1)
    changed_at: Mapped[datetime]
