"""Mail accounts in the administration: list, form, what is wrong beside its field, versions, removal, rights."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from app.core import clock, crypto
from app.core.db import db
from app.core.uow import run_unit
from app.mailroom.models import MailAccount, Mailbox, RawMail
from tests.support.letters import bring, kept, letter
from tests.support.mail_forms import GOOD, HELP, SECRET, account, changed, kinds, made, told, value_of
from tests.support.world import Browser, World


def test_without_an_account_the_page_says_how_to_begin(world: World, browser: Browser) -> None:
    page = told(browser.get("/admin/mail"))
    assert "Noch kein Mailkonto" in page and "Postfach bereithalten" in page and "/admin/mail/new" in page
    assert "/admin/mail/texts" in page and "/admin/mail/signatures" in page


def test_an_account_is_made_and_shown(world: World, browser: Browser) -> None:
    answer = browser.post("/admin/mail/new", GOOD)
    found = account()
    assert (answer.status_code, answer.headers["Location"]) == (303, f"/admin/mail/{found.id}")
    assert (found.address, found.smtp_host, found.is_active) == (HELP, "smtp.firma.example", True)
    assert found.start_on == clock.now().date() and crypto.decrypt(found.imap_secret) == SECRET
    page = told(browser.get(f"/admin/mail/{found.id}"))
    assert "Prüfen Sie jetzt, ob es funktioniert." in page and "Noch nicht abgeholt" in page
    assert "imap.firma.example, Port 993, verschlüsselt" in page and "wie beim Empfang" in page
    assert kinds() == ["mailbox.created"]
    audit = told(browser.get("/admin/audit?kind=mail"))
    assert "Mailkonto angelegt" in audit and f'href="/admin/mail/{found.id}"' in audit


def test_the_first_account_is_offered_as_the_default_one(world: World, browser: Browser) -> None:
    first = told(browser.get("/admin/mail/new"))
    assert re.search(r'name="is_default"[^>]* checked', first)
    made()
    assert not re.search(r'name="is_default"[^>]* checked', told(browser.get("/admin/mail/new")))


def test_a_double_click_makes_one_account(world: World, browser: Browser) -> None:
    form = GOOD | {"_once": "the-same-key"}
    first, second = browser.post("/admin/mail/new", form), browser.post("/admin/mail/new", form)
    assert first.headers["Location"] == second.headers["Location"]
    assert kinds() == ["mailbox.created"]


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("address", "", "Bitte geben Sie eine E-Mail-Adresse"),
        ("address", "kein-postfach", "Bitte geben Sie eine E-Mail-Adresse"),
        ("imap_port", "", "Bitte geben Sie eine ganze Zahl ein."),
        ("imap_port", "0", "Mindestens 1."),
        ("smtp_port", "65536", "Höchstens 65535."),
        ("imap_host", "imap firma", "Bitte geben Sie den Namen eines Servers ein"),
        ("imap_host", "imap.firma.example/x?y@z", "Bitte geben Sie den Namen eines Servers ein"),
        ("imap_folder", "", "Bitte füllen Sie dieses Feld aus."),
        ("imap_username", "", "Bitte füllen Sie dieses Feld aus."),
        ("imap_password", "", "Bitte füllen Sie dieses Feld aus."),
        ("imap_tls", "ssl", "Bitte wählen Sie eine der Möglichkeiten aus."),
        ("login", "kerberos", "Bitte wählen Sie eine der Möglichkeiten aus."),
        ("afterwards", "move", "Bitte nennen Sie den Ordner"),
        ("start_on", "gestern", "Bitte geben Sie ein Datum"),
        ("max_mb", "61", "Höchstens 60."),
        ("team_id", "999999", "Bitte wählen Sie eines der angebotenen Teams."),
        ("category_id", "999999", "Bitte wählen Sie eines der angebotenen Themen."),
        ("language", "fr", "Bitte wählen Sie eine der Möglichkeiten aus."),
        ("oauth_token_url", "http://login.provider.example/", "Adresse ein, die mit https beginnt"),
        ("unknown", "1", "Dieses Feld ist hier nicht bekannt."),
    ],
)
def test_a_bad_form_comes_back_with_what_was_typed_but_without_secrets(
    world: World, browser: Browser, field: str, value: str, sentence: str
) -> None:
    answer = browser.post("/admin/mail/new", GOOD | {"oauth_client_secret": "Auch-geheim"} | {field: value})
    page = told(answer)
    assert answer.status_code == 422 and sentence in page and "error-summary" in page
    assert SECRET not in page and "Auch-geheim" not in page
    assert value_of(page, "name") == "IT-Service" and value_of(page, "imap_password") == ""
    assert account() is None
    if field in ("address", "imap_host", "start_on", "max_mb") and value:
        assert value_of(page, field) == value and f'href="#f-{field}"' in page


def test_an_account_needs_a_server(world: World, browser: Browser) -> None:
    answer = browser.post("/admin/mail/new", GOOD | {"imap_host": "", "smtp_host": ""})
    assert answer.status_code == 422 and "einen Server für den Empfang" in told(answer)


def test_one_address_has_one_account(world: World, browser: Browser) -> None:
    made()
    answer = browser.post("/admin/mail/new", GOOD | {"address": "HILFE@firma.example"})
    assert answer.status_code == 422 and "Für diese Adresse gibt es schon ein Konto." in told(answer)


@pytest.mark.parametrize("field", ["imap_folder", "done_folder"])
@pytest.mark.parametrize("name", ["INBOX\r\nX DELETE INBOX", "INBOX\nX", "a\x7fb"])
def test_a23_a_folder_with_a_line_end_is_refused(
    world: World, browser: Browser, field: str, name: str
) -> None:
    answer = browser.post(
        "/admin/mail/new", GOOD | {"afterwards": "move", "done_folder": "Erledigt"} | {field: name}
    )
    assert answer.status_code == 422 and "So kann ein Ordner nicht heißen." in told(answer)
    assert account() is None


def test_a_box_that_is_unticked_is_off(world: World, browser: Browser) -> None:
    number = made(plus_addressing=True)
    form = changed(number)
    del form["is_active"], form["plus_addressing"]
    browser.post(f"/admin/mail/{number}/edit", form)
    assert (account(number).is_active, account(number).plus_addressing) == (False, False)
    assert "Ausgeschaltet" in told(browser.get("/admin/mail"))


def test_a_stale_form_changes_nothing_and_keeps_what_was_typed(world: World, browser: Browser) -> None:
    number = made()
    run_unit(lambda: setattr(db.session.get_one(MailAccount, number), "version", 5))
    stale = changed(number, name="Getippt", imap_password="Auch-geheim") | {"version": "1"}
    answer = browser.post(f"/admin/mail/{number}/edit", stale)
    page = told(answer)
    assert answer.status_code == 409 and "Das wurde inzwischen geändert." in page
    assert value_of(page, "name") == "Getippt" and value_of(page, "version") == "5"
    assert "Auch-geheim" not in page and account(number).name == "IT-Service"


def test_a_team_that_is_not_offered_stays_chosen(world: World, browser: Browser) -> None:
    secret = world.make_team("Personalstelle", is_confidential=True)
    number = made(team_id=secret.id)
    form = told(browser.get(f"/admin/mail/{number}/edit"))
    assert f'<option value="{secret.id}" selected>wie bisher' in form and "Personalstelle" not in form
    browser.post(f"/admin/mail/{number}/edit", changed(number, name="Neu"))
    assert account(number).team_id == secret.id


def test_the_list_says_how_each_account_goes(world: World, browser: Browser) -> None:
    works, fails = made(is_default=True), made(address="verkauf@firma.example", smtp_host="")
    made(address="nur@firma.example", imap_host="", imap_password="")
    now = clock.now()

    def stand() -> None:
        good, bad = db.session.get_one(Mailbox, works), db.session.get_one(Mailbox, fails)
        good.succeeded_at, good.last_mail_at = now, now
        bad.trouble, bad.detail, bad.failing_since = (
            "login_refused",
            "NO <b>[AUTHENTICATIONFAILED]</b>",
            now - timedelta(hours=5),
        )

    run_unit(stand)
    answer = browser.get("/admin/mail")
    page = told(answer)
    assert "Läuft" in page and "Gestört seit 5 Std." in page and "Sendet nur" in page
    assert "Der Mailserver hat Benutzername und Passwort abgelehnt. Prüfen Sie beide." in page
    assert "NO &lt;b&gt;[AUTHENTICATIONFAILED]&lt;/b&gt;" in answer.get_data(as_text=True)
    assert page.index(HELP) < page.index("nur@firma.example"), "the default account stands first"
    one = told(browser.get(f"/admin/mail/{fails}"))
    assert "Gestört seit 5 Std." in one and "Antwort der Gegenseite" in one


def test_the_list_counts_the_mails_since_yesterday(world: World, browser: Browser) -> None:
    number = made()
    bring(world.app, letter("Eins"), letter("Zwei"), letter("Drei"))
    old = clock.now() - timedelta(days=2)

    def belong() -> None:
        for place, raw in enumerate(kept()):
            found = db.session.get_one(RawMail, raw.id)
            found.mail_account_id, found.kept_at = number, old if place == 0 else found.kept_at

    run_unit(belong)
    assert "2 E-Mails" in told(browser.get("/admin/mail"))
    assert "2 E-Mails" in told(browser.get(f"/admin/mail/{number}"))


def test_an_account_is_removed_after_its_address_was_typed(world: World, browser: Browser) -> None:
    number = made()
    bring(world.app, letter())
    run_unit(lambda: setattr(db.session.get_one(RawMail, kept()[0].id), "mail_account_id", number))
    page = told(browser.get(f"/admin/mail/{number}/remove"))
    assert "nicht mehr abgeholt" in page and f"„{HELP}“" in page
    assert "Ohne dieses Konto geht keine Antwort mehr hinaus" in page and "anderen Konto aus" not in page
    assert browser.post(f"/admin/mail/{number}/remove", {"name": "falsch"}).status_code == 422
    answer = browser.post(f"/admin/mail/{number}/remove", {"name": HELP.upper()})
    assert answer.headers["Location"] == "/admin/mail" and account() is None
    assert kept()[0].mail_account_id is None and kinds() == ["mailbox.removed"]


def test_one_of_two_accounts_goes_without_a_warning(browser: Browser) -> None:
    made()
    second = made(address="zweite@firma.example")
    page = told(browser.get(f"/admin/mail/{second}/remove"))
    assert "Ohne dieses Konto" not in page and "anderen Konto aus" in page


@pytest.mark.parametrize("end", ["", "/edit", "/remove"])
@pytest.mark.parametrize("number", ["0", "999999", "99999999999999999999"])
def test_an_account_that_is_not_there(world: World, browser: Browser, number: str, end: str) -> None:
    assert browser.get(f"/admin/mail/{number}{end}").status_code == 404


@pytest.mark.parametrize("end", ["/new", "/{n}/edit", "/{n}/defaults", "/{n}/remove", "/{n}/check-in", "/{n}/check-out",
                                 "/{n}/test", "/{n}/fetch", "/environment", "/blocked"])  # fmt: skip
def test_only_administrators_set_up_mail(world: World, end: str) -> None:
    number = made()
    path = "/admin/mail" + end.format(n=number)
    for person in (world.customer(), world.agent(), world.leader()):
        browser = world.browser(person)
        browser.get("/auth/profile")
        assert browser.post(path, GOOD).status_code == 403
    assert world.browser().post(path, GOOD).status_code == 401
    assert kinds() == []
