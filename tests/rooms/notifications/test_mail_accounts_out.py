"""Which account a mail goes out from, where its answers go, and what is sent to somebody outside."""

from __future__ import annotations

import io
import ssl
from functools import partial

import pytest
import sqlalchemy as sa
import trustme

from app.accounts.actors import SHELL
from app.core.db import db
from app.core.uow import run_unit
from app.events.models import Delivery
from app.events.words import DeliveryState
from app.integrations import smtp
from app.integrations.outcome import RetryLater
from app.integrations.smtp_route import SmtpRoute
from app.mailroom import fixed, own_ids
from app.mailroom.actions import accounts, forwarding
from app.mailroom.fixed import FixedAccount
from app.mailroom.models import MailAccount
from app.mailroom.origin import Origin
from app.mailroom.schemas import NewAccount, NewForwarding
from app.mailroom.words import Tls
from app.tickets.actions import files
from app.tickets.actions.files import StoredFile
from app.tickets.models import Attachment, Ticket
from tests.support import post
from tests.support.letters import bring, comments, letter, results, tickets
from tests.support.smtp_sink import SmtpSink

HELP, SALES = "hilfe@firma.example", "verkauf@firma.example"


@pytest.fixture
def sink():
    with SmtpSink() as running:
        yield running


@pytest.fixture
def story(world, sink):
    """Two accounts that send by the same server, the first one the default; no way out in the environment."""
    world.anna = world.agent(email="anna@firma.example")
    world.mia = world.customer(email="mia@kunde.example")
    world.sales_team = world.make_team("Verkauf", auto_assign=False)
    world.accounts = [
        account(sink, HELP, name="Hilfe", is_default=True, plus_addressing=True),
        account(sink, SALES, name="Verkauf", team_id=str(world.sales_team.id)),
    ]
    with post.servers(open_file=partial(stored, world.app)):
        yield world


def stored(app, sha256):
    with app.extensions["storage"].open(sha256) as stream:
        return stream.read()


def account(sink, address, **given):
    fields = {
        "address": address,
        "imap_host": "imap.firma.example",
        "imap_username": address,
        "imap_password": "geheim",
        "smtp_host": sink.host,
        "smtp_port": sink.port,
        "smtp_tls": "none",
        "is_active": True,
    }
    made = NewAccount.model_validate(fields | given)
    # The sink wants no login.
    run_unit(partial(accounts.create, made, actor=SHELL))
    account = db.session.scalars(sa.select(MailAccount).where(MailAccount.address == address)).one()
    run_unit(lambda: setattr(db.session.get_one(MailAccount, account.id), "imap_username", ""))
    return account


def for_sales(story):
    """A ticket of the portal that is in the hands of the sales team before anybody is told of it."""
    ticket = story.ticket(story.mia)
    run_unit(lambda: setattr(db.session.get_one(Ticket, ticket.id), "team_id", story.sales_team.id))


def last_to(sink, address):
    return next(mail for mail in reversed(sink.mails) if mail.recipients == (address,))


def test_a_ticket_of_the_portal_is_answered_from_the_default_account(story, sink):
    story.ticket(story.mia)
    story.relay()
    mail = last_to(sink, "mia@kunde.example")
    assert mail.sender == HELP
    assert str(mail.message["From"]) == f"Hilfe <{HELP}>"


def test_a_ticket_of_a_team_is_answered_from_the_teams_account(story, sink):
    for_sales(story)
    story.relay()
    assert last_to(sink, "mia@kunde.example").sender == SALES


def test_a_ticket_that_came_by_mail_is_answered_from_where_it_came(story, sink):
    sales = story.accounts[1]
    bring(story.app, letter("Angebot?"), origin=Origin(SALES, sales.id))
    story.relay()
    assert last_to(sink, "mia@kunde.example").sender == SALES


def test_an_answer_goes_to_the_keyed_address_and_finds_its_ticket(story, sink):
    ticket = story.ticket(story.mia)
    story.relay()
    to = str(last_to(sink, "mia@kunde.example").message["Reply-To"].addresses[0].addr_spec)
    assert to == own_ids.reply_address(HELP, "ticket", ticket.id, story.mia.id) != HELP
    bring(story.app, letter("Danke", headers={"To": to, "Subject": "Antwort"}))
    assert [entry.is_unverified for entry in comments(ticket)] == [False]


def test_a_server_that_knows_no_plus_gets_plain_addresses(story, sink):
    for_sales(story)
    story.relay()
    assert str(last_to(sink, "mia@kunde.example").message["Reply-To"].addresses[0].addr_spec) == SALES


def test_an_answer_refers_to_the_mail_it_answers(story, sink):
    bring(story.app, letter("Kaputt", headers={"Message-ID": "<erste@kunde.example>"}))
    story.relay()
    message = last_to(sink, "mia@kunde.example").message
    assert str(message["In-Reply-To"]) == "<erste@kunde.example>"
    assert str(message["References"]).split()[-1] == "<erste@kunde.example>"


