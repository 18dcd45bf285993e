"""Trying a mail account from its page, against a real Dovecot and an SMTP server: each failure has its words."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import trustme

from app.accounts.actors import SHELL
from app.core import crypto
from app.core.db import db
from app.core.lease import lease
from app.core.uow import run_unit
from app.mailroom.actions import accounts
from app.mailroom.models import MailAccount
from app.mailroom.schemas import NewAccount
from tests.support.dovecot import Dovecot
from tests.support.letters import SUPPORT, letter, tickets
from tests.support.mail_forms import changed, told
from tests.support.post_office import PostOffice, dovecot
from tests.support.server import free_port
from tests.support.smtp_sink import SmtpSink
from tests.support.world import Browser, World

pytestmark = pytest.mark.servers
NOWHERE = "gibt-es-nicht.invalid"
IN_ORDER, FAILED = "<b>in Ordnung</b>", "<b>gescheitert</b>"


@pytest.fixture(scope="module")
def server() -> Iterator[Dovecot]:
    with dovecot(SUPPORT) as running:
        yield running


@pytest.fixture
def office(world: World, server: Dovecot) -> Iterator[PostOffice]:
    made = PostOffice(world, server)
    yield made
    made.end()


@pytest.fixture
def sink() -> Iterator[SmtpSink]:
    with SmtpSink() as running:
        yield running


def changed_to(office: PostOffice, **values: Any) -> None:
    """Change columns of the account, secrets in clear."""

    def change() -> None:
        found = db.session.get_one(MailAccount, office.id)
        for name, value in values.items():
            setattr(found, name, crypto.encrypt(value) if name.endswith("_secret") else value)

    run_unit(change)


def sending(sink: SmtpSink, **given: Any) -> int:
    """An account that sends by this server."""
    fields = {"address": SUPPORT, "name": "Hilfe", "smtp_host": "127.0.0.1", "smtp_port": sink.port,
              "smtp_tls": "none", "is_active": True}  # fmt: skip
    command = NewAccount.model_validate(fields | given)
    return run_unit(partial(accounts.create, command, actor=SHELL)).id


def test_a_mailbox_that_can_be_read_passes_every_step(browser: Browser, office: PostOffice) -> None:
    office.deliver(letter())
    answer = browser.post(f"/admin/mail/{office.id}/check-in")
    page = told(answer)
    assert answer.status_code == 200 and "Alles funktioniert." in page and FAILED not in page
    assert page.count(IN_ORDER) == 5
    names = ("Server finden", "Verbinden", "Verschlüsseln", "Anmelden", "Ordner öffnen")
    assert [page.index(f"{name}: <b>") for name in names] == sorted(
        page.index(f"{name}: <b>") for name in names
    )
    assert tickets() == [], "a check touches no mail"


@pytest.mark.parametrize(
    ("values", "passed", "sentence"),
    [
        ({"imap_host": NOWHERE}, 0, "Der Name des Servers wurde nicht gefunden. "),
        ({"imap_port": free_port()}, 1, "Der Server nimmt auf diesem Port keine Verbindungen an."),
        ({"imap_secret": "falsch"}, 3, "Der Mailserver hat Benutzername und Passwort abgelehnt."),
        ({"imap_folder": "Nirgends"}, 4, "Den Ordner gibt es nicht."),
    ],
    ids=["name", "port", "login", "folder"],
)
def test_what_is_wrong_with_receiving_is_said_in_words(
    browser: Browser, office: PostOffice, values: dict[str, Any], passed: int, sentence: str
) -> None:
    changed_to(office, **values)
    answer = browser.post(f"/admin/mail/{office.id}/check-in")
    page = told(answer)
    assert answer.status_code == 200 and sentence.strip() in page
    assert (page.count(IN_ORDER), page.count(FAILED)) == (passed, 1)
    assert "Prüfen Sie" in page and "falsch" not in page.partition('id="trial"')[2].partition("</section>")[0]


def test_a_certificate_nobody_vouches_for_is_said(
    browser: Browser, office: PostOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SSL_CERT_FILE")
    page = told(browser.post(f"/admin/mail/{office.id}/check-in"))
    assert "Zertifikat" in page and "Geben Sie den Namen ein, der im Zertifikat" in page
    assert (page.count(IN_ORDER), page.count(FAILED)) == (2, 1) and "Antwort der Gegenseite" in page


def test_an_account_that_is_off_can_be_checked(browser: Browser, office: PostOffice) -> None:
    changed_to(office, is_active=False)
    assert "Alles funktioniert." in told(browser.post(f"/admin/mail/{office.id}/check-in"))
    assert f"/admin/mail/{office.id}/fetch" not in told(browser.get(f"/admin/mail/{office.id}"))


def test_what_is_not_set_up_cannot_be_checked(browser: Browser, office: PostOffice) -> None:
    page = told(browser.post(f"/admin/mail/{office.id}/check-out"))
    assert "Dafür ist kein Server eingerichtet." in page
    assert f"/admin/mail/{office.id}/check-out" not in page


def test_a23_no_line_end_reaches_the_server(browser: Browser, office: PostOffice, server: Dovecot) -> None:
    office.program.client.create_folder("Wichtig")
    before = office.program.folders()
    evil = changed(office.id, imap_folder="INBOX\r\nX1 DELETE Wichtig")
    answer = browser.post(f"/admin/mail/{office.id}/edit", evil)
    assert answer.status_code == 422 and office.account.imap_folder == "INBOX"
    assert "Alles funktioniert." in told(browser.post(f"/admin/mail/{office.id}/check-in"))
    assert office.program.folders() == before and "Wichtig" in before
    assert "DELETE" not in (server.folder / "log").read_text()


def test_mail_is_fetched_now_and_the_numbers_are_shown(browser: Browser, office: PostOffice) -> None:
    office.deliver(letter("Eins"), letter("Zwei"), letter("Weg", headers={"Auto-Submitted": "auto-replied"}))
    page = told(browser.post(f"/admin/mail/{office.id}/fetch"))
    assert "Neue Tickets: 2, neue Einträge: 0, ignoriert: 1, in Quarantäne: 0, Fehler: 0." in page
    assert "Läuft" in page and "3 E-Mails" in page
    assert [ticket.description for ticket in tickets()] == ["Eins", "Zwei"]


def test_a_mailbox_somebody_reads_is_left_alone(browser: Browser, office: PostOffice) -> None:
    with lease(f"mail.fetch.{office.id}", 60) as mine:
        assert mine
        page = told(browser.post(f"/admin/mail/{office.id}/fetch"))
    assert "Dieses Postfach wird gerade schon gelesen." in page


def test_a_run_that_fails_says_why(browser: Browser, office: PostOffice) -> None:
    changed_to(office, imap_secret="falsch")
    page = told(browser.post(f"/admin/mail/{office.id}/fetch"))
    assert page.count("Der Mailserver hat Benutzername und Passwort abgelehnt.") == 2, (
        "of this run, and the state"
    )
    assert "Gestört seit" in page and "Nächster Versuch" in page


def test_the_way_out_is_checked_without_a_mail(world: World, browser: Browser, sink: SmtpSink) -> None:
    page = told(browser.post(f"/admin/mail/{sending(sink)}/check-out"))
    assert "Alles funktioniert." in page and sink.mails == []


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"smtp_host": NOWHERE}, "Der Name des Servers wurde nicht gefunden."),
        ({"smtp_port": free_port()}, "Der Server nimmt auf diesem Port keine Verbindungen an."),
        ({"smtp_tls": "starttls"}, "Der Mailserver bietet keine Verschlüsselung an"),
        ({"smtp_tls": "implicit"}, "Prüfen Sie den Port und die Art der Verschlüsselung."),
        (
            {"smtp_username": "wer", "smtp_password": "falsch"},
            "Der Mailserver bietet diese Art der Anmeldung nicht an.",
        ),
    ],
    ids=["name", "port", "starttls", "tls", "login"],
)
def test_what_is_wrong_with_sending_is_said_in_words(
    world: World, browser: Browser, sink: SmtpSink, given: dict[str, Any], sentence: str
) -> None:
    page = told(browser.post(f"/admin/mail/{sending(sink, **given)}/check-out"))
    assert sentence in page and page.count(FAILED) == 1


@pytest.mark.parametrize(
    ("trusted", "sentence"),
    [
        (False, "Das Zertifikat des Servers ist nicht gültig"),
        (True, "Der Mailserver hat Benutzername und Passwort abgelehnt."),
    ],
    ids=["certificate", "login"],
)
def test_what_is_wrong_after_encryption_is_said_in_words(
    world: World,
    browser: Browser,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    trusted: bool,
    sentence: str,
) -> None:
    authority, context = trustme.CA(), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    authority.cert_pem.write_to_path(tmp_path / "authority.pem")
    if trusted:
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "authority.pem"))
    with SmtpSink(tls="starttls", context=context, users={"wer": "richtig"}) as sink:
        number = sending(sink, smtp_tls="starttls", smtp_username="wer", smtp_password="falsch")
        page = told(browser.post(f"/admin/mail/{number}/check-out"))
    assert sentence in page and page.count(FAILED) == 1


def test_a_test_mail_goes_to_the_reader_by_default(world: World, sink: SmtpSink) -> None:
    admin = world.admin(email="anna@firma.example")
    browser = world.browser(admin)
    number = sending(sink)
    assert 'value="anna@firma.example"' in told(browser.get(f"/admin/mail/{number}"))
    page = told(browser.post(f"/admin/mail/{number}/test", {"address": "anna@firma.example"}))
    (mail,) = sink.wait_for(1)
    assert mail.recipients == ("anna@firma.example",) and mail.sender == SUPPORT
    assert mail.message["Subject"] == f"Test des Mailkontos {SUPPORT}"
    assert "Der Mailserver hat die E-Mail übernommen." in page and "250 2.0.0 kept" in page


def test_a_refused_test_mail_says_why(world: World, browser: Browser, sink: SmtpSink) -> None:
    sink.script("rcpt", "550 5.1.1 <b>nobody</b> here")
    answer = browser.post(f"/admin/mail/{sending(sink)}/test", {"address": "weg@kunde.example"})
    assert "Der Mailserver hat die Empfangsadresse abgelehnt." in told(answer)
    assert "550 5.1.1 &lt;b&gt;nobody&lt;/b&gt; here" in answer.get_data(as_text=True)


@pytest.mark.parametrize("address", ["", "niemand", "a@b.example\r\nBcc: c@d.example"])
def test_a_test_mail_needs_an_address(world: World, browser: Browser, sink: SmtpSink, address: str) -> None:
    answer = browser.post(f"/admin/mail/{sending(sink)}/test", {"address": address})
    assert answer.status_code == 422 and 'href="#f-address"' in told(answer) and sink.mails == []


@pytest.mark.parametrize("what", ["check-in", "check-out", "fetch", "test"])
@pytest.mark.parametrize("number", ["0", "999999", "99999999999999999999"])
def test_what_is_not_there_cannot_be_tried(world: World, browser: Browser, what: str, number: str) -> None:
    answer = browser.post(f"/admin/mail/{number}/{what}", {"address": SUPPORT} if what == "test" else {})
    assert answer.status_code == 404
