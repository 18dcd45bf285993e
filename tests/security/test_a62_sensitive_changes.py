"""A62: password, address, second factor and the rights of others change only right after the password was given."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pyotp
import pytest
import time_machine

from app.accounts import tokens
from app.accounts.access import must_have_confirmed
from app.accounts.models import OneTimeToken
from app.accounts.queries import own_sign_ins
from app.core.db import db
from app.core.errors import PasswordNeeded
from tests.support import post
from tests.support.accounts import (
    ANOTHER,
    PASSWORD,
    facts,
    give_password,
    link_of,
    reload,
    signed_in,
    try_sign_in,
)
from tests.support.smtp_sink import SmtpSink

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
OWN = {
    "/auth/email": {"email": "neu@firma.example"},
    "/auth/second-factor/set-up": {"key": "x", "code": "123456"},
    "/auth/second-factor/codes": {},
    "/auth/second-factor/remove": {},
}
OTHERS = {
    "/people/{id}/role": {"role": "team_leader", "version": "1"},
    "/people/{id}/email": {"email": "neu@firma.example"},
    "/people/{id}/remove-second-factor": {},
}


@pytest.fixture
def stale(world):
    """A browser whose password was given eleven minutes ago."""
    with time_machine.travel(NOW, tick=False) as travel:
        admin = give_password(world.admin(totp_secret="verschlüsselt"))
        browser = world.browser(admin)
        browser.get("/auth/profile")
        travel.shift(timedelta(minutes=11))
        yield browser, admin


@pytest.mark.parametrize("path", OWN)
def test_a62_own_changes_ask_for_the_password(stale, path):
    browser, admin = stale
    answer = browser.post(path, OWN[path])
    assert answer.status_code in (303, 422)
    if answer.status_code == 303:
        assert answer.headers["Location"].startswith("/auth/confirm-password")
    found = reload(admin)
    assert (found.email, found.totp_secret) == (admin.email, "verschlüsselt")
    assert facts("email.change_requested") == facts("totp.enrolled") == facts("totp.removed") == []


@pytest.mark.parametrize("path", OTHERS)
def test_a62_changes_to_others_ask_for_the_password(world, stale, path):
    browser, _admin = stale
    anna = world.agent(totp_secret="verschlüsselt")
    answer = browser.post(path.format(id=anna.id), OTHERS[path])
    assert answer.headers["Location"].startswith("/auth/confirm-password")
    found = reload(anna)
    assert (found.role.value, found.email, found.totp_secret) == (
        "support_agent",
        anna.email,
        "verschlüsselt",
    )


def test_a62_a_new_password_wants_the_present_one_at_any_time(world):
    mia = give_password(world.customer())
    browser = world.browser(mia)
    browser.get("/auth/password")
    assert browser.post("/auth/password", {"password": ANOTHER}).status_code == 422
    assert browser.post("/auth/password", {"current": "", "password": ANOTHER}).status_code == 422
    assert try_sign_in(world.browser(), mia.email, PASSWORD).status_code == 303


def test_a62_the_old_address_can_be_told_and_other_sign_ins_end(world):
    mia = world.customer(email="mia@alt.example")
    browser, there = world.browser(mia), signed_in(mia)
    browser.get("/auth/email")
    browser.post("/auth/email", {"email": "mia@neu.example"})
    token_id = facts("email.change_requested")[-1]["token_id"]
    assert db.session.get(OneTimeToken, token_id).former == "mia@alt.example"
    assert tokens.link_for(token_id)
    browser.post(link_of("email.change_requested"))
    assert len(own_sign_ins(there)) == 1
    assert browser.get("/auth/profile").status_code == 200


def test_a62_the_old_address_is_told_of_the_wish_and_of_the_change(world):
    mia = world.customer(email="mia@alt.example")
    browser = world.browser(mia)
    browser.get("/auth/email")
    with SmtpSink() as sink, post.servers(smtp=sink):
        browser.post("/auth/email", {"email": "mia@neu.example"})
        link = link_of("email.change_requested")
        world.relay()
        told = {mail.recipients[0]: mail.message.get_body(("plain",)).get_content() for mail in sink.mails}
        assert set(told) == {"mia@alt.example", "mia@neu.example"}
        assert link in told["mia@neu.example"] and link not in told["mia@alt.example"]
        browser.post(link)
        world.relay()
        assert "mia@alt.example" in {mail.recipients[0] for mail in sink.mails[2:]}


def test_a62_whoever_has_the_password_set_by_a_stranger_hears_of_it(world):
    mia = give_password(world.customer(email="mia@alt.example"))
    browser = world.browser(mia)
    browser.get("/auth/password")
    with SmtpSink() as sink, post.servers(smtp=sink):
        browser.post("/auth/password", {"current": PASSWORD, "password": ANOTHER})
        world.relay()
        assert [mail.recipients for mail in sink.mails] == [("mia@alt.example",)]


def test_a62_a_door_without_sign_ins_cannot_make_sensitive_changes(world):
    """An actor that came without a browser session has no password to be recent."""
    actor = world.actor(world.admin())
    assert actor.sign_in_id is None
    with pytest.raises(PasswordNeeded):
        must_have_confirmed(actor)


def _set_up(browser):
    page = browser.get("/auth/second-factor/set-up").text
    key = page.partition('name="key" value="')[2].partition('"')[0]
    secret = page.partition('id="totp-secret">')[2].partition("<")[0].replace(" ", "")
    return browser.post("/auth/second-factor/set-up", {"key": key, "code": pyotp.TOTP(secret).now()})


FACTOR = {
    "totp.enrolled": ("/auth/second-factor/set-up", "Die Bestätigung in zwei Schritten wurde eingeschaltet"),
    "totp.removed": ("/auth/second-factor/remove", "Die Bestätigung in zwei Schritten wurde ausgeschaltet"),
    "totp.codes_renewed": ("/auth/second-factor/codes", "Es gibt neue Notfallcodes"),
}


@pytest.mark.parametrize("kind", FACTOR)
def test_a62_a_change_of_the_second_factor_is_told_by_mail_and_ends_other_sign_ins(world, kind):
    path, subject = FACTOR[kind]
    secret = "" if kind == "totp.enrolled" else "verschlüsselt"
    mia = give_password(world.customer(email="mia@alt.example", language="de", totp_secret=secret))
    browser = world.browser(mia)
    there = signed_in(mia)
    before = len(own_sign_ins(there))
    with SmtpSink() as sink, post.servers(smtp=sink):
        if kind == "totp.enrolled":
            assert _set_up(browser).status_code == 200
        else:
            browser.get("/auth/second-factor")
            assert browser.post(path).status_code in (200, 303)
        world.relay()
        assert [mail.recipients for mail in sink.mails] == [("mia@alt.example",)]
        assert sink.mails[0].message["Subject"] == subject
    assert facts(kind)[-1]["ended_sign_ins"] == before - 1
    assert len(own_sign_ins(there)) == 1
    assert browser.get("/auth/profile").status_code == 200


def test_a62_whoever_has_the_second_factor_taken_away_by_staff_hears_of_it(world):
    anna = world.agent(email="anna@firma.example", totp_secret="verschlüsselt")
    signed_in(anna)
    browser = world.browser(give_password(world.admin()))
    browser.get("/people")
    with SmtpSink() as sink, post.servers(smtp=sink):
        browser.post(f"/people/{anna.id}/remove-second-factor")
        world.relay()
        assert [mail.recipients for mail in sink.mails] == [("anna@firma.example",)]
    found = facts("totp.removed")[-1]
    assert (found["by_staff"], found["ended_sign_ins"]) == (True, 1)


def test_a62_switching_off_what_is_off_tells_nobody(world):
    browser = world.browser(give_password(world.customer()))
    browser.get("/auth/second-factor")
    assert browser.post("/auth/second-factor/remove").status_code == 303
    assert facts("totp.removed") == []
