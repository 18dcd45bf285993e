"""An account by a program: registering, passwords, leaving everywhere at once; the verbs and limits of the pages."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from app.accounts.actors import SHELL
from app.accounts.models import Person, SignIn
from app.core.db import db
from app.core.uow import run_unit
from app.settings import actions as settings_actions
from app.settings.schemas import SignInRules
from tests.support.accounts import (
    ANOTHER,
    PASSWORD,
    facts,
    give_password,
    limits_on,
    link_of,
    reload,
    token_of,
)
from tests.support.programs import AUTH, PROFILE, Program, refused

REGISTER, FORGOT, RESET = f"{AUTH}/register", f"{AUTH}/password/forgot", f"{AUTH}/password/reset"
CHANGE, EVERYWHERE = f"{AUTH}/password", f"{AUTH}/logout-everywhere"
NINA = {"first_name": "Nina", "last_name": "Neu", "email": "nina.neu@firma.example", "password": PASSWORD}


@pytest.fixture
def program(world):
    return Program(world.app)


def found(email: str) -> Person:
    db.session.rollback()
    return db.session.scalars(sa.select(Person).where(Person.email_key == email)).one()


def test_somebody_registers_confirms_and_comes_in(world, program):
    more = {"company": "Firma", "phone": "030 1234", "city": "Kiel", "language": "en", "time_zone": "UTC"}
    answer = program.post(REGISTER, NINA | more | {"password_confirm": PASSWORD})
    assert (answer.status_code, answer.data) == (202, b"")
    nina = found(NINA["email"])
    assert (nina.role, nina.verified_at, nina.employee_number) == ("customer", None, None)
    assert {name: getattr(nina, name) for name in more} == more
    assert refused(program.login(nina.email), 403, "confirm_first")
    browser, link = world.browser(), link_of("registration.started")
    browser.get(link)
    assert browser.post(link).status_code == 303
    assert program.login(nina.email).json["user"]["company"] == "Firma"


def test_the_language_of_the_request_is_that_of_the_account(program):
    assert program.post(REGISTER, NINA, headers={"Accept-Language": "en"}).status_code == 202
    assert found(NINA["email"]).language == "en"


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"password": "kurz"}, "password"),
        ({"password": "Nina-Neu-nina"}, "password"),
        ({"password_confirm": "anders als oben"}, "password_confirm"),
        ({"email": "keine adresse"}, "email"),
        ({"first_name": " "}, "first_name"),
        ({"time_zone": "Mars/Olympus"}, "time_zone"),
        ({"employee_id": "E-1"}, "employee_id"),
        ({"employee_number": "E-1"}, "employee_number"),
        ({"role": "admin"}, "role"),
        ({"organisation_id": 1}, "organisation_id"),
    ],
)
def test_a36_what_cannot_be_told_of_oneself_is_refused_at_its_field(program, values, field):
    answer = program.post(REGISTER, NINA | values)
    assert refused(answer, 422, "invalid") and list(answer.json["details"]) == [field]
    assert facts("person.created") == []


def test_where_the_team_makes_accounts_nobody_registers(program):
    run_unit(lambda: settings_actions.change(SignInRules(self_registration=False), actor=SHELL))
    assert refused(program.post(REGISTER, NINA), 404, "not_found")


def test_a_forgotten_password_is_set_by_the_link_of_the_mail(world, program):
    mia = give_password(world.customer(verified_at=None))
    before = Program(world.app, mia)
    answer = program.post(FORGOT, {"email": mia.email.upper()})
    assert (answer.status_code, answer.data) == (202, b"")
    token = token_of("password.reset_requested")
    answer = program.post(RESET, {"token": token, "password": ANOTHER})
    assert (answer.status_code, answer.data) == (204, b"")
    assert refused(before.get(PROFILE), 401, "not_signed_in")
    assert refused(before.renew(), 401, "not_signed_in")
    assert refused(program.login(mia.email), 401, "wrong_credentials")
    assert program.login(mia.email, ANOTHER).status_code == 200
    assert facts("password.changed")[-1]["how"] == "reset"


def test_a_weak_password_does_not_spend_the_link(world, program):
    mia = give_password(world.customer())
    program.post(FORGOT, {"email": mia.email})
    token = token_of("password.reset_requested")
    answer = program.post(RESET, {"token": token, "password": "kurz"})
    assert refused(answer, 422, "invalid") and list(answer.json["details"]) == ["password"]
    assert program.post(RESET, {"token": token, "password": ANOTHER}).status_code == 204


def test_whoever_knows_the_password_changes_it_and_the_others_are_out(world):
    mia = give_password(world.customer())
    program, other, browser = Program(world.app, mia), Program(world.app, mia), world.browser(mia)
    answer = program.post(CHANGE, {"current": PASSWORD, "new": ANOTHER})
    assert (answer.status_code, answer.data) == (204, b"")
    assert program.get(PROFILE).status_code == 200
    assert program.renew().status_code == 200
    assert refused(other.get(PROFILE), 401, "not_signed_in")
    assert refused(other.renew(), 401, "not_signed_in")
    assert browser.get("/auth/profile").status_code == 303
    assert Program(world.app).login(mia.email, ANOTHER).status_code == 200
    assert facts("password.changed")[-1] | {"subject": 0, "actor": 0} == {
        "how": "changed",
        "ended_sign_ins": 2,
        "subject": 0,
        "actor": 0,
    }


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"current": "falsch geraten", "new": ANOTHER}, "current"),
        ({"current": PASSWORD, "new": "kurz"}, "new"),
        ({"current": PASSWORD, "password": ANOTHER}, "new"),
    ],
)
def test_another_password_that_does_not_go_is_refused_at_its_field(world, body, field):
    mia = give_password(world.customer())
    program, other = Program(world.app, mia), Program(world.app, mia)
    answer = program.post(CHANGE, body)
    assert refused(answer, 422, "invalid") and field in answer.json["details"]
    assert other.get(PROFILE).status_code == 200
    assert "falsch geraten" not in answer.text
    assert len(facts("sign_in.failed")) == (field == "current")


def test_leaving_everywhere_ends_every_sign_in_at_once(world):
    mia, nora = world.customer(), world.customer()
    first, second, hers = Program(world.app, mia), Program(world.app, mia), Program(world.app, nora)
    browser = world.browser(mia)
    answer = first.post(EVERYWHERE)
    assert (answer.status_code, answer.data) == (204, b"")
    for program in (first, second):
        assert refused(program.get(PROFILE), 401, "not_signed_in")
        assert refused(program.renew(), 401, "not_signed_in")
    assert browser.get("/auth/profile").status_code == 303
    assert hers.get(PROFILE).status_code == 200
    assert refused(first.post(EVERYWHERE), 401, "not_signed_in")
    assert facts("sign_in.all_ended") == [
        {"count": 3, "how": "by_person", "actor": mia.id, "subject": mia.id}
    ]
    assert list(db.session.scalars(sa.select(SignIn.person_id))) == [nora.id]


def test_limits_are_those_of_the_pages(world, program):
    mia = give_password(world.customer())
    signed_in = Program(world.app, mia)
    with limits_on():
        asked = [program.post(FORGOT, {"email": mia.email}).status_code for _ in range(3)]
        assert asked == [202] * 3
        assert refused(program.post(FORGOT, {"email": mia.email.upper()}), 429, "too_many")
        assert refused(program.post(REGISTER, NINA | {"email": mia.email}), 429, "too_many")
        guesses = [signed_in.post(CHANGE, {"current": f"geraten {n}", "new": ANOTHER}) for n in range(6)]
        assert [answer.status_code for answer in guesses] == [422] * 5 + [429]
        assert refused(signed_in.post(CHANGE, {"current": PASSWORD, "new": ANOTHER}), 429, "too_many")
    assert reload(mia).password_hash
    assert len(facts("password.reset_requested")) == 3


def test_nothing_of_it_is_kept_for_a_key_that_is_sent_again(world, program):
    key = {"Idempotency-Key": "once-and-again"}
    for _ in range(2):
        assert program.post(REGISTER, NINA, headers=key).status_code == 202
    assert [fact["subject"] for fact in facts("password.reset_requested")] == [found(NINA["email"]).id]
