"""Clearing away settled deliveries inside the house; those that left it stay, they are part of a ticket's story."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from app.core.db import db, rows_changed
from app.events.log import action
from app.events.models import Delivery
from app.events.words import DeliveryState

CHUNK = 2000


def first_since(moment: datetime) -> int:
    """The id of the first delivery made at or after this moment; one beyond the last when there is none.

    Ids grow with time, so the place is found by halving and needs no index of its own. Several workers make the
    order a little untidy: a bound for sweeping, nothing finer.
    """
    low, high = 1, (db.session.scalar(sa.select(sa.func.max(Delivery.id))) or 0) + 1
    while low < high:
        middle = (low + high) // 2
        at = db.session.execute(
            sa.select(Delivery.id, Delivery.created_at)
            .where(Delivery.id >= middle)
            .order_by(Delivery.id)
            .limit(1)
        ).first()
        if at is None or at.created_at >= moment:
            high = middle
        else:
            low = at.id + 1
    return low


@action(silent="what was applied inside the house left its traces there")
def forget_settled(low: int, high: int) -> int:
    """Remove settled inside deliveries with ids from ``low`` to before ``high``; returns how many went."""
    return rows_changed(
        sa.delete(Delivery).where(
            Delivery.id >= low,
            Delivery.id < high,
            Delivery.target == "",
            Delivery.state.in_((DeliveryState.SENT, DeliveryState.CANCELLED)),
        )
    )
