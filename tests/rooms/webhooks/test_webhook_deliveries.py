"""Receivers hear of public facts in ids and words, signed, again until they take it, and no longer (A67, A68)."""

from __future__ import annotations

import hmac
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest
import sqlalchemy as sa
import time_machine

from app.accounts.actors import SHELL
from app.accounts.models import Team
from app.core.db import db
from app.core.uow import run_unit
from app.events.consumers import consumer
from app.events.models import Feed
from app.events.words import DeliveryState
from app.tickets.actions import closing
from app.tickets.actions.replying import take_back
from app.tickets.public_facts import PUBLIC_FIELDS
from app.webhooks import consumers, queries
from app.webhooks.access import webhook_for
from app.webhooks.actions import endpoints, redelivering, sweeping
from app.webhooks.models import Webhook, WebhookAnswer
from app.webhooks.words import WebhookKind
from tests.support.accounts import facts
from tests.support.hooks import bodies, hook, receiver, rotated
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


def test_a_receiver_is_told_of_public_facts_in_ids_and_words(world: World, sink: HttpSink, noon: Any) -> None:
    hook(sink)
    mia, anton = world.customer(), world.agent()
    ticket = world.ticket(mia, title="Geheimer Titel", description="Geheimer Text")
    world.say(anton, ticket, "Geheime Notiz", is_internal=True)
    entry = world.say(anton, ticket, "Geheime Antwort")
    noon.shift(20)
    world.relay()
    told = {one["kind"]: one for one in bodies(sink.requests)}
    assert "ticket.note_added" not in told and "ticket.opened" in told
    position = db.session.scalar(
        sa.select(Feed.position).where(Feed.event_id == told["ticket.reply_added"]["id"])
    )
    assert told["ticket.reply_added"] == {
        "id": told["ticket.reply_added"]["id"],
        "kind": "ticket.reply_added",
        "version": 1,
        "at": "2026-11-20T09:00:00Z",
        "position": position,
        "ticket": {"id": ticket.id, "number": ticket.number},
        "actor": {"id": anton.id},
        "data": {"comment_id": entry.id, "by_staff": True},
    }
    assert all(set(one["data"]) == set(PUBLIC_FIELDS[kind]) for kind, one in told.items())
    everything = (
        b"".join(one.body for one in sink.requests) + str([one.headers for one in sink.requests]).encode()
    )
    for word in (b"Geheim", mia.email.encode(), anton.email.encode(), b"Muster", b"Mia"):
        assert word not in everything


def test_a_call_is_signed_and_names_event_and_delivery(world: World, sink: HttpSink, noon: Any) -> None:
    _webhook, secret = hook(sink, kinds=[WebhookKind.OPENED])
    world.ticket(world.customer())
    world.relay()
    (request,) = sink.requests
    (row,) = deliveries("webhook")
    assert (request.method, request.path) == ("POST", "/hook")
    assert request.headers["Content-Type"] == "application/json"
    assert request.headers["Helpdesk-Event-Id"] == str(row.event_id)
    assert request.headers["Helpdesk-Delivery"] == str(row.id)
    moment = int(NOW.timestamp())
    mac = hmac.new(secret.encode(), f"{moment}.".encode() + request.body, "sha256").hexdigest()
    assert request.headers["Helpdesk-Signature"] == f"t={moment},v1={mac}"


def test_two_secrets_sign_for_a_day_after_a_change(world: World, sink: HttpSink, noon: Any) -> None:
    webhook, first = hook(sink, kinds=[WebhookKind.OPENED])
    second = rotated(webhook.id)
    mia = world.customer()
    for hours in (0, 23, 2):
        noon.shift(timedelta(hours=hours))
        world.ticket(mia)
        world.relay()
    signed = [one.headers["Helpdesk-Signature"] for one in sink.requests]
    assert [one.count("v1=") for one in signed] == [2, 2, 1]
    for one, line in zip(sink.requests, signed, strict=True):
        moment, *macs = (part.partition("=")[2] for part in line.split(","))
        made = [
            hmac.new(s.encode(), f"{moment}.".encode() + one.body, "sha256").hexdigest()
            for s in (second, first)
        ]
        assert macs == made[: len(macs)]
    rotated(webhook.id, keep_former=False)
    world.ticket(mia)
    world.relay()
    assert sink.requests[-1].headers["Helpdesk-Signature"].count("v1=") == 1


def test_secrets_are_encrypted_and_stand_in_no_fact(world: World, sink: HttpSink) -> None:
    webhook, secret = hook(sink)
    row = reread(webhook)
    assert secret not in row.sealed and len(secret) >= 43
    assert secret not in str(facts("webhook.created"))


def test_kinds_and_teams_narrow_what_is_told_and_confidential_teams_are_never_told_of(
    world: World, sink: HttpSink, noon: Any
) -> None:
    other = world.make_team("Netz")
    hook(sink, kinds=[WebhookKind.OPENED], team_ids=[other.id])
    ticket = world.ticket(world.customer())
    world.relay()
    assert sink.requests == []

    def rename(**values: Any) -> None:
        run_unit(partial(_set, world.team.id, **values))

    hook(sink, kinds=[WebhookKind.STATUS_CHANGED])
    hook(sink, kinds=[WebhookKind.OPENED])
    rename(is_confidential=True)
    world.ticket(world.customer())
    world.relay()
    assert sink.requests == []
    rename(is_confidential=False)
    mine = world.ticket(world.customer())
    world.relay()
    assert [one["ticket"]["id"] for one in bodies(sink.requests)] == [mine.id]
    assert ticket.id != mine.id


