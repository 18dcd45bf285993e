"""What a receiver is told: ids and words of public facts, in the shape of the feed; never what somebody wrote."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from app.core import clock
from app.core.db import db
from app.events.models import Event, Feed
from app.tickets.public_facts import public_data
from app.tickets.words import number_of

TEST = "webhook.test"


def body_of(event: Event) -> bytes:
    """The body about an event: the same bytes at each try."""
    position = db.session.scalar(sa.select(Feed.position).where(Feed.event_id == event.id))
    ticket_id = event.ticket_id or 0
    return _written(
        {
            "id": event.id,
            "kind": event.kind,
            "version": event.version,
            "at": _moment(event.at),
            "position": position,
            "ticket": {"id": ticket_id, "number": number_of(ticket_id)},
            "actor": None if event.actor_id is None else {"id": event.actor_id},
            "data": public_data(event),
        }
    )


def trial_body() -> bytes:
    """A body that is about nothing."""
    nothing: dict[str, Any] = dict.fromkeys(("id", "position", "ticket", "actor"))
    return _written(nothing | {"kind": TEST, "version": 1, "at": _moment(clock.now()), "data": {}})


def _moment(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")


def _written(told: dict[str, Any]) -> bytes:
    return json.dumps(told, separators=(",", ":")).encode()
