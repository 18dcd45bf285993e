"""The feed: each reader hears what they may know, in order, nothing twice and nothing left out (A32, A34, A38, A42)."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
import time_machine

from app.core import clock
from app.core.db import db
from app.core.uow import loose_writes
from app.events import kinds
from app.events.models import Event, Feed
from app.events.words import Visibility
from app.tickets import feed
from app.tickets.public_facts import PUBLIC_FIELDS
from app.web.api.event_words import EventKind
from app.web.api.events import EventFeed, TicketEvent
from tests.architecture.source import ROOT
from tests.support.feeds import NOW, PATH, said, told
from tests.support.programs import Program, refused
from tests.support.world import World

LATER = NOW + timedelta(minutes=5)


@pytest.fixture
def noon():
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


def test_events_come_in_order_with_their_ticket_and_their_doer(world: World, noon: Any) -> None:
    mia, anton = world.customer(last_name="Muster"), world.agent(first_name="Anton", last_name="Weber")
    ticket = world.ticket(mia)
    entry = world.say(anton, ticket, "Geheime Worte")
    world.relay()
    noon.move_to(LATER)
    events = told(Program(world.app, anton))
    assert said(events)[0] == "ticket.opened"
    reply = next(one for one in events if one["kind"] == "ticket.reply_added")
    assert reply["ticket"] == {"id": ticket.id, "number": ticket.number}
    assert reply["actor"] == {"id": anton.id, "full_name": "Anton Weber"}
    assert reply["data"] == {"comment_id": entry.id, "by_staff": True, "by_machine": False}
    assert (reply["at"], reply["version"]) == ("2026-11-20T09:00:00Z", 1)
    positions = [one["position"] for one in events]
    assert positions == sorted(set(positions))
    assert "Geheime Worte" not in str(events) and ticket.title not in str(events)


def test_whoever_names_no_position_learns_the_present_one_and_hears_what_comes(
    world: World, noon: Any
) -> None:
    mia, anton = world.customer(), world.agent()
    world.ticket(mia)
    world.relay()
    for person in (mia, anton):
        noon.shift(300)
        program = Program(world.app, person)
        start = program.get(PATH).json
        assert (start["results"], start["more"]) == ([], False)
        newest = db.session.scalar(sa.select(sa.func.max(Feed.position)))
        assert start["next_after"] == newest
        second = world.ticket(mia)
        world.relay()
        noon.shift(60)
        assert {one["ticket"]["id"] for one in told(program, start["next_after"])} == {second.id}


def test_pieces_lose_nothing_and_repeat_nothing(world: World, noon: Any) -> None:
    mia, anton = world.customer(), world.agent()
    for _ in range(5):
        world.ticket(mia)
    world.relay()
    noon.move_to(LATER)
    for person in (mia, anton):
        program = Program(world.app, person)
        assert told(program, limit=2) == told(program, limit=100) != []


def test_an_empty_piece_leads_on_where_nothing_is_the_readers(
    world: World, noon: Any, monkeypatch: Any
) -> None:
    monkeypatch.setattr(feed, "WINDOW", 3)
    mia, other = world.customer(), world.customer()
    first = world.ticket(mia)
    for _ in range(6):
        world.ticket(other)
    last = world.ticket(mia)
    world.relay()
    noon.move_to(LATER)
    program = Program(world.app, mia)
    tickets = [one["ticket"]["id"] for one in told(program) if one["kind"] == "ticket.opened"]
    assert tickets == [first.id, last.id]
    answers = [program.get(PATH, query_string={"after": n}).json for n in range(4, 9)]
    assert any(one["results"] == [] and one["more"] for one in answers)


def test_kinds_narrow_the_feed(world: World, noon: Any) -> None:
    mia, anton = world.customer(), world.agent()
    world.say(anton, world.ticket(mia))
    world.relay()
    noon.move_to(LATER)
    program = Program(world.app, anton)
    wanted = ["ticket.opened", "ticket.reply_added"]
    assert set(said(told(program, kinds=wanted))) == set(wanted)
    assert refused(program.get(f"{PATH}?kinds=ticket.sung"), 422, "invalid")


@pytest.mark.sqlite_only
@pytest.mark.parametrize(
    "query", ["after=-1", "after=x", "after=", "after=9223372036854775808", "limit=0", "limit=101", "ticket=1",
              "after=1&after=2", "limit=1.5"],
)  # fmt: skip
def test_a63_what_is_no_position_is_refused(world: World, query: str) -> None:
    assert refused(Program(world.app, world.customer()).get(f"{PATH}?{query}"), 422, "invalid")


@pytest.mark.sqlite_only
def test_a_position_beyond_the_end_counts_as_the_end(world: World) -> None:
    """So a reader whose house came back from a backup finds out."""
    world.ticket(world.customer())
    world.relay()
    answer = Program(world.app, world.agent()).get(f"{PATH}?after={2**62}").json
    assert answer == {
        "results": [],
        "next_after": db.session.scalar(sa.select(sa.func.max(Feed.position))),
        "more": False,
    }


@pytest.mark.sqlite_only
def test_every_kind_of_a_tickets_story_can_be_asked_for() -> None:
    tickets = {kind for kind in kinds.known_kinds() if kind.startswith("ticket.")}
    assert {str(kind) for kind in EventKind} >= tickets
    assert {str(kind) for kind in EventKind} <= set(kinds.known_kinds())


@pytest.mark.sqlite_only
def test_what_is_public_was_decided_for_every_public_kind() -> None:
    known = [kinds.fact_type(kind) for kind in kinds.known_kinds() if kind.startswith("ticket.")]
    public = {fact.kind: fact for fact in known if fact and fact.visibility is Visibility.PUBLIC}
    assert set(PUBLIC_FIELDS) == set(public)
    for kind, fields in PUBLIC_FIELDS.items():
        assert set(fields) <= set(public[kind].model_fields)


def test_it_costs_the_same_few_statements_wherever_it_is_read(
    world: World, noon: Any, statements: Any
) -> None:
    mia, anton = world.customer(), world.agent()
    _long_past(world, 20_000)
    ticket = world.ticket(mia)
    world.say(anton, ticket)
    world.relay()
    noon.move_to(LATER)
    newest = db.session.scalar(sa.select(sa.func.max(Feed.position))) or 0
    for person in (mia, anton):
        program = Program(world.app, person)
        program.get(PATH)
        for after in (0, newest // 2, newest - 3, newest):
            with statements() as seen:
                assert program.get(f"{PATH}?after={after}&limit=100").status_code == 200
            assert len(seen) <= 7, seen


def _long_past(world: World, count: int) -> None:
    """Events of somebody else's ticket, with positions, without the relay's work."""
    ticket = world.ticket(world.customer())
    world.relay()
    at, last = clock.now(), db.session.scalar(sa.select(sa.func.max(Event.id))) or 0
    row = {
        "kind": "ticket.reply_added", "version": 1, "visibility": Visibility.PUBLIC, "at": at, "actor_kind": "clock",
        "subject_kind": "ticket", "subject_id": ticket.id, "ticket_id": ticket.id, "depth": 0,
        "payload": {"comment_id": 0, "by_staff": True},
    }  # fmt: skip
    with loose_writes():
        db.session.execute(sa.insert(Event), [row] * count)
        ids = db.session.scalars(sa.select(Event.id).where(Event.id > last)).all()
        db.session.execute(sa.insert(Feed), [{"event_id": event_id} for event_id in ids])
        db.session.commit()


@pytest.mark.sqlite_only
def test_the_shape_is_the_one_that_is_documented() -> None:
    text = (ROOT / "API.md").read_text(encoding="utf-8")
    ours = text[text.index("## Events") :]
    shown = ours[ours.index("```json") + 7 :].split("```")[0]
    assert EventFeed.model_validate_json(shown)
    assert list(json.loads(shown)["results"][0]) == list(TicketEvent.model_fields)


@pytest.mark.sqlite_only
def test_the_table_of_kinds_is_the_one_in_code() -> None:
    text = (ROOT / "docs" / "webhooks.md").read_text(encoding="utf-8")
    rows = [line.split("|")[1:4] for line in text.splitlines() if line.startswith("| `ticket.")]
    found = {
        kind: (re.findall("`([a-z_]+)`", public), re.findall("`([a-z_]+)`", inside))
        for names, public, inside in rows
        for kind in re.findall("`([a-z_.]+)`", names)
    }
    assert set(found) == set(PUBLIC_FIELDS)
    for kind, (public, inside) in found.items():
        fact = kinds.fact_type(kind)
        assert fact is not None
        assert tuple(public) == PUBLIC_FIELDS[kind]
        assert {*public, *inside} == set(fact.model_fields)
