"""Asking whom an event reaches, and making things happen: for tests of the audience table."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import sqlalchemy as sa

from app.accounts.models import Person
from app.core.db import db
from app.core.uow import run_unit
from app.events.models import Event
from app.notifications.audience import recipients
from app.notifications.scene import Scene
from app.notifications.words import Topic, Way
from app.tickets.actions import triage
from app.tickets.models import Ticket
from app.tickets.schemas import StatusMove
from app.tickets.words import PendingReason, Status
from tests.support.world import World


def event(kind: str) -> Event:
    """The last event of a kind."""
    db.session.rollback()
    found = db.session.scalars(sa.select(Event).where(Event.kind == kind).order_by(Event.id.desc())).first()
    assert found is not None
    return found


def told(kind: str, way: Way) -> dict[int, Topic]:
    """Whom the last event of a kind reaches by a way, and why."""
    last = event(kind)
    return {one.reader.id: one.topic for one in recipients(Scene([last]), way).get(last.id, [])}


def put(thing: Any, **values: Any) -> None:
    """Change columns of a row behind everybody's back."""

    def work() -> None:
        row = db.session.get_one(type(thing), thing.id)
        for name, value in values.items():
            setattr(row, name, value)

    run_unit(work)


def act(work: Callable[..., Any], *arguments: Any, **words: Any) -> Any:
    """Do something in a unit of its own."""
    return run_unit(partial(work, *arguments, **words))


def move(
    world: World, person: Person, ticket: Ticket, status: Status, reason: PendingReason | None = None
) -> None:
    """Bring a ticket into another status."""
    act(
        triage.change_status, world.actor(person), ticket.id, StatusMove(status=status, pending_reason=reason)
    )
