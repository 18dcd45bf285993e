"""Teams: one card to the channel of the ticket's team, never further, and a mail where the channel refuses."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine

from app.accounts.models import Person
from app.core import crypto
from app.events.words import DeliveryState
from app.notifications.actions import set_preference
from app.notifications.words import Topic, Way
from app.tickets.actions import assigning, triage
from tests.support.audience import act, put
from tests.support.http_sink import Answer, HttpSink
from tests.support.post import servers
from tests.support.smtp_sink import SmtpSink
from tests.support.toys import deliveries
from tests.support.world import World

S = DeliveryState


@pytest.fixture
def teams() -> Iterator[HttpSink]:
    with HttpSink() as sink, servers(teams=sink):
        yield sink


def cards(teams: HttpSink) -> list[dict[str, Any]]:
    return [json.loads(request.body)["attachments"][0]["content"] for request in teams.requests]


def titles(teams: HttpSink) -> list[str]:
    return [card["body"][0]["text"].partition(":")[0] for card in cards(teams)]


def test_a_critical_ticket_makes_one_card(
    world: World, customer: Person, agent: Person, teams: HttpSink
) -> None:
    world.ticket(customer, title="Serverausfall")
    world.relay()
    world.relay()
    assert titles(teams) == ["Neues kritisches Ticket"]
    assert deliveries("teams")[0].reference == "accepted"


def test_a_teams_own_channel_comes_first_and_its_address_is_kept_secret(
    world: World, customer: Person, agent: Person, teams: HttpSink
) -> None:
    put(world.team, teams_webhook=crypto.encrypt(teams.url("/own?sig=geheim")))
    world.ticket(customer)
    world.relay()
    assert [request.path for request in teams.requests] == ["/own?sig=geheim"]
    assert "geheim" not in repr(deliveries("teams")[0].__dict__)


def test_a_confidential_ticket_never_goes_to_the_channel_of_the_house(
    world: World, customer: Person, agent: Person, teams: HttpSink
) -> None:
    put(world.team, is_confidential=True)
    ticket = world.ticket(customer, title="Serverausfall")
    world.relay()
    assert deliveries("teams") == []
    put(world.team, teams_webhook=crypto.encrypt(teams.url("/own")))
    act(assigning.release, world.actor(agent), ticket.id)
    act(assigning.take, world.actor(agent), ticket.id)
    world.relay()
    assert [request.path for request in teams.requests] == ["/own"]


def test_a_ticket_that_moved_on_meanwhile_makes_no_card_in_the_old_channel(
    world: World, customer: Person, agent: Person, teams: HttpSink, time: time_machine.Traveller
) -> None:
    other = world.make_team("Personal", is_confidential=True, auto_assign=False)
    ticket = world.ticket(customer, title="Serverausfall")
    teams.script(Answer(503))
    world.relay()
    act(triage.change_team, world.actor(agent), ticket.id, other.id)
    time.shift(31)
    world.relay()
    assert len(teams.requests) == 1
    assert deliveries("teams")[0].state is S.CANCELLED


def test_without_any_channel_nothing_waits(world: World, customer: Person, agent: Person) -> None:
    with servers():
        world.ticket(customer, title="Serverausfall")
        world.relay()
    assert deliveries("teams") == []


def test_a_busy_channel_is_asked_when_it_said(
    world: World, customer: Person, agent: Person, teams: HttpSink, time: time_machine.Traveller
) -> None:
    teams.script(Answer(429, headers={"Retry-After": "300"}))
    world.ticket(customer)
    world.relay()
    (one,) = deliveries("teams")
    assert (one.state, one.due_at) == (S.WAITING, one.created_at + timedelta(seconds=300))
    time.shift(300)
    world.relay()
    assert titles(teams) == ["Ticket zugewiesen", "Ticket zugewiesen"]
    assert not deliveries("teams")[0].may_be_repeat


def test_a_channel_that_hangs_up_may_have_it_already(
    world: World, customer: Person, agent: Person, teams: HttpSink, time: time_machine.Traveller
) -> None:
    teams.script(Answer(hang_up=True))
    world.ticket(customer)
    world.relay()
    time.shift(31)
    world.relay()
    assert deliveries("teams")[0].may_be_repeat


def test_where_the_channel_refuses_the_leader_gets_a_mail_wished_for_or_not(
    world: World, customer: Person, agent: Person, leader: Person, teams: HttpSink
) -> None:
    act(set_preference, Topic.CRITICAL, Way.EMAIL, False, actor=world.actor(leader))
    teams.script(Answer(403, b"gone"))
    with SmtpSink() as smtp, servers(teams=teams, smtp=smtp):
        world.ticket(customer, title="Serverausfall")
        world.relay()
        told = [mail for mail in smtp.mails if mail.recipients == (leader.email,)]
    assert [one.state for one in deliveries("teams")] == [S.DEAD]
    assert len(told) == 1
    assert "Kritisch: Serverausfall" in str(told[0].message["Subject"])


def test_where_the_channel_refuses_a_leader_who_has_the_mail_gets_no_second_one(
    world: World, customer: Person, agent: Person, leader: Person, teams: HttpSink
) -> None:
    teams.script(Answer(403))
    with SmtpSink() as smtp, servers(teams=teams, smtp=smtp):
        world.ticket(customer, title="Serverausfall")
        world.relay()
        assert [mail.recipients for mail in smtp.mails].count((leader.email,)) == 1


def test_a_webhook_no_key_opens_ends_there(
    world: World, customer: Person, agent: Person, teams: HttpSink
) -> None:
    put(world.team, teams_webhook="not encrypted by any key")
    world.ticket(customer)
    world.relay()
    assert deliveries("teams")[0].error == "webhook_unreadable"


def test_a_webhook_at_another_host_than_teams_is_refused(
    world: World, customer: Person, agent: Person, teams: HttpSink
) -> None:
    put(world.team, teams_webhook=crypto.encrypt("https://boese.example/hook"))
    world.ticket(customer)
    world.relay()
    (one,) = deliveries("teams")
    assert one.state in (S.DEAD, S.WAITING)
    assert len(teams.requests) == 0


def test_one_dead_channel_holds_up_no_other(
    world: World, customer: Person, agent: Person, teams: HttpSink
) -> None:
    other = world.make_team("Netz")
    world.agent(teams=[other], support_level=1)
    put(world.team, teams_webhook=crypto.encrypt("http://127.0.0.1:1/hook"))
    ticket = world.ticket(customer)
    world.relay()
    assert teams.requests == []
    world.ticket(customer)
    act(triage.change_team, world.actor(agent), ticket.id, other.id)
    world.relay()
    assert titles(teams) == ["Ticket zugewiesen"]
    assert ticket.number in cards(teams)[0]["body"][0]["text"]
