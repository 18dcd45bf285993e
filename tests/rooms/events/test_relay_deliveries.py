"""The relay: what happened reaches everybody who listens, and each attempt ends in one well-known way."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
import time_machine
from flask import Flask

from app.core import clock
from app.core.db import db
from app.core.outcome import RetryLater, Undeliverable
from app.core.uow import run_unit
from app.events import relay
from app.events.consumers import Held, Target
from app.events.models import Backlog, Delivery, Event, EventsAreWritten, Feed
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


def test_an_event_gets_a_feed_position_and_a_delivery_for_each_target(toy: ToyOutside) -> None:
    toy.names = [Target("one"), Target("two"), Target("one")]
    first, second = happen(2)
    assert relay.spread() == 2
    assert [(d.event_id, d.target) for d in deliveries()] == [
        (first, "one"), (first, "two"), (second, "one"), (second, "two"),
    ]  # fmt: skip
    assert list(db.session.scalars(sa.select(Feed.event_id).order_by(Feed.position))) == [first, second]
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Backlog)) == 0


def test_what_is_spread_is_said_once(toy: ToyOutside) -> None:
    (event,) = happen()
    assert relay.run() == 1
    assert relay.run() == 0
    assert toy.said == [(event, "somebody")]
    one = delivery()
    assert (one.state, one.reference, one.due_at, one.settled_at) == (S.SENT, "ok", None, START)


def test_nothing_goes_out_before_its_moment(toy: ToyOutside, time: time_machine.Traveller) -> None:
    toy.names = [Target("somebody", START + timedelta(seconds=15))]
    happen()
    relay.run()
    assert toy.said == []
    time.shift(15)
    relay.run()
    assert len(toy.said) == 1


def test_a_moment_in_the_past_means_now(toy: ToyOutside) -> None:
    toy.names = [Target("somebody", START - timedelta(days=1))]
    happen()
    relay.run()
    assert delivery().state is S.SENT


def test_a_message_that_is_none_cancels_the_delivery(toy: ToyOutside) -> None:
    toy.prepares = lambda _event, _delivery: None
    happen()
    relay.run()
    assert delivery().state is S.CANCELLED
    assert toy.said == []


def test_pauses_grow_until_patience_ends(toy: ToyOutside, time: time_machine.Traveller) -> None:
    turn_away(toy, RetryLater(None, "busy"))
    happen()
    relay.run()
    pauses = []
    for _ in range(7):
        one = delivery()
        assert one.due_at is not None
        pauses.append(int((one.due_at - clock.now()).total_seconds()))
        time.move_to(one.due_at)
        relay.run()
    assert pauses == [30, 60, 300, 900, 1800, 3600, 3600]
    time.shift(timedelta(days=1))
    relay.run()
    assert delivery().state is S.DEAD
    assert delivery().error == "busy"
    assert toy.given_up == [delivery().id]


def test_a_pause_the_other_side_asks_for_is_kept(toy: ToyOutside) -> None:
    turn_away(toy, RetryLater(START + timedelta(minutes=7), "busy"))
    happen()
    relay.run()
    assert delivery().due_at == START + timedelta(minutes=7)


@pytest.mark.parametrize(
    ("asked", "given"),
    [(timedelta(days=400), timedelta(hours=24)), (timedelta(days=-1), timedelta(seconds=1))],
)
def test_an_absurd_pause_is_bounded(toy: ToyOutside, asked: timedelta, given: timedelta) -> None:
    turn_away(toy, RetryLater(START + asked, "busy"))
    happen()
    relay.run()
    assert delivery().due_at == START + given


def test_what_cannot_be_delivered_is_given_up_at_once(toy: ToyOutside) -> None:
    turn_away(toy, Undeliverable("no such user"))
    happen()
    relay.run()
    assert (delivery().state, delivery().error) == (S.DEAD, "no such user")
    assert toy.given_up == [delivery().id]


def test_a_mistake_of_ours_gets_three_tries(toy: ToyOutside, time: time_machine.Traveller) -> None:
    turn_away(toy, KeyError("oops"))
    happen()
    for _ in range(3):
        relay.run()
        time.shift(3600)
    one = delivery()
    assert (one.state, one.attempts, one.error) == (S.DEAD, 3, "KeyError: 'oops'")


def test_a_consumer_that_fails_at_being_told_holds_up_nobody(toy: ToyOutside) -> None:
    turn_away(toy, Undeliverable("no such user"))

    def mourn() -> None:
        raise RuntimeError

    toy.mourns = mourn
    happen(2)
    relay.run()
    assert [one.state for one in deliveries()] == [S.DEAD, S.DEAD]


def test_what_is_held_waits_for_a_way_out(toy: ToyOutside, time: time_machine.Traveller) -> None:
    turn_away(toy, Held("no_route"))
    happen()
    relay.run()
    assert (delivery().state, delivery().due_at, delivery().error) == (S.HELD, None, "no_route")
    time.shift(timedelta(days=30))
    relay.run()
    assert delivery().state is S.HELD


def test_what_was_held_goes_out_once_there_is_a_way_and_patience_begins_then(
    toy: ToyOutside, time: time_machine.Traveller
) -> None:
    turn_away(toy, Held("no_route"))
    happen()
    relay.run()
    time.shift(timedelta(days=30))
    toy.is_open = lambda: True  # type: ignore[attr-defined]
    turn_away(toy, RetryLater(None, "busy"))
    relay.run()
    assert delivery().state is S.WAITING
    toy.speaks = lambda _message: "ok"
    time.shift(30)
    relay.run()
    assert delivery().state is S.SENT


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


def test_a_line_of_the_log_stays_as_it_was_written(house: Flask) -> None:
    (event_id,) = happen()

    def rewrite() -> None:
        db.session.get_one(Event, event_id).payload = {"consumer": "another"}

    def remove() -> None:
        db.session.delete(db.session.get_one(Event, event_id))

    for change in (rewrite, remove):
        with pytest.raises(EventsAreWritten):
            run_unit(change)
