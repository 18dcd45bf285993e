"""Who listens: consumers inside the house (exactly once) and outside (at least once, with a stable key)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol, runtime_checkable

from app.events.models import Delivery, Event


@dataclass(frozen=True, slots=True)
class Target:
    """One receiver of one event; ``key`` is stable, so a repeat finds the same delivery."""

    key: str
    not_before: datetime | None = None


@runtime_checkable
class Inside(Protocol):
    """Applies an event to our own tables, in the unit that settles it."""

    name: str

    def wants(self, kind: str) -> bool: ...

    def apply(self, event: Event) -> None: ...


@runtime_checkable
class Outside(Protocol):
    """Tells the world: prepares in a unit, speaks with none open."""

    name: str
    patience: timedelta

    def wants(self, kind: str) -> bool: ...

    def targets(self, event: Event) -> Iterable[Target]: ...

    def prepare(self, event: Event, delivery: Delivery) -> Any:
        """What to say, or None when there is nothing to say any more."""

    def speak(self, message: Any) -> str:
        """Say it; returns a reference of the other side. Raises RetryLater or Undeliverable."""

    def failed(self, event: Event, delivery: Delivery) -> None:
        """Told in the settling unit when a delivery is given up."""


@runtime_checkable
class Together(Protocol):
    """An inside consumer that applies many events at once; the relay falls back to one by one when it fails."""

    def apply_many(self, events: Sequence[Event]) -> None: ...


@runtime_checkable
class Foresighted(Protocol):
    """An outside consumer that names the targets of many events at once, so that a batch costs few statements."""

    def targets_of(self, events: Sequence[Event]) -> Mapping[int, Iterable[Target]]:
        """Event id → targets; events left out have none."""


@runtime_checkable
class Gated(Protocol):
    """An outside consumer that says Held while there is no way out; held deliveries go on once this is true."""

    def is_open(self) -> bool: ...


@runtime_checkable
class Gathering(Protocol):
    """An outside consumer that can tell many deliveries to one target in one message.

    Both are asked in the unit that prepares, see ``claiming.company``.
    """

    most: int

    def gather_at(self, delivery: Delivery, due: int, oldest: datetime) -> datetime | None:
        """When what is due for this target goes out as one: None for each by itself, a moment to come to wait for more.

        Args:
            due: how many deliveries to the target are due, this one included.
            oldest: since when the first of them waits.
        """

    def prepare_many(
        self, events: Sequence[Event], deliveries: Sequence[Delivery]
    ) -> tuple[Any, Sequence[Delivery]]:
        """The message and the deliveries it speaks for; of the others there is nothing to say any more."""


@runtime_checkable
class Watchful(Protocol):
    """An outside consumer that keeps in mind how its receivers do."""

    def ended(self, deliveries: Sequence[Delivery]) -> None:
        """Told in the settling unit how an attempt ended: deliveries of one message as they stand now."""


@runtime_checkable
class Slow(Protocol):
    """An outside consumer whose ``speak`` may take longer than the usual lease of a minute."""

    lease: timedelta


class Held(Exception):
    """There is no way out at the moment (no mail server is set up): wait until an admin gives one."""


_consumers: list[Inside | Outside] = []


def register(consumer: Inside | Outside) -> None:
    """Add a consumer; called by the wiring once per process, a second one of the same name replaces the first."""
    _consumers[:] = [known for known in _consumers if known.name != consumer.name]
    _consumers.append(consumer)


def consumers() -> list[Inside | Outside]:
    """All registered consumers, in the order of registration."""
    return list(_consumers)


def consumer(name: str) -> Inside | Outside | None:
    """The consumer of this name; None when an older or newer version wrote the delivery."""
    return next((known for known in _consumers if known.name == name), None)
