"""The bell: an entry for each colleague who should hear of an event, written in the unit that settles it."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from app.core.db import db
from app.events.models import Event
from app.notifications.audience import kinds, recipients
from app.notifications.models import Notice
from app.notifications.scene import Scene
from app.notifications.words import Way

TAKEN_BACK = "ticket.reply_taken_back"
WRITTEN = "ticket.reply_added"


class Bell:
    """Inside consumer."""

    name = "bell"

    def wants(self, kind: str) -> bool:
        return kind in kinds(Way.BELL) or kind == TAKEN_BACK

    def apply(self, event: Event) -> None:
        self.apply_many([event])

    def apply_many(self, events: Sequence[Event]) -> None:
        """One statement writes the entries of all events; what was taken back is removed again."""
        found = recipients(Scene(events), Way.BELL)
        rows = [
            {
                "person_id": one.reader.id,
                "event_id": event.id,
                "ticket_id": event.ticket_id,
                "topic": one.topic,
                "created_at": event.at,
                "read_at": None,
            }
            for event in events
            for one in found.get(event.id, ())
            if event.ticket_id is not None
        ]
        if rows:
            db.session.execute(sa.insert(Notice), rows)
        for event in events:
            if event.kind == TAKEN_BACK:
                _silence(event)


def _silence(event: Event) -> None:
    """Nobody answered after all."""
    written = db.session.scalars(
        sa.select(Event).where(Event.ticket_id == event.ticket_id, Event.kind == WRITTEN, Event.id < event.id)
    )
    ids = [one.id for one in written if one.payload["comment_id"] == event.payload["comment_id"]]
    db.session.execute(
        sa.delete(Notice)
        .where(Notice.event_id.in_(ids), Notice.ticket_id == event.ticket_id)
        .execution_options(synchronize_session=False)
    )
