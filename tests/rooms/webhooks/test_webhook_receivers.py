"""A67: the receivers that are documented take what the house sends and refuse everything else."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine

from app.accounts.actors import SHELL
from app.events.words import DeliveryState
from app.webhooks.trials import try_out
from app.webhooks.words import WebhookKind
from tests.support import receivers
from tests.support.hooks import allowing, hook, moved, receiver, rotated
from tests.support.http_sink import HttpSink, ReceivedRequest
from tests.support.toys import deliveries
from tests.support.world import World

pytestmark = pytest.mark.sqlite_only
NAMES = ["webhook_receiver.py", "webhook_receiver.mjs"]


@pytest.fixture(params=NAMES)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def sink(house: Any) -> Iterator[HttpSink]:
    with receiver() as made:
        yield made


def sent(world: World, sink: HttpSink, at: datetime | None = None) -> ReceivedRequest:
    """What the house sends about a new ticket."""
    with time_machine.travel(at or datetime.now(UTC), tick=False):
        world.ticket(world.customer())
        world.relay()
    return sink.requests[-1]


def test_a_delivery_of_the_house_is_taken_and_worked_off(world: World, name: str, sink: HttpSink) -> None:
    webhook, secret = hook(sink, kinds=[WebhookKind.OPENED])
    with receivers.running(name, secret) as running, allowing(running.place):
        moved(webhook, f"http://{running.place}/")
        ticket = world.ticket(world.customer())
        world.relay()
        assert [one.state for one in deliveries("webhook")] == [DeliveryState.SENT]
        assert json.loads(running.worked_off())["ticket"]["number"] == ticket.number
        for _ in range(2):
            said = try_out(SHELL, webhook.id)
            assert (said.status, said.trouble) == (200, None)
            assert json.loads(running.worked_off())["kind"] == "webhook.test"


def test_a_good_one_is_taken_once_and_a_replay_is_refused(world: World, name: str, sink: HttpSink) -> None:
    _webhook, secret = hook(sink, kinds=[WebhookKind.OPENED])
    request = sent(world, sink)
    with receivers.running(name, secret) as running:
        assert [running.take(request) for _ in range(3)] == [200, 409, 409]


def test_a_changed_body_is_refused(world: World, name: str, sink: HttpSink) -> None:
    _webhook, secret = hook(sink, kinds=[WebhookKind.OPENED])
    request = sent(world, sink)
    with receivers.running(name, secret) as running:
        for body in (request.body + b" ", request.body.replace(b"opened", b"closed"), b"", b"{}"):
            assert running.take(request, body=body) == 401
        assert running.take(request) == 200


@pytest.mark.parametrize(("age", "status"), [(240, 200), (310, 401), (-310, 401)])
def test_what_is_not_fresh_is_refused(world: World, name: str, sink: HttpSink, age: int, status: int) -> None:
    _webhook, secret = hook(sink, kinds=[WebhookKind.OPENED])
    request = sent(world, sink, datetime.now(UTC) - timedelta(seconds=age))
    with receivers.running(name, secret) as running:
        assert running.take(request) == status


def test_the_secret_of_another_webhook_opens_nothing(world: World, name: str, sink: HttpSink) -> None:
    hook(sink, kinds=[WebhookKind.OPENED])
    request = sent(world, sink)
    with receivers.running(name, "another-secret-altogether") as running:
        assert running.take(request) == 401


def test_during_a_change_of_secrets_nobody_misses_anything(world: World, name: str, sink: HttpSink) -> None:
    webhook, first = hook(sink, kinds=[WebhookKind.OPENED])
    before = sent(world, sink)
    second = rotated(webhook.id)
    during = sent(world, sink)
    with receivers.running(name, first) as old, receivers.running(name, second, first) as both:
        assert (old.take(before), old.take(during)) == (200, 200)
        assert (both.take(before), both.take(during)) == (200, 200)
    third = rotated(webhook.id, keep_former=False)
    after = sent(world, sink)
    with receivers.running(name, first) as old, receivers.running(name, third) as new:
        assert (old.take(after), new.take(after)) == (401, 200)


@pytest.mark.parametrize(
    "line", ["", "t=1", "v1=00", "t=x,v1=00", "t=1,t=2,v1=00", "=,=,=", "t=٣,v1=00", "t" * 5000]
)
def test_a_signature_that_is_none_is_refused(world: World, name: str, sink: HttpSink, line: str) -> None:
    hook(sink, kinds=[WebhookKind.OPENED])
    request = sent(world, sink)
    request.headers.replace_header("Helpdesk-Signature", line.encode().decode("latin-1"))
    with receivers.running(name, "word") as running:
        assert running.take(request) == 401
