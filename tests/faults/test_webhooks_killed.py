"""Workers that die while they call a receiver: nothing is lost, what is repeated has the same event id (F04 to F06).

Real processes, real kills, a real receiver; the next worker's clock simply stands later.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from flask import Flask

from app.events.words import DeliveryState
from app.webhooks.words import WebhookKind
from tests.faults import invariants
from tests.support.hooks import hook, receiver
from tests.support.http_sink import HttpSink
from tests.support.relaying import KILLED, Worker, wipe
from tests.support.toys import deliveries
from tests.support.world import World

pytestmark = pytest.mark.sqlite_only
START = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
LATER = timedelta(minutes=6)


@pytest.fixture
def sink(house: Flask) -> Iterator[HttpSink]:
    with receiver() as made:
        yield made


@pytest.fixture
def worker(house: Flask, database_url: str, tmp_path: Path, sink: HttpSink) -> Iterator[Worker]:
    yield Worker(database_url, tmp_path, {"OUTBOUND_ALLOW": sink.place})
    wipe()


@pytest.fixture
def told(world: World, worker: Worker, sink: HttpSink) -> int:
    """How many tickets a webhook is to be told of."""
    with time_machine.travel(START, tick=False):
        hook(sink, kinds=[WebhookKind.OPENED])
        customer = world.customer()
        for _ in range(2):
            world.ticket(customer)
    return 2


def events(sink: HttpSink) -> list[str]:
    return [str(one.headers["Helpdesk-Event-Id"]) for one in sink.requests]


def rows() -> list[Any]:
    return deliveries("webhook")


def test_a_worker_that_lives_tells_each_once(worker: Worker, told: int, sink: HttpSink) -> None:
    assert worker.run(START) == 0
    assert len(set(events(sink))) == len(events(sink)) == told
    assert {one.state for one in rows()} == {DeliveryState.SENT}


@pytest.mark.parametrize("point", ["relay.spread", "relay.claimed", "relay.prepared"])
def test_f04_a_worker_killed_before_it_spoke_loses_and_doubles_nothing(
    worker: Worker, told: int, sink: HttpSink, point: str
) -> None:
    assert worker.run(START, fault=f"{point}:kill9") == KILLED
    assert sink.requests == []
    moment = START
    for _ in range(3):
        moment += LATER
        assert worker.run(moment) == 0
    assert len(set(events(sink))) == len(events(sink)) == told
    assert {one.state for one in rows()} == {DeliveryState.SENT}
    invariants.hold(START)


@pytest.mark.parametrize("point", ["relay.spoken", "relay.settling"])
def test_f06_a_worker_killed_after_it_spoke_repeats_that_one_and_the_receiver_can_know_it(
    worker: Worker, told: int, sink: HttpSink, point: str
) -> None:
    """Bells are settled first, so that the window is hit by whatever leaves the house."""
    moment = START
    while not sink.requests:
        assert worker.run(moment, fault=f"{point}:kill9") == KILLED
        moment += LATER
    (unheard,) = events(sink)
    for _ in range(3):
        assert worker.run(moment) == 0
        moment += LATER
    assert sorted(events(sink)) == sorted([*set(events(sink)), unheard])
    assert len(set(events(sink))) == told
    assert [one.may_be_repeat for one in rows()].count(True) == 1
    assert {one.state for one in rows()} == {DeliveryState.SENT}
    bodies = [one.body for one in sink.requests if one.headers["Helpdesk-Event-Id"] == unheard]
    assert bodies[0] == bodies[1]
    invariants.hold(START)


def test_f05_a_delivery_over_which_three_workers_died_is_given_up(
    worker: Worker, told: int, sink: HttpSink
) -> None:
    moment = START
    for _ in range(12):
        if worker.run(moment, fault="relay.prepared:kill9") != KILLED:
            break
        moment += LATER
    assert sink.requests == []
    assert {one.state for one in rows()} == {DeliveryState.DEAD}
