"""Workers that die while one card speaks for many events: nothing is lost, and only the window of F06 repeats.

Real processes, real kills, a real receiver of cards; the next worker's clock simply stands later.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from flask import Flask

from app.core.uow import run_unit
from app.events.words import DeliveryState
from app.settings.actions import change
from app.settings.schemas import CardRules
from tests.support.http_sink import HttpSink
from tests.support.relaying import KILLED, Worker, wipe
from tests.support.toys import deliveries
from tests.support.world import World

# What a killed process leaves is the spine's business: tests/faults/test_relay_killed.py asks PostgreSQL as well.
pytestmark = pytest.mark.only_on("sqlite", "mariadb")

START = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
MINUTE = timedelta(seconds=61)
LATER = timedelta(minutes=6)
TICKETS = 4


@pytest.fixture
def worker(house: Flask, database_url: str, tmp_path: Path, teams: HttpSink) -> Iterator[Worker]:
    settings = {"TEAMS_WEBHOOK_URL": teams.url("/hook?sig=geheim"), "OUTBOUND_ALLOW": teams.place}
    yield Worker(database_url, tmp_path, settings)
    wipe()


@pytest.fixture
def storm(world: World, worker: Worker, teams: HttpSink) -> World:
    """Four critical tickets where two cards may go one by one: the relay has found that they are too many."""
    with time_machine.travel(START, tick=False):
        customer = world.customer(first_name="Mia", last_name="Muster")
        admin = world.actor(world.admin())
        run_unit(lambda: change(CardRules(at_once=2), actor=admin))
        for _ in range(TICKETS):
            world.ticket(customer, title="Serverausfall")
    assert worker.run(START) == 0
    assert teams.requests == []
    return world


def cards() -> list[Any]:
    return [one for one in deliveries("teams") if one.target.startswith("team:")]


def told(teams: HttpSink) -> list[int]:
    """How many events each card speaks for."""
    found = []
    for request in teams.requests:
        card = json.loads(request.body)["attachments"][0]["content"]
        (facts,) = [block for block in card["body"] if block["type"] == "FactSet"]
        found.append(sum(int(fact["value"]) for fact in facts["facts"]))
    return found


def test_a_worker_that_lives_tells_all_of_it_once(storm: World, worker: Worker, teams: HttpSink) -> None:
    assert worker.run(START + MINUTE) == 0
    assert told(teams) == [len(cards())]
    assert {one.state for one in cards()} == {DeliveryState.SENT}


@pytest.mark.parametrize("point", ["relay.claimed", "relay.prepared"])
def test_f04_a_worker_killed_before_it_spoke_loses_and_doubles_nothing(
    storm: World, worker: Worker, teams: HttpSink, point: str
) -> None:
    assert worker.run(START + MINUTE, fault=f"{point}:kill9") == KILLED
    assert teams.requests == []
    assert worker.run(START + MINUTE + LATER) == 0
    assert told(teams) == [len(cards())]
    assert {one.state for one in cards()} == {DeliveryState.SENT}
    assert not any(one.may_be_repeat for one in cards()) or point == "relay.prepared"


@pytest.mark.parametrize("point", ["relay.spoken", "relay.settling"])
def test_f06_a_worker_killed_after_it_spoke_repeats_that_one_card_as_a_whole_and_says_so(
    storm: World, worker: Worker, teams: HttpSink, point: str
) -> None:
    assert worker.run(START + MINUTE, fault=f"{point}:kill9") == KILLED
    assert told(teams) == [len(cards())]
    assert worker.run(START + MINUTE + LATER) == 0
    assert told(teams) == [len(cards())] * 2
    assert all(one.may_be_repeat for one in cards())
    assert {one.state for one in cards()} == {DeliveryState.SENT}


def test_f05_a_card_over_which_three_workers_died_is_given_up_piece_by_piece(
    storm: World, worker: Worker, teams: HttpSink
) -> None:
    moment = START + MINUTE
    for _ in range(4 * TICKETS):
        if worker.run(moment, fault="relay.prepared:kill9") != KILLED:
            break
        moment += LATER
    assert teams.requests == []
    assert {one.state for one in cards()} == {DeliveryState.DEAD}
