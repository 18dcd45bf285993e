"""Spreading: one batch of backlog becomes feed positions and deliveries, by one process at a time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from app.core import clock, fault, log
from app.core.db import db
from app.core.lease import lease
from app.core.uow import run_unit, worth_a_retry, write_now
from app.events.consumers import Foresighted, Inside, Outside, Target, consumers
from app.events.log import to_backlog
from app.events.models import Backlog, Delivery, Event, Feed
from app.events.settling import said
from app.events.words import DeliveryState

BATCH = 100
LEASE_SECONDS = 20  # a spreader that died holds up the others no longer than this (fault F08: half a minute)
KEY_LENGTH = 190
NOBODY_KNOWS = "?"
Row = dict[str, Any]


def spread() -> int:
    """Turn one batch of backlog into feed positions and deliveries; returns how many events were spread."""
    if not db.session.scalar(sa.select(Backlog.event_id).limit(1)):
        return 0
    with lease("relay.spread", LEASE_SECONDS) as mine:
        return run_unit(_spread_batch) if mine else 0


def _spread_batch() -> int:
    ids = list(db.session.scalars(sa.select(Backlog.event_id).order_by(Backlog.event_id).limit(BATCH)))
    if not ids:
        return 0
    events = list(db.session.scalars(sa.select(Event).where(Event.id.in_(ids)).order_by(Event.id)))
    db.session.execute(sa.insert(Feed), [{"event_id": event.id} for event in events])
    rows = [row for known in consumers() for row in _rows(known, events)]
    if rows:
        db.session.execute(sa.insert(Delivery), sorted(rows, key=lambda row: int(row["event_id"])))
    db.session.execute(sa.delete(Backlog).where(Backlog.event_id.in_(ids)))
    fault.point("relay.spread")
    return len(ids)


def _rows(known: Inside | Outside, events: Sequence[Event]) -> list[Row]:
    wanted = [event for event in events if known.wants(event.kind)]
    if not isinstance(known, Outside):
        return [row_for(event, known.name, Target("")) for event in wanted]
    if isinstance(known, Foresighted) and wanted:
        rows = _rows_together(known, known.name, wanted)
        if rows is not None:
            return rows
    return [row for event in wanted for row in _rows_alone(known, event)]


def _rows_together(known: Foresighted, name: str, events: Sequence[Event]) -> list[Row] | None:
    """The rows of all events asked for at once; None when that failed and each has to be asked for alone."""
    try:
        with db.session.begin_nested():
            found: Mapping[int, Iterable[Target]] = known.targets_of(events)
            return [row for event in events for row in _unique(event, name, found.get(event.id, ()))]
    except Exception as error:
        _pass_on(error)
        log.get(__name__).exception("targets_failed", consumer=name)
        return None


def _rows_alone(known: Outside, event: Event) -> list[Row]:
    """The rows of one event; an event that cannot be asked about must not hold up the others."""
    try:
        with db.session.begin_nested():
            return _unique(event, known.name, known.targets(event))
    except Exception as error:
        _pass_on(error)
        log.get(__name__).exception("targets_failed", consumer=known.name, event_id=event.id)
        row = row_for(event, known.name, Target(NOBODY_KNOWS))
        return [row | {"state": DeliveryState.DEAD, "due_at": None, "error": said(error)}]


def _pass_on(error: Exception) -> None:
    """A deadlock or a lost connection is the unit's business: it begins again."""
    if isinstance(error, DBAPIError) and worth_a_retry(error):
        raise error


def _unique(event: Event, name: str, targets: Iterable[Target]) -> list[Row]:
    unique = {target.key: target for target in targets}
    if any(not 0 < len(key) <= KEY_LENGTH for key in unique):
        raise ValueError("a target's key has 1 to 190 characters")
    return [row_for(event, name, target) for target in unique.values()]


def row_for(event: Event, name: str, target: Target) -> Row:
    """The delivery of an event to one target of a consumer, waiting to be taken."""
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
        "speaking": False,
        "may_be_repeat": False,
        "created_at": now,
        "since": now,
    }


def spread_silently() -> None:
    """Give the backlog of the open unit its feed positions and tell nobody: the past of a demonstration."""
    write_now(to_backlog)
    ids = list(db.session.scalars(sa.select(Backlog.event_id).order_by(Backlog.event_id)))
    if not ids:
        return
    db.session.execute(sa.insert(Feed), [{"event_id": event_id} for event_id in ids])
    db.session.execute(sa.delete(Backlog).where(Backlog.event_id.in_(ids)))
