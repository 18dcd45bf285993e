"""What administrators do to all deliveries of one state at once."""

from __future__ import annotations

import sqlalchemy as sa

from app.core import clock
from app.core.actor import Actor
from app.core.db import rows_changed
from app.core.errors import Conflict
from app.core.language import _
from app.events.deliveries import WORTH_SHOWING
from app.events.kinds import Fact
from app.events.log import action, record
from app.events.models import Delivery
from app.events.words import DeliveryState

UNSETTLED = (DeliveryState.WAITING, DeliveryState.HELD, DeliveryState.DEAD)


class DeliveriesRetried(Fact):
    kind = "delivery.all_retried"
    state: str
    count: int


class DeliveriesGivenUp(Fact):
    kind = "delivery.all_given_up"
    state: str
    count: int


@action
def retry_all(state: DeliveryState, *, actor: Actor) -> int:
    """Try every delivery of a state again now; returns how many.

    Raises:
        Conflict: a state in which there is nothing to try.
    """
    _check(state)
    now = clock.now()
    count = _change(
        state, state=DeliveryState.WAITING, due_at=now, settled_at=None, attempts=0, lost=0, since=now
    )
    record(DeliveriesRetried(state=state, count=count), actor=actor, subject=("delivery", 0))
    return count


@action
def give_up_all(state: DeliveryState, *, actor: Actor) -> int:
    """Never send any delivery of a state; returns how many.

    Raises:
        Conflict: a state in which there is nothing to give up.
    """
    _check(state)
    count = _change(state, state=DeliveryState.CANCELLED, due_at=None, settled_at=clock.now())
    record(DeliveriesGivenUp(state=state, count=count), actor=actor, subject=("delivery", 0))
    return count


def _check(state: DeliveryState) -> None:
    if state not in UNSETTLED:
        raise Conflict(_("This delivery is already settled or on its way."))


def _change(old: DeliveryState, **values: object) -> int:
    return rows_changed(
        sa.update(Delivery)
        .where(Delivery.state == old, WORTH_SHOWING)
        .values(**values)
        .execution_options(synchronize_session=False)
    )
