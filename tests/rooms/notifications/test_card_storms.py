"""F35: a storm of events becomes one card that lists them, each of them told exactly once (Teams)."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine

from app.accounts.models import Person
from app.core import crypto
from app.events.words import DeliveryState
from app.settings.actions import change
from app.settings.schemas import CardRules
from app.tickets.actions import clock
from tests.support.audience import act, put
from tests.support.http_sink import Answer, HttpSink
from tests.support.post import servers
from tests.support.toys import deliveries
from tests.support.world import World

S = DeliveryState
MANY = 500 if os.environ.get("HD_ENDURANCE") else 40
OPEN = "Ticketliste öffnen"


@pytest.fixture
def teams() -> Iterator[HttpSink]:
    with HttpSink() as sink, servers(teams=sink):
        yield sink


def cards(teams: HttpSink) -> list[dict[str, Any]]:
    return [json.loads(request.body)["attachments"][0]["content"] for request in teams.requests]


def facts(card: dict[str, Any]) -> dict[str, str]:
    (block,) = [block for block in card["body"] if block["type"] == "FactSet"]
    return {fact["title"]: fact["value"] for fact in block["facts"]}


def rows(card: dict[str, Any]) -> list[str]:
    return [block["text"] for block in card["body"] if block.get("spacing") == "Small"]


def states() -> dict[DeliveryState, int]:
    found: dict[DeliveryState, int] = {}
    for one in deliveries("teams"):
        found[one.state] = found.get(one.state, 0) + 1
    return found


def storm(world: World, customer: Person, count: int, **values: Any) -> None:
    for _ in range(count):
        world.ticket(customer, **({"title": "Serverausfall"} | values))


def test_as_many_cards_as_may_go_one_by_one_do(
    world: World, customer: Person, agent: Person, teams: HttpSink
) -> None:
    storm(world, customer, 5)
    world.relay()
    assert len(teams.requests) == 5
    assert states() == {S.SENT: 5}


def test_more_wait_for_a_minute_and_are_one_card_then(
    world: World, customer: Person, agent: Person, teams: HttpSink, time: time_machine.Traveller
) -> None:
    storm(world, customer, 12)
    world.relay()
    assert teams.requests == []
    time.shift(59)
    world.relay()
    assert teams.requests == []
    time.shift(1)
    world.relay()
    (card,) = cards(teams)
    assert card["body"][0]["text"] == "12 Meldungen zu Tickets"
    assert facts(card) == {"Neues kritisches Ticket": "12"}
    assert len(rows(card)) == 10 and "und 2 weitere Tickets" in json.dumps(card, ensure_ascii=False)
    assert [action["title"] for action in card["actions"]] == [OPEN]
    assert states() == {S.SENT: 12}
    assert {one.attempts for one in deliveries("teams")} == {1}


def test_five_hundred_missed_deadlines_are_one_card(
    world: World, customer: Person, agent: Person, teams: HttpSink, time: time_machine.Traveller
) -> None:
    put(world.team, card_kinds="breach")
    storm(world, customer, MANY, title="Drucker druckt nicht")
    world.relay()
    time.shift(timedelta(hours=30))
    clock.check_due()
    world.relay()
    before = len(teams.requests)
    time.shift(60)
    world.relay()
    told = sum(int(number) for card in cards(teams) for number in facts(card).values())
    assert before == 0 and len(teams.requests) == 1
    assert told == len(deliveries("teams")) >= MANY
    assert set(states()) == {S.SENT}


def test_what_drips_is_gathered_too_once_there_is_too_much(
    world: World, customer: Person, agent: Person, teams: HttpSink, time: time_machine.Traveller
) -> None:
    for _ in range(20):
        storm(world, customer, 1)
        world.relay()
        time.shift(5)
    time.shift(120)
    world.relay()
    assert [card["body"][0]["text"].split(":")[0] for card in cards(teams)][:5] == [
        "Neues kritisches Ticket"
    ] * 5
    assert len(teams.requests) <= 5 + 3
    assert states() == {S.SENT: 20}


def test_what_waited_while_the_channel_was_down_comes_as_one(
    world: World, customer: Person, agent: Person, teams: HttpSink, time: time_machine.Traveller
) -> None:
    teams.always = Answer(503)
    for _ in range(8):
        storm(world, customer, 1)
        world.relay()
        time.shift(120)
    asked = len(teams.requests)
    teams.always = Answer()
    time.shift(timedelta(hours=2))
    world.relay()
    assert len(teams.requests) == asked + 1
    assert states() == {S.SENT: 8}


def test_a_list_that_was_refused_for_now_is_tried_as_a_whole_and_told_once(
    world: World, customer: Person, agent: Person, teams: HttpSink, time: time_machine.Traveller
) -> None:
    storm(world, customer, 12)
    world.relay()
    teams.script(Answer(429, headers={"Retry-After": "300"}))
    time.shift(60)
    world.relay()
    time.shift(299)
    world.relay()
    assert len(teams.requests) == 1
    time.shift(1)
    world.relay()
    assert [facts(card) for card in cards(teams)] == [{"Neues kritisches Ticket": "12"}] * 2
    assert states() == {S.SENT: 12}


def test_what_is_no_longer_true_is_left_out_of_the_list(
    world: World, customer: Person, agent: Person, teams: HttpSink, time: time_machine.Traveller
) -> None:
    gone = world.ticket(customer, title="Serverausfall")
    storm(world, customer, 11)
    world.relay()
    put(gone, deleted_at=gone.created_at)
    time.shift(60)
    world.relay()
    assert cards(teams)[0]["body"][0]["text"] == "11 Meldungen zu Tickets"
    assert states() == {S.SENT: 11, S.CANCELLED: 1}


def test_one_teams_storm_does_not_hold_up_another_team(
    world: World, customer: Person, agent: Person, teams: HttpSink
) -> None:
    other = world.make_team("Netz", teams_webhook=crypto.encrypt(teams.url("/netz")), auto_assign=False)
    storm(world, customer, 12)
    put(world.ticket(customer, title="Serverausfall"), team_id=other.id)
    world.relay()
    assert [request.path for request in teams.requests] == ["/netz"]


def test_how_many_go_one_by_one_is_a_setting(
    world: World, customer: Person, agent: Person, teams: HttpSink
) -> None:
    act(change, CardRules(at_once=2), actor=world.actor(world.admin()))
    storm(world, customer, 3)
    world.relay()
    assert teams.requests == []


def test_the_most_urgent_ticket_stands_first_and_each_stands_once(
    world: World, customer: Person, agent: Person, teams: HttpSink, time: time_machine.Traveller
) -> None:
    storm(world, customer, 8, title="Drucker druckt nicht")
    urgent = world.ticket(customer, title="Serverausfall")
    world.relay()
    time.shift(60)
    world.relay()
    (card,) = cards(teams)
    first, *others = rows(card)
    assert first.startswith(f"[{urgent.number}](http://localhost/tickets/{urgent.number})")
    assert len(others) == 8
