"""The morning card: once a day for teams that want it, with figures of the moment it is written."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine

from app.accounts.actors import CLOCK
from app.accounts.models import Person
from app.accounts.words import CardKind
from app.jobs import cards as job
from app.notifications import switching
from tests.support.audience import act, put
from tests.support.http_sink import Answer, HttpSink
from tests.support.post import servers
from tests.support.toys import deliveries
from tests.support.world import World


@pytest.fixture
def teams(world: World) -> Iterator[HttpSink]:
    put(world.team, card_kinds=CardKind.DAILY.value)
    with HttpSink() as sink, servers(teams=sink):
        yield sink


def facts(teams: HttpSink) -> list[dict[str, str]]:
    cards = [json.loads(request.body)["attachments"][0]["content"] for request in teams.requests]
    return [{fact["title"]: fact["value"] for fact in card["body"][1]["facts"]} for card in cards]


def test_it_says_how_the_team_stands(
    world: World, customer: Person, agent: Person, teams: HttpSink, time: time_machine.Traveller
) -> None:
    oldest = world.ticket(customer, title="Drucker <at>everyone</at>")
    world.say(agent, world.ticket(customer), "Ich komme.")
    put(world.team, auto_assign=False)
    world.ticket(customer)
    world.relay()
    time.shift(timedelta(hours=26))
    job.tell_teams.run()
    world.relay()
    (told,) = facts(teams)
    assert (told["Offen"], told["Ohne Bearbeiter"]) == ("3", "1")
    assert told["Ältestes ohne Antwort"].startswith(oldest.number)
    assert "<at>" not in told["Ältestes ohne Antwort"]


def test_a_day_is_told_once_however_often_it_is_asked_for(
    world: World, teams: HttpSink, time: time_machine.Traveller
) -> None:
    assert act(switching.begin_day, actor=CLOCK) == 1
    assert act(switching.begin_day, actor=CLOCK) == 0
    world.relay()
    time.shift(timedelta(hours=26))
    assert act(switching.begin_day, actor=CLOCK) == 1
    world.relay()
    assert len(teams.requests) == 2
    assert {one.target for one in deliveries("teams")} == {f"daily:{world.team.id}"}


def test_a_morning_that_is_over_is_told_no_more(
    world: World, teams: HttpSink, time: time_machine.Traveller
) -> None:
    teams.script(Answer(429, headers={"Retry-After": "72000"}))
    act(switching.begin_day, actor=CLOCK)
    world.relay()
    time.shift(timedelta(hours=20))
    world.relay()
    assert len(teams.requests) == 1
    assert [one.state for one in deliveries("teams")] == ["cancelled"]


def test_teams_that_did_not_ask_and_those_without_a_channel_hear_nothing(
    world: World, teams: HttpSink
) -> None:
    world.make_team("Netz")
    world.make_team("Personal", is_confidential=True, card_kinds="daily")
    world.make_team("Alt", is_active=False, card_kinds="daily")
    act(switching.begin_day, actor=CLOCK)
    world.relay()
    assert [one.target for one in deliveries("teams")] == [f"daily:{world.team.id}"]


def test_kinds_a_team_does_not_want_make_no_card(
    world: World, customer: Person, agent: Person, teams: HttpSink
) -> None:
    world.ticket(customer, title="Serverausfall")
    world.relay()
    assert teams.requests == []
    put(world.team, card_kinds="assignment")
    world.ticket(customer)
    world.relay()
    assert len(teams.requests) == 1


def test_words_of_a_newer_version_are_passed_over(world: World, customer: Person, teams: HttpSink) -> None:
    put(world.team, card_kinds="critical,telepathy")
    world.ticket(customer, title="Serverausfall")
    world.relay()
    found: list[Any] = deliveries("teams")
    assert len(found) == 1
