"""Programs sign in with a password: the rules of the page, said in JSON."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pyotp
import pytest
import time_machine

from app.accounts import second_factor
from app.accounts.access import person_for
from app.accounts.actions import people
from app.accounts.actions import second_factor as factors
from app.accounts.actors import SHELL
from app.accounts.words import Need
from app.core.uow import run_unit
from app.settings import actions as settings_actions
from app.settings.schemas import SignInRules
from tests.support.accounts import ANOTHER, facts, give_password, limits_on, signed_in
from tests.support.programs import LOGIN, LOGOUT, PROFILE, REFRESH, Program, refused

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)


@pytest.fixture
def program(world):
    return Program(world.app)


@pytest.mark.parametrize("who", ["customer", "agent", "leader", "admin"])
def test_a_password_brings_a_pair_and_who_one_is(world, program, who):
    person = give_password(getattr(world, who)())
    answer = program.login(person.email)
    assert answer.status_code == 200
    assert set(answer.json) == {"access_token", "refresh_token", "token_type", "expires_in", "user"}
    assert (answer.json["token_type"], answer.json["expires_in"]) == ("bearer", 900)
    assert answer.json["user"]["id"] == person.id
    assert answer.headers["Cache-Control"] == "no-store"
    assert "Set-Cookie" not in answer.headers
    assert program.get(PROFILE).json["email"] == person.email
    assert facts("sign_in.succeeded")[-1]["subject"] == person.id


def test_a_wrong_password_and_an_unknown_address_say_the_same(world, program):
    mia = give_password(world.customer())
    known, unknown = (
        program.login(mia.email, "falsch geraten"),
        program.login("niemand@firma.example", "falsch"),
    )
    assert refused(known, 401, "wrong_credentials")
    assert refused(unknown, 401, "wrong_credentials")
    assert known.json["error"] == unknown.json["error"]
    assert "falsch geraten" not in known.text
    assert len(facts("sign_in.failed")) == 2


def test_a_person_who_was_deactivated_does_not_come_in(world, program):
    mia = give_password(world.customer())
    run_unit(lambda: people.deactivate(person_for(SHELL, mia.id, Need.MANAGE), actor=SHELL))
    assert refused(program.login(mia.email), 401, "wrong_credentials")


def test_an_address_that_is_not_confirmed_comes_first(world, program):
    mia = give_password(world.customer(verified_at=None))
    assert refused(program.login(mia.email), 403, "confirm_first")
    assert facts("sign_in.failed")[-1]["reason"] == "unverified"


def test_a59_an_unknown_address_costs_what_a_known_one_costs(world, program, statements):
    mia, shut = give_password(world.customer()), give_password(world.customer(is_active=False))
    counts, answers = [], []
    for email in (mia.email, shut.email, "niemand@firma.example", "keine-adresse"):
        with statements() as seen:
            answers.append(program.login(email, "falsch geraten"))
        counts.append(len(seen))
    assert {(answer.status_code, answer.json["error"], answer.json["code"]) for answer in answers} == {
        (401, "Die E-Mail-Adresse oder das Passwort stimmt nicht.", "wrong_credentials")
    }
    assert max(counts) - min(counts) <= 1, counts


def test_a_second_factor_is_asked_for_and_each_code_counts_once(world, program):
    mia, secret = give_password(world.customer()), second_factor.new_secret()
    with time_machine.travel(NOW, tick=False) as clock:
        code, actor = pyotp.TOTP(secret).at(NOW), signed_in(mia)
        recovery = run_unit(lambda: factors.enrol(secret, code, actor=actor))
        assert refused(program.login(mia.email, "falsch geraten", otp=code), 401, "wrong_credentials")
        assert refused(program.login(mia.email), 401, "code_needed")
        assert refused(program.login(mia.email, otp=code), 401, "wrong_code")
        clock.shift(timedelta(seconds=60))
        fresh = pyotp.TOTP(secret).at(NOW + timedelta(seconds=60))
        assert program.login(mia.email, otp=fresh).status_code == 200
        assert refused(program.login(mia.email, otp=fresh), 401, "wrong_code")
        assert program.login(mia.email, otp=recovery[0]).status_code == 200
        assert refused(program.login(mia.email, otp=recovery[0]), 401, "wrong_code")
    assert [fact["factor"] for fact in facts("sign_in.succeeded")] == ["code", "recovery_code"]


def test_limits_are_those_of_the_page(world, program):
    mia = give_password(world.customer())
    with limits_on():
        answers = [program.login(mia.email, f"geraten {n}") for n in range(6)]
        assert [answer.status_code for answer in answers] == [401] * 5 + [429]
        assert refused(answers[-1], 429, "too_many")
        assert 1 <= int(answers[-1].headers["Retry-After"]) <= 61
        assert answers[-1].headers["RateLimit-Limit"] == "5"
        assert answers[-1].headers["RateLimit-Remaining"] == "0"


def test_a_network_tries_ten_times_a_minute(world, program):
    with limits_on():
        here = {"REMOTE_ADDR": "203.0.113.77"}
        answers = [
            program.login(f"person{n}@firma.example", "geraten", environ_overrides=here).status_code
            for n in range(11)
        ]
    assert answers == [401] * 10 + [429]


def test_signing_out_ends_both_tokens(world):
    program = Program(world.app, world.customer())
    answer = program.post(LOGOUT)
    assert (answer.status_code, answer.data) == (204, b"")
    assert refused(program.get(PROFILE), 401, "not_signed_in")
    assert refused(program.renew(), 401, "not_signed_in")
    assert refused(program.post(LOGOUT), 401, "not_signed_in")
    assert facts("sign_in.ended")[-1]["how"] == "sign_out"


def test_a_refresh_token_brings_the_next_pair(world):
    mia = world.customer()
    with time_machine.travel(NOW, tick=False) as clock:
        program = Program(world.app, mia)
        before = program.access
        clock.shift(timedelta(minutes=16))
        assert refused(program.get(PROFILE), 401, "not_signed_in")
        answer = program.renew()
        assert set(answer.json) == {"access_token", "refresh_token", "token_type", "expires_in"}
        assert program.get(PROFILE).status_code == 200
        assert refused(program.get(PROFILE, token=before), 401, "not_signed_in")


def test_a_refresh_token_is_good_for_thirty_days_and_each_one_anew(world):
    with time_machine.travel(NOW, tick=False) as clock:
        program = Program(world.app, world.agent())
        for _round in range(3):
            clock.shift(timedelta(days=29))
            assert program.renew().status_code == 200
        clock.shift(timedelta(days=30, minutes=1))
        assert refused(program.renew(), 401, "not_signed_in")


def test_an_administrator_without_the_demanded_second_factor_does_nothing_but_sign_out(world):
    run_unit(lambda: settings_actions.change(SignInRules(admins_need_second_factor=True), actor=SHELL))
    program = Program(world.app, world.admin())
    assert refused(program.get(PROFILE), 403, "second_factor_needed")
    assert program.post(LOGOUT).status_code == 204


def test_the_own_sign_ins_show_the_app_and_end_it(world):
    mia = world.customer()
    program, browser = Program(world.app, mia), world.browser(mia)
    assert "App" in browser.get("/auth/sign-ins").text
    browser.post("/auth/sign-ins/end-others")
    assert refused(program.get(PROFILE), 401, "not_signed_in")
    assert refused(program.renew(), 401, "not_signed_in")


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({}, {"email", "password"}),
        ({"email": "a@firma.example", "password": "x", "role": "admin"}, {"role"}),
        ({"email": 7, "password": ["x"]}, {"email", "password"}),
        ({"email": "", "password": ""}, {"email", "password"}),
    ],
)
def test_what_is_wrong_with_a_field_is_said_at_the_field(program, body, fields):
    answer = program.post(LOGIN, body)
    assert refused(answer, 422, "invalid")
    assert set(answer.json["details"]) == fields
    assert all(texts and all(texts) for texts in answer.json["details"].values())


def test_a_key_for_repeats_does_not_keep_tokens(world, program):
    mia = give_password(world.customer())
    body, key = {"email": mia.email, "password": ANOTHER}, {"Idempotency-Key": "once-and-again"}
    assert refused(program.post(LOGIN, body, headers=key), 401, "wrong_credentials")
    give_password(mia, ANOTHER)
    first, second = (program.post(LOGIN, body, headers=key) for _ in range(2))
    assert first.json["refresh_token"] != second.json["refresh_token"]


def test_the_profile_needs_one_statement_for_who_and_two_for_what(world, statements):
    program = Program(world.app, world.customer())
    program.get(PROFILE)
    with statements() as seen:
        program.get(PROFILE)
    assert len(seen) <= 3, seen


def test_a_refresh_is_the_only_thing_a_refresh_token_opens(world):
    program = Program(world.app, world.customer())
    assert refused(program.get(PROFILE, token=program.refresh), 401, "not_signed_in")
    assert refused(program.post(REFRESH, token=program.access), 401, "not_signed_in")
