"""What cannot be fetched: mail that is too large, mailboxes that fail, a house without room, mistakes of ours."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

import pytest
import sqlalchemy as sa
import time_machine

from app.accounts.actors import SHELL
from app.core import clock
from app.core.db import db
from app.core.errors import Invalid
from app.core.uow import run_unit
from app.events.models import Event
from app.integrations import imap
from app.integrations.outcome import RetryLater
from app.jobs import mail
from app.mailroom import errands
from app.mailroom.actions import accounts, fetching
from app.mailroom.models import MailAccount
from app.mailroom.outcomes import Reason, Result, State
from app.mailroom.schemas import ChangeAccount
from tests.support import post
from tests.support.letters import kept, letter, tickets
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
    made = PostOffice(world, server)
    yield made
    made.end()


def descriptions() -> list[str]:
    return [ticket.description for ticket in tickets()]


def change(office, **given) -> None:
    """Change the account as its form does."""
    account = office.account
    fields = {name: getattr(account, name) for name in ChangeAccount.model_fields if hasattr(account, name)}
    command = ChangeAccount.model_validate(fields | given)
    run_unit(lambda: accounts.change(db.session.get_one(MailAccount, office.id), command, actor=SHELL))


class TestTooLarge:
    """Mail over the limit is never fetched; it is listed, and its sender told once (A14)."""

    @pytest.fixture
    def large(self, world, server):
        world.mia = world.customer(email="mia@kunde.example")
        office = PostOffice(world, server, max_mb="1", afterwards="move", done_folder="Erledigt")
        office.deliver(
            letter("Klein"), letter("Groß", subject="Viele Bilder", files=[("b.bin", b"b" * 2_000_000)])
        )
        yield office
        office.end()

    def test_a14_it_is_listed_with_its_head_and_its_neighbours_come_in(self, large):
        run = large.fetch()
        assert (run.counts[Result.CREATED], run.counts[Result.QUARANTINED]) == (1, 1)
        raw = next(raw for raw in kept() if raw.reason == Reason.OVERSIZED)
        assert (raw.state, raw.subject, raw.sender) == (
            State.QUARANTINED,
            "Viele Bilder",
            "mia@kunde.example",
        )
        assert raw.size < 5_000 and int(raw.detail) > 2_000_000
        assert len(large.program.folder("Erledigt")) == 2
        assert large.fetch().counts == {}

    def test_a14_its_sender_is_told_once(self, large):
        large.fetch()
        with SmtpSink() as sink, post.servers(smtp=sink):
            large.world.relay()
            told = [mail for mail in sink.mails if "zu groß" in str(mail.message["Subject"])]
        assert [mail.recipients for mail in told] == [("mia@kunde.example",)]
        assert "Viele Bilder" in str(told[0].message.get_body(("plain",)).get_content())

    def test_a_machine_is_not_told(self, world, server):
        office = PostOffice(world, server, max_mb="1")
        try:
            away = {"Auto-Submitted": "auto-replied"}
            office.deliver(letter("Groß", headers=away, files=[("b.bin", b"b" * 2_000_000)]))
            office.fetch()
            assert (
                db.session.scalar(sa.select(sa.func.count(Event.id)).where(Event.kind == "mail.too_large"))
                == 0
            )
        finally:
            office.end()


class TestTrouble:
    """A mailbox that cannot be read says why, is tried again a little later each time, and holds up no other."""

    @pytest.fixture
    def broken(self, office, world, server):
        change(office, imap_password="falsch")
        office.sales = PostOffice(world, server, SALES)
        yield office
        office.sales.end()

    def test_f22_it_is_told_and_tried_again_later(self, broken):
        assert broken.fetch().trouble == "login_refused"
        state = broken.mailbox
        assert (state.trouble, state.failures) == ("login_refused", 1)
        assert errands.accounts_due() == [broken.sales.id]
        with time_machine.travel(clock.now() + timedelta(minutes=2), tick=False):
            assert errands.accounts_due() == [broken.id, broken.sales.id]

    def test_f22_the_others_go_on(self, broken):
        broken.sales.deliver(letter("Im anderen Postfach"))
        db.session.rollback()
        mail.ask_for_mail.run()
        for account_id in (broken.id, broken.sales.id):
            mail.read_mailbox.run(account_id)
        assert descriptions() == ["Im anderen Postfach"]

    def test_administrators_are_told_once_when_it_lasts(self, broken):
        now = clock.now()
        for minutes in (0, 20, 31, 45):
            with time_machine.travel(now + timedelta(minutes=minutes), tick=False):
                run_unit(partial(fetching.failed, broken.id, "login_refused", "nope"))
        kinds = db.session.scalars(sa.select(Event.kind).where(Event.kind == "mailbox.failing")).all()
        assert len(kinds) == 1

    def test_success_forgets_the_trouble(self, broken):
        broken.fetch()
        change(broken, imap_password=broken.program._server.users[broken.address])
        assert broken.fetch().trouble == ""
        assert (broken.mailbox.trouble, broken.mailbox.failures) == ("", 0)

    def test_an_account_that_is_off_is_left_alone(self, office):
        change(office, is_active=False)
        office.deliver(letter())
        assert office.fetch().counts == {} and office.id not in errands.accounts_due()


def test_a_changed_server_asks_for_the_password_again(office):
    with pytest.raises(Invalid) as refused:
        change(office, imap_host="mail.other.example")
    assert list(refused.value.problems) == ["imap_password"]


class _Full:
    """A store without room."""

    def put(self, *_given):
        raise RetryLater(None, "storage_full")


def test_f30_without_room_for_files_mail_stays_on_the_server_and_is_never_given_up(office):
    office.deliver(letter("Bleibt"))
    store = office.world.app.extensions["storage"]
    office.world.app.extensions["storage"] = _Full()
    try:
        for _ in range(fetching.PLACE_ATTEMPTS + 2):
            assert office.fetch().trouble == "house_not_ready"
    finally:
        office.world.app.extensions["storage"] = store
    assert kept() == [] and len(office.program.folder()) == 1
    office.fetch()
    assert descriptions() == ["Bleibt"]


def test_a_mistake_of_ours_is_told_and_ends_only_this_mailbox(office, monkeypatch):
    office.deliver(letter())
    monkeypatch.setattr(fetching, "note", lambda *_args: 1 / 0)
    assert (office.fetch().trouble, office.mailbox.trouble) == ("failed", "failed")
    monkeypatch.undo()
    assert office.fetch().counts[Result.CREATED] == 1


def test_f22_a_mail_that_ends_the_line_each_time_costs_its_neighbours_nothing(office, monkeypatch):
    """It is given up after its attempts and stays on the server; those behind it follow."""
    uids = office.deliver(letter("Davor"), letter("Böse"), letter("Danach"))
    fetch, head = imap.Mailbox.fetch, imap.Mailbox.fetch_head

    def broken(call):
        def calling(mailbox, uid, most):
            if uid == uids[1]:
                raise RetryLater(None, "connection_lost")
            return call(mailbox, uid, most)

        return calling

    monkeypatch.setattr(imap.Mailbox, "fetch", broken(fetch))
    monkeypatch.setattr(imap.Mailbox, "fetch_head", broken(head))
    change(office, afterwards="move", done_folder="Erledigt")
    assert office.fetch().trouble == "connection_lost"
    assert descriptions() == ["Davor"]
    for _ in range(fetching.PLACE_ATTEMPTS + 5):
        office.fetch()
    assert descriptions() == ["Davor", "Danach"]
    assert [raw.reason for raw in kept() if raw.state is State.QUARANTINED] == [Reason.UNFETCHABLE]
    assert len(office.program.folder()) == 1 and len(office.program.folder("Erledigt")) == 2
