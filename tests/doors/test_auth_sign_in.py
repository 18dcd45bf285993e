"""The pages of sign-in, registration and links, as a browser meets them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pyotp
import pytest
import time_machine

from app.accounts import second_factor
from app.accounts.actions import second_factor as factors
from app.accounts.actors import SHELL
from app.accounts.queries import find_by_email
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
    signed_in,
    try_sign_in,
)

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)


@pytest.fixture
def limited(house):
    with limits_on():
        yield


def sign_in_rules(world, **values):
    run_unit(lambda: settings_actions.change(SignInRules(**values), actor=SHELL))


HOMES = [
    ("customer", "/portal"),
    ("agent", "/tickets"),
    ("leader", "/tickets/board"),
    ("admin", "/admin/health"),
]


@pytest.mark.parametrize(("who", "home"), HOMES)
def test_everybody_starts_where_the_work_is(world, who, home):
    person = give_password(getattr(world, who)())
    browser = world.browser()
    assert try_sign_in(browser, person.email).headers["Location"] == "/"
    assert browser.get("/").headers["Location"] == home
    assert browser.get("/auth/login").headers["Location"] == "/"


def test_strangers_are_sent_to_the_sign_in_and_come_back(world):
    mia = give_password(world.customer())
    browser = world.browser()
    assert browser.get("/").headers["Location"] == "/auth/login"
    sent = browser.get("/auth/sign-ins").headers["Location"]
    assert sent == "/auth/login?next=/auth/sign-ins"
    page = browser.get(sent)
    assert 'name="next" value="/auth/sign-ins"' in page.text
    assert (
        try_sign_in(browser, mia.email, data={"next": "/auth/sign-ins"}).headers["Location"]
        == "/auth/sign-ins"
    )
    assert browser.get("/auth/sign-ins").status_code == 200


def test_a_wrong_password_keeps_the_address_and_says_one_sentence(world):
    mia = give_password(world.customer())
    answer = try_sign_in(world.browser(), mia.email, "falsch geraten")
    assert answer.status_code == 422
    assert "Die E-Mail-Adresse oder das Passwort stimmt nicht." in answer.text
    assert f'value="{mia.email}"' in answer.text
    assert "falsch geraten" not in answer.text
    assert "<title>Fehler:" in answer.text


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({"email": "", "password": ""}, "Bitte füllen Sie dieses Feld aus."),
        ({"email": "x@y.example", "password": "x" * 300}, "Höchstens 256 Zeichen."),
        ({"email": "x@y.example", "password": "a\x00b"}, "nicht gespeichert werden"),
        ({"email": "x@y.example", "password": "x", "role": "admin"}, "hier nicht bekannt"),
        ({"email": ["x@y.example", "z@y.example"], "password": "x"}, "doppelt"),
    ],
)
def test_bad_input_is_answered_at_the_field(world, data, said):
    answer = world.browser().post("/auth/login", data)
    assert answer.status_code == 422
    assert said in answer.text


def test_signing_out_needs_a_button_and_ends_the_session(world):
    browser = world.browser(world.customer())
    assert browser.get("/auth/logout").status_code == 405
    assert browser.get("/auth/profile").status_code == 200
    assert browser.post("/auth/logout").headers["Location"] == "/auth/login"
    assert "Sie sind abgemeldet." in browser.get("/auth/login").text
    assert browser.get("/auth/profile").status_code == 303
    assert browser.post("/auth/logout").status_code == 303


def test_signing_in_again_ends_the_sign_in_this_browser_had(world):
    mia, anna = give_password(world.customer()), give_password(world.customer())
    browser = world.browser()
    try_sign_in(browser, mia.email)
    browser.get("/auth/profile")
    try_sign_in(browser, anna.email)
    assert anna.email in browser.get("/auth/profile").text
    assert facts("sign_in.ended")[-1]["actor"] == mia.id


def test_a_registration_goes_from_the_form_to_the_first_sign_in(world):
    browser = world.browser()
    assert "Konto anlegen" in browser.get("/auth/register").text
    given = {"first_name": "Nina", "last_name": "Neu", "email": "nina@firma.example", "password": PASSWORD}
    assert browser.post("/auth/register", given).headers["Location"] == "/auth/mail-sent"
    assert "Bitte sehen Sie in Ihr Postfach" in browser.get("/auth/mail-sent").text
    refused = try_sign_in(browser, "nina@firma.example")
    assert (refused.status_code, "Bitte bestätigen Sie zuerst" in refused.text) == (403, True)
    link = link_of("registration.started")
    page = browser.get(link)
    assert page.headers["Referrer-Policy"] == "strict-origin"
    assert find_by_email("nina@firma.example").verified_at is None
    assert browser.post(link).headers["Location"] == "/auth/login"
    assert try_sign_in(browser, "nina@firma.example").headers["Location"] == "/"
    browser.get("/auth/profile")
    assert browser.post(link).status_code == 410
    assert "Dieser Link gilt nicht mehr" in browser.get(link).text


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"first_name": ""}, "f-first_name-error"),
        ({"email": "keine Adresse"}, "Bitte geben Sie eine E-Mail-Adresse"),
        ({"password": "kurz"}, "Mindestens 8 Zeichen."),
        ({"password": "Passwort1"}, "leicht zu erraten"),
        ({"password": "NinaNeu2026"}, "leicht zu erraten"),
        ({"password_confirm": "anders"}, "verschieden"),
        ({"role": "admin"}, "hier nicht bekannt"),
    ],
)
def test_a_bad_registration_keeps_what_was_typed_but_the_password(world, wrong, said):
    given = {"first_name": "Nina", "last_name": "Neu", "email": "nina@firma.example", "password": PASSWORD}
    answer = world.browser().post("/auth/register", given | wrong)
    assert answer.status_code == 422
    assert said in answer.text
    assert 'value="Neu"' in answer.text
    assert PASSWORD not in answer.text
    assert find_by_email("nina@firma.example") is None


def test_where_registration_is_closed_there_is_no_form(world):
    sign_in_rules(world, self_registration=False)
    browser = world.browser()
    assert browser.get("/auth/register").status_code == 404
    given = {"first_name": "Nina", "last_name": "Neu", "email": "nina@firma.example", "password": PASSWORD}
    assert browser.post("/auth/register", given).status_code == 404
    assert "/auth/register" not in browser.get("/auth/login").text


def test_a_forgotten_password_is_set_by_the_link(world):
    mia = give_password(world.customer())
    browser = world.browser()
    assert (
        browser.post("/auth/password/forgot", {"email": mia.email}).headers["Location"] == "/auth/mail-sent"
    )
    link = link_of("password.reset_requested")
    assert "Neues Passwort festlegen" in browser.get(link).text
    assert browser.post(link, {"password": "kurz"}).status_code == 422
    assert browser.post(link, {"password": ANOTHER}).headers["Location"] == "/auth/login"
    assert try_sign_in(browser, mia.email, PASSWORD).status_code == 422
    assert try_sign_in(browser, mia.email, ANOTHER).status_code == 303
    assert browser.get(link).status_code == 410


@pytest.mark.parametrize("path", ["/auth/password/reset/nie-dagewesen", "/auth/confirm/nie-dagewesen"])
def test_links_that_never_were_look_like_those_that_are_over(world, path):
    browser = world.browser()
    assert browser.get(path).status_code == 410
    assert browser.post(path, {"password": ANOTHER} if "reset" in path else {}).status_code == 410


def test_the_code_is_asked_for_after_the_password(world):
    with time_machine.travel(NOW, tick=False) as travel:
        mia = give_password(world.customer())
        secret, actor = second_factor.new_secret(), signed_in(mia)
        run_unit(lambda: factors.enrol(secret, pyotp.TOTP(secret).at(NOW), actor=actor))
        browser = world.browser()
        assert browser.get("/auth/login/code").headers["Location"] == "/auth/login"
        answer = try_sign_in(browser, mia.email, data={"next": "/auth/sign-ins"})
        assert answer.headers["Location"] == "/auth/login/code?next=/auth/sign-ins"
        assert browser.get("/auth/profile").status_code == 303
        assert "Authenticator-App" in browser.get(answer.headers["Location"]).text
        travel.shift(timedelta(seconds=60))
        assert browser.post("/auth/login/code", {"code": "000000"}).status_code == 422
        code = pyotp.TOTP(secret).at(NOW + timedelta(seconds=60))
        entered = browser.post("/auth/login/code", {"code": code, "next": "/auth/sign-ins"})
        assert entered.headers["Location"] == "/auth/sign-ins"
        assert browser.get("/auth/profile").status_code == 200


def test_a_code_that_comes_too_late_leads_back_to_the_password(world):
    with time_machine.travel(NOW, tick=False) as travel:
        mia = give_password(world.customer())
        secret, actor = second_factor.new_secret(), signed_in(mia)
        codes = run_unit(lambda: factors.enrol(secret, pyotp.TOTP(secret).at(NOW), actor=actor))
        browser = world.browser()
        try_sign_in(browser, mia.email)
        browser.get("/auth/login/code")
        travel.shift(timedelta(minutes=6))
        assert browser.post("/auth/login/code", {"code": codes[0]}).headers["Location"] == "/auth/login"
        assert "zu lange gedauert" in browser.get("/auth/login").text


def test_administrators_set_up_the_second_factor_before_anything_else_where_it_is_demanded(world):
    admin, agent = world.admin(), world.agent()
    before = world.browser(admin)
    sign_in_rules(world, admins_need_second_factor=True)
    for path in ("/people", "/portal", "/people/1"):
        assert before.get(path).headers["Location"] == "/auth/second-factor"
    before.get("/auth/second-factor")
    assert before.post("/people/new", {}).headers["Location"] == "/auth/second-factor"
    assert before.get("/auth/profile").status_code == 403
    assert "Die Administration braucht hier" in before.get("/auth/second-factor").text
    assert world.browser(agent).get("/people").status_code == 200
    page = before.get("/auth/second-factor/set-up").text
    key = page.partition('name="key" value="')[2].partition('"')[0]
    secret = page.partition('id="totp-secret">')[2].partition("<")[0].replace(" ", "")
    code = pyotp.TOTP(secret).now()
    assert "Notfallcodes" in before.post("/auth/second-factor/set-up", {"key": key, "code": code}).text
    assert before.get("/people").status_code == 200


def test_too_many_tries_say_when_to_come_back_and_keep_the_address(world, limited):
    mia = give_password(world.customer())
    browser = world.browser()
    from_here = {"environ_overrides": {"REMOTE_ADDR": "198.51.100.20"}}
    for _try in range(5):
        assert try_sign_in(browser, mia.email, "falsch geraten", **from_here).status_code == 422
    answer = try_sign_in(browser, mia.email, PASSWORD, **from_here)
    assert answer.status_code == 429
    assert 1 <= int(answer.headers["Retry-After"]) <= 61
    assert "Das waren zu viele Versuche." in answer.text
    assert f'value="{mia.email}"' in answer.text


def test_only_three_links_an_hour_go_to_one_address(world, limited):
    mia = world.customer()
    browser = world.browser()
    answers = [
        browser.post(
            "/auth/password/forgot",
            {"email": mia.email.upper() if n % 2 else mia.email},
            environ_overrides={"REMOTE_ADDR": f"198.51.100.{100 + n}"},
        ).status_code
        for n in range(4)
    ]
    assert answers == [303, 303, 303, 429]
    assert len(facts("password.reset_requested")) == 3


def test_the_place_for_microsoft_stays_empty_without_a_way_there(world):
    assert "Microsoft" not in world.browser().get("/auth/login").text
