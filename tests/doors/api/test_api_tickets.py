"""Tickets by JSON: a customer's story, an agent's work, and what neither may see or do."""

from __future__ import annotations

import io

import sqlalchemy as sa

from app.core.db import db
from app.tickets.models import Attachment, Ticket
from tests.support.programs import Program, refused
from tests.support.ticket_calls import FILES, PNG, STAFF_ONLY, TICKETS, at, send


def test_a_request_is_opened_with_a_file_read_and_answered(world, customer, agent, mia):
    file = send(customer)
    assert (file.status_code, file.json["state"], file.json["filename"]) == (201, "clean", "foto.png")
    answer = customer.post(
        TICKETS,
        {
            "title": "VPN",
            "description": "Bricht ab.",
            "priority": "high",
            "attachment_ids": [file.json["id"]],
        },
    )
    made = answer.json
    assert answer.headers["Location"] == f"{TICKETS}/{made['id']}"
    assert made["number"] == f"TICKET-{made['id']:06d}" and made["channel"] == "api"
    assert made["requester"]["id"] == mia.id and made["attachments"][0]["id"] == file.json["id"]
    assert not STAFF_ONLY & made.keys()
    got = agent.get(f"{TICKETS}/{made['number']}").json
    assert got.keys() >= STAFF_ONLY and got["description"] == "Bricht ab."
    said = agent.post(f"{TICKETS}/{made['id']}/comments", {"content": "Ich *schaue*."})
    assert said.status_code == 201 and said.json["content_html"] == "<p>Ich <em>schaue</em>.</p>\n"
    bytes_ = customer.get(f"{FILES}/{file.json['id']}/content")
    assert (bytes_.data, bytes_.headers["X-Content-Type-Options"]) == (PNG, "nosniff")


def test_a_request_that_comes_twice_opens_one_ticket(customer):
    body, key = {"title": "VPN", "description": "Bricht ab."}, {"Idempotency-Key": "a-1"}
    first, second = (customer.post(TICKETS, body, headers=key) for _ in range(2))
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json == second.json and first.headers["Location"] == second.headers["Location"]
    assert first.headers["ETag"] == second.headers["ETag"]
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Ticket)) == 1
    assert refused(customer.post(TICKETS, body | {"title": "Anders"}, headers=key), 409, "conflict")
    for wrong in ("x" * 81, "", "a b", "ä"):
        answer = customer.post(TICKETS, body, headers={"Idempotency-Key": wrong.encode().decode("latin-1")})
        assert refused(answer, 400, "malformed")


def test_a_file_that_comes_twice_is_one(customer):
    key = {"Idempotency-Key": "foto"}
    assert send(customer, headers=key).json["id"] == send(customer, headers=key).json["id"]
    assert refused(send(customer, data=PNG + b"1", headers=key), 409, "conflict")
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Attachment)) == 1


def test_a_view_that_is_known_comes_without_a_body_and_an_old_one_changes_nothing(world, agent, mia):
    ticket = world.ticket(mia)
    seen = agent.get(at(ticket))
    tag = seen.headers["ETag"]
    again = agent.get(at(ticket), headers={"If-None-Match": tag})
    assert (again.status_code, again.data, again.headers["ETag"]) == (304, b"", tag)
    changed = agent.send("PATCH", at(ticket), json={"title": "Neu"}, headers={"If-Match": tag})
    assert (changed.status_code, changed.json["title"]) == (200, "Neu")
    assert agent.get(at(ticket)).headers["ETag"] == changed.headers["ETag"] != tag
    stale = agent.send("PATCH", at(ticket), json={"title": "Alt"}, headers={"If-Match": tag})
    assert refused(stale, 412, "stale")


def test_if_match_is_refused_where_nobody_heeds_it(world, agent, mia):
    ticket = world.ticket(mia)
    answer = agent.post(f"{at(ticket)}/comments", {"content": "x"}, headers={"If-Match": '"1-x"'})
    assert refused(answer, 400, "malformed")


def test_many_fields_change_together_or_not_at_all(world, agent, mia):
    ticket = world.ticket(mia)
    given = {"title": "Neu", "priority": "critical", "tags": ["VPN", "vpn", "netz"], "status": "in_progress"}
    got = agent.send("PATCH", at(ticket), json=given)
    assert got.status_code == 200, got.text
    told = {name: got.json[name] for name in given}
    assert told == given | {"tags": ["netz", "vpn"]}
    wrong = agent.send("PATCH", at(ticket), json={"title": "Nie", "category": 999_999})
    assert refused(wrong, 422, "invalid") and set(wrong.json["details"]) == {"category"}
    assert agent.get(at(ticket)).json["title"] == "Neu"
    assert refused(agent.send("PATCH", at(ticket), json={"title": None}), 422, "invalid")
    whole = {"title": "W", "status": "open", "pending_reason": None, "priority": "low", "category": None,
             "team": world.team.id, "assignee": None, "tags": []}  # fmt: skip
    put = agent.send("PUT", at(ticket), json=whole)
    assert put.status_code == 200, put.text
    assert (put.json["title"], put.json["priority"], put.json["tags"]) == ("W", "low", [])
    assert refused(agent.send("PUT", at(ticket), json={"title": "W"}), 422, "invalid")


