"""What a receiver is told: ids and words of public facts, in the shape of the feed; never what somebody wrote."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from app.core import clock
from app.core.db import db
from app.events.models import Event, Feed
from app.tickets.public_facts import public_data
from app.tickets.words import number_of
from app.webhooks.pushes import Push

TEST = "webhook.test"


def body_of(event: Event, devices: Sequence[Push] | None = None) -> bytes:
    """The body about an event: the same bytes at each try, but for devices that came or went.

    Args:
        devices: those of the people who are told of it, None for a receiver that is told of none.
    """
    position = db.session.scalar(sa.select(Feed.position).where(Feed.event_id == event.id))
    ticket_id = event.ticket_id or 0
    named = {} if devices is None else {"devices": [_device(one) for one in devices]}
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
        | named
    )


def _device(push: Push) -> dict[str, Any]:
    return {
        "id": push.device_id,
        "person_id": push.person_id,
        "platform": str(push.platform),
        "token": push.token,
    }


def trial_body() -> bytes:
    """A body that is about nothing."""
    nothing: dict[str, Any] = dict.fromkeys(("id", "position", "ticket", "actor"))
    return _written(nothing | {"kind": TEST, "version": 1, "at": _moment(clock.now()), "data": {}})


def _moment(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")


def _written(told: dict[str, Any]) -> bytes:
    return json.dumps(told, separators=(",", ":")).encode()
