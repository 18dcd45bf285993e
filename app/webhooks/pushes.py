"""The devices a receiver is to reach: those of the people who are told of an event."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from app.accounts import devices
from app.accounts.words import Platform
from app.core import crypto, log
from app.events.models import Event

# Event id -> the ids of the people who are told of it; the wiring knows who can say.
Hearers = Callable[[Sequence[Event]], Mapping[int, Iterable[int]]]


@dataclass(frozen=True, slots=True)
class Push:
    """One device."""

    device_id: int
    person_id: int
    platform: Platform
    token: str = field(repr=False)


def nobody(_events: Sequence[Event]) -> Mapping[int, Iterable[int]]:
    """Nobody is told of anything."""
    return {}


def pushes(event: Event, hearers: Hearers) -> list[Push]:
    """The devices of those who are told of an event, as they stand now; one that cannot be read is left out."""
    found = []
    for device in devices.of_people(hearers([event]).get(event.id, ())):
        try:
            known_by = crypto.decrypt(device.sealed)
        except ValueError:
            log.get(__name__).warning("device_unreadable", device_id=device.id)
            continue
        found.append(Push(device.id, device.person_id, device.platform, known_by))
    return found
