"""Tables of the spine: the log (append-only), the backlog, feed positions, deliveries."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import BigId, Model, Word, table_args
from app.events.words import DeliveryState, Visibility


class Event(Model):
    """Something that happened: ids and words, never bodies or addresses. Rows are never changed."""

    __tablename__ = "event"
    __table_args__ = table_args(
        sa.Index("ix_event_timeline", "ticket_id", "id"),
        sa.Index("ix_event_kind", "kind", "id"),
        sa.Index("ix_event_actor", "actor_id", "id"),
        sa.Index("ix_event_subject", "subject_kind", "subject_id", "id"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    kind: Mapped[str] = mapped_column(sa.String(60))
    version: Mapped[int] = mapped_column(sa.SmallInteger)
    visibility: Mapped[Visibility] = mapped_column(Word(Visibility))
    at: Mapped[datetime]
    actor_kind: Mapped[str] = mapped_column(sa.String(12))
    actor_id: Mapped[int | None] = mapped_column(BigId)
    subject_kind: Mapped[str] = mapped_column(sa.String(30))
    subject_id: Mapped[int] = mapped_column(BigId)
    ticket_id: Mapped[int | None] = mapped_column(BigId)
    cause_id: Mapped[int | None] = mapped_column(BigId)
    depth: Mapped[int] = mapped_column(sa.SmallInteger, default=0)
    payload: Mapped[dict[str, Any]]


class Backlog(Model):
    """Events the relay has not spread yet."""

    __tablename__ = "backlog"

    event_id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)


class Feed(Model):
    """Positions for readers of the feed, handed out by the relay: ids commit out of order, positions do not."""

    __tablename__ = "feed"

    position: Mapped[int] = mapped_column(BigId, primary_key=True)
    event_id: Mapped[int] = mapped_column(BigId, unique=True)


class Delivery(Model):
    """One event on its way to one target of one consumer.

    ``due_at`` is when somebody should look at it again: the moment it may go out, the end of the lease while it
    is being sent, nothing once it is settled. ``since`` is when patience with it began: when it was made, or freed
    or asked for again. ``lost`` counts workers that died over it. ``speaking`` is true from the moment the message
    may have left until somebody wrote down how that ended; whoever takes the delivery then knows that it may be a
    repeat (fault F06).
    """

    __tablename__ = "delivery"
    __table_args__ = table_args(
        sa.UniqueConstraint("event_id", "consumer", "target"),
        sa.Index("ix_delivery_due", "due_at"),
        sa.Index("ix_delivery_state", "state", "id"),
        sa.Index("ix_delivery_ticket", "ticket_id", "id"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    event_id: Mapped[int] = mapped_column(BigId)
    ticket_id: Mapped[int | None] = mapped_column(BigId)
    consumer: Mapped[str] = mapped_column(sa.String(30))
    target: Mapped[str] = mapped_column(sa.String(190))
    state: Mapped[DeliveryState] = mapped_column(Word(DeliveryState))
    due_at: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(default=0)
    lost: Mapped[int] = mapped_column(sa.SmallInteger, default=0)
    lease: Mapped[str] = mapped_column(sa.String(40), default="")
    error: Mapped[str] = mapped_column(sa.String(500), default="")
    reference: Mapped[str] = mapped_column(sa.String(200), default="")
    speaking: Mapped[bool] = mapped_column(default=False)
    may_be_repeat: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime]
    since: Mapped[datetime]
    settled_at: Mapped[datetime | None]


class EventsAreWritten(RuntimeError):
    """Somebody tried to change or remove a line of the log: a bug, never an answer."""


@event.listens_for(Event, "before_update")
@event.listens_for(Event, "before_delete")
def _refuse(_mapper: Any, _connection: Any, line: Event) -> None:
    raise EventsAreWritten(f"event {line.id} was written and stays as it is")
