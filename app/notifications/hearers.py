"""Who may be told of an event on a device: whoever the bell or a mail tells, but for whoever did it."""

from __future__ import annotations

from collections.abc import Sequence

from app.events.models import Event
from app.notifications.audience import recipients
from app.notifications.scene import Scene
from app.notifications.words import Way


def hearers(events: Sequence[Event]) -> dict[int, set[int]]:
    """Event id → the people who are told of it; by their wishes, their absence and what they may know."""
    scene, doers = Scene(events), {event.id: event.actor_id for event in events}
    found: dict[int, set[int]] = {}
    for way in (Way.BELL, Way.EMAIL):
        for event_id, told in recipients(scene, way).items():
            people = {one.reader.id for one in told if one.reader.id != doers[event_id]}
            found.setdefault(event_id, set()).update(people)
    return found
