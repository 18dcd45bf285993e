"""The relay, further: poisoned events, batches inside the house, leases and the workers that lost them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
import sqlalchemy as sa
import time_machine
from flask import Flask

from app.accounts.actors import SHELL
from app.core import clock
from app.core.db import db
from app.core.outcome import RetryLater
from app.core.uow import run_unit
from app.events import relay
from app.events.consumers import Target
from app.events.deliveries import retry
from app.events.models import Delivery, Event
from app.events.words import DeliveryState
from tests.support.toys import (
    ToyForesighted,
    ToyInside,
    ToyOutside,
    ToyTogether,
    deliveries,
    delivery,
    happen,
    only,
)

START = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
S = DeliveryState


@pytest.fixture
def time(house: Flask) -> Iterator[time_machine.Traveller]:
    with time_machine.travel(START, tick=False) as traveller:
        yield traveller


@pytest.fixture
def toy(time: time_machine.Traveller) -> Iterator[ToyOutside]:
    made = ToyOutside()
    with only(made):
        yield made


def turn_away(toy: ToyOutside, error: BaseException) -> None:
    def speak(_message: object) -> str:
        raise error

    toy.speaks = speak


def test_a_delivery_of_a_newer_version_is_kept(toy: ToyOutside, time: time_machine.Traveller) -> None:
    happen()
    relay.spread()
    with only():
        relay.run()
        assert delivery().state is S.WAITING
    time.shift(timedelta(minutes=5))
    relay.run()
    assert delivery().state is S.SENT


def test_one_event_nobody_can_place_does_not_hold_up_the_others(toy: ToyOutside) -> None:
    first, second = happen(2)

    def targets(event: Event) -> list[Target]:
        if event.id == first:
            raise ValueError("poison")
        return [Target("somebody")]

    toy.targets = targets  # type: ignore[method-assign]
    relay.run()
    poisoned, fine = deliveries()
    assert (poisoned.state, poisoned.target, poisoned.error) == (S.DEAD, "?", "ValueError: poison")
    assert fine.state is S.SENT
    toy.targets = lambda _event: [Target("somebody")]  # type: ignore[method-assign]
    run_unit(partial(retry, poisoned.id, actor=SHELL))
    relay.deliver_due()
    relay.deliver_due()
    assert [one.state for one in deliveries()] == [S.CANCELLED, S.SENT, S.SENT]
    assert toy.said == [(second, "somebody"), (first, "somebody")]


@pytest.mark.parametrize("key", ["", "x" * 191])
def test_a_target_without_a_fitting_key_is_a_mistake_of_its_event_alone(toy: ToyOutside, key: str) -> None:
    toy.names = [Target(key)]
    happen()
    relay.run()
    assert delivery().state is S.DEAD


def test_a_statement_that_fails_while_targets_are_named_spoils_no_batch(time: time_machine.Traveller) -> None:
    toy = ToyForesighted()
    toy.fails = lambda: db.session.execute(sa.text("SELECT * FROM no_such_table")) and None
    with only(toy):
        happen(3)
        relay.run()
        assert [one.state for one in deliveries(toy.name)] == [S.SENT] * 3


def test_targets_of_a_batch_are_asked_for_at_once(time: time_machine.Traveller) -> None:
    toy = ToyForesighted()
    with only(toy):
        happen(5)
        relay.run()
        assert toy.asked == [5]
        assert len(toy.said) == 5


def test_inside_the_house_an_event_is_applied_once(time: time_machine.Traveller) -> None:
    toy = ToyInside()
    with only(toy):
        ids = happen(3)
        relay.run()
        relay.run()
        assert toy.applied == ids


def test_many_events_are_applied_together(time: time_machine.Traveller) -> None:
    toy = ToyTogether()
    with only(toy):
        ids = happen(30)
        relay.run()
        assert toy.batches == [30]
        assert toy.applied == ids
        assert {one.state for one in deliveries(toy.name)} == {S.SENT}


def test_of_many_only_the_guilty_one_waits(time: time_machine.Traveller) -> None:
    toy = ToyTogether()
    with only(toy):
        ids = happen(5)
        toy.fails = lambda event: event.id == ids[2]
        relay.run()
        assert toy.applied == ids[:2] + ids[3:]
        assert [one.state for one in deliveries(toy.name)] == [S.SENT, S.SENT, S.WAITING, S.SENT, S.SENT]
        toy.fails = lambda _event: False
        time.shift(30)
        relay.run()
        assert sorted(toy.applied) == ids


def test_what_stays_in_the_house_goes_first(time: time_machine.Traveller) -> None:
    outside, inside, order = ToyOutside(), ToyInside(), []
    outside.speaks = lambda _message: order.append("outside") or "ok"  # type: ignore[func-returns-value]
    inside.fails = lambda _event: bool(order.append("inside"))  # type: ignore[func-returns-value]
    with only(outside, inside):
        happen(2)
        relay.run()
    assert order == ["inside", "inside", "outside", "outside"]


def test_a_worker_that_lost_its_lease_changes_nothing(toy: ToyOutside, time: time_machine.Traveller) -> None:
    """It hung for longer than its lease, and another worker has done its work since."""

    def hang(_message: object) -> str:
        time.shift(61)
        toy.speaks = lambda _again: "second"
        relay.deliver_due()
        return "first"

    toy.speaks = hang
    happen()
    relay.run()
    one = delivery()
    assert (one.state, one.reference, one.attempts, one.lost) == (S.SENT, "second", 2, 1)
    assert one.may_be_repeat


def test_a_lease_is_not_taken_away_before_its_time(toy: ToyOutside, time: time_machine.Traveller) -> None:
    def hang(_message: object) -> str:
        time.shift(59)
        assert relay.deliver_due() == 0
        return "ok"

    toy.speaks = hang
    happen()
    relay.run()
    assert len(toy.said) == 1


def test_a_slow_consumer_gets_a_longer_lease(toy: ToyOutside, time: time_machine.Traveller) -> None:
    toy.lease = timedelta(minutes=4)  # type: ignore[attr-defined]

    def hang(_message: object) -> str:
        time.shift(timedelta(minutes=3))
        assert relay.deliver_due() == 0
        return "ok"

    toy.speaks = hang
    happen()
    relay.run()
    assert len(toy.said) == 1


def die_over(delivery_id: int) -> None:
    """What a killed worker leaves behind once its lease has ended."""
    run_unit(
        lambda: db.session.execute(
            sa.update(Delivery).where(Delivery.id == delivery_id).values(state=S.SENDING, due_at=clock.now())
        )
    )


def test_three_dead_workers_are_enough(toy: ToyOutside) -> None:
    turn_away(toy, SystemExit())
    happen()
    for deaths in range(3):
        with pytest.raises(SystemExit):
            relay.run()
        assert (delivery().state, delivery().lost) == (S.SENDING, deaths)
        die_over(delivery().id)
    said = len(toy.said)
    relay.run()
    assert (delivery().state, delivery().lost) == (S.DEAD, 3)
    assert len(toy.said) == said
    assert toy.given_up == [delivery().id]


def test_an_ordinary_claim_does_not_count_as_a_dead_worker(
    toy: ToyOutside, time: time_machine.Traveller
) -> None:
    turn_away(toy, RetryLater(None, "busy"))
    happen()
    for _ in range(5):
        relay.run()
        time.shift(3600)
    assert (delivery().attempts, delivery().lost, delivery().may_be_repeat) == (5, 0, False)


def test_an_outcome_nobody_knows_makes_the_next_try_a_possible_repeat(
    toy: ToyOutside, time: time_machine.Traveller
) -> None:
    turn_away(toy, RetryLater(None, "outcome_unknown"))
    happen()
    relay.run()
    assert not delivery().may_be_repeat
    toy.speaks = lambda _message: "ok"
    time.shift(30)
    relay.run()
    assert (delivery().state, delivery().may_be_repeat) == (S.SENT, True)


def test_a_refusal_before_anything_was_said_is_no_repeat(
    toy: ToyOutside, time: time_machine.Traveller
) -> None:
    turn_away(toy, RetryLater(None, "connection_refused"))
    happen()
    relay.run()
    toy.speaks = lambda _message: "ok"
    time.shift(30)
    relay.run()
    assert (delivery().state, delivery().may_be_repeat) == (S.SENT, False)
