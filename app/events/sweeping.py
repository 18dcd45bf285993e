"""Clearing away settled deliveries inside the house; those that left it stay, they are part of a ticket's story."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from app.core.db import rows_changed
from app.events.log import action
from app.events.models import Delivery
from app.events.places import first_since
from app.events.words import DeliveryState

CHUNK = 2000


def first_delivery_since(moment: datetime) -> int:
    """The id of the first delivery made at or after a moment."""
    return first_since(Delivery.id, Delivery.created_at, moment)


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
