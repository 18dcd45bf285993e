"""A receiver that takes nothing is asked again with growing pauses, holds up nobody, and is switched off at last."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine

from app.accounts.actors import SHELL
from app.core.db import db
from app.core.uow import run_unit
from app.events.words import DeliveryState
from app.webhooks import queries, standing
from app.webhooks.access import webhook_for
from app.webhooks.actions import endpoints
from app.webhooks.models import Webhook
from app.webhooks.schemas import ChangeWebhook
from app.webhooks.words import WebhookKind
from tests.support.accounts import facts
from tests.support.hooks import TOOK, hook, receiver
from tests.support.http_sink import Answer, HttpSink
from tests.support.toys import deliveries
from tests.support.world import World

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)


@pytest.fixture
def noon() -> Iterator[Any]:
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def sink(house: Any) -> Iterator[HttpSink]:
    with receiver() as made:
        yield made


def reread(webhook: Webhook) -> Webhook:
    db.session.rollback()
    return db.session.get_one(Webhook, webhook.id, populate_existing=True)


def log(webhook: Webhook) -> list[queries.Line]:
    db.session.rollback()
    return list(queries.log(reread(webhook)).rows)


@pytest.mark.parametrize(
    ("answer", "trouble"),
    [
        (Answer(500), "failing"),
        (Answer(429), "busy"),
        (Answer(404), "refused"),
        (Answer(401), "refused"),
        (Answer(302, headers={"Location": "http://127.0.0.1:1/"}), "redirected"),
        (Answer(hang_up=True), "connection_failed"),
    ],
)
def test_what_is_not_taken_is_sent_again_with_growing_pauses_and_the_same_event_id(
    world: World, sink: HttpSink, noon: Any, answer: Answer, trouble: str
) -> None:
    webhook, _secret = hook(sink, kinds=[WebhookKind.OPENED])
    sink.script(answer, answer)
    world.ticket(world.customer())
    world.relay()
    assert (reread(webhook).trouble, reread(webhook).failures) == (trouble, 1)
    world.relay()
    assert len(sink.requests) == 1
    for pause in (31, 61):
        noon.shift(pause)
        world.relay()
    assert len(sink.requests) == 3
    assert len({one.headers["Helpdesk-Event-Id"] for one in sink.requests}) == 1
    assert len({one.headers["Helpdesk-Signature"] for one in sink.requests}) == 3
    assert len({one.body for one in sink.requests}) == 1
    assert [one.state for one in deliveries("webhook")] == [DeliveryState.SENT]
    row = reread(webhook)
    assert (row.trouble, row.failures, row.failing_since) == ("", 0, None)
    (line,) = log(webhook)
    assert (line.answer.tries, line.answer.status) == (3, 200)


def test_after_a_day_it_is_given_up(world: World, sink: HttpSink, noon: Any) -> None:
    hook(sink, kinds=[WebhookKind.OPENED])
    sink.always = Answer(503)
    world.ticket(world.customer())
    for _ in range(30):
        world.relay()
        noon.shift(timedelta(hours=1, seconds=1))
    assert [one.state for one in deliveries("webhook")] == [DeliveryState.DEAD]
    assert 20 < len(sink.requests) < 30


def test_a_receiver_that_knows_the_event_has_taken_it_and_one_that_is_gone_is_asked_once(
    world: World, sink: HttpSink, noon: Any
) -> None:
    hook(sink, kinds=[WebhookKind.OPENED])
    sink.script(Answer(409), Answer(410))
    for _ in range(2):
        world.ticket(world.customer())
        world.relay()
    assert [one.state for one in deliveries("webhook")] == [DeliveryState.SENT, DeliveryState.DEAD]


def test_one_receiver_that_is_down_holds_up_no_other(world: World, sink: HttpSink, noon: Any) -> None:
    with receiver(Answer(503)) as down:
        hook(down, kinds=[WebhookKind.OPENED])
        hook(sink, kinds=[WebhookKind.OPENED])
        for _ in range(3):
            world.ticket(world.customer())
        world.relay()
        assert (len(down.requests), len(sink.requests)) == (1, 3)


def test_two_days_of_failing_switch_it_off_and_tell_administrators(
    world: World, sink: HttpSink, noon: Any
) -> None:
    webhook, _secret = hook(sink, kinds=[WebhookKind.OPENED])
    sink.always = Answer(500, b"no")
    mia = world.customer()
    for _ in range(15):
        world.ticket(mia)
        world.relay()
        noon.shift(timedelta(hours=5))
        if not reread(webhook).is_active:
            break
    row = reread(webhook)
    assert row.off_at is not None and row.off_at - NOW >= standing.PATIENCE
    assert facts("webhook.switched_off")[0]["trouble"] == "failing"
    asked = len(sink.requests)
    world.relay()
    world.ticket(mia)
    world.relay()
    assert len(sink.requests) == asked
    waiting = [one for one in deliveries("webhook") if one.state is DeliveryState.WAITING]
    noon.shift(timedelta(hours=2))
    world.relay()
    assert waiting == [] or {one.state for one in deliveries("webhook")} == {
        DeliveryState.DEAD,
        DeliveryState.CANCELLED,
    }
    command = ChangeWebhook(is_active=True)
    run_unit(lambda: endpoints.change(webhook_for(SHELL, webhook.id, lock=True), command, actor=SHELL))
    row = reread(webhook)
    assert (row.off_at, row.failing_since, row.failures, row.trouble) == (None, None, 0, "")
    sink.always = TOOK
    world.ticket(mia)
    world.relay()
    assert len(sink.requests) == asked + 1


def test_an_hour_of_many_failures_switches_nothing_off(world: World, sink: HttpSink, noon: Any) -> None:
    webhook, _secret = hook(sink, kinds=[WebhookKind.OPENED])
    sink.always = Answer(500)
    world.ticket(world.customer())
    for _ in range(12):
        world.relay()
        noon.shift(timedelta(minutes=61))
    assert reread(webhook).is_active and reread(webhook).failures >= standing.FAILURES
