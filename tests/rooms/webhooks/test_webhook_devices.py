"""Receivers that reach devices are told which ones are to hear of an event, and all others are told of none."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
import time_machine

from app.accounts.access import person_for
from app.accounts.actions import devices, people, signing_out
from app.accounts.actors import SHELL
from app.accounts.models import Device, Person
from app.accounts.schemas import NewDevice
from app.accounts.words import Need, Platform
from app.core.db import db
from app.core.uow import run_unit
from app.notifications.models import TurnedOff
from app.notifications.words import Topic, Way
from app.tickets.actions import assigning
from app.webhooks.models import WebhookAnswer
from app.webhooks.words import WebhookKind
from tests.support.hooks import bodies, hook, receiver
from tests.support.http_sink import Answer, HttpSink
from tests.support.programs import actor_of, signed_in_program
from tests.support.world import World

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
REPLY = [WebhookKind.REPLY_ADDED]


@pytest.fixture
def noon() -> Iterator[Any]:
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def sink(house: Any) -> Iterator[HttpSink]:
    with receiver() as made:
        yield made


def phone(person: Person, token: str, platform: Platform = Platform.IOS) -> tuple[int, str]:
    """A device of somebody who signs in with it; its id, and the refresh token of that sign-in."""
    refresh = signed_in_program(person)
    command = NewDevice(platform=platform, token=token)
    made = run_unit(lambda: devices.register(command, actor=actor_of(refresh)))
    return made.id, refresh


def told(world: World, sink: HttpSink, noon: Any) -> list[list[str]]:
    """The tokens in each call, once nothing can be taken back any more."""
    noon.shift(20)
    world.relay()
    return [[one["token"] for one in body["devices"]] for body in bodies(sink.requests)]


def test_the_devices_of_whoever_is_told_are_named(world: World, sink: HttpSink, noon: Any) -> None:
    hook(sink, kinds=REPLY, with_devices=True)
    mia, nora, anton = world.customer(), world.customer(), world.agent()
    first, _refresh = phone(mia, "token-of-mia-1")
    second, _refresh = phone(mia, "token-of-mia-2", Platform.WEB)
    phone(nora, "token-of-nora")
    phone(anton, "token-of-anton")
    ticket = world.ticket(mia)
    world.say(anton, ticket)
    noon.shift(20)
    world.relay()
    (body,) = bodies(sink.requests)
    assert body["devices"] == [
        {"id": first, "person_id": mia.id, "platform": "ios", "token": "token-of-mia-1"},
        {"id": second, "person_id": mia.id, "platform": "web", "token": "token-of-mia-2"},
    ]
    assert "Muster" not in str(body) and mia.email not in str(body)


def test_staff_hear_of_what_the_bell_tells_them(world: World, sink: HttpSink, noon: Any) -> None:
    hook(sink, kinds=[WebhookKind.ASSIGNED, WebhookKind.REPLY_ADDED], with_devices=True)
    lena, anton, mia = world.leader(), world.agent(), world.customer()
    phone(anton, "token-of-anton")
    phone(lena, "token-of-lena")
    ticket = world.ticket(mia)
    run_unit(lambda: assigning.assign(world.actor(lena), ticket.id, anton.id))
    world.say(mia, ticket, "Noch etwas.")
    assert told(world, sink, noon) == [["token-of-anton"]] * 2


def test_nobody_is_reached_by_what_they_did_or_do_not_wish_for(
    world: World, sink: HttpSink, noon: Any
) -> None:
    hook(sink, kinds=[WebhookKind.OPENED, WebhookKind.REPLY_ADDED], with_devices=True)
    lena, anton, mia = world.leader(), world.agent(), world.customer()
    phone(mia, "token-of-mia")
    phone(anton, "token-of-anton")
    ticket = world.ticket(mia)
    run_unit(lambda: assigning.assign(world.actor(lena), ticket.id, anton.id))
    off = [
        TurnedOff(person_id=anton.id, topic=Topic.CUSTOMER_REPLY, way=way) for way in (Way.BELL, Way.EMAIL)
    ]
    run_unit(lambda: db.session.add_all(off[:1]))
    world.say(mia, ticket, "Noch etwas.")
    assert told(world, sink, noon) == [[], ["token-of-anton"]]
    run_unit(lambda: db.session.add_all(off[1:]))
    world.say(mia, ticket, "Und noch etwas.")
    assert told(world, sink, noon) == [[], ["token-of-anton"], []]


def test_other_receivers_are_told_of_no_device(world: World, sink: HttpSink, noon: Any) -> None:
    hook(sink, kinds=REPLY)
    mia = world.customer()
    phone(mia, "token-of-mia")
    world.say(world.agent(), world.ticket(mia))
    noon.shift(20)
    world.relay()
    (request,) = sink.requests
    assert b"devices" not in request.body and b"token-of-mia" not in request.body


def test_a_confidential_team_is_told_of_nowhere(world: World, sink: HttpSink, noon: Any) -> None:
    hook(sink, kinds=REPLY, with_devices=True)
    secret = world.make_team("Personalstelle", is_confidential=True)
    insider, mia = world.agent(teams=[secret]), world.customer()
    phone(mia, "token-of-mia")
    world.say(insider, world.ticket(insider, team_id=secret.id, requester_id=mia.id))
    assert told(world, sink, noon) == []


@pytest.mark.parametrize("way", ["signed out", "deactivated", "ran out"])
def test_a_device_that_left_before_a_repeat_is_not_named_any_more(
    world: World, sink: HttpSink, noon: Any, way: str
) -> None:
    hook(sink, kinds=REPLY, with_devices=True)
    mia = world.customer()
    _number, refresh = phone(mia, "token-of-mia")
    world.say(world.agent(), world.ticket(mia))
    sink.always = Answer(503)
    assert told(world, sink, noon) == [["token-of-mia"]]
    sink.always = Answer(200)
    if way == "signed out":
        run_unit(lambda: signing_out.sign_out(actor=actor_of(refresh)))
    elif way == "deactivated":
        run_unit(lambda: people.deactivate(person_for(SHELL, mia.id, Need.MANAGE), actor=SHELL))
    else:
        run_unit(lambda: _end_of(refresh))
    noon.shift(timedelta(minutes=2))
    world.relay()
    assert [one["devices"] == [] for one in bodies(sink.requests)] == [False, True]
    assert len({one["id"] for one in bodies(sink.requests)}) == 1


def _end_of(refresh: str) -> None:
    sign_in = sa.text("UPDATE sign_in SET expires_at = :at WHERE id = :id")
    ended = NOW - timedelta(days=1)
    db.session.execute(sign_in, {"at": ended.replace(tzinfo=None), "id": actor_of(refresh).sign_in_id})


def test_a_token_that_a_receiver_repeats_is_left_out_of_the_log(
    world: World, sink: HttpSink, noon: Any
) -> None:
    hook(sink, kinds=REPLY, with_devices=True)
    mia = world.customer()
    phone(mia, "token-of-mia")
    world.say(world.agent(), world.ticket(mia))
    sink.always = Answer(400, b"unknown: token-of-mia")
    told(world, sink, noon)
    assert list(db.session.scalars(sa.select(WebhookAnswer.excerpt))) == ["unknown: …"]


def test_a_token_that_cannot_be_read_keeps_nobody_from_the_others(
    world: World, sink: HttpSink, noon: Any
) -> None:
    hook(sink, kinds=REPLY, with_devices=True)
    mia = world.customer()
    broken, _refresh = phone(mia, "token-of-mia-1")
    phone(mia, "token-of-mia-2")
    run_unit(lambda: setattr(db.session.get_one(Device, broken), "sealed", "x"))
    world.say(world.agent(), world.ticket(mia))
    assert told(world, sink, noon) == [["token-of-mia-2"]]
