"""Who hears what in the feed: as much as they may read of the tickets themselves (A32, A34, A35, A38, A42)."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import Any

import pytest
import sqlalchemy as sa
import time_machine

from app.core.db import db
from app.core.uow import run_unit
from app.events.models import Feed
from app.settings.actions import change
from app.settings.schemas import TicketRules
from app.tickets.actions import closing, company, mending
from app.tickets.actions.replying import take_back
from app.tickets.public_facts import PUBLIC_FIELDS
from tests.security.sweep.canaries import Canaries
from tests.security.sweep.stage import ADMIN, AGENT, ANON, CUSTOMER, LEADER, ROLES
from tests.support.feeds import NOW, PATH, said, told
from tests.support.programs import Program, refused
from tests.support.world import World

LATER = NOW + timedelta(minutes=5)


@pytest.fixture
def noon():
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


def test_a34_an_agent_hears_of_the_own_teams_only(world: World, noon: Any) -> None:
    other = world.make_team("Netz")
    insider, outsider = world.agent(), world.agent(teams=[other])
    ticket = world.ticket(world.customer())
    world.say(insider, ticket, is_internal=True)
    world.relay()
    assert {one["ticket"]["id"] for one in told(Program(world.app, insider))} == {ticket.id}
    assert told(Program(world.app, outsider)) == []
    admin = world.actor(world.admin())
    run_unit(lambda: change(TicketRules(agents_see_all_teams=True), actor=admin))
    assert {one["ticket"]["id"] for one in told(Program(world.app, outsider))} == {ticket.id}


def test_a_customer_hears_public_kinds_of_own_tickets_with_public_fields(world: World, noon: Any) -> None:
    mia, anton, leader = world.customer(), world.agent(), world.leader()
    ticket = world.ticket(mia)
    world.ticket(world.customer())
    world.say(anton, ticket, "Notiz", is_internal=True)
    world.say(anton, ticket, "Antwort")
    run_unit(partial(company.watch, world.actor(anton), ticket.id))
    world.relay()
    noon.move_to(LATER)
    events = told(Program(world.app, mia))
    assert {one["ticket"]["id"] for one in events} == {ticket.id}
    for one in events:
        assert set(one["data"]) == set(PUBLIC_FIELDS[one["kind"]])
    assert "ticket.reply_added" in said(events)
    assert "ticket.note_added" in said(told(Program(world.app, leader)))


def test_a38_a_participant_hears_from_joining_on_and_no_more_after_leaving(world: World, noon: Any) -> None:
    mia, carl, anton = world.customer(), world.customer(), world.agent()
    ticket = world.ticket(mia)
    world.say(anton, ticket, "Vorher")
    noon.shift(60)
    run_unit(lambda: company.add_participant(world.actor(anton), ticket.id, carl.email))
    noon.shift(60)
    entry = world.say(anton, ticket, "Nachher")
    world.relay()
    noon.move_to(LATER)
    program = Program(world.app, carl)
    events = told(program)
    assert said(events)[0] == "ticket.participant_added"
    assert [one["data"]["comment_id"] for one in events if one["kind"] == "ticket.reply_added"] == [entry.id]
    run_unit(lambda: company.remove_participant(world.actor(anton), ticket.id, carl.id))
    assert told(program) == []


def test_a_reply_that_can_be_taken_back_is_not_told_yet_and_then_told(world: World, noon: Any) -> None:
    mia, anton = world.customer(), world.agent()
    ticket = world.ticket(mia)
    world.relay()
    noon.move_to(LATER)
    program = Program(world.app, mia)
    start = program.get(PATH).json["next_after"]
    entry = world.say(anton, ticket, "Gleich")
    world.relay()
    assert told(program, start) == []
    assert program.get(PATH).json["next_after"] == start
    assert "ticket.reply_added" in said(told(Program(world.app, anton), start))
    noon.shift(16)
    replies = [one for one in told(program, start) if one["kind"] == "ticket.reply_added"]
    assert [one["data"]["comment_id"] for one in replies] == [entry.id]


def test_a_reply_that_was_taken_back_is_never_told(world: World, noon: Any) -> None:
    mia, anton = world.customer(), world.agent()
    ticket = world.ticket(mia)
    entry = world.say(anton, ticket, "Doch nicht")
    run_unit(lambda: take_back(world.actor(anton), ticket.id, entry.id))
    world.relay()
    noon.move_to(LATER)
    assert "ticket.reply_added" not in said(told(Program(world.app, mia)))


def test_a_reply_waits_also_when_its_time_was_made_shorter_meanwhile(world: World, noon: Any) -> None:
    mia, anton, admin = world.customer(), world.agent(), world.actor(world.admin())
    ticket = world.ticket(mia)
    world.relay()
    program = Program(world.app, mia)
    noon.shift(60)
    start = program.get(PATH).json["next_after"]
    run_unit(lambda: change(TicketRules(undo_seconds=120), actor=admin))
    entry = world.say(anton, ticket, "Lange")
    run_unit(lambda: change(TicketRules(undo_seconds=0), actor=admin))
    world.relay()
    noon.shift(10)
    answer = program.get(f"{PATH}?after={start}&limit=100").json
    assert "ticket.reply_added" not in said(answer["results"]) and not answer["more"]
    noon.shift(120)
    rest = told(program, answer["next_after"])
    assert [one["data"]["comment_id"] for one in rest if one["kind"] == "ticket.reply_added"] == [entry.id]


def test_a35_what_was_moved_away_or_deleted_is_told_no_more(world: World, noon: Any) -> None:
    mia, anton, leader = world.customer(), world.agent(), world.leader()
    ticket = world.ticket(mia)
    entry = world.say(mia, ticket, "Etwas anderes")

    def move() -> None:
        db.session.get_one(type(entry), entry.id).is_from_email = True

    run_unit(move)
    run_unit(lambda: mending.move_entry(world.actor(anton), ticket.id, entry.id, "Anderes", mia.id))
    world.relay()
    noon.move_to(LATER)
    events = [one for one in told(Program(world.app, mia)) if one["ticket"]["id"] == ticket.id]
    assert "ticket.reply_added" not in said(events)
    run_unit(lambda: closing.delete(world.actor(leader), ticket.id))
    for person in (mia, anton, leader):
        assert ticket.id not in {one["ticket"]["id"] for one in told(Program(world.app, person))}


def test_account_and_administration_are_never_in_it(world: World, noon: Any) -> None:
    admin = world.admin()
    run_unit(lambda: change(TicketRules(undo_seconds=3), actor=world.actor(admin)))
    world.relay()
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Feed)) > 0
    assert told(Program(world.app, admin)) == []


@pytest.mark.sqlite_only
def test_a32_the_feed_carries_no_canary_to_anybody(world: World, noon: Any) -> None:
    stage = Canaries(world)
    stage.team_ticket()
    stage.foreign_ticket()
    for role in (CUSTOMER, AGENT, LEADER, ADMIN):
        stage.own_request(role)
    world.relay()
    noon.move_to(LATER)
    for role in ROLES:
        if role == ANON:
            assert refused(stage.program(role).get(PATH), 401, "not_signed_in")
            continue
        events = told(stage.program(role))
        assert events
        assert stage.leaks(str(events), role) == [], role