def test_without_an_account_that_sends_mail_is_held_until_there_is_one(world, sink):
    mia = world.customer(email="mia@kunde.example")
    with post.servers():
        world.ticket(mia)
        world.relay()
        held = sa.select(sa.func.count()).where(Delivery.state == DeliveryState.HELD)
        assert db.session.scalar(held)
        account(sink, HELP)
        world.relay()
    assert last_to(sink, "mia@kunde.example").sender == HELP


def test_a_dead_server_of_one_account_holds_up_no_other(story, sink):
    dead = story.accounts[1]
    run_unit(lambda: setattr(db.session.get_one(MailAccount, dead.id), "smtp_port", 1))
    for_sales(story)
    story.ticket(story.mia)
    story.relay()
    assert [mail.sender for mail in sink.mails if mail.recipients == ("mia@kunde.example",)] == [HELP]


def test_the_environment_makes_the_first_account(world, sink):
    described = FixedAccount(address=HELP, smtp_host=sink.host, smtp_port=sink.port, smtp_tls=Tls.NONE)
    fixed.use(described)
    try:
        for _ in range(2):
            run_unit(accounts.ensure_environment)
        (made,) = db.session.scalars(sa.select(MailAccount))
        assert (made.address, made.from_environment, made.is_default, made.smtp_host) == (
            HELP,
            True,
            True,
            "",
        )
        mia = world.customer(email="mia@kunde.example")
        with post.servers():
            world.ticket(mia)
            world.relay()
        assert last_to(sink, "mia@kunde.example").sender == HELP
    finally:
        fixed.use(None)


def test_somebody_outside_is_asked_with_files_and_answers_into_the_ticket(story, sink):
    ticket = story.ticket(story.mia, title="Fehler E42", description="Das Gerät zeigt E42.")
    kept = story.app.extensions["storage"].put(io.BytesIO(b"%PDF-1.7 Bild"), 1_000)
    file = StoredFile(kept.sha256, kept.size, "anzeige.pdf", "application/pdf")
    run_unit(
        lambda: files.attach([file], db.session.get_one(Ticket, ticket.id), None, actor=SHELL, scanned=True)
    )
    (file_id,) = db.session.scalars(sa.select(Attachment.id))
    command = NewForwarding(
        address="service@tec.example", body="Was heißt das?", with_request=True, file_ids=[file_id]
    )
    actor = story.actor(story.anna)
    run_unit(lambda: forwarding.forward(actor, ticket.id, command))
    story.relay()
    mail = last_to(sink, "service@tec.example")
    text = mail.message.get_body(("plain",)).get_content()
    assert "Was heißt das?" in text and "Das Gerät zeigt E42." in text
    assert [part.get_filename() for part in mail.message.iter_attachments()] == ["anzeige.pdf"]
    assert str(mail.message["From"]) == f"{story.anna.full_name} – Hilfe <{HELP}>"
    answer = letter(
        "Toner leer.",
        sender="Tec <service@tec.example>",
        subject=f"Re: {mail.message['Subject']}",
        headers={"In-Reply-To": str(mail.message["Message-ID"])},
    )
    assert results(bring(story.app, answer)) == ["updated"]
    assert [(note.is_internal, note.author_name) for note in comments(tickets()[-1])][-1] == (True, "Tec")


class TestTokens:
    """A server that takes access tokens in the place of passwords (XOAUTH2)."""

    @pytest.fixture
    def guarded(self, tmp_path):
        authority = trustme.CA()
        certificate = authority.issue_cert("127.0.0.1")
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        certificate.configure_cert(context)
        authority.cert_pem.write_to_path(tmp_path / "ca.pem")
        with SmtpSink(tls="starttls", context=context, users={HELP: "token-1"}, ways=["XOAUTH2"]) as running:
            running.ca_file = str(tmp_path / "ca.pem")
            yield running

    def route(self, guarded, token):
        return SmtpRoute(
            guarded.host, guarded.port, username=HELP, access_token=token, ca_file=guarded.ca_file
        )

    def test_the_token_opens(self, house, guarded):
        assert [step.word for step in smtp.check(self.route(guarded, "token-1"))] == ["ok"] * 4
        assert guarded.logins == [(HELP, "token-1", "XOAUTH2")]

    def test_a_refused_token_is_told_without_showing_it(self, house, guarded):
        step = smtp.check(self.route(guarded, "token-2"))[-1]
        assert (step.word, "token-2" in step.detail) == ("login_refused", False)

    def test_a_server_that_takes_no_tokens_is_not_told_one(self, house, tmp_path, guarded):
        guarded.ways = {"PLAIN"}
        with pytest.raises(RetryLater) as refused:
            smtp.send(self.route(guarded, "token-1"), b"Subject: x\r\n\r\nx", HELP, "mia@kunde.example")
        assert refused.value.reason == "login_not_offered" and guarded.logins == []
