"""What happens to a ticket by JSON: bound to the view it was done on, given to somebody, and told page by page."""

from __future__ import annotations

from typing import Any

import pytest
import time_machine

from app.core.clock import now
from tests.support.programs import Program, refused
from tests.support.ticket_calls import at

MOVES = {
    "assign": {"assignee": None},
    "escalate": {"level": 3, "reason": "Treiberfehler"},
    "resolve": {"comment": "Geht."},
    "close": {},
    "reopen": {},
    "rating": {"score": 5},
}
AFTERWARDS = ("reopen", "rating")


@pytest.fixture
def leader(world):
    return Program(world.app, world.leader())


def patch(program: Program, ticket: Any, **fields: Any) -> Any:
    return program.send("PATCH", at(ticket), json=fields)


def turned(program: Program, address: str) -> Any:
    return program.get(address.removeprefix("http://localhost")).json


@pytest.mark.parametrize("way", MOVES)
def test_a_move_made_on_an_old_view_does_nothing(world, agent, mia, way):
    ticket = world.ticket(mia)
    program = Program(world.app, mia) if way == "rating" else agent
    if way in AFTERWARDS:
        agent.post(f"{at(ticket)}/resolve", {})
    old = program.get(at(ticket)).headers["ETag"]
    patch(agent, ticket, title="Neu")
    seen = program.get(at(ticket))
    stale = program.post(f"{at(ticket)}/{way}", MOVES[way], headers={"If-Match": old})
    assert refused(stale, 412, "stale")
    assert program.get(at(ticket)).json == seen.json
    done = program.post(f"{at(ticket)}/{way}", MOVES[way], headers={"If-Match": seen.headers["ETag"]})
    assert done.status_code == 200, done.text
    assert done.headers["ETag"] == program.get(at(ticket)).headers["ETag"] != seen.headers["ETag"]
    again = program.post(f"{at(ticket)}/{way}", MOVES[way], headers={"If-Match": seen.headers["ETag"]})
    assert refused(again, 412, "stale")


def test_a_tag_opens_no_move_of_a_ticket_that_is_not_theirs(world, agent, mia):
    ticket = world.ticket(mia)
    tag = agent.get(at(ticket)).headers["ETag"]
    stranger = Program(world.app, world.customer())
    for wanted in (tag, '"999-0123456789abcdef"'):
        answer = stranger.post(f"{at(ticket)}/resolve", {}, headers={"If-Match": wanted})
        assert refused(answer, 404, "not_found")


def test_a_ticket_is_given_and_given_back_with_its_other_fields(world, agent, leader, mia, lea):
    colleague = world.agent()
    ticket = world.ticket(mia)
    taken = patch(agent, ticket, assignee="me", title="Neu")
    assert (taken.status_code, taken.json["assignee"]["id"]) == (200, lea.id), taken.text
    assert (taken.json["title"], taken.json["status"]) == ("Neu", "in_progress")
    assert patch(agent, ticket, assignee=None).json["assignee"] is None
    assert patch(agent, ticket, assignee=None).status_code == 200, "nothing is taken from anybody"
    given = patch(leader, ticket, assignee=colleague.id, status="open")
    assert (given.json["assignee"]["id"], given.json["status"]) == (colleague.id, "open")


def test_who_may_give_to_whom_is_as_with_assign(world, agent, leader, mia):
    colleague, outsider = world.agent(), world.agent(teams=[world.make_team("Lager")])
    ticket = world.ticket(mia)
    assert refused(patch(agent, ticket, assignee=colleague.id, title="Nie"), 403, "forbidden")
    assert patch(leader, ticket, assignee=colleague.id).status_code == 200
    assert refused(patch(agent, ticket, assignee=None), 403, "forbidden")
    assert refused(patch(agent, ticket, assignee="me"), 409, "conflict")
    for nobody in (outsider.id, mia.id, 999_999):
        answer = patch(leader, ticket, assignee=nobody)
        assert refused(answer, 422, "invalid") and set(answer.json["details"]) == {"assignee"}
    for wrong in ("auto", "7", 0, True, [], 2**63):
        assert refused(patch(leader, ticket, assignee=wrong), 422, "invalid")
    seen = agent.get(at(ticket)).json
    assert (seen["assignee"]["id"], seen["title"]) == (colleague.id, "Drucker druckt nicht")


