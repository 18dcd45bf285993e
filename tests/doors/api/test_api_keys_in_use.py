"""Calls by API key: how many, done once, how dear; and the password once more, before keys are made (A62)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
import time_machine

from app.accounts.key_words import Scope
from app.accounts.models import MicrosoftIdentity, SignIn
from app.core import clock
from app.core.db import db
from app.core.uow import run_unit
from app.web.kit import quota
from tests.support.accounts import PASSWORD, facts, give_password, limits_on
from tests.support.api_keys import BODY, PATH, Keyed, key_for, make, row_of
from tests.support.programs import Program, refused
from tests.support.world import World

CONFIRM = "/api/v1/auth/confirm-password"
TICKETS = "/api/v1/tickets"
NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)


@pytest.fixture
def program(world: World) -> Program:
    return Program(world.app, give_password(world.admin(first_name="Clara", last_name="Admin")))


def age_the_password() -> None:
    long_ago = clock.now() - timedelta(minutes=11)
    run_unit(lambda: db.session.execute(sa.update(SignIn).values(confirmed_at=long_ago)))


def test_a62_making_and_revoking_ask_for_a_fresh_password(program: Program) -> None:
    made = make(program)
    age_the_password()
    assert refused(program.post(PATH, BODY), 403, "password_needed")
    assert refused(program.send("DELETE", f"{PATH}/{made['id']}"), 403, "password_needed")
    assert program.get(PATH).status_code == 200
    assert row_of(made["id"]).revoked_at is None
    assert len(facts("api_key.created")) == 1


def test_a62_the_password_given_once_more_counts_for_ten_minutes(world: World) -> None:
    with time_machine.travel(NOW, tick=False) as travel:
        program = Program(world.app, give_password(world.admin()))
        travel.shift(timedelta(minutes=11))
        assert refused(program.post(PATH, BODY), 403, "password_needed")
        wrong = program.post(CONFIRM, {"password": "nicht-dieses"})
        assert refused(wrong, 422, "invalid") and list(wrong.json["details"]) == ["password"]
        assert refused(program.post(PATH, BODY), 403, "password_needed")
        given = program.post(CONFIRM, {"password": PASSWORD})
        assert (given.status_code, given.text) == (204, "")
        assert program.post(PATH, BODY).status_code == 201
        travel.shift(timedelta(minutes=10, seconds=1))
        program.renew()
        assert refused(program.post(PATH, BODY), 403, "password_needed")
    assert len(facts("password.confirmed")) == 1


def test_a62_it_counts_for_the_sign_in_it_was_given_in_alone(world: World) -> None:
    admin = give_password(world.admin())
    here, there = Program(world.app, admin), Program(world.app, admin)
    age_the_password()
    assert here.post(CONFIRM, {"password": PASSWORD}).status_code == 204
    assert refused(there.post(PATH, BODY), 403, "password_needed")


def test_a61_passwords_are_not_guessed_there(world: World) -> None:
    program = Program(world.app, give_password(world.admin()))
    with limits_on():
        found = [program.post(CONFIRM, {"password": f"nicht-{n}"}).status_code for n in range(6)]
    assert found == [422] * 5 + [429]


def test_who_comes_only_by_microsoft_is_sent_there(world: World) -> None:
    admin = world.admin()
    identity = MicrosoftIdentity(
        person_id=admin.id, tenant_id="t" * 36, object_id="o" * 36, linked_at=clock.now()
    )
    run_unit(lambda: db.session.add(identity))
    answer = Program(world.app, admin).post(CONFIRM, {"password": PASSWORD})
    assert refused(answer, 403, "microsoft_needed")


def test_a_key_has_its_own_thousand_calls_a_minute(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    admin = world.admin()
    program, keyed = Program(world.app, admin), Keyed(world.app, key_for(admin)[1])
    other = Keyed(world.app, key_for(admin)[1])
    assert quota.CALLS_OF_KEY == "1000/minute"
    with limits_on(), time_machine.travel(NOW, tick=False):
        assert keyed.get(TICKETS).headers["RateLimit-Limit"] == "1000"
        assert keyed.get(TICKETS).headers["RateLimit-Remaining"] == "998"
        monkeypatch.setattr(quota, "CALLS_OF_KEY", "2/minute")
        assert [keyed.get(TICKETS).status_code for _ in range(2)] == [200, 200]
        assert refused(keyed.get(TICKETS), 429, "too_many")
        assert other.get(TICKETS).status_code == 200
    with limits_on():
        assert Program(world.app, admin).get(TICKETS).headers["RateLimit-Limit"] == "300"
    assert program.get(TICKETS).status_code == 200


def test_an_idempotency_key_belongs_to_the_api_key_it_came_with(world: World) -> None:
    admin = world.admin()
    one, two = (Keyed(world.app, key_for(admin)[1]) for _ in range(2))
    body, again = {"title": "Eins", "description": "x"}, {"Idempotency-Key": "same"}
    first = one.post(TICKETS, body, headers=again)
    assert one.post(TICKETS, body, headers=again).json["id"] == first.json["id"]
    assert two.post(TICKETS, body, headers=again).json["id"] != first.json["id"]
    by_token = Program(world.app, admin).post(TICKETS, body, headers=again)
    assert by_token.json["id"] not in (first.json["id"], None)


def test_a_call_by_key_costs_the_statements_of_one_by_token(world: World, statements: Any) -> None:
    admin, team = world.admin(), world.make_team("Eins")
    found = []
    for client in (
        Program(world.app, admin),
        Keyed(world.app, key_for(admin)[1]),
        Keyed(world.app, key_for(admin, Scope.TICKETS_READ, teams=(team,))[1]),
    ):
        client.get(TICKETS)
        with statements() as seen:
            assert client.get(TICKETS).status_code == 200
        found.append(len(seen))
    assert max(found[1:]) <= found[0], found