def _set(team_id: int, **values: Any) -> None:
    team = db.session.get_one(Team, team_id)
    for name, value in values.items():
        setattr(team, name, value)


def test_a_team_that_became_confidential_meanwhile_is_not_told_of(
    world: World, sink: HttpSink, noon: Any
) -> None:
    hook(sink, kinds=[WebhookKind.OPENED])
    sink.script(Answer(500))
    world.ticket(world.customer())
    world.relay()
    run_unit(partial(_set, world.team.id, is_confidential=True))
    noon.shift(3600)
    world.relay()
    assert len(sink.requests) == 1
    assert [one.state for one in deliveries("webhook")] == [DeliveryState.CANCELLED]


def test_a_reply_is_told_when_it_cannot_be_taken_back_any_more_and_otherwise_never(
    world: World, sink: HttpSink, noon: Any
) -> None:
    hook(sink, kinds=[WebhookKind.REPLY_ADDED])
    anton, ticket = world.agent(), world.ticket(world.customer())
    gone, stays = world.say(anton, ticket, "Falsch"), world.say(anton, ticket, "Richtig")
    world.relay()
    assert sink.requests == []
    run_unit(lambda: take_back(world.actor(anton), ticket.id, gone.id))
    noon.shift(20)
    world.relay()
    assert [one["data"]["comment_id"] for one in bodies(sink.requests)] == [stays.id]


def test_a_deleted_ticket_is_told_of_no_more(world: World, sink: HttpSink, noon: Any) -> None:
    hook(sink)
    ticket, leader = world.ticket(world.customer()), world.actor(world.leader())
    run_unit(lambda: closing.delete(leader, ticket.id))
    world.relay()
    assert sink.requests == []


def test_a68_little_of_the_answer_is_kept_and_nothing_of_our_secrets(
    world: World, sink: HttpSink, noon: Any
) -> None:
    webhook, secret = hook(sink, kinds=[WebhookKind.OPENED])
    sink.always = Answer(200, f"<script>{secret}</script>\x00\x1b[31m".encode() + b"x" * 5_000_000,
                         {"Set-Cookie": "a=b"})  # fmt: skip
    world.ticket(world.customer())
    world.relay()
    (line,) = log(webhook)
    assert len(line.answer.excerpt.encode()) <= 2048 + 8
    assert secret not in line.answer.excerpt and line.answer.excerpt.startswith("<script>…</script>")
    assert "\x00" not in line.answer.excerpt and "\x1b" not in line.answer.excerpt
    assert line.answer.ms is not None and line.answer.ms >= 0


def test_a_delivery_can_be_sent_again_with_its_event_id(world: World, sink: HttpSink, noon: Any) -> None:
    webhook, _secret = hook(sink, kinds=[WebhookKind.OPENED])
    world.ticket(world.customer())
    world.relay()
    (row,) = deliveries("webhook")
    run_unit(lambda: redelivering.redeliver(webhook_for(SHELL, webhook.id), row.id, actor=SHELL))
    world.relay()
    first, second = sink.requests
    assert first.headers["Helpdesk-Event-Id"] == second.headers["Helpdesk-Event-Id"]
    assert first.body == second.body
    assert facts("webhook.redelivered")[0]["delivery_id"] == row.id
    (line,) = log(webhook)
    assert line.answer.tries == 2


def test_removing_one_drops_what_waits(world: World, sink: HttpSink, noon: Any) -> None:
    webhook, _secret = hook(sink, kinds=[WebhookKind.OPENED])
    sink.script(Answer(500))
    world.ticket(world.customer())
    world.relay()
    run_unit(lambda: endpoints.remove(webhook_for(SHELL, webhook.id, lock=True), actor=SHELL))
    noon.shift(3600)
    world.relay()
    assert len(sink.requests) == 1
    assert [one.state for one in deliveries("webhook")] == [DeliveryState.CANCELLED]


def test_the_log_is_forgotten_after_a_month(world: World, sink: HttpSink, noon: Any) -> None:
    hook(sink, kinds=[WebhookKind.OPENED])
    world.ticket(world.customer())
    world.relay()
    noon.shift(timedelta(days=29))
    assert run_unit(sweeping.forget_answers) == 0
    noon.shift(timedelta(days=2))
    assert run_unit(sweeping.forget_answers) == 1
    assert db.session.scalar(sa.select(sa.func.count()).select_from(WebhookAnswer)) == 0


def test_nobody_without_a_webhook_pays_for_them(world: World, statements: Any) -> None:
    known = consumer("webhook")
    assert isinstance(known, consumers.Webhooks)
    for _ in range(5):
        world.ticket(world.customer())
    with statements() as seen:
        assert known.targets_of([]) == {}
    assert len(seen) == 1


def test_the_kinds_are_the_public_ones() -> None:
    assert {str(kind) for kind in WebhookKind} == set(PUBLIC_FIELDS)
