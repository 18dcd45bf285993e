"""A60, A61, A62 at the door for programs: links work once, guessing ends, changes want the password."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
import time_machine

from app.accounts.access import person_for
from app.accounts.actions import changing_email
from app.accounts.models import OneTimeToken
from app.accounts.schemas import ChangeEmail
from app.accounts.words import Need
from app.core import crypto
from app.core.db import db
from app.core.uow import run_unit
from tests.support.accounts import ANOTHER, PASSWORD, facts, give_password, limits_on, signed_in, token_of
from tests.support.at_once import at_once
from tests.support.programs import AUTH, LOGIN, Program, refused

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
FORGOT, RESET = f"{AUTH}/password/forgot", f"{AUTH}/password/reset"


@pytest.fixture
def program(world) -> Program:
    return Program(world.app)


def ask(program: Program, person: Any) -> str:
    assert program.post(FORGOT, {"email": person.email}).status_code == 202
    return token_of("password.reset_requested")


def use(program: Program, token: str, password: str = ANOTHER) -> Any:
    return program.post(RESET, {"token": token, "password": password})


def gone(answer: Any) -> bool:
    return refused(answer, 422, "invalid") and list(answer.json["details"]) == ["token"]


def test_a60_twice(world, program):
    token = ask(program, give_password(world.customer()))
    assert use(program, token).status_code == 204
    assert gone(use(program, token, "Etwas anderes noch"))


def test_a60_after_thirty_one_minutes(world, program):
    with time_machine.travel(NOW, tick=False) as travel:
        token = ask(program, give_password(world.customer()))
        travel.shift(timedelta(minutes=31))
        assert gone(use(program, token))


def test_a60_after_a_newer_one(world, program):
    mia = give_password(world.customer())
    older, newer = ask(program, mia), ask(program, mia)
    assert gone(use(program, older))
    assert use(program, newer).status_code == 204


def test_a60_after_the_address_changed(world, program):
    mia, admin = give_password(world.customer()), signed_in(world.admin())
    token = ask(program, mia)

    def move() -> None:
        person = person_for(admin, mia.id, Need.MANAGE, lock=True)
        changing_email.change_for(person, ChangeEmail(email="neu@firma.example"), actor=admin)

    run_unit(move)
    assert gone(use(program, token))


def test_a60_several_at_once(world, program):
    token, answers = ask(program, give_password(world.customer())), []
    failures = at_once(world.app, lambda: answers.append(use(Program(world.app), token).status_code))
    assert failures == []
    assert sorted(answers) == [204, 422, 422, 422]
    assert len(facts("password.changed")) == 1


def test_a60_by_guessing(world, program):
    token = ask(program, give_password(world.customer()))
    row = db.session.scalars(sa.select(OneTimeToken)).one()
    assert row.token_hash == crypto.digest(token)
    for guess in (
        token[:-1],
        token + "A",
        token.swapcase(),
        row.token_hash,
        row.sealed[:200],
        "%00",
        "' OR 1=1",
    ):
        assert gone(use(program, guess))
    for guess in ("", "x" * 5000, "a\x00b", None, 7, [token], {"token": token}):
        assert use(program, guess).status_code in (400, 422)
    assert use(program, token).status_code == 204


def test_a60_a_link_for_one_thing_opens_nothing_else(world, program):
    actor = signed_in(give_password(world.customer()))
    run_unit(lambda: changing_email.ask(ChangeEmail(email="neu@firma.example"), actor=actor))
    assert gone(use(program, token_of("email.change_requested")))


def test_a61_guessing_by_program_counts_with_guessing_in_the_browser(world, program):
    """Whatever is written before the address, whatever network a header claims."""
    mia = give_password(world.customer())
    with limits_on():
        statuses = [
            program.post(
                LOGIN,
                {"email": mia.email if n % 2 else mia.email.upper(), "password": f"geraten {n}"},
                headers={"X-Forwarded-For": f"198.51.100.{n}"},
            ).status_code
            for n in range(5)
        ]
        assert statuses == [401] * 5
        assert refused(program.login(mia.email), 429, "too_many")
        browser = world.browser()
        browser.get("/auth/login")
        answer = browser.post("/auth/login", {"email": mia.email, "password": PASSWORD})
        assert answer.status_code == 429


def test_a61_the_present_password_is_not_guessed_by_its_change(world):
    mia = give_password(world.customer())
    first, second = Program(world.app, mia), Program(world.app, mia)
    with limits_on():
        answers = [
            (first, second)[n % 2].post(f"{AUTH}/password", {"current": f"geraten {n}", "new": ANOTHER})
            for n in range(7)
        ]
    assert [answer.status_code for answer in answers] == [422] * 5 + [429] * 2


@pytest.mark.parametrize(
    "body", [{"new": ANOTHER}, {"current": "", "new": ANOTHER}, {"new": ANOTHER, "current": None}]
)
def test_a62_no_password_changes_without_the_present_one(world, body):
    mia = give_password(world.customer())
    answer = Program(world.app, mia).post(f"{AUTH}/password", body)
    assert refused(answer, 422, "invalid") and list(answer.json["details"]) == ["current"]
    assert facts("password.changed") == []


def test_a62_the_owner_is_told(world):
    mia = give_password(world.customer())
    assert (
        Program(world.app, mia).post(f"{AUTH}/password", {"current": PASSWORD, "new": ANOTHER}).status_code
        == 204
    )
    assert [fact["subject"] for fact in facts("password.changed")] == [mia.id]
