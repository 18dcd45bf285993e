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
from app.events.models import Backlog, Event, EventsAreWritten, Feed
from app.events.words import DeliveryState
from tests.support.toys import (
    ToyOutside,
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


def test_a_line_of_the_log_stays_as_it_was_written(house: Flask) -> None:
    (event_id,) = happen()

    def rewrite() -> None:
        db.session.get_one(Event, event_id).payload = {"consumer": "another"}

    def remove() -> None:
        db.session.delete(db.session.get_one(Event, event_id))

    for change in (rewrite, remove):
        with pytest.raises(EventsAreWritten):
            run_unit(change)
