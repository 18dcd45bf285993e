"""The pages about one's own account: record, picture, password, address, second factor, sign-ins, absence."""

from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta

import pyotp
import pytest
import time_machine
from PIL import Image

from app.accounts import avatars
from app.accounts.queries import own_sign_ins
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

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
PAGES = ["/auth/profile", "/auth/password", "/auth/second-factor", "/auth/sign-ins", "/auth/email"]
RECORD = {
    "first_name": "Mia",
    "last_name": "Muster",
    "language": "de",
    "time_zone": "Europe/Berlin",
    "version": "1",
}


@pytest.mark.parametrize("who", ["customer", "agent", "leader", "admin"])
@pytest.mark.parametrize("path", PAGES)
def test_every_account_page_is_there_for_everybody_in_both_languages(world, who, path):
    for language in ("de", "en"):
        answer = world.browser(getattr(world, who)(language=language)).get(path)
        assert answer.status_code == 200
        assert answer.text.count("<h1") == 1
        assert f'<html lang="{language}"' in answer.text
        assert "no-store" in answer.headers["Cache-Control"]


@pytest.mark.parametrize("path", [*PAGES, "/auth/absence", "/auth/confirm-password"])
def test_strangers_see_no_account_page(world, path):
    assert world.browser().get(path).headers["Location"].startswith("/auth/login?next=")


def test_customers_have_no_absence(world):
    assert world.browser(world.customer()).get("/auth/absence").status_code == 403
    assert "/auth/absence" not in world.browser(world.customer()).get("/auth/profile").text


def test_the_profile_costs_few_statements(world, statements):
    browser = world.browser(world.agent())
    browser.get("/auth/profile")
    with statements() as seen:
        assert browser.get("/auth/profile").status_code == 200
    assert len(seen) <= 4, seen


def test_the_record_is_saved_and_shown(world):
    mia = world.customer(first_name="Mia", last_name="Muster")
    browser = world.browser(mia)
    browser.get("/auth/profile")
    answer = browser.post("/auth/profile", RECORD | {"phone": "0911 4400", "time_zone": "Asia/Tokyo"})
    assert answer.headers["Location"] == "/auth/profile"
    page = browser.get("/auth/profile").text
    assert 'value="0911 4400"' in page
    assert '<option value="Asia/Tokyo" selected' in page


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"first_name": ""}, "first_name"),
        ({"phone": "9" * 41}, "phone"),
        ({"time_zone": "Mars/Olympus"}, "time_zone"),
        ({"language": "fr"}, "language"),
        ({"version": "viele"}, "version"),
        ({"employee_number": "P7"}, "employee_number"),
    ],
)
def test_a_bad_record_keeps_what_was_typed(world, wrong, field):
    world.customer(employee_number="P7")
    browser = world.browser(world.customer())
    browser.get("/auth/profile")
    answer = browser.post("/auth/profile", RECORD | {"city": "Nürnberg"} | wrong)
    assert answer.status_code == 422
    assert f'href="#f-{field}"' in answer.text
    assert 'value="Nürnberg"' in answer.text


@pytest.mark.parametrize(
    "name", ["role", "support_level", "email", "is_active", "verified_at", "organisation_id", "id"]
)
def test_nobody_gives_oneself_more_by_a_field_more(world, name):
    mia = world.customer()
    browser = world.browser(mia)
    browser.get("/auth/profile")
    assert browser.post("/auth/profile", RECORD | {name: "admin"}).status_code == 422
    assert (reload(mia).role.value, reload(mia).version) == ("customer", 1)


def test_a_record_changed_meanwhile_shows_both_and_can_be_saved_knowingly(world):
    mia = world.customer(first_name="Mia", last_name="Muster")
    browser, other = world.browser(mia), world.browser(mia)
    browser.get("/auth/profile")
    other.get("/auth/profile")
    other.post("/auth/profile", RECORD | {"phone": "1111"})
    answer = browser.post("/auth/profile", RECORD | {"phone": "2222"})
    assert answer.status_code == 409
    assert "<b>1111</b>" in answer.text and 'value="2222"' in answer.text
    assert reload(mia).phone == "1111"
    assert 'name="version" value="2"' in answer.text
    assert browser.post("/auth/profile", RECORD | {"phone": "2222", "version": "2"}).status_code == 303
    assert reload(mia).phone == "2222"


def picture(kind="PNG") -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (300, 200), "teal").save(out, kind)
    return out.getvalue()


