"""Cards to people's own channels: what concerns them, unless turned off, and of confidential teams the number only."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
import time_machine

from app.accounts.actions import team_webhooks
from app.accounts.models import Person, PersonWebhook
from app.core import clock, crypto
from app.core.db import db
from app.core.errors import PasswordNeeded
from app.core.uow import run_unit
from app.events.models import Event
from app.notifications.actions import set_preference
from app.notifications.queries import wishes
from app.notifications.words import Topic, Way
from app.tickets.actions import assigning, escalating
from app.tickets.actions.clock import check_due
from app.tickets.schemas import Escalation
from tests.support.audience import act, put
from tests.support.http_sink import Answer, HttpSink
from tests.support.post import mail_to, servers
from tests.support.toys import deliveries
from tests.support.world import World


@pytest.fixture
def teams() -> Iterator[HttpSink]:
    with HttpSink() as sink, servers(teams=sink, webhook=""):
        yield sink


def own(person: Person, teams: HttpSink) -> None:
    """Give somebody a channel of their own."""
    address = crypto.encrypt(teams.url(f"/{person.id}?sig=geheim"))
    row = PersonWebhook(person_id=person.id, address=address, changed_at=clock.now())
    run_unit(lambda: db.session.add(row))


def got(person: Person, teams: HttpSink) -> list[dict[str, Any]]:
    return [
        json.loads(request.body)["attachments"][0]["content"]
        for request in teams.requests
        if request.path.startswith(f"/{person.id}?")
    ]


def titles(person: Person, teams: HttpSink) -> list[str]:
    return [card["body"][0]["text"].partition(":")[0] for card in got(person, teams)]


def test_what_concerns_somebody_arrives_in_their_channel(
    world: World,
    customer: Person,
    agent: Person,
    leader: Person,
    teams: HttpSink,
    time: time_machine.Traveller,
) -> None:
    own(agent, teams)
    ticket = world.ticket(customer)
    world.relay()
    assert titles(agent, teams) == ["Ihnen zugewiesen"]
    time.shift(120)
    world.say(customer, ticket, "Es ist der zweite Stock.")
    act(escalating.escalate, world.actor(leader), ticket.id, Escalation(level=3, reason="Zu schwer"))
    world.relay()
    assert titles(agent, teams)[1:] == ["Antwort des Kunden", "Eskaliert von Stufe 1 an Stufe 3"]
    assert "zweite Stock" not in str(got(agent, teams))
    time.shift(timedelta(days=5))
    check_due()
    world.relay()
    assert any("Frist" in title for title in titles(agent, teams)[3:])
    assert {one.target for one in deliveries("teams")} == {f"person:{agent.id}"}


def test_a_card_speaks_the_language_of_its_reader(world: World, customer: Person, teams: HttpSink) -> None:
    jonas = world.agent(language="en", support_level=3)
    own(jonas, teams)
    ticket = world.ticket(customer)
    world.relay()
    (card,) = got(jonas, teams)
    assert card["body"][0]["text"] == f"Assigned to you: {ticket.number}" and card["lang"] == "en"


def test_what_somebody_turned_off_makes_no_card(
    world: World, customer: Person, agent: Person, teams: HttpSink
) -> None:
    own(agent, teams)
    act(set_preference, Topic.ASSIGNED, Way.TEAMS, False, actor=world.actor(agent))
    world.ticket(customer)
    world.relay()
    assert got(agent, teams) == []


def test_teams_is_a_way_only_for_who_has_a_channel(world: World, agent: Person, teams: HttpSink) -> None:
    actor = world.actor(agent)
    assert not [one for one in wishes(actor) if one.endswith(".teams")]
    own(agent, teams)
    assert {one for one in wishes(actor) if one.endswith(".teams")} == {
        *("assigned.teams", "customer_reply.teams", "deadline.teams", "escalated.teams")
    }


def test_who_did_it_is_not_told(world: World, customer: Person, agent: Person, teams: HttpSink) -> None:
    put(world.team, auto_assign=False)
    own(agent, teams)
    ticket = world.ticket(customer)
    act(assigning.take, world.actor(agent), ticket.id)
    world.relay()
    assert got(agent, teams) == []


def test_of_a_confidential_team_the_own_channel_learns_numbers_only(
    world: World, customer: Person, agent: Person, teams: HttpSink
) -> None:
    put(world.team, is_confidential=True)
    own(agent, teams)
    ticket = world.ticket(customer, title="Abmahnung von Frau Muster")
    world.relay()
    (card,) = got(agent, teams)
    assert ticket.number in str(card)
    assert "Abmahnung" not in str(card) and "Mia" not in str(card) and "IT-Service" not in str(card)


def test_somebody_who_left_gets_no_cards(
    world: World, customer: Person, agent: Person, teams: HttpSink
) -> None:
    own(agent, teams)
    world.ticket(customer)
    teams.script(Answer(503))
    world.relay()
    put(agent, is_active=False)
    assert len(teams.requests) == 1


def test_an_address_that_was_removed_makes_waiting_cards_moot(
    world: World, customer: Person, agent: Person, teams: HttpSink, time: time_machine.Traveller
) -> None:
    own(agent, teams)
    world.ticket(customer)
    teams.script(Answer(503))
    world.relay()
    act(team_webhooks.remove_own, actor=world.actor(agent))
    time.shift(60)
    world.relay()
    assert len(teams.requests) == 1
    assert [one.state for one in deliveries("teams")] == ["cancelled"]


def test_an_own_channel_that_is_switched_off_is_told_to_its_owner_alone(
    world: World, customer: Person, agent: Person, teams: HttpSink, time: time_machine.Traveller
) -> None:
    world.admin()
    own(agent, teams)
    teams.always = Answer(404)
    for _ in range(5):
        world.ticket(customer)
        world.relay()
        time.shift(timedelta(days=1))
    db.session.rollback()
    kinds = db.session.scalars(sa.select(Event).where(Event.kind == "notification.channel_off")).all()
    assert [(one.subject_kind, one.subject_id) for one in kinds] == [("person", agent.id)]
    assert "Ihr Kanal in Teams" in mail_to(agent, "notification.channel_off").subject
    told = {one.target for one in deliveries("email") if one.event_id == kinds[0].id}
    assert told == {f"person:{agent.id}"}


def test_a62_an_own_channel_wants_the_password_first(world: World, agent: Person, teams: HttpSink) -> None:
    with pytest.raises(PasswordNeeded):
        act(team_webhooks.set_own, "https://x.logic.azure.com/hook", actor=world.actor(agent))
    db.session.rollback()
    assert db.session.scalars(sa.select(PersonWebhook)).all() == []
