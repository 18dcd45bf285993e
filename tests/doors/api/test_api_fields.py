"""Answers cut down to some fields, and tickets with their conversation and timeline inside."""

from __future__ import annotations

import json
from typing import ClassVar

import pytest

from app.web.kit.json_answers import Answer
from app.web.kit.json_fields import Sparse, fields_of, kept
from app.web.kit.json_lists import Listing
from tests.support.programs import Program, refused
from tests.support.ticket_calls import TICKETS, at, local


def test_a_list_gives_only_the_fields_that_are_asked_for(world, agent, customer, mia):
    for number in range(3):
        world.ticket(mia, title=f"Nummer {number}")
    for program in (agent, customer):
        whole = program.get(f"{TICKETS}?limit=2").json
        seen = program.get(f"{TICKETS}?limit=2&fields=number,title,status").json
        wanted = [
            {name: one[name] for name in ("id", "number", "title", "status")} for one in whole["results"]
        ]
        assert seen["results"] == wanted
        assert {name: seen[name] for name in seen if name not in ("results", "next")} == {
            name: whole[name] for name in whole if name not in ("results", "next")
        }
        on = program.get(local(seen["next"])).json
        assert [set(one) for one in on["results"]] == [{"id", "number", "title", "status"}]


def test_what_is_unknown_or_not_theirs_is_refused(world, agent, customer, mia):
    ticket = world.ticket(mia)
    for path in (TICKETS, at(ticket)):
        for wrong in ("nothing", "number,nothing", "title.x", "", ",", "number,", "Title", "a" * 1001, "*"):
            answer = agent.get(f"{path}?fields={wrong}")
            assert refused(answer, 422, "invalid") and set(answer.json["details"]) == {"fields"}
        assert refused(agent.get(f"{path}?fields=id&fields=title"), 422, "invalid")
        assert agent.get(f"{path}?fields=tags,support_level").status_code == 200
        assert refused(customer.get(f"{path}?fields=tags"), 422, "invalid")
    assert refused(customer.get(f"{at(ticket)}?fields=watchers,title"), 422, "invalid")
    for wrong in ("watchers", "comments,x", "", "fields"):
        answer = agent.get(f"{at(ticket)}?expand={wrong}")
        assert refused(answer, 422, "invalid") and set(answer.json["details"]) == {"expand"}
    assert refused(agent.get(f"{TICKETS}?expand=comments"), 422, "invalid")
    assert refused(agent.get(f"{at(ticket)}/comments?fields=id"), 422, "invalid")


def test_an_empty_list_refuses_unknown_fields_as_well(agent):
    assert agent.get(f"{TICKETS}?fields=title").json["results"] == []
    assert refused(agent.get(f"{TICKETS}?fields=nothing"), 422, "invalid")


def test_one_ticket_is_cut_down_and_its_tag_is_still_good(world, agent, mia):
    ticket = world.ticket(mia)
    seen = agent.get(f"{at(ticket)}?fields=title,priority")
    assert set(seen.json) == {"id", "title", "priority"}
    tag = seen.headers["ETag"]
    assert tag != agent.get(at(ticket)).headers["ETag"]
    again = agent.get(f"{at(ticket)}?fields=title,priority", headers={"If-None-Match": tag})
    assert again.status_code == 304
    for status in (200, 412):
        done = agent.send("PATCH", at(ticket), json={"title": "Neu"}, headers={"If-Match": tag})
        assert done.status_code == status


