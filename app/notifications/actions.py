"""Reading the bell and choosing what to be told."""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa

from app.core import clock
from app.core.actor import Actor
from app.core.db import db, rows_changed
from app.core.errors import Invalid
from app.core.language import _
from app.events.log import action, record
from app.notifications.events import PreferencesChanged
from app.notifications.models import Notice, TurnedOff
from app.notifications.queries import preferences
from app.notifications.schemas import ReadNotices, Wishes
from app.notifications.words import Topic, Way, is_optional

KEPT = timedelta(days=180)


@action(silent="what somebody has read is their own business")
def mark_read(command: ReadNotices, *, actor: Actor) -> int:
    """Mark some of the actor's entries as read; returns how many were unread."""
    return _read(actor, Notice.id.in_(command.ids)) if command.ids else 0


@action(silent="what somebody has read is their own business")
def mark_all_read(*, actor: Actor) -> int:
    """Mark all of the actor's entries as read; returns how many were unread."""
    return _read(actor, sa.true())


@action(silent="what somebody has read is their own business")
def mark_ticket_read(ticket_id: int, *, actor: Actor) -> int:
    """Whoever opens a ticket has read what the bell said of it; returns how many entries were unread."""
    return _read(actor, Notice.ticket_id == ticket_id)


def _read(actor: Actor, which: sa.ColumnElement[bool]) -> int:
    return rows_changed(
        sa.update(Notice)
        .where(Notice.person_id == actor.person_id, Notice.read_at.is_(None), which)
        .values(read_at=clock.now())
        .execution_options(synchronize_session=False)
    )


@action
def set_preference(topic: Topic, way: Way, wanted: bool, *, actor: Actor) -> None:
    """Turn one topic on or off in one way.

    Raises:
        Invalid: this cannot be turned off.
    """
    if not is_optional(topic, way):
        raise Invalid({"topic": _("This notice cannot be turned off.")})
    key = (actor.person_id, topic, way)
    row = db.session.get(TurnedOff, key)
    if wanted == (row is None):
        return
    if row is None:
        db.session.add(TurnedOff(person_id=actor.person_id or 0, topic=topic, way=way))
    else:
        db.session.delete(row)
    name = f"{topic}.{way}"
    _record(actor, on=[name] if wanted else [], off=[] if wanted else [name])


@action
def set_preferences(command: Wishes, *, actor: Actor) -> None:
    """Save the whole preferences page: what is not ticked is turned off."""
    wanted, on, off = set(command.on), [], []
    for line in preferences(actor):
        for way, is_on in line.on.items():
            name = f"{line.choice.topic}.{way}"
            if (name in wanted) == is_on:
                continue
            row = TurnedOff(person_id=actor.person_id or 0, topic=line.choice.topic, way=way)
            if is_on:
                db.session.add(row)
                off.append(name)
            else:
                db.session.execute(_without(row))
                on.append(name)
    if on or off:
        _record(actor, on=on, off=off)


def _without(row: TurnedOff) -> sa.Delete:
    return sa.delete(TurnedOff).where(
        TurnedOff.person_id == row.person_id, TurnedOff.topic == row.topic, TurnedOff.way == row.way
    )


def _record(actor: Actor, *, on: list[str], off: list[str]) -> None:
    fact = PreferencesChanged(on=on, off=off)
    record(fact, actor=actor, subject=("person", actor.person_id or 0))


@action(silent="entries of half a year ago ring no bell")
def forget_old(before: datetime | None = None, limit: int = 5000) -> int:
    """Remove old entries of the bell; returns how many went.

    Args:
        before: the moment entries must be older than; half a year ago when not said.
        limit: how many at most.
    """
    oldest = sa.select(Notice.id, Notice.created_at).order_by(Notice.id).limit(limit)
    end = before or clock.now() - KEPT
    ids = [row.id for row in db.session.execute(oldest) if row.created_at < end]
    return rows_changed(sa.delete(Notice).where(Notice.id.in_(ids))) if ids else 0
