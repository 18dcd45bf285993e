"""Deliveries of one target told as one message: taken along, kept waiting, settled together, twice never."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine

from app.core import clock
from app.core.outcome import RetryLater, Undeliverable
from app.events import relay
from app.events.consumers import Target
from app.events.models import Delivery, Event
from app.events.words import DeliveryState
from tests.support.audience import put
from tests.support.statements import counted
from tests.support.toys import ToyOutside, deliveries, happen, only
from tests.support.world import World

START = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
S = DeliveryState


class ToyGathering(ToyOutside):
    """Tells everything of a target as one, when the test says so."""

    most = 10

    def __init__(self, name: str = "toy") -> None:
        super().__init__(name)
        self.at: Any = lambda due, oldest: clock.now() if due > 1 else None
        self.moot: set[int] = set()
        self.seen: list[list[DeliveryState]] = []

    def gather_at(self, delivery: Delivery, due: int, oldest: datetime) -> datetime | None:
        found: datetime | None = self.at(due, oldest)
        return found

    def prepare_many(
        self, events: Sequence[Event], together: Sequence[Delivery]
    ) -> tuple[Any, Sequence[Delivery]]:
        told = [one for one in together if one.id not in self.moot]
        return (tuple(event.id for event in events) if told else None), told

    def ended(self, together: Sequence[Delivery]) -> None:
        self.seen.append([one.state for one in together])


@pytest.fixture(autouse=True)
def time() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(START, tick=False) as traveller:
        yield traveller


@pytest.fixture
def toy(world: World) -> Iterator[ToyGathering]:
    made = ToyGathering()
    with only(made):
        yield made


def states() -> list[DeliveryState]:
    return [one.state for one in deliveries()]


def test_what_is_due_for_one_target_is_said_as_one(toy: ToyGathering) -> None:
    ids = happen(3)
    relay.run()
    assert toy.said == [tuple(ids)]
    assert states() == [S.SENT] * 3 and toy.seen == [[S.SENT] * 3]
    assert {one.attempts for one in deliveries()} == {1}


def test_targets_are_not_mixed(toy: ToyGathering) -> None:
    toy.names = [Target("anna"), Target("jonas")]
    happen(3)
    relay.run()
    assert len(toy.said) == 2


def test_no_more_are_taken_along_than_fit(toy: ToyGathering) -> None:
    happen(25)
    relay.run()
    assert [len(message) for message in toy.said] == [10, 10, 5]


def test_everything_waits_for_a_moment_to_come_and_that_is_no_attempt(
    toy: ToyGathering, time: time_machine.Traveller
) -> None:
    toy.at = lambda due, oldest: START + timedelta(minutes=1)
    ids = happen(3)
    relay.run()
    assert toy.said == [] and states() == [S.WAITING] * 3
    assert {(one.attempts, one.due_at) for one in deliveries()} == {(0, START + timedelta(minutes=1))}
    time.shift(60)
    relay.run()
    assert toy.said == [tuple(ids)]


def test_what_is_moot_is_left_out_and_cancelled(toy: ToyGathering) -> None:
    happen(3)
    relay.spread()
    toy.moot = {deliveries()[1].id}
    relay.run()
    assert states() == [S.SENT, S.CANCELLED, S.SENT]


def test_a_refusal_is_that_of_all(toy: ToyGathering) -> None:
    def refuse(_message: Any) -> str:
        raise Undeliverable("refused")

    toy.speaks = refuse
    happen(3)
    relay.run()
    assert states() == [S.DEAD] * 3
    assert toy.given_up == [one.id for one in deliveries()]


def test_a_pause_is_that_of_all_and_the_next_try_takes_all_along_again(
    toy: ToyGathering, time: time_machine.Traveller
) -> None:
    answers = [RetryLater(START + timedelta(minutes=5), "busy")]

    def busy(_message: Any) -> str:
        if answers:
            raise answers.pop()
        return "ok"

    toy.speaks = busy
    ids = happen(3)
    relay.run()
    assert {one.due_at for one in deliveries()} == {START + timedelta(minutes=5)}
    time.shift(300)
    relay.run()
    assert toy.said == [tuple(ids)] * 2
    assert states() == [S.SENT] * 3


def test_a_worker_that_lost_its_lease_settles_none_of_them(
    toy: ToyGathering, time: time_machine.Traveller
) -> None:
    def slowly(_message: Any) -> str:
        for one in deliveries():
            put(one, lease="another")
        return "ok"

    toy.speaks = slowly
    happen(3)
    relay.run()
    assert states() == [S.SENDING] * 3


def test_after_two_dead_workers_each_goes_by_itself(toy: ToyGathering, time: time_machine.Traveller) -> None:
    happen(2)
    relay.spread()
    for one in deliveries():
        put(one, lost=2)
    relay.run()
    assert len(toy.said) == 2


def test_taking_many_along_costs_as_many_statements_as_taking_few(toy: ToyGathering) -> None:
    toy.most = 1000
    costs = []
    for times in (5, 50):
        happen(times)
        relay.spread()
        with counted() as statements:
            relay.deliver_due()
        # Those that were taken along are asked for once more in vain, each by a claim that finds nothing.
        costs.append(len([one for one in statements if "SET lost=" not in one]))
    assert costs[1] <= costs[0] + 2, costs
