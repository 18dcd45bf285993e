"""Lists of tickets by JSON: filters, pages, what is not theirs, and what it all costs."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from app.core.db import db
from app.core.uow import run_unit
from app.tickets.models import Ticket
from tests.support.programs import Program, refused
from tests.support.ticket_calls import FILES, STAFF_ONLY, TICKETS, at, opened, send


def test_lists_are_filtered_and_turn(world, agent, customer, mia, lea):
    for number in range(3):
        world.ticket(mia, title=f"Nummer {number}")
    seen = agent.get(f"{TICKETS}?limit=2&status=in_progress&sort=created_at").json
    assert [one["title"] for one in seen["results"]] == ["Nummer 0", "Nummer 1"] and seen["count"] == 3
    on = agent.get(seen["next"].removeprefix("http://localhost")).json
    assert [one["title"] for one in on["results"]] == ["Nummer 2"]
    assert agent.get(f"{TICKETS}?assignee={lea.id}&requester={mia.id}").json["count"] == 3
    assert agent.get(f"{TICKETS}?status=closed").json["results"] == []
    own = customer.get(f"{TICKETS}?limit=2").json
    assert (own["count"], len(own["results"])) == (3, 2) and not STAFF_ONLY & own["results"][0].keys()
    assert [
        one["title"] for one in customer.get(own["next"].removeprefix("http://localhost")).json["results"]
    ]
    assert customer.get(f"{TICKETS}?status=closed").json["count"] == 0


@pytest.mark.parametrize(
    "query", ["nothing=1", "limit=0", "limit=101", "limit=x", "cursor=x", "status=lost", "sort=title",
              "limit=1&limit=2", "created_after=yesterday",
              "updated_after=0.5", "created_before=2026-11-20", "team=0", "assignee=somebody"],
)  # fmt: skip
def test_a_question_that_cannot_be_answered_is_refused(agent, query):
    answer = agent.get(f"{TICKETS}?{query}")
    assert refused(answer, 422, "invalid")
    assert set(answer.json["details"]) == {query.split("=")[0]}


def test_customers_use_no_field_and_no_filter_of_staff(world, customer, mia):
    other = world.customer()
    for field, value in {"requester": other.id, "team": world.team.id, "tags": ["x"]}.items():
        answer = customer.post(TICKETS, {"title": "a", "description": "b", field: value})
        assert refused(answer, 403, "forbidden")
    for field in ("status", "assignee", "id", "created_at", "is_internal", "support_level"):
        answer = customer.post(TICKETS, {"title": "a", "description": "b", field: 1})
        assert refused(answer, 422, "invalid") and set(answer.json["details"]) == {field}
    for query in ("assignee=me", "tag=x", "sort=priority", f"requester={other.id}"):
        assert refused(customer.get(f"{TICKETS}?{query}"), 422, "invalid")
    assert refused(customer.send("PATCH", at(world.ticket(mia)), json={"title": "x"}), 403, "forbidden")
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Ticket)) == 1


def test_what_is_not_theirs_is_not_there(world, customer, mia):
    file = send(customer).json["id"]
    ticket = opened(customer, attachment_ids=[file])
    stranger = Program(world.app, world.customer())
    outsider = Program(world.app, world.agent(teams=[world.make_team("Personal", is_confidential=True)]))
    hidden = world.make_team("Geheim", is_confidential=True)
    run_unit(lambda: db.session.execute(sa.update(Ticket).values(team_id=hidden.id)))
    for program in (stranger, outsider):
        for path in (f"{TICKETS}/{ticket['id']}", f"{TICKETS}/{ticket['number']}/comments",
                     f"{TICKETS}/{ticket['id']}/timeline", f"{FILES}/{file}", f"{FILES}/{file}/content"):  # fmt: skip
            assert refused(program.get(path), 404, "not_found")
        for way in ("resolve", "reopen"):
            assert refused(program.post(f"{TICKETS}/{ticket['id']}/{way}", {}), 404, "not_found")
        assert program.get(TICKETS).json["count"] == 0
    bound = stranger.post(TICKETS, {"title": "a", "description": "b", "attachment_ids": [file]})
    assert refused(bound, 422, "invalid") and set(bound.json["details"]) == {"attachment_ids"}


@pytest.mark.parametrize("way", ["GET", "PATCH", "DELETE"])
def test_an_id_beyond_any_is_missing_whatever_is_to_be_done(agent, way):
    for path in (f"{TICKETS}/{2**63}", f"{FILES}/{2**63}", f"{TICKETS}/0"):
        body = {"json": {"title": "x"}} if way == "PATCH" else {}
        answer = agent.send(way, path, **body)
        assert answer.status_code == 404, path


@pytest.mark.parametrize("where", ["0", "TICKET-0", "TICKET-" + "9" * 30, "x", "9" * 25, "%00", "1.5"])
def test_an_address_of_no_ticket_is_none(agent, where):
    answer = agent.get(f"{TICKETS}/{where}")
    assert answer.status_code in (400, 404) and answer.mimetype == "application/json"


def test_choices_are_those_one_may_know_of(world, agent, customer, mia):
    world.make_team("Geheim", is_confidential=True)
    assert [one["name"] for one in agent.get("/api/v1/teams").json["results"]] == [world.team.name]
    assert customer.get("/api/v1/categories").json["count"] > 3
    assert refused(customer.get("/api/v1/teams"), 403, "forbidden")
    assert agent.get("/api/v1/sla-policies").json["results"][0]["is_default"]
    ticket = world.ticket(mia)
    agent.send("PATCH", at(ticket), json={"tags": ["vpn", "netz", "mail"]})
    first = agent.get("/api/v1/tags?limit=2").json
    assert ([one["name"] for one in first["results"]], first["count"]) == (["mail", "netz"], 3)
    on = agent.get(first["next"].removeprefix("http://localhost")).json
    assert [one["name"] for one in on["results"]] == ["vpn"]


def test_a_list_costs_the_same_however_long_it_is(world, agent, customer, mia, statements):
    counts = []
    for many in (1, 12):
        for number in range(many):
            ticket = world.ticket(mia, title=f"T {number}")
            agent.send("PATCH", at(ticket), json={"tags": [f"t{number}"]})
        with statements() as staff:
            assert agent.get(TICKETS).status_code == 200
        with statements() as own:
            assert customer.get(TICKETS).status_code == 200
        counts.append((len(staff), len(own)))
    assert counts[0] == counts[1]
    assert counts[1] == (5, 5), counts


def test_one_ticket_and_its_opening_cost_a_fixed_number_of_statements(
    world, agent, customer, mia, statements
):
    ticket = world.ticket(mia)
    with statements() as reading:
        agent.get(at(ticket))
    with statements() as opening:
        opened(customer)
    assert len(reading) <= 10, reading
    assert len(opening) <= 30, opening


def test_answers_travel_packed(world, agent, mia):
    for _ in range(10):
        world.ticket(mia)
    plain, packed = agent.get(TICKETS), agent.get(TICKETS, headers={"Accept-Encoding": "gzip"})
    assert packed.headers["Content-Encoding"] == "gzip" and len(packed.data) < len(plain.data) / 3
    assert "Accept-Encoding" in packed.headers["Vary"]
    tag = packed.headers["ETag"]
    assert tag != plain.headers["ETag"]
    assert agent.get(TICKETS, headers={"If-None-Match": tag}).status_code == 304
