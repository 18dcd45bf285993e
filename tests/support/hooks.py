"""Webhooks of a test firm, and what their receivers were told."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from typing import Any

from app.accounts.actors import SHELL
from app.core.breaker import Breaker
from app.core.db import db
from app.core.environment import environment, use
from app.core.uow import run_unit
from app.events.consumers import consumer
from app.events.settling import PAUSES
from app.integrations.guard import HttpGuard
from app.webhooks.access import webhook_for
from app.webhooks.actions import endpoints
from app.webhooks.consumers import Webhooks
from app.webhooks.models import Webhook
from app.webhooks.schemas import NewWebhook
from app.webhooks.words import WebhookKind
from tests.support.http_sink import Answer, HttpSink, ReceivedRequest

TOOK = Answer(200, b"thanks")


@contextmanager
def allowing(place: str) -> Iterator[None]:
    """Let the house call a place on loopback; what receivers did in other tests is forgotten."""
    known, before = consumer("webhook"), environment()
    assert isinstance(known, Webhooks)
    guard = known.guard
    allowed = (*guard.allow_private, place)
    known.guard = HttpGuard(allow_hosts=allowed, allow_private=allowed)
    known._breaker = Breaker(PAUSES)
    use(replace(before, outbound_allow=allowed))
    try:
        yield
    finally:
        known.guard = guard
        use(before)


@contextmanager
def receiver(answer: Answer = TOOK) -> Iterator[HttpSink]:
    """A receiver that the house may call."""
    with HttpSink() as sink, allowing(sink.place):
        sink.always = answer
        yield sink


def hook(sink: HttpSink | None, **values: Any) -> tuple[Webhook, str]:
    """A webhook that leads to a sink, if there is one, and hears of everything; and its secret."""
    where = {"url": sink.url("/hook")} if sink else {}
    given = {"name": "Inventar", "kinds": list(WebhookKind)} | where | values
    return run_unit(partial(endpoints.create, NewWebhook(**given), actor=SHELL))


def rotated(webhook_id: int, **values: Any) -> str:
    """Give a webhook a new secret."""
    return run_unit(
        lambda: endpoints.rotate(webhook_for(SHELL, webhook_id, lock=True), actor=SHELL, **values)
    )


def moved(webhook: Webhook, url: str) -> None:
    """Let a webhook lead elsewhere and keep its secret, which no verb does."""

    def work() -> None:
        db.session.get_one(Webhook, webhook.id).url = url

    run_unit(work)


def bodies(requests: list[ReceivedRequest]) -> list[dict[str, Any]]:
    """What came, read."""
    return [json.loads(one.body) for one in requests]


def kinds(sink: HttpSink) -> list[str]:
    """The kinds of what came, in order."""
    return [one["kind"] for one in bodies(sink.requests)]
