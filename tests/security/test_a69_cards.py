"""A69: cards that would carry more than they should: mentions, links, notes, the secret address, too many bytes."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa
import time_machine

from app.accounts.models import Person, PersonWebhook
from app.core import clock, crypto
from app.core.db import db
from app.core.uow import run_unit
from app.events.models import Delivery, Event
from app.integrations.cards import LIMIT_BYTES
from app.tickets.actions import escalating
from app.tickets.schemas import Escalation
from tests.support.audience import act, put
from tests.support.http_sink import Answer, HttpSink
from tests.support.post import servers
from tests.support.world import World

HOSTILE = (
    "<at>everyone</at> [click](http://evil.example) ![x](http://evil.example/x.png) {{DATE(now)}} **"
    + "ä" * 90
)
CANARY = "KANARIENVOGEL"
SECRET = "hunter2hunter2"


@pytest.fixture(autouse=True)
def time() -> Iterator[time_machine.Traveller]:
    with time_machine.travel("2026-11-20T09:00:00Z", tick=False) as traveller:
        yield traveller


@pytest.fixture
def teams() -> Iterator[HttpSink]:
    with HttpSink() as sink, servers(teams=sink, webhook=sink.url(f"/house?sig={SECRET}")):
        yield sink


@pytest.fixture
def agent(world: World, teams: HttpSink) -> Person:
    """Has a name that is an attack, and a channel of their own."""
    made = world.agent(first_name="<at>everyone</at>", last_name="[x](http://evil.example)", support_level=4)
    address = crypto.encrypt(teams.url(f"/own?sig={SECRET}"))
    row = PersonWebhook(person_id=made.id, address=address, changed_at=clock.now())
    run_unit(lambda: db.session.add(row))
    return made


def hostile_tickets(world: World, agent: Person, count: int) -> None:
    mia = world.customer(first_name="<at>Mia</at>", last_name="[x](http://evil.example)")
    put(world.team, name="<at>team</at> [x](http://evil.example)")
    for _ in range(count):
        body = CANARY + "x" * 40_000
        ticket = world.ticket(mia, title=f"Serverausfall {HOSTILE}"[:200], description=body)
        world.say(agent, ticket, f"{CANARY} intern", is_internal=True)
        world.say(mia, ticket, f"{CANARY} {HOSTILE}")
        reason = f"{CANARY} {HOSTILE}"[:500]
        act(escalating.escalate, world.actor(agent), ticket.id, Escalation(level=4, reason=reason))


def links(value: Any) -> set[str]:
    """Every address a card makes clickable."""
    if isinstance(value, dict):
        own = {value["url"]} if "url" in value else set()
        return own.union(*(links(one) for name, one in value.items() if name != "$schema"))
    if isinstance(value, list):
        return set().union(*(links(one) for one in value))
    text = str(value)
    return {part.split(")")[0] for part in text.split("](")[1:]}


@pytest.mark.parametrize("count", [1, 14])
def test_hostile_words_stay_words_alone_and_in_lists(
    world: World, agent: Person, teams: HttpSink, time: time_machine.Traveller, count: int
) -> None:
    hostile_tickets(world, agent, count)
    world.relay()
    time.shift(61)
    world.relay()
    assert {request.path.split("?")[0] for request in teams.requests} == {"/house", "/own"}
    for request in teams.requests:
        body = request.body.decode()
        card = json.loads(body)["attachments"][0]["content"]
        assert len(request.body) <= LIMIT_BYTES
        assert "<at>" not in body and "{{" not in body and CANARY not in body
        assert all(link.startswith("http://localhost/tickets") for link in links(card)), links(card)


def test_the_address_is_in_no_log_no_row_and_no_page(
    world: World, agent: Person, teams: HttpSink, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    teams.always = Answer(404, f"no such workflow: sig={SECRET}".encode())
    hostile_tickets(world, agent, 1)
    world.relay()
    assert teams.requests
    rows = [*db.session.scalars(sa.select(Delivery)), *db.session.scalars(sa.select(Event))]
    kept = "\n".join(str(row.__dict__) for row in rows)
    logged = "\n".join(str(record.__dict__) for record in caplog.records)
    admin = world.browser(world.admin())
    pages = [
        admin.get(path).text
        for path in ("/admin/deliveries", f"/admin/teams/{world.team.id}", "/admin/audit")
    ]
    assert SECRET not in kept + logged + "".join(pages)
    assert "404" in pages[0]
