"""How much is under way: what the health page, the metrics and the banner on agents' pages say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from app.core import clock
from app.core.db import db
from app.events.deliveries import WORTH_SHOWING
from app.events.models import Backlog, Delivery
from app.events.words import DeliveryState

RECENT = 2000  # settled deliveries looked back at
LATELY = timedelta(hours=24)
OVERDUE = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Way:
    """How one way out of the house does: when something last went out, what is wrong now."""

    sent_at: datetime | None
    held: int
    late: int
    failed: int

    @property
    def is_fine(self) -> bool:
        return not (self.held or self.late or self.failed)


def backlog() -> int:
    """How many events the relay has not spread yet."""
    return db.session.scalar(sa.select(sa.func.count()).select_from(Backlog)) or 0


def failed() -> int:
    """How many deliveries were given up and wait for an administrator: the banner's figure."""
    return _count(Delivery.state == DeliveryState.DEAD)


def way_out(consumers: Sequence[str]) -> Way:
    """How the deliveries of some consumers do.

    Args:
        consumers: names of consumers that share a way out, such as those that send mail.
    """
    now = clock.now()
    ours = Delivery.consumer.in_(consumers)
    return Way(
        sent_at=_last_sent(consumers),
        held=_count(Delivery.state == DeliveryState.HELD, ours),
        late=_count(
            Delivery.state == DeliveryState.WAITING,
            ours,
            Delivery.attempts > 0,
            Delivery.since < now - OVERDUE,
        ),
        failed=_count(Delivery.state == DeliveryState.DEAD, ours, Delivery.settled_at > now - LATELY),
    )


def _count(*conditions: sa.ColumnElement[bool]) -> int:
    query = sa.select(sa.func.count()).select_from(Delivery).where(WORTH_SHOWING, *conditions)
    return db.session.scalar(query) or 0


def _last_sent(consumers: Sequence[str]) -> datetime | None:
    recent = (
        sa.select(Delivery.consumer, Delivery.settled_at)
        .where(Delivery.state == DeliveryState.SENT)
        .order_by(Delivery.id.desc())
        .limit(RECENT)
        .subquery()
    )
    newest = sa.select(sa.func.max(recent.c.settled_at)).where(recent.c.consumer.in_(consumers))
    found: datetime | None = db.session.scalar(newest)
    return found