def test_a_ticket_is_taken_handed_up_solved_rated_and_opened_again(world, customer, agent, mia, lea):
    ticket = world.ticket(mia)
    for _ in range(2):
        assert agent.post(f"{at(ticket)}/assign", {"assignee": "me"}).json["assignee"]["id"] == lea.id
    up = agent.post(f"{at(ticket)}/escalate", {"level": 3, "reason": "Treiberfehler"})
    assert up.json["escalation"]["to_level"] == 3 and up.json["support_level"] == 3
    solved = customer.post(f"{at(ticket)}/resolve", {"comment": "Geht wieder."})
    assert solved.json["status"] == "resolved"
    rated = customer.post(f"{at(ticket)}/rating", {"score": 5, "comment": "Schnell."})
    assert rated.json["rating"]["score"] == 5
    assert refused(agent.post(f"{at(ticket)}/rating", {"score": 1}), 403, "forbidden")
    assert customer.post(f"{at(ticket)}/reopen", {}).json["status"] in ("open", "in_progress")
    assert refused(customer.post(f"{at(ticket)}/close", {}), 403, "forbidden")
    assert agent.post(f"{at(ticket)}/close", {"comment": "Ende"}).json["status"] == "closed"


def test_agents_neither_assign_others_nor_delete(world, agent, mia):
    ticket, other = world.ticket(mia), world.agent()
    assert refused(agent.post(f"{at(ticket)}/assign", {"assignee": other.id}), 403, "forbidden")
    assert refused(agent.post(f"{at(ticket)}/assign", {"assignee": "auto"}), 403, "forbidden")
    assert refused(agent.send("DELETE", at(ticket)), 403, "forbidden")
    leader = Program(world.app, world.leader())
    assert leader.post(f"{at(ticket)}/assign", {"assignee": other.id}).json["assignee"]["id"] == other.id
    assert leader.send("DELETE", at(ticket)).status_code == 204
    assert refused(leader.get(at(ticket)), 404, "not_found")


def test_whoever_wrote_on_an_old_view_hears_what_is_new(world, customer, agent, mia):
    ticket = world.ticket(mia)
    first = customer.post(f"{at(ticket)}/comments", {"content": "Noch da?"}).json
    news = customer.post(f"{at(ticket)}/comments", {"content": "Und jetzt?"}).json
    answer = agent.post(f"{at(ticket)}/comments", {"content": "Ja", "based_on": first["id"]})
    assert refused(answer, 409, "conflict") and answer.json["details"] == {"news": [str(news["id"])]}


def test_notes_and_what_can_still_be_taken_back_stay_with_the_team(world, customer, agent, mia):
    ticket = world.ticket(mia)
    agent.post(f"{at(ticket)}/comments", {"content": "GEHEIM", "is_internal": True})
    agent.post(f"{at(ticket)}/comments", {"content": "Gleich."})
    for path in ("", "/comments", "/timeline"):
        told = customer.get(at(ticket) + path)
        assert told.status_code == 200 and "GEHEIM" not in told.text and "Gleich" not in told.text
        assert "note_added" not in told.text and "reply_added" not in told.text
    theirs = agent.get(f"{at(ticket)}/comments").json
    assert (theirs["count"], [one["is_internal"] for one in theirs["results"]]) == (2, [True, False])
    assert refused(
        customer.post(f"{at(ticket)}/comments", {"content": "x", "is_internal": True}), 403, "forbidden"
    )


def test_a_comment_is_corrected_by_its_writer_while_nobody_has_it(world, agent, customer, mia):
    ticket = world.ticket(mia)
    path = f"{at(ticket)}/comments"
    said = agent.post(path, {"content": "Glaich."}).json
    assert (
        agent.send("PATCH", f"{path}/{said['id']}", json={"content": "Gleich."}).json["content"] == "Gleich."
    )
    assert refused(customer.send("PATCH", f"{path}/{said['id']}", json={"content": "x"}), 404, "not_found")


def test_the_conversation_turns_page_by_page_both_ways(world, agent, mia):
    ticket = world.ticket(mia)
    for number in range(5):
        agent.post(f"{at(ticket)}/comments", {"content": str(number), "is_internal": True})
    first = agent.get(f"{at(ticket)}/comments?limit=2").json
    second = agent.get(first["next"].removeprefix("http://localhost")).json
    third = agent.get(second["next"].removeprefix("http://localhost")).json
    told = [[one["content"] for one in page["results"]] for page in (first, second, third)]
    assert told == [["0", "1"], ["2", "3"], ["4"]]
    assert (first["count"], first["previous"], third["next"]) == (5, None, None)
    back = agent.get(third["previous"].removeprefix("http://localhost")).json
    assert [one["content"] for one in back["results"]] == ["2", "3"]


def test_files_are_one_at_a_time_and_no_programs(customer):
    answer = customer.post(FILES, {"file": "x"})
    assert refused(answer, 415, "unsupported_type") and "multipart/form-data" in answer.json["error"]
    assert refused(send(customer, "a.exe", b"MZ" + b"\0" * 200), 422, "invalid")
    two = {"file": [(io.BytesIO(b"a"), "a.txt"), (io.BytesIO(b"b"), "b.txt")]}
    assert refused(customer.post(FILES, data=two, content_type="multipart/form-data"), 422, "invalid")
    other = {"file": (io.BytesIO(b"a"), "a.txt"), "ticket": "1"}
    assert refused(customer.post(FILES, data=other, content_type="multipart/form-data"), 422, "invalid")
    assert refused(customer.post(FILES, data={}, content_type="multipart/form-data"), 422, "invalid")