def test_a_ticket_holds_the_first_page_of_what_stands_beside_it(world, agent, customer, mia):
    ticket = world.ticket(mia)
    for number in range(26):
        customer.post(f"{at(ticket)}/comments", {"content": str(number)})
    agent.post(f"{at(ticket)}/comments", {"content": "GEHEIM", "is_internal": True})
    for program in (agent, customer):
        seen = program.get(f"{at(ticket)}?expand=comments,timeline").json
        for name in ("comments", "timeline"):
            alone = program.get(f"{at(ticket)}/{name}").json
            assert {key: alone[key] for key in ("count", "previous", "results")} == {
                key: seen[name][key] for key in ("count", "previous", "results")
            }
            assert program.get(local(seen[name]["next"])).json == program.get(local(alone["next"])).json
        plain = program.get(at(ticket)).json
        assert not {"comments", "timeline"} & plain.keys()
        assert {name: seen[name] for name in plain} == plain
    told = customer.get(f"{at(ticket)}?expand=comments,timeline").text
    assert "GEHEIM" not in told and "note_added" not in told and "delivery" not in told
    both = agent.get(f"{at(ticket)}?fields=title&expand=comments").json
    assert set(both) == {"id", "title", "comments"}
    changed = agent.send("PATCH", at(ticket), json={"title": "Neu"}).json
    assert not {"comments", "timeline"} & changed.keys()


def test_what_is_not_theirs_is_not_there_however_it_is_asked_for(world, mia):
    stranger, ticket = Program(world.app, world.customer()), world.ticket(mia)
    for query in ("expand=comments", "fields=title", "expand=nothing"):
        assert refused(stranger.get(f"{at(ticket)}?{query}"), 404, "not_found")


def test_an_expanded_ticket_costs_a_fixed_number_of_statements(world, agent, mia, statements):
    ticket, counts = world.ticket(mia), []
    for _ in range(2):
        with statements() as seen:
            agent.get(f"{at(ticket)}?expand=comments,timeline")
        counts.append(len(seen))
        for number in range(4):
            agent.post(f"{at(ticket)}/comments", {"content": str(number), "is_internal": True})
    with statements() as whole:
        agent.get(TICKETS)
    with statements() as cut:
        agent.get(f"{TICKETS}?fields=title")
    assert counts[0] <= counts[1] <= 17, counts
    assert len(cut) <= len(whole)


@pytest.mark.sqlite_only
def test_the_document_names_the_fields_and_the_shapes_that_are_cut_down(world):
    told = json.loads(world.app.test_client().get("/api/openapi.json").data)
    listed, one = (told["paths"][path]["get"] for path in (TICKETS, TICKETS + "/{ticket_id}"))
    asked = {
        (which["operationId"], got["name"]): got for which in (listed, one) for got in which["parameters"]
    }
    fields = asked["tickets", "fields"]
    assert fields["explode"] is False and {"number", "tags"} <= set(fields["schema"]["items"]["enum"])
    assert "description" not in fields["schema"]["items"]["enum"], "rows have none"
    assert "comments" not in asked["ticket", "fields"]["schema"]["items"]["enum"]
    assert asked["ticket", "expand"]["schema"]["items"]["enum"] == ["comments", "timeline"]
    schemas = told["components"]["schemas"]
    ways = listed["responses"]["200"]["content"]["application/json"]["schema"]["anyOf"]
    assert len(ways) == 4
    for way in ways[2:]:
        shape = schemas[way["$ref"].rsplit("/", 1)[1]]
        row = schemas[shape["properties"]["results"]["items"]["$ref"].rsplit("/", 1)[1]]
        assert row["required"] == ["id"] and row["additionalProperties"] is False
        assert "next" in shape["required"]


class Thing(Answer):
    expandable: ClassVar[frozenset[str]] = frozenset({"more"})

    id: int
    name: str
    more: str | None = None


@pytest.mark.sqlite_only
def test_any_answer_and_any_list_can_be_cut_down(world):
    thing = Thing(id=1, name="x")
    rows = Listing[Thing](count=1, next=None, previous=None, results=[thing])
    assert fields_of(Listing[Thing]) == fields_of(Thing) == ["id", "name"]
    assert kept(thing, None) is None and kept(thing, Sparse()) is None
    cut = kept(rows, Sparse(fields="id"))
    assert rows.model_dump(include=cut)["results"] == [{"id": 1}]
