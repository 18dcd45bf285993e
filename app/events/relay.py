"""The relay: spreads the backlog into deliveries and works them off. Dies anywhere, loses nothing."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any

import sqlalchemy as sa

from app.core import clock, fault, log
from app.core.db import db, rows_changed
from app.core.outcome import RetryLater, Undeliverable
from app.core.uow import run_unit
from app.events.claiming import LEASE, claim, company, held_by
from app.events.consumers import Gated, Gathering, Held, Inside, Outside, Slow, Together, consumer
from app.events.deliveries import also_tell, release_held
from app.events.models import Delivery, Event
from app.events.settling import (
    MAX_LOST,
    NO_WAY_OUT,
    bug,
    cancelled,
    dead,
    hold,
    later,
    mine,
    sent,
    settle,
    wait,
)
from app.events.spreading import BATCH, NOBODY_KNOWS, spread
from app.events.words import DeliveryState

__all__ = ["deliver_due", "run", "spread"]

UNKNOWN_AGAIN = timedelta(minutes=5)
DIED = "the worker died three times on this delivery"


@dataclass(frozen=True, slots=True)
class Due:
    """A delivery somebody should look at; ``fresh`` when nobody did yet."""

    id: int
    consumer: str
    fresh: bool


def run(limit: int = 2000) -> int:
    """Spread and deliver until nothing is due or the limit is reached; returns how many deliveries were tried."""
    release_open()
    done = 0
    while done < limit:
        spread_some = spread()
        tried = deliver_due(BATCH)
        done += tried
        if not spread_some and not tried:
            break
    return done


def release_open() -> int:
    """Let go what was held for want of a way out where there is one now; returns how many."""
    held = sa.select(Delivery.consumer).where(Delivery.state == DeliveryState.HELD).distinct()
    freed = 0
    for name in list(db.session.scalars(held)):
        known = consumer(name)
        if isinstance(known, Gated) and known.is_open():
            freed += run_unit(partial(release_held, name))
    return freed


def deliver_due(limit: int = BATCH) -> int:
    """Try up to ``limit`` deliveries that are due; returns how many were tried.

    What can be done for many at once is done first: events applied inside the house, mails held for want of a server.
    """
    due = _due(limit)
    together: dict[str, list[int]] = {}
    for one in due:
        if one.fresh and _in_one_go(one.consumer) is not None:
            together.setdefault(one.consumer, []).append(one.id)
    tried = sum(_many(name, ids) for name, ids in together.items())
    done = {delivery_id for ids in together.values() for delivery_id in ids}
    for one in sorted((one for one in due if one.id not in done), key=_leaves_the_house):
        token = secrets.token_hex(16)
        if run_unit(partial(claim, [one.id], token)):
            fault.point("relay.claimed")
            _deliver(one, token)
            tried += 1
    db.session.rollback()
    return tried


def _in_one_go(name: str) -> Callable[[str, Sequence[int]], int] | None:
    """How many fresh deliveries of a consumer are dealt with at once, None when each needs a look of its own."""
    known = consumer(name)
    if isinstance(known, Together) and not isinstance(known, Outside):
        return _deliver_together
    if isinstance(known, Gated) and not known.is_open():
        return _hold_all
    return None


def _many(name: str, ids: Sequence[int]) -> int:
    work = _in_one_go(name)
    return work(name, ids) if work else 0


def _hold_all(_name: str, ids: Sequence[int]) -> int:
    """Without a way out there is no use in writing each message."""
    held = (
        sa.update(Delivery)
        .where(Delivery.id.in_(ids), Delivery.due_at <= clock.now(), Delivery.state == DeliveryState.WAITING)
        .values(state=DeliveryState.HELD, due_at=None, error=NO_WAY_OUT)
        .execution_options(synchronize_session=False)
    )
    return run_unit(lambda: rows_changed(held))


def _due(limit: int) -> list[Due]:
    rows = db.session.execute(
        sa.select(Delivery.id, Delivery.consumer, Delivery.attempts)
        .where(Delivery.due_at <= clock.now())
        .order_by(Delivery.due_at, Delivery.id)
        .limit(limit)
    )
    return [Due(id, name, attempts == 0) for id, name, attempts in rows]


def _leaves_the_house(one: Due) -> bool:
    return isinstance(consumer(one.consumer), Outside)


def _deliver_together(name: str, ids: Sequence[int]) -> int:
    """Apply many events in one unit; when that fails, each in its own, so that only the guilty one waits."""
    known = consumer(name)
    token = secrets.token_hex(16)
    if not isinstance(known, Together) or isinstance(known, Outside):
        return 0
    if not run_unit(partial(claim, ids, token)):
        return 0
    fault.point("relay.claimed")
    claimed = list(db.session.scalars(held_by(token, ids).with_only_columns(Delivery.id)))
    try:
        run_unit(partial(_apply_many, known, token, claimed))
    except Exception:
        log.get(__name__).exception("consumer_failed", consumer=name, deliveries=len(claimed))
        for delivery_id in claimed:
            _deliver_inside(known, delivery_id, token)
    return len(claimed)


def _apply_many(known: Together, token: str, ids: Sequence[int]) -> None:
    found = held_by(token, ids).with_only_columns(Delivery.id, Delivery.event_id).with_for_update()
    rows = db.session.execute(found).all()
    event_ids = [row.event_id for row in rows]
    known.apply_many(
        list(db.session.scalars(sa.select(Event).where(Event.id.in_(event_ids)).order_by(Event.id)))
    )
    db.session.execute(
        sa.update(Delivery)
        .where(Delivery.id.in_([row.id for row in rows]))
        .values(state=DeliveryState.SENT, due_at=None, settled_at=clock.now(), error="")
        .execution_options(synchronize_session=False)
    )
    fault.point("relay.applied")


def _deliver(one: Due, token: str) -> None:
    known = consumer(one.consumer)
    if known is None:  # written by a newer version of the product: kept, not dropped
        return settle([one.id], token, later(UNKNOWN_AGAIN, "unknown consumer"))
    if isinstance(known, Outside):
        return _deliver_outside(known, one.id, token)
    _deliver_inside(known, one.id, token)


def _deliver_inside(known: Inside, delivery_id: int, token: str) -> None:
    def apply_and_settle() -> None:
        delivery = mine(delivery_id, token)
        if delivery is None:
            return
        if delivery.lost >= MAX_LOST:
            return dead(DIED)(delivery)
        known.apply(db.session.get_one(Event, delivery.event_id))
        sent("")(delivery)
        db.session.flush()
        fault.point("relay.applied")

    try:
        run_unit(apply_and_settle)
    except Exception as error:
        log.get(__name__).exception("consumer_failed", consumer=known.name, delivery_id=delivery_id)
        settle([delivery_id], token, bug(error))


class _Exhausted(Exception):
    """Too many workers died over it."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """What to say, and the deliveries it speaks for."""

    message: Any
    ids: list[int]


def _prepare(known: Outside, delivery_id: int, token: str) -> Prepared | None:
    """What to say, or None; from the commit of this unit on the message may leave."""
    delivery = mine(delivery_id, token)
    if delivery is None:
        return None
    if delivery.lost >= MAX_LOST:
        raise _Exhausted
    delivery.error = ""
    if delivery.target == NOBODY_KNOWS:  # its targets could not be named; somebody asked for another try
        event = db.session.get_one(Event, delivery.event_id)
        also_tell(event, known.name, known.targets(event))
        cancelled(delivery)
        return None
    together = company(known, delivery, token) if isinstance(known, Gathering) else [delivery]
    message, told = _written(known, together)
    for one in together:
        if message is None or one not in told:
            cancelled(one, one.error)
            continue
        one.speaking = True
        one.due_at = clock.now() + (known.lease if isinstance(known, Slow) else LEASE)
    return None if message is None else Prepared(message, [one.id for one in told])


def _written(known: Outside, together: Sequence[Delivery]) -> tuple[Any, Sequence[Delivery]]:
    if len(together) > 1 and isinstance(known, Gathering):
        ids = [one.event_id for one in together]
        events = {one.id: one for one in db.session.scalars(sa.select(Event).where(Event.id.in_(ids)))}
        for one in together:
            one.error = ""
        return known.prepare_many([events[event_id] for event_id in ids], together)
    messages = [known.prepare(db.session.get_one(Event, one.event_id), one) for one in together]
    return (messages[0], together) if messages else (None, ())


def _deliver_outside(known: Outside, delivery_id: int, token: str) -> None:
    ids = [delivery_id]
    try:
        prepared = run_unit(partial(_prepare, known, delivery_id, token))
        if prepared is None:
            return
        ids = prepared.ids
        fault.point("relay.prepared")
        reference = known.speak(prepared.message)
        fault.point("relay.spoken")
    except RetryLater as asked:
        settle(ids, token, wait(known, asked), known)
    except Held as held:
        settle(ids, token, hold(str(held)))
    except Undeliverable as refused:
        settle(ids, token, dead(str(refused)), known)
    except _Exhausted:
        settle(ids, token, dead(DIED), known)
    except Exception as error:
        log.get(__name__).exception("consumer_failed", consumer=known.name, delivery_id=delivery_id)
        settle(ids, token, bug(error), known)
    else:
        settle(ids, token, sent(reference), known)