def test_a_whole_ticket_says_who_has_it_and_changes_nothing_that_is_so_already(world, agent, leader, mia):
    colleague, ticket = world.agent(), world.ticket(mia)
    leader.post(f"{at(ticket)}/assign", {"assignee": colleague.id})
    whole = {"title": "W", "status": "in_progress", "pending_reason": None, "priority": "low", "category": None,
             "team": world.team.id, "tags": []}  # fmt: skip
    missing = agent.send("PUT", at(ticket), json=whole)
    assert refused(missing, 422, "invalid") and set(missing.json["details"]) == {"assignee"}
    put = agent.send("PUT", at(ticket), json=whole | {"assignee": colleague.id})
    assert (put.status_code, put.json["assignee"]["id"]) == (200, colleague.id), put.text
    assert refused(agent.send("PUT", at(ticket), json=whole | {"assignee": None}), 403, "forbidden")
    free = world.ticket(mia)
    leader.post(f"{at(free)}/assign", {"assignee": None})
    assert agent.send("PUT", at(free), json=whole | {"assignee": None}).status_code == 200


def test_a_ticket_without_anybody_may_go_to_a_team_that_finds_somebody(world, leader, mia):
    store = world.make_team("Lager", auto_assign=True)
    keeper = world.agent(teams=[store])
    ticket = world.ticket(mia)
    leader.post(f"{at(ticket)}/assign", {"assignee": None})
    moved = patch(leader, ticket, team=store.id, assignee=None)
    assert (moved.json["team"]["id"], moved.json["assignee"]["id"]) == (store.id, keeper.id)


def test_the_timeline_turns_both_ways_while_more_happens(world, agent, mia):
    ticket = world.ticket(mia)
    for number in range(5):
        patch(agent, ticket, title=f"Titel {number}")
    path = f"{at(ticket)}/timeline"
    everything = agent.get(path).json
    ids = [one["id"] for one in everything["results"]]
    assert ids == sorted(ids, reverse=True) and (everything["next"], everything["previous"]) == (None, None)
    first = agent.get(f"{path}?limit=2").json
    assert (first["count"], first["previous"]) == (len(ids), None)
    patch(agent, ticket, title="Noch einer")
    second = turned(agent, first["next"])
    told = [one["id"] for page in (first, second) for one in page["results"]]
    assert told == ids[:4], "what came meanwhile moves nothing"
    back = turned(agent, second["previous"])
    assert [one["id"] for one in back["results"]] == ids[:2]
    newer = turned(agent, back["previous"])
    assert len(newer["results"]) == 1 and newer["results"][0]["id"] > ids[0] and newer["previous"] is None
    last = turned(agent, second["next"])
    assert [one["id"] for one in last["results"]] == ids[4:6]


def test_a_requesters_timeline_turns_over_what_they_may_know(world, agent, mia):
    ticket = world.ticket(mia)
    for number in range(3):
        agent.post(f"{at(ticket)}/comments", {"content": f"Notiz {number}", "is_internal": True})
        agent.post(f"{at(ticket)}/comments", {"content": f"Antwort {number}"})
    program, path = Program(world.app, mia), f"{at(ticket)}/timeline"
    with time_machine.travel(now().timestamp() + 60, tick=False):
        ids = [one["id"] for one in program.get(path).json["results"]]
        pages = [program.get(f"{path}?limit=2").json]
        while pages[-1]["next"]:
            pages.append(turned(program, pages[-1]["next"]))
        assert [one["id"] for page in pages for one in page["results"]] == ids and len(pages) > 1
        assert all("note_added" not in str(page) for page in pages)
        back = turned(program, pages[1]["previous"])
    assert back["results"] == pages[0]["results"] and back["previous"] is None


@pytest.mark.parametrize("query", ["limit=0", "limit=101", "cursor=x", "cursor=WyJuIiwieCJd", "before=1"])
def test_a_page_that_is_none_is_refused(world, agent, mia, query):
    for what in ("timeline", "comments"):
        assert refused(agent.get(f"{at(world.ticket(mia))}/{what}?{query}"), 422, "invalid")


def test_a_move_that_is_sent_again_is_the_same_only_from_the_same_version(world, agent, mia):
    ticket = world.ticket(mia)
    seen = agent.get(at(ticket)).headers["ETag"]
    once = {"If-Match": seen, "Idempotency-Key": "solved"}
    first = agent.post(f"{at(ticket)}/resolve", {}, headers=once)
    assert (first.status_code, agent.post(f"{at(ticket)}/resolve", {}, headers=once).json) == (
        200,
        first.json,
    )
    for other in ('"1,2"', first.headers["ETag"], None):
        headers = {"Idempotency-Key": "solved"} | ({"If-Match": other} if other else {})
        assert refused(agent.post(f"{at(ticket)}/resolve", {}, headers=headers), 409, "conflict")