def send_picture(browser, data):
    browser.get("/auth/profile")
    return browser.post("/auth/profile/avatar", {"avatar": (io.BytesIO(data), "ich.png")})


def test_a_picture_is_shown_to_those_who_see_the_person(world):
    anna, mia, other = world.agent(), world.customer(), world.customer()
    for person in (anna, mia):
        assert send_picture(world.browser(person), picture()).status_code == 303
    shown = world.browser(mia).get(f"/auth/avatar/{anna.id}")
    assert (shown.status_code, shown.mimetype) == (200, "image/png")
    assert Image.open(io.BytesIO(shown.data)).size == (256, 256)
    assert shown.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert shown.headers["X-Content-Type-Options"] == "nosniff"
    assert "private" in shown.headers["Cache-Control"]
    assert world.browser(other).get(f"/auth/avatar/{mia.id}").status_code == 404
    assert world.browser(anna).get(f"/auth/avatar/{mia.id}").status_code == 200
    assert world.browser().get(f"/auth/avatar/{anna.id}").status_code == 303
    for person_id in (other.id, 987654, 2**70):
        assert world.browser(anna).get(f"/auth/avatar/{person_id}").status_code == 404


def test_a_picture_is_answered_with_304_while_it_is_the_same(world):
    anna = world.agent()
    browser = world.browser(anna)
    send_picture(browser, picture())
    tag = browser.get(f"/auth/avatar/{anna.id}").headers["ETag"]
    assert browser.get(f"/auth/avatar/{anna.id}", headers={"If-None-Match": tag}).status_code == 304


@pytest.mark.parametrize("data", [b"", b"<svg onload=alert(1)>", b"x" * 3000], ids=["none", "svg", "large"])
def test_what_is_no_small_picture_is_said_beside_the_field(world, monkeypatch, data):
    monkeypatch.setattr(avatars, "AVATAR_BYTES", 2000)
    mia = world.customer()
    answer = send_picture(world.browser(mia), data)
    assert answer.status_code == 422
    assert 'id="f-avatar-error"' in answer.text
    assert reload(mia).avatar_sha256 == ""


def test_a_picture_is_taken_away(world):
    mia = world.customer()
    browser = world.browser(mia)
    send_picture(browser, picture())
    assert "Bild entfernen" in browser.get("/auth/profile").text
    browser.post("/auth/profile/avatar/remove")
    assert browser.get(f"/auth/avatar/{mia.id}").status_code == 404


def test_a_new_password_wants_the_old_one_and_leaves_only_this_browser(world):
    mia = give_password(world.customer())
    browser, other = world.browser(mia), world.browser(mia)
    browser.get("/auth/password")
    wrong = browser.post("/auth/password", {"current": "falsch geraten", "password": ANOTHER})
    assert (wrong.status_code, "f-current-error" in wrong.text) == (422, True)
    weak = browser.post("/auth/password", {"current": PASSWORD, "password": "Passwort1"})
    assert (weak.status_code, "f-password-error" in weak.text) == (422, True)
    assert PASSWORD not in weak.text
    assert browser.post("/auth/password", {"current": PASSWORD, "password": ANOTHER}).status_code == 303
    assert browser.get("/auth/profile").status_code == 200
    assert other.get("/auth/profile").status_code == 303


def test_a_new_address_is_proved_by_its_link(world):
    mia = world.customer()
    browser = world.browser(mia)
    browser.get("/auth/email")
    assert browser.post("/auth/email", {"email": "kein"}).status_code == 422
    assert (
        browser.post("/auth/email", {"email": "neu@firma.example"}).headers["Location"] == "/auth/mail-sent"
    )
    link = link_of("email.change_requested")
    assert "neu@firma.example" in browser.get(link).text
    assert reload(mia).email != "neu@firma.example"
    assert browser.post(link).headers["Location"] == "/auth/profile"
    assert "neu@firma.example" in browser.get("/auth/profile").text


def test_an_address_somebody_took_meanwhile_is_said(world):
    mia = world.customer()
    browser = world.browser(mia)
    browser.get("/auth/email")
    browser.post("/auth/email", {"email": "neu@firma.example"})
    world.customer(email="neu@firma.example")
    answer = browser.post(link_of("email.change_requested"))
    assert answer.status_code == 409
    assert "inzwischen zu einem anderen Konto" in answer.text


