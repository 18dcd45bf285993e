"""A40: a key opens what it was made for, for whom and while it counts; nothing else, and it is written nowhere."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
import time_machine

from app.accounts.actions import people
from app.accounts.actors import SHELL
from app.accounts.key_words import Scope
from app.accounts.models import Person
from app.accounts.words import Role
from app.core import clock
from app.core.db import db
from app.core.uow import run_unit
from app.tables import load
from app.web.api import door
from app.web.kit.door import PUBLIC
from tests.support.accounts import give_password, limits_on
from tests.support.api_keys import EVERYTHING, Keyed, key_for, keyed, revoke, row_of
from tests.support.programs import LOGIN, PROFILE, Program, ids, refused
from tests.support.world import World

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
TICKETS = "/api/v1/tickets"
EVENTS = "/api/v1/events?after=0"


def test_a40_a_key_that_reads_writes_nothing(world: World) -> None:
    ticket = world.ticket(world.customer())
    program = keyed(world, world.admin(), Scope.TICKETS_READ)
    path = f"{TICKETS}/{ticket.id}"
    assert ids(program.get(TICKETS)) == {ticket.id}
    assert program.get(path).status_code == 200
    for method, where, body in (
        ("POST", TICKETS, {"title": "x", "description": "x"}),
        ("PATCH", path, {"title": "Neu"}),
        ("DELETE", path, None),
        ("POST", f"{path}/comments", {"content": "x"}),
        ("POST", f"{path}/close", {}),
    ):
        answer = program.send(method, where, **({} if body is None else {"json": body}))
        assert refused(answer, 403, "scope_needed")
    assert refused(program.get(EVENTS), 403, "scope_needed")
    assert refused(program.get("/api/v1/webhooks"), 403, "scope_needed")
    assert program.get(path).json["title"] == ticket.title


def test_a40_a_key_that_writes_reads_nothing_by_that(world: World) -> None:
    ticket = world.ticket(world.customer())
    program = keyed(world, world.admin(), Scope.TICKETS_WRITE)
    changed = program.send("PATCH", f"{TICKETS}/{ticket.id}", json={"title": "Neu"})
    assert (changed.status_code, changed.json["title"]) == (200, "Neu")
    assert refused(program.get(TICKETS), 403, "scope_needed")


def put(thing: Any, **values: Any) -> None:
    """Change columns of a row."""

    def work() -> None:
        row = db.session.get_one(type(thing), thing.id)
        for name, value in values.items():
            setattr(row, name, value)

    run_unit(work)


def routes() -> list[Any]:
    return [pytest.param(route, id=f"{route.method} {route.rule}") for route in door.table]


def address(rule: str) -> str:
    return "/".join("999999999" if part.startswith("<") else part for part in rule.split("/"))


@pytest.mark.sqlite_only
@pytest.mark.parametrize("route", routes())
def test_a40_every_call_is_opened_by_its_one_scope_or_by_no_key_at_all(world: World, route: Any) -> None:
    admin, path = world.admin(), address(route.rule)
    if not route.by_key:
        assert route.scope == ""
        assert refused(keyed(world, admin).send(route.method, path), 403, "not_by_key")
        return
    assert route.scope in set(EVERYTHING)
    others = [scope for scope in EVERYTHING if scope != route.scope]
    assert refused(keyed(world, admin, *others).send(route.method, path), 403, "scope_needed")
    opened = keyed(world, admin, Scope(route.scope)).send(route.method, path)
    assert opened.status_code not in (401, 403) or opened.json["code"] == "password_needed"


@pytest.mark.sqlite_only
def test_a40_a_key_opens_neither_sign_ins_nor_keys(world: World) -> None:
    admin = give_password(world.admin())
    program = keyed(world, admin)
    for method, path in (
        ("GET", PROFILE),
        ("POST", LOGIN),
        ("POST", "/api/v1/auth/logout"),
        ("POST", "/api/v1/auth/confirm-password"),
        ("GET", "/api/v1/api-keys"),
        ("POST", "/api/v1/api-keys"),
        ("DELETE", "/api/v1/api-keys/1"),
    ):
        assert refused(program.send(method, path), 403, "not_by_key")
    closed = {route.rule for route in door.table if not route.by_key}
    assert {rule for rule in closed if "/auth/" not in rule} >= {"/api/v1/api-keys"}
    assert all(route.by_key or route.rule.startswith("/api/v1/") for route in door.table)
    assert [route.rule for route in door.table if route.allow == PUBLIC and route.by_key] == []


def test_a40_a_key_does_no_more_than_the_person_it_acts_for(world: World) -> None:
    carla, other = world.customer(), world.customer()
    own, foreign = world.ticket(carla), world.ticket(other)
    program = keyed(world, carla)
    assert ids(program.get(TICKETS)) == {own.id}
    assert refused(program.get(f"{TICKETS}/{foreign.id}"), 404, "not_found")
    assert refused(program.send("DELETE", f"{TICKETS}/{own.id}"), 403, "forbidden")
    assert refused(program.get("/api/v1/webhooks"), 403, "forbidden")


def test_a40_a_key_in_the_address_is_none(world: World) -> None:
    _number, text = key_for(world.admin())
    program = Program(world.app)
    for name in ("api_key", "key", "X-API-Key", "apikey", "token"):
        assert refused(program.get(f"{TICKETS}?{name}={text}"), 401, "not_signed_in")
    assert refused(program.get(TICKETS, headers={"Authorization": f"Bearer {text}"}), 401, "not_signed_in")
    assert refused(program.get(TICKETS, headers={"Authorization": f"Basic {text}"}), 401, "not_signed_in")
    beside = Keyed(world.app, text).get(f"{TICKETS}?api_key={text}")
    assert refused(beside, 422, "invalid") and text not in beside.text


def test_a40_a_token_and_a_key_at_once_are_refused(world: World) -> None:
    admin = world.admin()
    program = Program(world.app, admin)
    _number, text = key_for(admin)
    for key in (text, "", "hd_x"):
        assert refused(program.get(TICKETS, headers={"X-API-Key": key}), 400, "malformed")
    for other in ("Bearer", "Bearer " + "x" * 5000, "Basic eDp5", "x"):
        answer = Keyed(world.app, text).get(TICKETS, headers={"Authorization": other})
        assert refused(answer, 400, "malformed"), other


def test_a40_a_revoked_key_is_dead_at_once(world: World) -> None:
    number, text = key_for(world.admin())
    program = Keyed(world.app, text)
    assert program.get(TICKETS).status_code == 200
    revoke(number)
    assert refused(program.get(TICKETS), 401, "not_signed_in")


def test_a40_an_expired_key_is_dead_to_the_second(world: World) -> None:
    with time_machine.travel(NOW, tick=False) as travel:
        _number, text = key_for(world.admin(), expires_at=NOW + timedelta(hours=1))
        program = Keyed(world.app, text)
        travel.shift(timedelta(minutes=59, seconds=59))
        assert program.get(TICKETS).status_code == 200
        travel.shift(timedelta(seconds=1))
        assert refused(program.get(TICKETS), 401, "not_signed_in")


def test_a40_the_key_of_somebody_deactivated_is_dead_at_once(world: World) -> None:
    anna = world.agent()
    program = Keyed(world.app, key_for(anna)[1])
    assert program.get(TICKETS).status_code == 200
    run_unit(lambda: people.deactivate(db.session.get_one(Person, anna.id), actor=SHELL))
    assert refused(program.get(TICKETS), 401, "not_signed_in")


def test_a40_a_key_follows_the_role_of_its_person(world: World) -> None:
    anna = world.agent()
    program = Keyed(world.app, key_for(anna)[1])
    assert program.get("/api/v1/teams").status_code == 200
    put(anna, role=Role.CUSTOMER)
    assert refused(program.get("/api/v1/teams"), 403, "forbidden")


def guesses(text: str) -> list[str]:
    prefix, secret = text[3:15], text[16:]
    return [
        "",
        "x",
        f"hd_{prefix}",
        f"hd_{prefix}_",
        f"hd_{prefix}_{secret[:-1]}",
        f"hd_{prefix}_{'A' * 43}",
        f"hd_{'0' * 12}_{secret}",
        f"HD_{prefix}_{secret}",
        f"hd_{prefix.upper()}_{secret}",
        f"hd_{prefix}_{secret}x",
        f"hd_%_{secret}",
        f"hd_{prefix}_{secret}'--",
        "hd_" + "a" * 5000,
    ]


def test_a40_a_key_that_is_not_whole_opens_nothing(world: World) -> None:
    _number, text = key_for(world.admin())
    for guess in guesses(text):
        assert refused(Keyed(world.app, guess).get(TICKETS), 401, "not_signed_in"), guess
    assert Keyed(world.app, text).get(TICKETS).status_code == 200


def test_a40_guessing_keys_is_stopped_by_network_and_holds_up_nobody_with_a_good_one(world: World) -> None:
    _number, text = key_for(world.admin())
    good, wrong = Keyed(world.app, text), Keyed(world.app, f"hd_{text[3:15]}_{'A' * 43}")
    here, there = ({"REMOTE_ADDR": address} for address in ("198.51.100.7", "198.51.100.8"))
    with limits_on(), time_machine.travel(NOW, tick=False):
        found = [wrong.get(TICKETS, environ_overrides=here).status_code for _ in range(22)]
        assert found == [401] * 20 + [429] * 2
        stopped = wrong.get(TICKETS, environ_overrides=here)
        assert refused(stopped, 429, "too_many") and int(stopped.headers["Retry-After"]) > 0
        assert good.get(TICKETS, environ_overrides=here).status_code == 200
        assert refused(wrong.get(TICKETS, environ_overrides=there), 401, "not_signed_in")


def test_a40_a_wrong_key_is_refused_where_nobody_has_to_sign_in(world: World) -> None:
    assert refused(Keyed(world.app, "hd_x").post(LOGIN, {"email": "a@b.example"}), 401, "not_signed_in")


def test_a40_pages_and_forms_are_opened_by_no_key(world: World) -> None:
    program = Keyed(world.app, key_for(world.admin())[1])
    for path in ("/tickets", "/admin/health", "/admin/api-keys", "/auth/profile"):
        answer = program.get(path)
        assert (answer.status_code, answer.headers["Location"].split("?")[0]) == (303, "/auth/login"), path


def everything_stored() -> str:
    """Every value of every table, as a dump of the database would have it."""
    db.session.rollback()
    found = [db.session.execute(sa.select(table)).all() for table in load().sorted_tables]
    return json.dumps([[list(map(str, row)) for row in rows] for rows in found])


def test_a40_a_key_stands_in_no_table_and_in_no_log(
    world: World, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level("DEBUG")
    maker = Program(world.app, world.admin())
    body = {"name": "Inventar", "scopes": ["tickets:read", "tickets:write"]}
    text = maker.post("/api/v1/api-keys", body, headers={"Idempotency-Key": "one"}).json["key"]
    program = Keyed(world.app, text)
    assert program.post(TICKETS, {"title": "x", "description": "x"}).status_code == 201
    assert program.get(f"{TICKETS}?api_key={text}").status_code == 422
    assert program.get(f"/api/v1/{text}").status_code == 404
    world.relay()
    secret = text[16:]
    stored, written = everything_stored(), "".join((*capfd.readouterr(), caplog.text))
    assert text[3:15] in stored and "Inventar" in stored
    assert secret not in stored
    assert "/api/v1/tickets" in written
    assert secret not in written and f"/api/v1/{text[:16]}" in written


def test_a40_how_a_key_was_used_is_noted_with_its_network_once_a_minute(world: World) -> None:
    number, text = key_for(world.admin())
    program = Keyed(world.app, text)
    with time_machine.travel(NOW, tick=False) as travel:
        assert row_of(number).last_used_at is None
        program.get(TICKETS, environ_overrides={"REMOTE_ADDR": "203.0.113.77"})
        assert (row_of(number).last_used_at, row_of(number).last_used_network) == (NOW, "203.0.113.0/24")
        travel.shift(timedelta(seconds=59))
        program.get(TICKETS, environ_overrides={"REMOTE_ADDR": "198.51.100.7"})
        assert row_of(number).last_used_at == NOW
        travel.shift(timedelta(seconds=1))
        program.get(TICKETS, environ_overrides={"REMOTE_ADDR": "2001:db8:1:2:3::4"})
        assert row_of(number).last_used_at == clock.now()
        assert row_of(number).last_used_network == "2001:db8:1::/48"
