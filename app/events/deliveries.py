"""What admins and pages see of deliveries, and what admins may do about them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import sqlalchemy as sa

from app.core import clock
from app.core.actor import Actor
from app.core.db import db, rows_changed
from app.core.errors import Conflict, NotFound
from app.core.language import _
from app.core.paging import Page, read_cursor, write_cursor
from app.events.consumers import Target
from app.events.kinds import Fact
from app.events.log import action, record
from app.events.models import Delivery, Event
from app.events.spreading import row_for
from app.events.words import DeliveryState

ROWS = 50
# What applies an event to our own tables is nobody's business unless it failed.
WORTH_SHOWING = sa.or_(Delivery.target != "", Delivery.state == DeliveryState.DEAD)


class DeliveryRetried(Fact):
    kind = "delivery.retried"
    consumer: str


class DeliveryGivenUp(Fact):
    kind = "delivery.given_up"
    consumer: str


def page(state: DeliveryState | None, cursor: str = "", consumer: str = "") -> Page[Delivery]:
    """Deliveries, newest first.

    Args:
        state: only these, None for all.
        cursor: where an earlier page ended.
        consumer: only this consumer's, empty for those that leave the house and those that failed inside.
    """
    query = sa.select(Delivery).order_by(Delivery.id.desc()).limit(ROWS + 1)
    query = query.where(Delivery.consumer == consumer) if consumer else query.where(WORTH_SHOWING)
    if state is not None:
        query = query.where(Delivery.state == state)
    if cursor:
        _direction, (before,) = read_cursor(cursor, int)
        query = query.where(Delivery.id < before)
    rows = list(db.session.scalars(query))
    more = len(rows) > ROWS
    rows = rows[:ROWS]
    return Page(rows, write_cursor("n", rows[-1].id) if more else None)


def counts() -> dict[DeliveryState, int]:
    """How many deliveries are unsettled or failed, by state; sent ones are not counted."""
    interesting = [s for s in DeliveryState if s not in (DeliveryState.SENT, DeliveryState.CANCELLED)]
    rows = db.session.execute(
        sa.select(Delivery.state, sa.func.count())
        .where(Delivery.state.in_(interesting), WORTH_SHOWING)
        .group_by(Delivery.state)
    )
    return {state: count for state, count in rows}


def of_ticket(ticket_id: int) -> Sequence[Delivery]:
    """Everything that went out, or did not, because of one ticket."""
    return db.session.scalars(
        sa.select(Delivery)
        .where(Delivery.ticket_id == ticket_id, Delivery.target != "")
        .order_by(Delivery.id)
    ).all()


def _unsettled(delivery_id: int) -> Delivery:
    delivery = db.session.get(Delivery, delivery_id, with_for_update=True)
    if delivery is None:
        raise NotFound
    if delivery.state in (DeliveryState.SENT, DeliveryState.CANCELLED, DeliveryState.SENDING):
        raise Conflict(_("This delivery is already settled or on its way."))
    return delivery


@action
def retry(delivery_id: int, *, actor: Actor) -> Delivery:
    """Try a waiting, held or dead delivery again now.

    Raises:
        NotFound: no such delivery.
        Conflict: it was sent meanwhile.
    """
    delivery = _unsettled(delivery_id)
    delivery.state, delivery.due_at, delivery.settled_at = DeliveryState.WAITING, clock.now(), None
    delivery.attempts = delivery.lost = 0
    delivery.since = clock.now()
    record(DeliveryRetried(consumer=delivery.consumer), actor=actor, subject=("delivery", delivery.id))
    return delivery


@action
def give_up(delivery_id: int, *, actor: Actor) -> Delivery:
    """Never send this one.

    Raises:
        NotFound: no such delivery.
        Conflict: it was sent meanwhile.
    """
    delivery = _unsettled(delivery_id)
    delivery.state, delivery.due_at, delivery.settled_at = DeliveryState.CANCELLED, None, clock.now()
    record(DeliveryGivenUp(consumer=delivery.consumer), actor=actor, subject=("delivery", delivery.id))
    return delivery


@action(silent="whoever read the notice records it")
def came_back(delivery: Delivery, words: str, *, lasting: bool, actor: Actor) -> None:
    """A message that was sent came back.

    Args:
        delivery: locked by the caller.
        words: what the other side said.
        lasting: it will not arrive; otherwise it is only late.
    """
    if lasting and delivery.state is DeliveryState.SENT:
        delivery.state, delivery.error = DeliveryState.BOUNCED, words[:500]


@action(silent="opens the door for what was held; each delivery tells its own story")
def release_held(consumer: str) -> int:
    """Let everything held for want of a way out go now; returns how many."""
    return rows_changed(
        sa.update(Delivery)
        .where(Delivery.state == DeliveryState.HELD, Delivery.consumer == consumer)
        .values(state=DeliveryState.WAITING, due_at=clock.now(), since=clock.now(), attempts=0)
        .execution_options(synchronize_session=False)
    )


@action(silent="another way for an event that is in the log already")
def also_tell(event: Event, consumer: str, targets: Iterable[Target]) -> int:
    """Bring an event to further targets of a consumer; those it is on its way to already are left alone.

    Args:
        event: what happened.
        consumer: name of the outside consumer.
        targets: who is to hear of it as well.
    """
    known = set(
        db.session.scalars(
            sa.select(Delivery.target).where(Delivery.event_id == event.id, Delivery.consumer == consumer)
        )
    )
    rows = [row_for(event, consumer, target) for target in targets if target.key not in known]
    if rows:
        db.session.execute(sa.insert(Delivery), rows)
    return len(rows)