def test_the_password_is_asked_for_again_after_ten_minutes_and_leads_back(world):
    with time_machine.travel(NOW, tick=False) as travel:
        mia = give_password(world.customer())
        browser = world.browser()
        try_sign_in(browser, mia.email)
        assert browser.get("/auth/email").status_code == 200
        travel.shift(timedelta(minutes=11))
        sent = browser.get("/auth/email").headers["Location"]
        assert sent == "/auth/confirm-password?next=/auth/email"
        browser.get(sent)
        wrong = browser.post("/auth/confirm-password", {"password": "falsch geraten", "next": "/auth/email"})
        assert wrong.status_code == 422
        right = browser.post("/auth/confirm-password", {"password": PASSWORD, "next": "/auth/email"})
        assert right.headers["Location"] == "/auth/email"
        assert browser.get("/auth/email").status_code == 200


def test_the_second_factor_is_set_up_shown_and_given_up(world):
    mia = give_password(world.customer())
    browser = world.browser(mia)
    assert "ausgeschaltet" in browser.get("/auth/second-factor").text
    page = browser.get("/auth/second-factor/set-up").text
    assert "data:image/svg+xml;base64," in page
    key = page.partition('name="key" value="')[2].partition('"')[0]
    secret = page.partition('id="totp-secret">')[2].partition("<")[0].replace(" ", "")
    assert secret not in key
    wrong = browser.post("/auth/second-factor/set-up", {"key": key, "code": "000000"})
    assert wrong.status_code == 422
    assert secret in wrong.text.replace(" ", "")
    shown = browser.post("/auth/second-factor/set-up", {"key": key, "code": pyotp.TOTP(secret).now()})
    codes = shown.text.partition('id="codes">')[2].partition("</pre>")[0].split()
    assert len(codes) == 10
    assert "Es sind noch 10 Notfallcodes übrig." in browser.get("/auth/second-factor").text
    assert codes[0] not in browser.get("/auth/second-factor").text
    assert browser.get("/auth/second-factor/set-up").status_code == 303
    renewed = browser.post("/auth/second-factor/codes").text
    assert codes[0] not in renewed
    assert browser.post("/auth/second-factor/remove").status_code == 303
    assert reload(mia).totp_secret == ""


def test_the_key_of_another_person_sets_nothing_up(world):
    browser, other = world.browser(world.customer()), world.browser(world.customer())
    page = other.get("/auth/second-factor/set-up").text
    key = page.partition('name="key" value="')[2].partition('"')[0]
    secret = page.partition('id="totp-secret">')[2].partition("<")[0].replace(" ", "")
    browser.get("/auth/second-factor")
    answer = browser.post("/auth/second-factor/set-up", {"key": key, "code": pyotp.TOTP(secret).now()})
    assert answer.status_code == 422
    assert secret not in answer.text.replace(" ", "")


def test_signed_in_browsers_are_listed_and_ended(world):
    mia = world.customer()
    browser, there = world.browser(mia), signed_in(mia)
    page = browser.get("/auth/sign-ins").text
    assert "dieser" in page and "192.0.2.0" in page
    assert browser.post(f"/auth/sign-ins/{there.sign_in_id}/end").status_code == 303
    foreign = signed_in(world.customer())
    for sign_in_id in (there.sign_in_id, foreign.sign_in_id, 2**70):
        assert browser.post(f"/auth/sign-ins/{sign_in_id}/end").status_code == 404
    signed_in(mia)
    browser.post("/auth/sign-ins/end-others")
    assert browser.get("/auth/sign-ins").status_code == 200
    assert len(own_sign_ins(signed_in(mia))) == 2
    assert len(own_sign_ins(foreign)) == 1


def test_an_absence_is_entered_and_taken_back(world):
    anna, ben = world.agent(), world.agent()
    browser = world.browser(anna)
    assert ben.full_name in browser.get("/auth/absence").text
    bad = browser.post("/auth/absence", {"absent_from": "2026-12-05", "absent_until": "2026-12-01"})
    assert (bad.status_code, 'value="2026-12-05"' in bad.text) == (422, True)
    assert browser.post("/auth/absence", {"absent_from": "morgen"}).status_code == 422
    browser.post("/auth/absence", {"absent_from": "2026-12-05", "absent_until": "", "deputy_id": str(ben.id)})
    assert 'value="2026-12-05"' in browser.get("/auth/absence").text
    browser.post("/auth/absence", {"absent_from": "", "absent_until": "", "deputy_id": ""})
    assert reload(anna).absent_from is None
    assert len(facts("person.absence_changed")) == 2
