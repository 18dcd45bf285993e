"""`/api-keys` and the password once more: for administrators, shown once, revoked at once, told to whom it acts for."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
import time_machine

from app.accounts.actions import keys
from app.accounts.key_words import Scope
from app.accounts.program_models import ApiKey
from app.core.db import db
from app.core.uow import run_unit
from app.web.api.keys import ApiKey as KeyShape
from tests.architecture.source import ROOT
from tests.support.accounts import facts, give_password
from tests.support.api_keys import BODY, PATH, Keyed, key_for, make, revoke, row_of
from tests.support.post import mail_to
from tests.support.programs import Program, refused
from tests.support.world import World

CONFIRM = "/api/v1/auth/confirm-password"
TICKETS = "/api/v1/tickets"
NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)


@pytest.fixture
def program(world: World) -> Program:
    return Program(world.app, give_password(world.admin(first_name="Clara", last_name="Admin")))


def test_a_key_is_made_shown_once_and_works(world: World, program: Program) -> None:
    mia = world.customer(first_name="Mia", last_name="Muster")
    ticket = world.ticket(mia)
    answer = program.post(PATH, BODY | {"owner": mia.id})
    made = answer.json
    assert set(made) == set(KeyShape.model_fields) | {"key"}
    assert answer.headers["Location"] == f"{PATH}/{made['id']}"
    assert made["key"] == f"hd_{made['prefix']}_{made['key'][16:]}" and len(made["key"]) == 59
    assert (made["state"], made["owner"]["full_name"]) == ("good", "Mia Muster")
    assert made["created_by"]["full_name"] == "Clara Admin"
    assert [one["id"] for one in Keyed(world.app, made["key"]).get(TICKETS).json["results"]] == [ticket.id]
    listed = program.get(PATH)
    assert (listed.json["count"], set(listed.json["results"][0])) == (1, set(KeyShape.model_fields))
    assert made["key"][16:] not in listed.text
    assert listed.json["results"][0]["last_used_network"] == "127.0.0.0/24"


def test_it_ends_after_ninety_days_unless_somebody_says_otherwise(world: World) -> None:
    with time_machine.travel(NOW, tick=False):
        program = Program(world.app, world.admin())
        assert make(program)["expires_at"] == "2027-02-18T09:00:00Z"
        assert make(program, expires_at="2027-11-21T09:00:00Z")["expires_at"] == "2027-11-21T09:00:00Z"
        assert make(program, expires_at="2026-11-20T11:00:00+01:00")["expires_at"] == "2026-11-20T10:00:00Z"


@pytest.mark.sqlite_only
@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "x" * 81}, "name"),
        ({"scopes": []}, "scopes"),
        ({"scopes": ["tickets:delete"]}, "scopes"),
        ({"scopes": ["*"]}, "scopes"),
        ({"scopes": "tickets:read"}, "scopes"),
        ({"owner": 2**62}, "owner"),
        ({"team_ids": [2**62]}, "team_ids"),
        ({"expires_at": "2026-11-20T09:00:00Z"}, "expires_at"),
        ({"expires_at": "2027-11-21T09:00:01Z"}, "expires_at"),
        ({"expires_at": "9999-12-31T23:59:59-12:00"}, "expires_at"),
        ({"expires_at": "0001-01-01T00:00:00+12:00"}, "expires_at"),
        ({"expires_at": "2027-02-30T09:00:00Z"}, "expires_at"),
        ({"expires_at": "2027-01-01T09:00:00"}, "expires_at"),
        ({"expires_at": "1800000000"}, "expires_at"),
        ({"expires_at": 1800000000}, "expires_at"),
        ({"key": "hd_own"}, "key"),
    ],
)
def test_what_cannot_be_is_refused_with_its_field(world: World, values: dict[str, Any], field: str) -> None:
    with time_machine.travel(NOW, tick=False):
        answer = Program(world.app, world.admin()).post(PATH, BODY | values)
    assert refused(answer, 422, "invalid") and list(answer.json["details"]) == [field]
    assert db.session.scalar(sa.select(sa.func.count()).select_from(ApiKey)) == 0


@pytest.mark.sqlite_only
def test_teams_limit_what_is_about_tickets_of_people_who_work_in_teams(
    world: World, program: Program
) -> None:
    limit = {"team_ids": [world.team.id]}
    wide = program.post(PATH, BODY | limit | {"scopes": ["tickets:read", "webhooks:read"]})
    assert refused(wide, 422, "invalid") and list(wide.json["details"]) == ["scopes"]
    customer = program.post(PATH, BODY | limit | {"owner": world.customer().id})
    assert refused(customer, 422, "invalid") and list(customer.json["details"]) == ["team_ids"]
    assert make(program, **limit)["team_ids"] == [world.team.id]


@pytest.mark.sqlite_only
def test_nobody_who_is_deactivated_gets_a_key(world: World, program: Program) -> None:
    gone = world.agent(is_active=False)
    answer = program.post(PATH, BODY | {"owner": gone.id})
    assert refused(answer, 422, "invalid") and list(answer.json["details"]) == ["owner"]


def test_only_administrators_come_near(world: World) -> None:
    number, _text = key_for(world.agent())
    for person in (world.customer(), world.agent(), world.leader()):
        other = Program(world.app, person)
        assert refused(other.get(PATH), 403, "forbidden")
        assert refused(other.post(PATH, BODY), 403, "forbidden")
        assert refused(other.send("DELETE", f"{PATH}/{number}"), 403, "forbidden")
    assert row_of(number).revoked_at is None


def test_the_list_goes_both_ways_page_by_page(program: Program) -> None:
    names = [make(program, name=f"Nr. {n}")["name"] for n in range(5)][::-1]
    found, address = [], f"{PATH}?limit=2"
    while address:
        page = program.get(address.replace("http://localhost", "")).json
        found.append([one["name"] for one in page["results"]])
        address = page["next"]
    assert found == [names[:2], names[2:4], names[4:]]
    back = program.get(page["previous"].replace("http://localhost", "")).json
    assert [one["name"] for one in back["results"]] == names[2:4]
    first = program.get(back["previous"].replace("http://localhost", "")).json
    assert ([one["name"] for one in first["results"]], first["previous"]) == (names[:2], None)
    assert refused(program.get(f"{PATH}?cursor=x"), 422, "invalid")


def test_a_key_is_revoked_once_and_stays_in_the_list(world: World, program: Program) -> None:
    made = make(program)
    path = f"{PATH}/{made['id']}"
    assert program.send("DELETE", path).status_code == 204
    assert refused(Keyed(world.app, made["key"]).get(TICKETS), 401, "not_signed_in")
    assert program.send("DELETE", path).status_code == 204
    assert [one["key_id"] for one in facts("api_key.revoked")] == [made["id"]]
    assert program.get(PATH).json["results"][0]["state"] == "revoked"
    assert refused(program.send("DELETE", f"{PATH}/{2**62}"), 404, "not_found")


def test_how_a_key_stands_is_said(world: World) -> None:
    with time_machine.travel(NOW, tick=False) as travel:
        program = Program(world.app, world.admin())
        anna = world.agent()
        key_for(anna)
        key_for(world.agent(), expires_at=NOW + timedelta(minutes=1))
        anna_row = world.agent()
        number, _text = key_for(anna_row)
        revoke(number)
        travel.shift(timedelta(minutes=1))
        run_unit(
            lambda: db.session.execute(sa.text("UPDATE person SET is_active = FALSE WHERE role <> 'admin'"))
        )
        states = [one["state"] for one in program.get(PATH).json["results"]]
    assert states == ["revoked", "expired", "owner_inactive"]


def test_whom_it_acts_for_is_told_by_mail_and_the_log_names_it(world: World, program: Program) -> None:
    mia = world.customer()
    made = make(program, owner=mia.id)
    world.relay()
    assert "Inventory" in mail_to(mia, "api_key.created").text
    (fact,) = facts("api_key.created")
    assert (fact["key_id"], fact["prefix"], fact["subject"]) == (made["id"], made["prefix"], mia.id)
    assert made["key"][16:] not in json.dumps(fact)


def test_there_are_not_more_than_somebody_looks_after(
    program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keys, "MOST", 1)
    made = make(program)
    assert refused(program.post(PATH, BODY), 409, "conflict")
    program.send("DELETE", f"{PATH}/{made['id']}")
    assert program.post(PATH, BODY).status_code == 201


def test_reading_the_list_costs_few_statements(program: Program, statements: Any) -> None:
    for n in range(3):
        make(program, name=f"Nr. {n}")
    program.get(PATH)
    with statements() as seen:
        assert program.get(PATH).status_code == 200
    assert len(seen) <= 4, seen


@pytest.mark.sqlite_only
def test_the_shape_and_the_scopes_are_those_that_are_documented() -> None:
    text = (ROOT / "API.md").read_text(encoding="utf-8")
    ours = text[text.index("## API keys") :]
    ours = ours[: ours.index("\n## ", 5)]
    shown = ours[ours.index("```json") + 7 :].split("```")[0]
    assert KeyShape.model_validate_json(shown)
    assert list(json.loads(shown)) == list(KeyShape.model_fields)
    assert {scope for scope in Scope if f"`{scope}`" in ours} == set(Scope)


@pytest.mark.sqlite_only
def test_the_document_says_which_scope_opens_a_call(world: World) -> None:
    document = world.app.test_client().get("/api/openapi.json").json
    paths = document["paths"]
    assert paths["/api/v1/tickets"]["get"]["security"] == [{"bearer": []}, {"key": ["tickets:read"]}]
    assert paths["/api/v1/tickets"]["post"]["security"] == [{"bearer": []}, {"key": ["tickets:write"]}]
    assert paths["/api/v1/api-keys"]["get"]["security"] == [{"bearer": []}]
    assert paths["/api/v1/auth/login"]["post"]["security"] == []
