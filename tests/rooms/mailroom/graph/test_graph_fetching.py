"""Mail is fetched by Microsoft Graph once, in its order, and dealt with there only when it is safe with us."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
import sqlalchemy as sa

from app.core.db import db
from app.core.uow import run_unit
from app.integrations import graph_mail
from app.mailroom import errands
from app.mailroom.actions import fetching
from app.mailroom.errands import Sighting
from app.mailroom.models import MailAccount, MailPlace
from app.mailroom.outcomes import Reason, Result, State
from app.mailroom.words import PlaceState
from tests.support.graph_office import SALES, GraphOffice
from tests.support.letters import SUPPORT, kept, letter, tickets

MONTHS_AGO = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)


def descriptions():
    return [ticket.description for ticket in tickets()]


def states():
    return set(db.session.scalars(sa.select(MailPlace.state)))


def test_new_mail_becomes_tickets_once(office):
    office.deliver(letter("Erster"), letter("Zweiter"))
    run = office.fetch()
    assert (run.counts[Result.CREATED], run.trouble) == (2, "")
    assert sorted(descriptions()) == ["Erster", "Zweiter"]
    assert {raw.mail_account_id for raw in kept()} == {office.id}
    assert states() == {PlaceState.DONE}
    assert office.fetch().counts == {}
    assert len(tickets()) == 2


def test_mails_come_in_the_order_they_were_received(office):
    for number in (3, 1, 2):
        office.box.deliver(letter(f"Brief {number}"), received_at=MONTHS_AGO + timedelta(minutes=number))
    office.fetch()
    assert descriptions() == ["Brief 1", "Brief 2", "Brief 3"]


def test_what_comes_later_is_listed_from_where_the_last_look_ended(office, microsoft):
    office.deliver(letter("Erster"))
    office.fetch()
    office.deliver(letter("Zweiter"))
    seen = len(microsoft.log)
    office.fetch()
    assert descriptions() == ["Erster", "Zweiter"]
    fetched = [one.path for one in microsoft.log[seen:] if one.path.endswith("$value")]
    assert len(fetched) == 1


def test_mail_somebody_has_read_already_is_taken_in_and_nothing_is_changed(office):
    (first,) = office.deliver(letter("Gelesen"))
    office.box.mark_read(first)
    office.deliver(letter("Ungelesen"))
    office.fetch()
    assert sorted(descriptions()) == ["Gelesen", "Ungelesen"]
    assert [one.is_read for one in office.box.messages()] == [True, False]


def test_mail_from_before_the_start_date_is_left_alone(firm, microsoft):
    office = GraphOffice(firm, microsoft, start_on="2026-06-01")
    office.box.deliver(letter("Alt"), received_at=MONTHS_AGO)
    office.deliver(letter("Neu"))
    office.fetch()
    assert descriptions() == ["Neu"]


@pytest.mark.parametrize(
    ("fields", "folder", "is_read"),
    [
        ({"afterwards": "leave"}, "inbox", False),
        ({"afterwards": "seen"}, "inbox", True),
        ({"afterwards": "move", "done_folder": "Erledigt"}, "Erledigt", False),
        ({"afterwards": "move", "done_folder": "Helpdesk/Erledigt"}, "Erledigt", False),
    ],
)
def test_mail_that_is_safe_with_us_is_left_marked_or_moved(firm, microsoft, fields, folder, is_read):
    office = GraphOffice(firm, microsoft, **fields)
    office.deliver(letter("Eins"), letter("Zwei"))
    office.fetch()
    assert [one.is_read for one in office.box.messages(folder)] == [is_read, is_read]
    assert len(tickets()) == 2 and states() == {PlaceState.DONE}
    assert office.fetch().counts == {}


def test_another_folder_is_read_by_the_name_people_see(firm, microsoft):
    box = microsoft.mailbox(SALES)
    made = box.create_folder("Anfragen")
    box.create_folder("Neu", made.folder_id)
    office = GraphOffice(firm, microsoft, SALES, imap_folder="anfragen/NEU")
    office.deliver(letter("Im Ordner"), folder="Neu")
    office.deliver(letter("Im Posteingang"))
    office.fetch()
    assert descriptions() == ["Im Ordner"]


def test_a_folder_that_is_not_there_is_said(firm, microsoft):
    office = GraphOffice(firm, microsoft, imap_folder="Nirgends")
    run = office.fetch()
    assert (run.trouble, run.detail) == ("folder_missing", "Nirgends")
    assert office.mailbox.trouble == "folder_missing"


def test_a_folder_that_was_made_anew_is_read_from_its_beginning(firm, microsoft):
    box = microsoft.mailbox(SUPPORT)
    old = box.create_folder("Anfragen")
    office = GraphOffice(firm, microsoft, imap_folder="Anfragen")
    office.deliver(letter("Vorher"), folder="Anfragen")
    office.fetch()
    for one in box.messages("Anfragen"):
        box.delete(one.message_id)
    del box.folders[old.folder_id]
    box.create_folder("Anfragen")
    office.deliver(letter("Nachher"), folder="Anfragen")
    office.fetch()
    assert descriptions() == ["Vorher", "Nachher"]


def test_mail_that_is_too_large_is_not_fetched_and_its_head_is_kept(firm, microsoft):
    office = GraphOffice(firm, microsoft, max_mb="1")
    office.deliver(letter("Groß", files=[("film.bin", b"x" * 2_000_000)]), letter("Klein"))
    run = office.fetch()
    assert run.trouble == "" and descriptions() == ["Klein"]
    (large,) = [raw for raw in kept() if raw.state is State.QUARANTINED]
    assert (large.reason, large.sender) == (Reason.OVERSIZED, "mia@kunde.example")
    assert states() == {PlaceState.DONE}


def test_mail_that_goes_away_before_it_is_fetched_is_nobodys(office, monkeypatch):
    (gone,) = office.deliver(letter("Weg"))
    office.deliver(letter("Da"))
    look = graph_mail.GraphMailbox.changes

    def looking(self, link=""):
        page = look(self, link)
        if not link:
            office.box.delete(gone)
        return page

    monkeypatch.setattr(graph_mail.GraphMailbox, "changes", looking)
    assert office.fetch().trouble == ""
    assert descriptions() == ["Da"]


def test_many_mails_come_over_several_pages(office, monkeypatch):
    monkeypatch.setattr(graph_mail, "_PAGES", "odata.maxpagesize=5")
    office.deliver(*(letter(f"Brief {n}") for n in range(23)))
    assert office.fetch().counts[Result.CREATED] == 23
    assert len(set(descriptions())) == 23


def test_a_run_that_ends_for_time_goes_on_with_the_next(office, monkeypatch):
    monkeypatch.setattr(graph_mail, "_PAGES", "odata.maxpagesize=5")
    office.deliver(*(letter(f"Brief {n}") for n in range(12)))
    assert office.fetch(seconds=0).more and office.fetch(seconds=0).more
    assert 0 < len(tickets()) < 12
    while office.fetch(seconds=0).more:
        pass
    assert len(set(descriptions())) == 12


def test_graph_mailboxes_are_due_of_their_own(office, firm):
    assert errands.accounts_due() == errands.accounts_due(by_graph=True) == [office.id]
    assert errands.accounts_due(by_graph=False) == []


def test_a_mailbox_the_environment_describes_no_more_rests(office, firm):
    run_unit(lambda: setattr(db.session.get_one(MailAccount, office.id), "from_environment", True))
    assert errands.accounts_due() == []


def test_f10_a_reader_that_was_overtaken_takes_nothing_in_twice(office, monkeypatch):
    """Its lease ran out, and somebody else noted the same page meanwhile."""
    office.deliver(letter("Einmal"))
    look = graph_mail.GraphMailbox.changes

    def overtaken(self, link=""):
        monkeypatch.undo()
        page = look(self, link)
        seen = [Sighting(graph_mail.number_of(one.remote_id), 0, one.remote_id) for one in page.found]
        errand = errands.errand_for(office.id)
        run_unit(partial(fetching.note, errand, self.folder_number, seen, link=page.link))
        return page

    monkeypatch.setattr(graph_mail.GraphMailbox, "changes", overtaken)
    office.fetch()
    office.fetch()
    assert descriptions() == ["Einmal"]
