"""Claiming deliveries for one attempt, and the company of one: what is due for the same target and is told with it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa

from app.core import clock
from app.core.db import db, rows_changed
from app.events.consumers import Gathering
from app.events.models import Delivery
from app.events.words import DeliveryState

LEASE = timedelta(seconds=60)
# After two workers died over a delivery it goes by itself, so that only the guilty one is put aside (fault F05).
ALONE_AFTER = 2
_may_have_arrived = sa.or_(Delivery.may_be_repeat.is_(True), Delivery.speaking.is_(True))


def claim(ids: Sequence[int], token: str) -> int:
    """Take deliveries that are due for one lease and count the attempt; returns how many were to be had."""
    now = clock.now()
    # In this order: MySQL reads columns it has just set in the same statement.
    return rows_changed(
        sa.update(Delivery)
        .where(Delivery.id.in_(ids), Delivery.due_at <= now)
        .ordered_values(
            (Delivery.lost, Delivery.lost + sa.case((Delivery.state == DeliveryState.SENDING, 1), else_=0)),
            (Delivery.may_be_repeat, sa.case((_may_have_arrived, sa.true()), else_=sa.false())),
            (Delivery.speaking, sa.false()),
            (Delivery.state, DeliveryState.SENDING),
            (Delivery.attempts, Delivery.attempts + 1),
            (Delivery.due_at, now + LEASE),
            (Delivery.lease, token),
        )
        .execution_options(synchronize_session=False)
    )


def held_by(token: str, ids: Sequence[int]) -> sa.Select[tuple[Delivery]]:
    """Those of the deliveries that a lease holds, in their order."""
    return (
        sa.select(Delivery)
        .where(Delivery.id.in_(ids), Delivery.lease == token, Delivery.state == DeliveryState.SENDING)
        .order_by(Delivery.id)
    )


def company(known: Gathering, delivery: Delivery, token: str) -> list[Delivery]:
    """A claimed delivery with those that are told in the same message; nobody when all of them wait for more.

    What is taken along is claimed in the open unit: whoever dies in it has taken nothing, and whoever dies later leaves
    all of them with the mark that the message may have left.
    """
    if delivery.lost >= ALONE_AFTER:
        return [delivery]
    others = _others(delivery, known.most - 1)
    oldest = min([delivery.since, *(row.since for row in others)])
    at = known.gather_at(delivery, len(others) + 1, oldest)
    if at is None:
        return [delivery]
    if at > clock.now():
        _postpone(delivery, at)
        return []
    return [delivery, *_taken([row.id for row in others], token)]


def _of_target(delivery: Delivery) -> tuple[sa.ColumnElement[bool], ...]:
    return (
        Delivery.due_at <= clock.now(),
        Delivery.consumer == delivery.consumer,
        Delivery.target == delivery.target,
    )


def _others(delivery: Delivery, most: int) -> Sequence[sa.Row[tuple[int, datetime]]]:
    return db.session.execute(
        sa.select(Delivery.id, Delivery.since)
        .where(*_of_target(delivery), Delivery.id != delivery.id, Delivery.lost < ALONE_AFTER)
        .order_by(Delivery.id)
        .limit(most)
    ).all()


def _taken(ids: Sequence[int], token: str) -> Sequence[Delivery]:
    if not ids or not claim(ids, token):
        return []
    return db.session.scalars(held_by(token, ids).execution_options(populate_existing=True)).all()


def _postpone(delivery: Delivery, at: datetime) -> None:
    """All that is due for the target waits until then; nobody spoke, so this was no attempt."""
    delivery.state, delivery.due_at, delivery.lease = DeliveryState.WAITING, at, ""
    delivery.attempts -= 1
    db.session.execute(
        sa.update(Delivery)
        .where(*_of_target(delivery), Delivery.state == DeliveryState.WAITING)
        .values(due_at=at)
        .execution_options(synchronize_session=False)
    )
