"""`flask mail fetch`, `check` and the listener, against a real mailbox and a real receiver."""

from __future__ import annotations

import threading

import pytest

from app.core.db import db
from app.core.uow import run_unit
from app.jobs import fetching, watching
from app.mailroom.models import MailAccount
from app.mailroom.outcomes import Result
from tests.support.letters import letter, tickets
from tests.support.post_office import PostOffice, dovecot
from tests.support.smtp_sink import SmtpSink

pytestmark = pytest.mark.servers
SALES = "verkauf@firma.example"


@pytest.fixture(scope="module")
def server():
    with dovecot("hilfe@firma.example", SALES) as running:
        yield running


@pytest.fixture
def office(world, server):
    with SmtpSink() as sink:
        out = {"smtp_host": sink.host, "smtp_port": sink.port, "smtp_tls": "none"}
        made = PostOffice(world, server, **out)
        made.sink = sink
        yield made
        made.end()


def run(world, *words):
    db.session.rollback()
    answer = world.app.test_cli_runner().invoke(args=["mail", *words])
    db.session.rollback()
    db.session.expire_all()
    return answer


def spoil(office, **values):
    def work():
        account = db.session.get_one(MailAccount, office.id)
        for name, value in values.items():
            setattr(account, name, value)

    run_unit(work)


def test_fetch_reads_every_mailbox_and_ends_with_the_numbers(world, server, office):
    sales = PostOffice(world, server, SALES)
    try:
        office.deliver(letter("Eins"), letter("Zwei"))
        sales.deliver(letter("Drei"))
        answer = run(world, "fetch")
        assert answer.exit_code == 0, answer.output
        assert answer.output.splitlines()[-1] == "created 3, updated 0, ignored 0, quarantined 0, errors 0"
        assert f"{SALES}: created 1" in answer.output
        assert run(world, "fetch", "--account", SALES).output.count("created 0") == 2
    finally:
        sales.end()


def test_fetch_says_in_words_why_a_mailbox_cannot_be_read(world, office):
    spoil(office, imap_port=1)
    answer = run(world, "fetch")
    assert answer.exit_code == 1
    assert "keine Verbindungen" in answer.output and answer.output.splitlines()[-1].endswith("errors 1")


def test_without_an_account_the_commands_say_where_to_make_one(world):
    for command in ("fetch", "check"):
        answer = run(world, command)
        assert answer.exit_code == 2 and "/admin/mail" in answer.output


def test_check_tries_both_ways_and_sends_a_mail(world, office):
    spoil(office, smtp_username="")
    answer = run(world, "check", "--send-to", "sofia@firma.example")
    # The sink offers no login, and the account has one.
    assert "hilfe@firma.example" in answer.output and "Ordner öffnen: ok" in answer.output
    assert answer.exit_code == 1
    spoil(office, imap_host="", imap_username="")
    answer = run(world, "check", "--send-to", "sofia@firma.example")
    assert answer.exit_code == 0, answer.output
    assert [mail.recipients for mail in office.sink.mails] == [("sofia@firma.example",)]


def test_check_ends_with_the_first_step_that_fails(world, office):
    spoil(office, smtp_host="", imap_folder="Gibt es nicht")
    answer = run(world, "check")
    assert answer.exit_code == 1
    assert "Gibt es nicht" in answer.output and "Anmelden: ok" in answer.output


@pytest.mark.sqlite_only
@pytest.mark.parametrize("when", ["before", "while"])
def test_the_listener_takes_in_new_mail_at_once(world, office, monkeypatch, when):
    """It hears what comes while it listens, and looks for what came before it began."""
    if when == "before":
        office.deliver(letter("Sofort"))
    done, heard = threading.Event(), threading.Event()
    fetch, waits = fetching.fetch, watching.imap.Mailbox.wait

    def fetched(account_id):
        found = fetch(account_id)
        if found.counts[Result.CREATED]:
            done.set()
        return found

    def waiting(mailbox, seconds, stop=None):
        heard.set()
        return waits(mailbox, seconds, stop)

    monkeypatch.setattr(watching.fetching, "fetch", fetched)
    monkeypatch.setattr(watching.imap.Mailbox, "wait", waiting)
    db.session.rollback()
    listener = watching.Listener(world.app)
    thread = listener.start()
    try:
        if when == "while":
            assert heard.wait(20)
            office.deliver(letter("Sofort"))
        assert done.wait(20)
    finally:
        listener.stop()
        thread.join(20)
    assert not thread.is_alive()
    db.session.rollback()
    assert [ticket.description for ticket in tickets()] == ["Sofort"]
