"""Consumers for tests of the spine: they remember what they were told and do what a test tells them to."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from app.accounts.actors import SHELL
from app.core.db import db
from app.core.uow import current_unit, must_be_outside, run_unit
from app.events import consumers
from app.events.consumers import Inside, Outside, Target
from app.events.kinds import Fact
from app.events.log import record
from app.events.models import Delivery, Event

PAYING = "delivery.retried"  # a kind the spine itself has; toys need no kinds of their own


class Happened(Fact):
    """Something for toys to be told of; it borrows a kind, so that the register keeps to the product's own."""

    consumer: str = "toy"


def happen(times: int = 1, *, ticket: int | None = None) -> list[int]:
    """Record that something happened; returns the events' ids."""

    def work() -> list[int]:
        return [_recorded(ticket) for _ in range(times)]

    return run_unit(work)


def _recorded(ticket: int | None) -> int:
    fact = Happened()
    object.__setattr__(fact, "kind", PAYING)
    return record(fact, actor=SHELL, subject=("delivery", 1), ticket=ticket).id


class ToyInside:
    """Remembers the events applied to it, as far as the unit that applied them was committed."""

    def __init__(self, name: str = "toy_inside") -> None:
        self.name = name
        self.applied: list[int] = []
        self.fails: Callable[[Event], bool] = lambda _event: False

    def wants(self, kind: str) -> bool:
        return kind == PAYING

    def apply(self, event: Event) -> None:
        if self.fails(event):
            raise ValueError("a consumer's mistake")
        current_unit().after_commit.append(lambda: self.applied.append(event.id))


class ToyTogether(ToyInside):
    """The same, many at once."""

    def __init__(self, name: str = "toy_together") -> None:
        super().__init__(name)
        self.batches: list[int] = []

    def apply_many(self, events: Sequence[Event]) -> None:
        self.batches.append(len(events))
        for event in events:
            self.apply(event)


class ToyOutside:
    """Says what it is told to; ``speaks`` may raise instead."""

    def __init__(self, name: str = "toy", targets: Iterable[Target] = (Target("somebody"),)) -> None:
        self.name = name
        self.patience = timedelta(days=1)
        self.names = list(targets)
        self.prepared: list[int] = []
        self.said: list[Any] = []
        self.given_up: list[int] = []
        self.speaks: Callable[[Any], str] = lambda _message: "ok"
        self.prepares: Callable[[Event, Delivery], Any] = lambda event, delivery: (event.id, delivery.target)
        self.mourns: Callable[[], None] = lambda: None

    def wants(self, kind: str) -> bool:
        return kind == PAYING

    def targets(self, event: Event) -> Iterable[Target]:
        return self.names

    def prepare(self, event: Event, delivery: Delivery) -> Any:
        current_unit()
        self.prepared.append(delivery.id)
        return self.prepares(event, delivery)

    def speak(self, message: Any) -> str:
        must_be_outside()
        self.said.append(message)
        return self.speaks(message)

    def failed(self, event: Event, delivery: Delivery) -> None:
        self.mourns()
        self.given_up.append(delivery.id)


class ToyForesighted(ToyOutside):
    """Names the targets of many events at once."""

    def __init__(self, name: str = "toy_foresighted") -> None:
        super().__init__(name)
        self.asked: list[int] = []
        self.fails: Callable[[], None] = lambda: None

    def targets_of(self, events: Sequence[Event]) -> Mapping[int, Iterable[Target]]:
        self.asked.append(len(events))
        self.fails()
        return {event.id: self.names for event in events}


@contextmanager
def only(*toys: Inside | Outside) -> Iterator[None]:
    """Let these be the only consumers for a while."""
    known = consumers.consumers()
    consumers._consumers[:] = list(toys)
    try:
        yield
    finally:
        consumers._consumers[:] = known


def deliveries(consumer: str = "toy") -> list[Delivery]:
    """The deliveries of a consumer as they stand in the database."""
    db.session.rollback()
    query = sa.select(Delivery).where(Delivery.consumer == consumer).order_by(Delivery.id)
    return list(db.session.scalars(query.execution_options(populate_existing=True)))


def delivery(consumer: str = "toy") -> Delivery:
    """The one delivery of a consumer."""
    (found,) = deliveries(consumer)
    return found
