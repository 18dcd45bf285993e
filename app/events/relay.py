"""The relay: spreads the backlog into deliveries and works them off. Dies anywhere, loses nothing."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import sqlalchemy as sa

from app.core import clock, fault, log
from app.core.db import db, rows_changed
from app.core.lease import lease
from app.core.outcome import RetryLater, Undeliverable
from app.core.uow import run_unit
from app.events.consumers import Held, Inside, Outside, Target, consumer, consumers
from app.events.models import Backlog, Delivery, Event, Feed
from app.events.words import DeliveryState

BATCH = 100
LEASE = timedelta(seconds=60)
MAX_LOST = 3
PAUSES = (30, 60, 300, 900, 1800, 3600)  # seconds; the last one repeats until patience ends
LONG_AGO = timedelta(hours=24)


def run(limit: int = 2000) -> int:
    """Spread and deliver until nothing is due or the limit is reached; returns how many deliveries were tried."""
    done = 0
    while done < limit:
        spread_some = spread()
        tried = deliver_due(BATCH)
        done += tried
        if not spread_some and not tried:
            break
    return done


def spread() -> int:
    """Turn one batch of backlog into feed positions and deliveries; returns how many events were spread."""
    if not db.session.scalar(sa.select(Backlog.event_id).limit(1)):
        return 0
    with lease("relay.spread", 60) as mine:
        return run_unit(_spread_batch) if mine else 0


def _spread_batch() -> int:
    ids = list(db.session.scalars(sa.select(Backlog.event_id).order_by(Backlog.event_id).limit(BATCH)))
    if not ids:
        return 0
    events = list(db.session.scalars(sa.select(Event).where(Event.id.in_(ids)).order_by(Event.id)))
    db.session.execute(sa.insert(Feed), [{"event_id": event.id} for event in events])
    rows = [row for event in events for row in _deliveries_of(event)]
    if rows:
        db.session.execute(sa.insert(Delivery), rows)
    db.session.execute(sa.delete(Backlog).where(Backlog.event_id.in_(ids)))
    fault.point("relay.spread")
    return len(ids)


def _deliveries_of(event: Event) -> Iterable[dict[str, Any]]:
    for known in consumers():
        if not known.wants(event.kind):
            continue
        if isinstance(known, Outside):
            yield from _outside_rows(event, known)
        else:
            yield _row(event, known.name, Target(""))


def _outside_rows(event: Event, known: Outside) -> list[dict[str, Any]]:
    try:
        unique = {target.key: target for target in known.targets(event)}
        return [_row(event, known.name, target) for target in unique.values()]
    except Exception as error:  # one poisoned event must not hold up the others
        log.get(__name__).exception("targets_failed", consumer=known.name, event_id=event.id)
        row = _row(event, known.name, Target("?"))
        return [row | {"state": DeliveryState.DEAD, "due_at": None, "error": repr(error)[:500]}]


def _row(event: Event, name: str, target: Target) -> dict[str, Any]:
    now = clock.now()
    return {
        "event_id": event.id,
        "ticket_id": event.ticket_id,
        "consumer": name,
        "target": target.key,
        "state": DeliveryState.WAITING,
        "due_at": max(target.not_before, now) if target.not_before else now,
        "attempts": 0,
        "lost": 0,
        "lease": "",
        "error": "",
        "reference": "",
        "created_at": now,
    }


def deliver_due(limit: int = BATCH) -> int:
    """Try up to ``limit`` deliveries that are due; returns how many were tried."""
    due = db.session.scalars(
        sa.select(Delivery.id).where(Delivery.due_at <= clock.now()).order_by(Delivery.due_at).limit(limit)
    ).all()
    tried = 0
    for delivery_id in due:
        token = secrets.token_hex(16)
        if run_unit(partial(_claim, delivery_id, token)):
            _deliver(delivery_id, token)
            tried += 1
    db.session.rollback()
    return tried


def _claim(delivery_id: int, token: str) -> bool:
    """Take the delivery for one lease and count the attempt, committed before the work begins (fault F05)."""
    now = clock.now()
    taken = rows_changed(
        sa.update(Delivery)
        .where(Delivery.id == delivery_id, Delivery.due_at <= now)
        .values(
            lost=Delivery.lost + sa.case((Delivery.state == DeliveryState.SENDING, 1), else_=0),
            state=DeliveryState.SENDING,
            attempts=Delivery.attempts + 1,
            due_at=now + LEASE,
            lease=token,
        )
        .execution_options(synchronize_session=False)
    )
    return bool(taken)


def _deliver(delivery_id: int, token: str) -> None:
    delivery = db.session.get(Delivery, delivery_id, populate_existing=True)
    if delivery is None:
        return
    known = consumer(delivery.consumer)
    if known is None:  # written by a newer version of the product: kept, not dropped
        return settle(delivery_id, token, later(timedelta(minutes=5), "unknown consumer"))
    if delivery.lost >= MAX_LOST:
        return settle(delivery_id, token, dead("the worker died three times on this delivery"))
    if isinstance(known, Outside):
        return _deliver_outside(known, delivery_id, token)
    _deliver_inside(known, delivery_id, token)


Change = Callable[[Delivery], None]


def _deliver_inside(known: Inside, delivery_id: int, token: str) -> None:
    def apply_and_settle() -> None:
        delivery = _mine(delivery_id, token)
        if delivery is None:
            return
        event = db.session.get_one(Event, delivery.event_id)
        known.apply(event)
        sent("")(delivery)

    try:
        run_unit(apply_and_settle)
    except Exception as error:
        log.get(__name__).exception("consumer_failed", consumer=known.name, delivery_id=delivery_id)
        settle(delivery_id, token, _bug(error))


def _deliver_outside(known: Outside, delivery_id: int, token: str) -> None:
    def prepare() -> Any:
        delivery = _mine(delivery_id, token)
        if delivery is None:
            return None
        message = known.prepare(db.session.get_one(Event, delivery.event_id), delivery)
        if message is None:
            cancelled(delivery)
        return message

    try:
        message = run_unit(prepare)
        if message is None:
            return
        fault.point("relay.prepared")
        reference = known.speak(message)
        fault.point("relay.spoken")
    except RetryLater as wait:
        settle(delivery_id, token, _wait(known, wait))
    except Held as held:
        settle(delivery_id, token, hold(str(held)))
    except Undeliverable as refused:
        settle(delivery_id, token, dead(refused.reason), known)
    except Exception as error:
        log.get(__name__).exception("consumer_failed", consumer=known.name, delivery_id=delivery_id)
        settle(delivery_id, token, _bug(error), known)
    else:
        settle(delivery_id, token, sent(reference))


def settle(delivery_id: int, token: str, change: Change, known: Outside | None = None) -> None:
    """Write down how an attempt ended, if the lease is still ours."""

    def work() -> None:
        delivery = _mine(delivery_id, token)
        if delivery is None:
            return
        change(delivery)
        if known is not None and delivery.state is DeliveryState.DEAD:
            known.failed(db.session.get_one(Event, delivery.event_id), delivery)

    run_unit(work)


def _mine(delivery_id: int, token: str) -> Delivery | None:
    delivery = db.session.get(Delivery, delivery_id, populate_existing=True, with_for_update=True)
    if delivery is None or delivery.lease != token or delivery.state is not DeliveryState.SENDING:
        return None
    return delivery


def sent(reference: str) -> Change:
    def change(delivery: Delivery) -> None:
        delivery.state, delivery.due_at, delivery.settled_at = DeliveryState.SENT, None, clock.now()
        delivery.error, delivery.reference = "", reference[:200]

    return change


def dead(reason: str) -> Change:
    def change(delivery: Delivery) -> None:
        delivery.state, delivery.due_at, delivery.settled_at = DeliveryState.DEAD, None, clock.now()
        delivery.error = reason[:500]

    return change


def cancelled(delivery: Delivery) -> None:
    delivery.state, delivery.due_at, delivery.settled_at = DeliveryState.CANCELLED, None, clock.now()


def hold(reason: str) -> Change:
    def change(delivery: Delivery) -> None:
        delivery.state, delivery.due_at, delivery.error = DeliveryState.HELD, None, reason[:500]

    return change


def later(pause: timedelta, reason: str) -> Change:
    def change(delivery: Delivery) -> None:
        delivery.state, delivery.due_at = DeliveryState.WAITING, clock.now() + pause
        delivery.error = reason[:500]

    return change


def _wait(known: Outside, wait: RetryLater) -> Change:
    def change(delivery: Delivery) -> None:
        if clock.now() - delivery.created_at > known.patience:
            return dead(wait.reason or "given up")(delivery)
        at = wait.at or clock.now() + _pause(delivery.attempts)
        later(_bounded(at), wait.reason)(delivery)

    return change


def _bug(error: Exception) -> Change:
    def change(delivery: Delivery) -> None:
        if delivery.attempts >= MAX_LOST:
            return dead(repr(error))(delivery)
        later(_pause(delivery.attempts), repr(error))(delivery)

    return change


def _pause(attempts: int) -> timedelta:
    return timedelta(seconds=PAUSES[min(attempts, len(PAUSES)) - 1])


def _bounded(at: datetime) -> timedelta:
    """The other side may ask for a pause, but not for a year of it."""
    return min(max(at - clock.now(), timedelta(seconds=1)), LONG_AGO)
