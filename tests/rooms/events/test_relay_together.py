"""Several relays at once, and how many statements a batch costs."""

from __future__ import annotations

import threading
from collections import Counter

import pytest
import sqlalchemy as sa
from flask import Flask

from app.core.db import db
from app.core.uow import run_unit
from app.events import relay
from app.events.consumers import Target
from app.events.models import Delivery, Feed
from app.events.words import DeliveryState
from tests.support.at_once import at_once
from tests.support.statements import counted
from tests.support.toys import ToyForesighted, ToyInside, ToyOutside, ToyTogether, deliveries, happen, only


def test_relays_at_once_say_everything_once(house: Flask) -> None:
    outside, inside, together = ToyOutside(targets=[Target("a"), Target("b")]), ToyInside(), ToyTogether()
    with only(outside, inside, together):
        ids = happen(60)
        assert at_once(house, relay.run) == []
        relay.run()
        assert Counter(event for event, _target in outside.said) == dict.fromkeys(ids, 2)
        assert Counter(inside.applied) == dict.fromkeys(ids, 1)
        assert Counter(together.applied) == dict.fromkeys(ids, 1)
        settled = {one.state for one in [*deliveries(), *deliveries(inside.name), *deliveries(together.name)]}
        assert settled == {DeliveryState.SENT}
        assert {one.lost for one in deliveries()} == {0}


def test_positions_are_handed_out_once_however_many_relays_spread(house: Flask) -> None:
    with only():
        ids = happen(250)
        assert at_once(house, relay.run) == []
        relay.run()
        assert list(db.session.scalars(sa.select(Feed.event_id).order_by(Feed.position))) == ids


def test_two_relays_that_meet_crosswise_both_get_through(house: Flask) -> None:
    """Units of both touch the same rows in opposite order; the database ends one, and its unit runs again (F17)."""
    with only(ToyOutside()):
        happen(2)
        relay.spread()
        first, second = (one.id for one in deliveries())
        meeting = threading.Barrier(2)

        def touch(one: int, other: int) -> None:
            tries = []

            def work() -> None:
                tries.append(one)
                for step, delivery_id in enumerate((one, other)):
                    db.session.execute(
                        sa.update(Delivery)
                        .where(Delivery.id == delivery_id)
                        .values(attempts=Delivery.attempts + 1)
                        .execution_options(synchronize_session=False)
                    )
                    if step == 0 and len(tries) == 1 and db.engine.dialect.name != "sqlite":
                        meeting.wait(10)

            run_unit(work)

        orders = iter([(first, second), (second, first)])
        lock = threading.Lock()

        def work() -> None:
            with lock:
                order = next(orders)
            touch(*order)

        assert at_once(house, work, 2) == []
        assert [one.attempts for one in deliveries()] == [2, 2]
        relay.run()
        assert {one.state for one in deliveries()} == {DeliveryState.SENT}


@pytest.mark.parametrize("many", [10, 90])
def test_spreading_a_batch_costs_the_same_however_many_events_it_has(house: Flask, many: int) -> None:
    with only(ToyForesighted(), ToyInside()):
        happen(many)
        with counted() as statements:
            relay.spread()
    bulk = [one for one in statements if one.startswith(("INSERT INTO delivery", "INSERT INTO feed"))]
    assert len(set(bulk)) <= 2
    # a driver may split one insert of many rows; everything else is counted exactly
    assert len(statements) - len(bulk) <= 9


@pytest.mark.parametrize("many", [10, 90])
def test_applying_a_batch_costs_the_same_however_many_events_it_has(house: Flask, many: int) -> None:
    with only(ToyTogether()):
        happen(many)
        relay.spread()
        with counted() as statements:
            assert relay.deliver_due() == many
    assert len(statements) <= 7


def test_saying_something_costs_few_statements(house: Flask) -> None:
    with only(ToyOutside()):
        happen(10)
        relay.spread()
        with counted() as statements:
            assert relay.deliver_due() == 10
    # look for what is due once; claim, lock, read the event, let it leave, lock, settle for each
    assert len(statements) <= 1 + 10 * 6


def test_without_a_way_out_nothing_is_written_and_everything_held_at_once(house: Flask) -> None:
    toy = ToyOutside()
    toy.is_open = lambda: False  # type: ignore[attr-defined]
    with only(toy):
        happen(60)
        relay.spread()
        with counted() as statements:
            assert relay.deliver_due() == 60
        assert len(statements) <= 3
        assert {(one.state, one.error) for one in deliveries()} == {(DeliveryState.HELD, "no_route")}
        assert toy.prepared == []
        toy.is_open = lambda: True  # type: ignore[attr-defined]
        relay.run()
        assert {one.state for one in deliveries()} == {DeliveryState.SENT}


def test_a_relay_with_nothing_to_do_asks_three_questions(house: Flask) -> None:
    with counted() as statements:
        relay.run()
    assert len(statements) <= 3
