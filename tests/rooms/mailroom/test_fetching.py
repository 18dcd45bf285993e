"""Mail is fetched from a real server by its number there, once, and dealt with there only when it is safe with us."""

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
from app.core.lease import lease
from app.core.uow import run_unit
from app.events.models import Event
from app.jobs import mail
from app.mailroom.actions import accounts, fetching
from app.mailroom.models import MailAccount, MailPlace
from app.mailroom.outcomes import Reason, Result, State
from app.mailroom.schemas import ChangeAccount
from app.tickets.models import Category
from tests.support import post
from tests.support.letters import kept, key_for, letter, tickets
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


def places() -> int:
    return db.session.scalar(sa.select(sa.func.count()).select_from(MailPlace)) or 0


def descriptions() -> list[str]:
    return [ticket.description for ticket in tickets()]


def change(office, **given) -> None:
    """Change the account as its form does."""
    account = office.account
    fields = {name: getattr(account, name) for name in ChangeAccount.model_fields if hasattr(account, name)}
    command = ChangeAccount.model_validate(fields | given)
    run_unit(lambda: accounts.change(db.session.get_one(MailAccount, office.id), command, actor=SHELL))


def test_new_mail_becomes_tickets_once(office):
    office.deliver(letter("Erster"), letter("Zweiter"))
    run = office.fetch()
    assert (run.counts[Result.CREATED], run.trouble) == (2, "")
    assert descriptions() == ["Erster", "Zweiter"]
    assert {raw.mail_account_id for raw in kept()} == {office.id}
    assert places() == 0
    assert office.fetch().counts == {}
    assert len(tickets()) == 2


def test_the_last_mail_is_not_fetched_again_each_time(office):
    office.deliver(letter("Einziger"))
    office.fetch()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fetching, "note", lambda *_args: pytest.fail("noted again"))
        assert office.fetch().counts == {}


def test_f22_a_mail_somebody_has_read_already_is_taken_in(office):
    first, second = office.deliver(letter("Gelesen"), letter("Ungelesen"))
    office.program.mark(first, r"\Seen")
    office.fetch()
    assert descriptions() == ["Gelesen", "Ungelesen"]
    assert office.program.flags(first) == {r"\Seen"}
    assert office.program.flags(second) == set()


def test_mail_from_before_the_start_date_is_left_alone(world, server):
    office = PostOffice(world, server, start_on="2026-11-01")
    try:
        office.program.append(letter("Alt"), received_at=clock.now().replace(year=2026, month=10, day=1))
        office.program.append(letter("Neu"), received_at=clock.now().replace(year=2026, month=11, day=5))
        office.fetch()
        assert descriptions() == ["Neu"]
    finally:
        office.end()


def test_without_a_start_date_an_account_begins_today(world, server):
    office = PostOffice(world, server, start_on="")
    try:
        assert office.account.start_on == clock.now().date()
    finally:
        office.end()


@pytest.mark.parametrize("afterwards", ["leave", "seen", "move"])
def test_what_happens_on_the_server_afterwards(world, server, afterwards):
    office = PostOffice(world, server, afterwards=afterwards, done_folder="Erledigt")
    try:
        (uid,) = office.deliver(letter("Fertig"))
        office.fetch()
        if afterwards == "move":
            assert office.program.folder() == []
            assert len(office.program.folder("Erledigt")) == 1
        else:
            assert office.program.flags(uid) == ({r"\Seen"} if afterwards == "seen" else set())
        assert descriptions() == ["Fertig"] and places() == 0
    finally:
        office.end()


def test_tickets_begin_with_what_the_account_gives_them(world, server):
    team = world.make_team("Verkauf", auto_assign=False)
    category = db.session.scalars(sa.select(Category)).first()
    office = PostOffice(
        world, server, SALES, team_id=str(team.id), category_id=str(category.id), language="en"
    )
    try:
        office.deliver(letter("Hello", sender="Ben <ben@anders.example>", subject=""))
        office.fetch()
        (ticket,) = tickets()
        assert (ticket.team_id, ticket.category_id, ticket.title) == (team.id, category.id, "(no subject)")
        assert db.session.get_one(type(ticket), ticket.id).requester_id
    finally:
        office.end()


def test_f26_the_same_mail_to_two_mailboxes_is_a_request_to_each(world, server, office):
    sales = PostOffice(world, server, SALES)
    try:
        both = letter("An beide")
        office.deliver(both, both)
        sales.deliver(both)
        assert (office.fetch().counts[Result.CREATED], sales.fetch().counts[Result.CREATED]) == (1, 1)
        assert len(kept()) == 2 and places() == 0
    finally:
        sales.end()


def test_f26_the_same_id_with_other_words_is_taken_in_and_marked(office):
    headers = {"Message-ID": "<gleich@kunde.example>"}
    office.deliver(letter("Eins", headers=headers), letter("Zwei", headers=headers))
    office.fetch()
    assert descriptions() == ["Eins", "Zwei"]
    assert [raw.repeats_id for raw in kept()] == [False, True]


def test_f22_after_new_numbers_nothing_is_doubled_and_nothing_lost(office):
    office.deliver(letter("Vorher"))
    office.fetch()
    before = office.mailbox.uidvalidity
    office.program.renumber()
    office.deliver(letter("Nachher"))
    run = office.fetch()
    assert office.mailbox.uidvalidity != before
    assert descriptions() == ["Vorher", "Nachher"]
    assert (run.counts[Result.CREATED], run.counts[Result.IGNORED]) == (1, 1)


def test_an_account_that_is_set_up_again_knows_its_mail(office, world, server):
    office.deliver(letter("Bekannt"))
    office.fetch()
    run_unit(lambda: accounts.remove(db.session.get_one(MailAccount, office.id), actor=SHELL))
    again = PostOffice(world, server)
    again.fetch()
    assert descriptions() == ["Bekannt"]


def test_f10_a_mailbox_is_read_by_one_at_a_time(office):
    office.deliver(letter())
    db.session.rollback()
    with lease(f"mail.fetch.{office.id}", 60):
        assert office.fetch().trouble == "busy"
    assert office.fetch().counts[Result.CREATED] == 1


def test_a_run_works_for_its_time_and_the_next_one_goes_on(office):
    office.program.append_many([letter(f"Nr. {n}") for n in range(40)])
    runs = [office.fetch(seconds=0)]
    while runs[-1].more:
        runs.append(office.fetch(seconds=0))
    assert len(runs) > 3
    assert sum(run.counts[Result.CREATED] for run in runs) == 40 == len(set(descriptions()))


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
        assert fetching.accounts_due() == [broken.sales.id]
        with time_machine.travel(clock.now() + timedelta(minutes=2), tick=False):
            assert fetching.accounts_due() == [broken.id, broken.sales.id]

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
        assert office.fetch().counts == {} and office.id not in fetching.accounts_due()


def test_a_reply_by_mail_joins_its_ticket_from_the_server(office, world):
    mia = world.customer(email="mia@kunde.example")
    ticket = world.ticket(mia)
    office.deliver(letter("Noch da", headers={"In-Reply-To": key_for(ticket, mia)}))
    assert office.fetch().counts[Result.UPDATED] == 1


def test_a_changed_server_asks_for_the_password_again(office):
    with pytest.raises(Invalid) as refused:
        change(office, imap_host="mail.other.example")
    assert list(refused.value.problems) == ["imap_password"]
