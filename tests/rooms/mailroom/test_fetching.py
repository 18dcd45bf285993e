"""Mail is fetched from a real server by its number there, once, and dealt with there only when it is safe with us."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from app.accounts.actors import SHELL
from app.core import clock
from app.core.db import db
from app.core.lease import lease
from app.core.uow import run_unit
from app.mailroom.actions import accounts, fetching
from app.mailroom.models import MailAccount, MailPlace
from app.mailroom.outcomes import Result
from app.tickets.models import Category
from tests.support.letters import kept, key_for, letter, tickets
from tests.support.post_office import PostOffice, dovecot

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


def test_a_reply_by_mail_joins_its_ticket_from_the_server(office, world):
    mia = world.customer(email="mia@kunde.example")
    ticket = world.ticket(mia)
    office.deliver(letter("Noch da", headers={"In-Reply-To": key_for(ticket, mia)}))
    assert office.fetch().counts[Result.UPDATED] == 1
