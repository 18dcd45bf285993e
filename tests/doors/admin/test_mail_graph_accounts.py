"""Mailboxes at Microsoft 365 in the administration: their form, what is wrong beside its field, trial and troubles."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pytest
import sqlalchemy as sa
import time_machine

from app.core.db import db
from app.core.uow import run_unit
from app.events.models import Event
from app.jobs import mail
from app.mailroom import fixed
from app.mailroom.actions import accounts
from app.mailroom.fixed import FixedAccount
from app.mailroom.models import Mailbox
from app.mailroom.words import Login
from app.settings import fixed as fixed_settings
from app.settings import queries
from tests.support.graph_office import GraphOffice, registered
from tests.support.letters import letter
from tests.support.mail_forms import HELP, account, kinds, made, told
from tests.support.microsoft import microsoft, microsoft_of_this_run
from tests.support.world import Browser, World
from tools.simulated_microsoft import Microsoft

__all__ = ["microsoft", "microsoft_of_this_run"]
pytestmark = pytest.mark.sqlite_only
GOOD = {
    "address": HELP,
    "login": "graph",
    "imap_folder": "INBOX",
    "graph_reads": "true",
    "graph_sends": "true",
    "afterwards": "leave",
    "max_mb": "40",
    "is_active": "true",
}


@pytest.fixture
def listed(world: World, microsoft: Microsoft) -> Iterator[None]:
    with registered(microsoft, HELP):
        yield


def test_the_form_says_which_mailboxes_may_be_used_and_an_account_is_made(
    listed: None, browser: Browser
) -> None:
    page = told(browser.get("/admin/mail/new-graph"))
    assert f"Auf der Liste der Anwendung: {HELP}" in page and "/admin/mail/new" in page
    answer = browser.post("/admin/mail/new-graph", GOOD)
    found = account()
    assert answer.headers["Location"] == f"/admin/mail/{found.id}"
    assert (found.login, found.graph_reads, found.graph_changes) == (Login.GRAPH_APP, True, False)
    page = told(browser.get(f"/admin/mail/{found.id}"))
    assert "Microsoft 365, durch die Anwendung selbst" in page and f"/admin/mail/{found.id}/graph" in page
    assert "Server zum Empfangen" not in page and kinds() == ["mailbox.created"]


def test_without_an_application_the_form_says_where_to_set_it_up(world: World, browser: Browser) -> None:
    page = told(browser.get("/admin/mail/new-graph"))
    assert "Die Anwendung bei Microsoft ist nicht eingerichtet" in page and "/admin/microsoft" in page


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("address", "chef@firma.example", "Dieses Postfach steht nicht auf der Liste"),
        ("address", "kein-postfach", "Bitte geben Sie eine E-Mail-Adresse"),
        ("login", "password", "Bitte wählen Sie eine der Möglichkeiten aus."),
        ("imap_folder", "", "Bitte füllen Sie dieses Feld aus."),
        ("imap_folder", "a\r\nb", "So kann ein Ordner nicht heißen."),
        ("afterwards", "seen", "Ohne die Berechtigung Mail.ReadWrite"),
        ("imap_host", "imap.firma.example", "Dieses Feld ist hier nicht bekannt."),
        ("max_mb", "61", "Höchstens 60."),
    ],
)
def test_a_bad_form_comes_back_with_what_was_typed(
    listed: None, browser: Browser, field: str, value: str, sentence: str
) -> None:
    answer = browser.post("/admin/mail/new-graph", GOOD | {"name": "IT-Hilfe", field: value})
    page = told(answer)
    assert answer.status_code == 422 and sentence in page and 'value="IT-Hilfe"' in page
    assert account() is None


def test_an_account_that_does_nothing_is_refused(listed: None, browser: Browser) -> None:
    form = {name: value for name, value in GOOD.items() if not name.startswith("graph_")}
    answer = browser.post("/admin/mail/new-graph", form)
    assert answer.status_code == 422 and "Bitte wählen Sie mindestens" in told(answer)


def test_a_person_may_connect_a_mailbox_that_is_not_on_the_list(listed: None, browser: Browser) -> None:
    browser.post("/admin/mail/new-graph", GOOD | {"address": "chef@firma.example", "login": "graph_user"})
    page = told(browser.get(f"/admin/mail/{account().id}"))
    assert "Verbinden" in page and "noch niemand" in page


def test_an_account_with_servers_becomes_one_at_microsoft_and_forgets_its_passwords(
    listed: None, browser: Browser
) -> None:
    number = made()
    page = told(browser.get(f"/admin/mail/{number}/graph"))
    assert HELP in page
    version = account(number).version
    answer = browser.post(f"/admin/mail/{number}/graph", GOOD | {"version": str(version)})
    found = account(number)
    assert answer.status_code == 303 and found.login is Login.GRAPH_APP
    assert (found.imap_host, found.smtp_host, found.imap_secret) == ("", "", "")
    again = browser.post(f"/admin/mail/{number}/graph", GOOD | {"version": str(version), "name": "Zu spät"})
    assert again.status_code == 409 and 'value="Zu spät"' in told(again)


def test_a_trial_shows_each_step_and_names_the_missing_permission(
    listed: None, world: World, browser: Browser, microsoft: Microsoft
) -> None:
    office = GraphOffice(world, microsoft)
    page = told(browser.post(f"/admin/mail/{office.id}/check-in"))
    assert "Berechtigung zum Lesen" in page and "Alles funktioniert." in page
    microsoft.grants_application = {"Mail.Read"}
    page = told(browser.post(f"/admin/mail/{office.id}/check-out"))
    assert "Berechtigung zum Senden: gescheitert" in page.replace("<b>", "").replace("</b>", "")
    assert "Erteilen Sie in Microsoft Entra die Berechtigung Mail.Send" in page


def test_mail_can_be_fetched_and_sent_from_the_page(
    listed: None, world: World, browser: Browser, microsoft: Microsoft
) -> None:
    office = GraphOffice(world, microsoft)
    office.deliver(letter("Jetzt"))
    assert "Neue Tickets: 1" in told(browser.post(f"/admin/mail/{office.id}/fetch"))
    page = told(browser.post(f"/admin/mail/{office.id}/test", {"address": "mia@kunde.example"}))
    assert "202 accepted" in page and len(office.box.sent) == 1


def test_somebody_signs_in_as_the_mailbox_and_it_is_connected(
    world: World, browser: Browser, microsoft: Microsoft
) -> None:
    microsoft.grants_delegated |= {"Mail.Read", "Mail.Send"}
    person = microsoft.people["agent"]
    with registered(microsoft):
        browser.post("/admin/mail/new-graph", GOOD | {"address": person.mail, "login": "graph_user"})
        number = account().id
        page = told(browser.get(f"/admin/mail/{number}"))
        assert f'href="/auth/microsoft/mailbox/{number}"' in page
        there = browser.get(f"/auth/microsoft/mailbox/{number}").headers["Location"]
        back = microsoft.visitor.choose(there, person)
        answer = browser.get(back.removeprefix("http://localhost"))
        assert answer.headers["Location"] == f"/admin/mail/{number}"
        page = told(browser.get(f"/admin/mail/{number}"))
        assert "Das Postfach ist verbunden." in page and person.upn in page
        microsoft.mailbox(person.mail).deliver(letter("In ihrem Namen"))
        assert "Neue Tickets: 1" in told(browser.post(f"/admin/mail/{number}/fetch"))


def test_who_agrees_to_less_is_told_what_is_missing(
    world: World, browser: Browser, microsoft: Microsoft
) -> None:
    microsoft.grants_delegated |= {"Mail.Read"}
    person = microsoft.people["agent"]
    with registered(microsoft):
        browser.post("/admin/mail/new-graph", GOOD | {"address": person.mail, "login": "graph_user"})
        number = account().id
        there = browser.get(f"/auth/microsoft/mailbox/{number}").headers["Location"]
        back = microsoft.visitor.choose(there, person)
        browser.get(back.removeprefix("http://localhost"))
        assert "hat nicht gewährt, was nötig ist: Mail.Send" in told(browser.get(f"/admin/mail/{number}"))


def test_an_account_of_the_application_leads_nobody_to_microsoft(
    listed: None, world: World, browser: Browser, microsoft: Microsoft
) -> None:
    office = GraphOffice(world, microsoft)
    assert browser.get(f"/auth/microsoft/mailbox/{office.id}").status_code == 404


def test_a_broken_connection_offers_to_connect_again(
    listed: None, world: World, browser: Browser, microsoft: Microsoft
) -> None:
    browser.post("/admin/mail/new-graph", GOOD | {"login": "graph_user"})
    number = account().id

    def ended() -> None:
        account_ = db.session.get_one(type(account(number)), number)
        account_.graph_person = "hilfe@firma.example"
        db.session.get_one(Mailbox, number).trouble = "connection_ended"

    run_unit(ended)
    page = told(browser.get(f"/admin/mail/{number}"))
    assert "Die Verbindung zu Microsoft ist abgelaufen." in page and "Neu verbinden" in page


def test_a_secret_that_ends_is_shown_two_weeks_ahead_and_told_once(
    listed: None, world: World, browser: Browser
) -> None:
    values = dict(fixed_settings._fixed["microsoft"]) | {"secret_expires_on": date(2026, 12, 20)}
    fixed_settings.use({**fixed_settings._fixed, "microsoft": values})
    for day, is_shown in ((5, False), (6, True), (21, True)):
        queries.forget()
        with time_machine.travel(f"2026-12-{day:02}T12:00:00Z", tick=False):
            visitor = world.browser(world.admin())
            for page in ("/admin/health", "/admin/mail"):
                assert ("läuft am 20. Dezember 2026 ab" in told(visitor.get(page))) is is_shown
            db.session.rollback()
            for _ in range(2):
                run_unit(mail.secret_ending.notice)
    query = sa.select(sa.func.count(Event.id)).where(Event.kind == "mailbox.secret_ending")
    assert db.session.scalar(query) == 1


def test_the_environment_can_describe_a_mailbox_at_microsoft(
    listed: None, world: World, browser: Browser, microsoft: Microsoft, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fixed, "_account", FixedAccount(address=HELP, by_graph=True))
    number = run_unit(accounts.ensure_environment).id
    page = told(browser.get(f"/admin/mail/{number}"))
    assert "MICROSOFT_MAILBOXES" in page and "Server zum Empfangen" not in page
    assert browser.get(f"/admin/mail/{number}/graph").status_code == 409
    form = {"version": "1", "afterwards": "seen", "max_mb": "40", "is_active": "true"}
    answer = browser.post(f"/admin/mail/{number}/defaults", form)
    assert answer.status_code == 422 and "Ohne die Berechtigung Mail.ReadWrite" in told(answer)
    answer = browser.post(f"/admin/mail/{number}/defaults", form | {"graph_changes": "true"})
    assert answer.status_code == 303 and account(number).graph_changes
    microsoft.mailbox(HELP).deliver(letter("Aus der Umgebung"))
    assert "Neue Tickets: 1" in told(browser.post(f"/admin/mail/{number}/fetch"))
    assert microsoft.mailbox(HELP).messages()[0].is_read
