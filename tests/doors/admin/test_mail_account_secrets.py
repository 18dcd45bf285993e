"""Secrets of mail accounts go in and never come out, and go only where they were given for (A62)."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine

from app.core import clock, crypto
from app.mailroom.schemas import NewAccount
from tests.support.mail_forms import GOOD, HELP, OAUTH, SECRET, account, changed, kinds, made, told, value_of
from tests.support.world import Browser, World

SAID_MOVED = "Der Server ist ein anderer. Bitte geben Sie das Passwort noch einmal ein."


def test_a_password_keeps_its_spaces_and_takes_no_line_end(world: World, browser: Browser) -> None:
    assert browser.post("/admin/mail/new", GOOD | {"imap_password": "a  b\r\nX"}).status_code == 422
    browser.post("/admin/mail/new", GOOD | {"imap_password": "a  b ü"})
    assert crypto.decrypt(account().imap_secret) == "a  b ü"


def test_oauth_asks_for_its_own_fields_and_opens_them(world: World, browser: Browser) -> None:
    answer = browser.post("/admin/mail/new", GOOD | {"login": "oauth", "imap_password": ""})
    page = told(answer)
    assert answer.status_code == 422 and '<details class="mt-3 mb-3" open>' in page
    assert page.count("Bitte füllen Sie dieses Feld aus.") == 2 * 3
    assert browser.post("/admin/mail/new", GOOD | OAUTH).status_code == 303
    found = account()
    assert crypto.decrypt(found.oauth_secret) == SECRET and found.imap_secret == ""
    assert '<details class="mt-3 mb-3" open>' in told(browser.get(f"/admin/mail/{found.id}/edit"))
    assert '<details class="mt-3 mb-3">' in told(browser.get("/admin/mail/new"))


def test_no_page_shows_a_secret(world: World, browser: Browser) -> None:
    number = made(smtp_password="Anderes-geheim", smtp_username="x")
    page, form = (told(browser.get(f"/admin/mail/{number}{end}")) for end in ("", "/edit"))
    for text in (page, form, told(browser.get("/admin/mail")), told(browser.get("/admin/audit"))):
        assert SECRET not in text and "Anderes-geheim" not in text
        assert account().imap_secret not in text
    assert value_of(form, "imap_password") == "" and form.count('placeholder="gespeichert"') == 2


def test_a_change_without_secrets_keeps_them(world: World, browser: Browser) -> None:
    number = made()
    answer = browser.post(f"/admin/mail/{number}/edit", changed(number, name="Service", imap_folder="Hilfe"))
    assert answer.status_code == 303
    found = account(number)
    assert (found.name, found.imap_folder, found.version) == ("Service", "Hilfe", 2)
    assert crypto.decrypt(found.imap_secret) == SECRET
    assert kinds() == ["mailbox.changed"]


@pytest.mark.parametrize(
    ("field", "value"), [("imap_host", "boese.example"), ("imap_port", "1993"), ("imap_tls", "none")]
)
def test_another_server_is_told_the_password_anew(
    world: World, browser: Browser, field: str, value: str
) -> None:
    number = made()
    answer = browser.post(f"/admin/mail/{number}/edit", changed(number, **{field: value}))
    page = told(answer)
    assert answer.status_code == 422 and 'href="#f-imap_password"' in page and SAID_MOVED in page
    assert str(getattr(account(number), field)) == str(getattr(NewAccount.model_validate(GOOD), field))
    again = changed(number, **{field: value, "imap_password": "Neues-Wort"})
    assert browser.post(f"/admin/mail/{number}/edit", again).status_code == 303
    assert crypto.decrypt(account(number).imap_secret) == "Neues-Wort"


@pytest.mark.parametrize(
    ("field", "value"), [("smtp_host", "boese.example"), ("smtp_port", "25"), ("smtp_tls", "none")]
)
def test_the_password_of_receiving_is_not_sent_to_another_server_for_sending(
    world: World, browser: Browser, field: str, value: str
) -> None:
    number = made()
    answer = browser.post(f"/admin/mail/{number}/edit", changed(number, **{field: value}))
    page = told(answer)
    assert answer.status_code == 422 and 'href="#f-smtp_password"' in page and SAID_MOVED in page
    again = changed(number, **{field: value, "smtp_password": "Neues-Wort"})
    assert browser.post(f"/admin/mail/{number}/edit", again).status_code == 303
    assert crypto.decrypt(account(number).smtp_secret) == "Neues-Wort"


@pytest.mark.parametrize("field", ["oauth_token_url", "imap_host", "smtp_host"])
def test_an_application_is_asked_for_its_secret_when_a_server_changes(
    world: World, browser: Browser, field: str
) -> None:
    number = made(**OAUTH)
    value = "https://boese.example/token" if field == "oauth_token_url" else "boese.example"
    answer = browser.post(f"/admin/mail/{number}/edit", changed(number, **{field: value}))
    assert answer.status_code == 422 and 'href="#f-oauth_client_secret"' in told(answer)


def test_a_secret_out_of_use_is_forgotten_when_its_server_changes(world: World, browser: Browser) -> None:
    number = made()
    form = changed(number) | OAUTH | {"imap_host": "anders.example"}
    assert browser.post(f"/admin/mail/{number}/edit", form).status_code == 303
    assert account(number).imap_secret == "", "switching back must not send it to the new server"


def test_a62_setting_up_an_account_wants_the_own_password(world: World) -> None:
    with time_machine.travel(clock.now(), tick=False) as travel:
        browser = world.browser(world.admin())
        number = made()
        browser.get("/admin/mail")
        travel.shift(timedelta(minutes=11))
        for page in ("/admin/mail/new", f"/admin/mail/{number}/edit", f"/admin/mail/{number}/remove"):
            assert browser.get(page).headers["Location"].startswith("/auth/confirm-password")
        answer = browser.post(f"/admin/mail/{number}/edit", changed(number, name="Getippt"))
        assert answer.status_code == 422 and value_of(told(answer), "name") == "Getippt"
        assert "vor mehr als zehn Minuten" in told(answer) and "/auth/confirm-password" in told(answer)
        assert browser.post("/admin/mail/new", GOOD | {"address": "neu@firma.example"}).status_code == 422
        gone = browser.post(f"/admin/mail/{number}/remove", {"name": HELP})
        assert gone.headers["Location"].startswith("/auth/confirm-password")
        assert browser.get(f"/admin/mail/{number}").status_code == 200, "looking is no change"
    assert account(number).name == "IT-Service" and kinds() == []
