"""Microsoft is busy, down, forgetful or talks nonsense while a mailbox is read: nothing is lost or comes twice."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
import time_machine

from app.accounts.actors import SHELL
from app.core.db import db
from app.core.uow import run_unit
from app.mailroom import errands
from app.mailroom.actions import fetching, graph_accounts
from app.mailroom.models import MailAccount
from app.mailroom.outcomes import Reason, Result, State
from app.mailroom.schemas import ChangeGraphAccount
from tests.support.graph_office import SALES, GraphOffice, registered
from tests.support.letters import SUPPORT, kept, letter, tickets
from tests.support.post_office import PostOffice, dovecot

NOW = datetime(2026, 11, 30, 12, 0, tzinfo=UTC)
DELTA, MAIL = r"/messages/delta", r"/\$value"


def descriptions():
    return sorted(ticket.description for ticket in tickets())


def test_f23_429_is_waited_for_as_long_as_microsoft_says(office, microsoft):
    office.deliver(letter("Da"))
    microsoft.faults.add("429", retry_after=90, path=DELTA)
    with time_machine.travel(NOW, tick=False) as clock:
        run = office.fetch()
        assert run.trouble == "throttled" and tickets() == []
        assert office.mailbox.next_at == NOW + timedelta(seconds=90)
        assert errands.accounts_due() == []
        clock.shift(91)
        assert errands.accounts_due() == [office.id]
        assert office.fetch().trouble == ""
    assert descriptions() == ["Da"] and office.mailbox.trouble == ""


@pytest.mark.parametrize(
    ("kind", "path", "trouble"),
    [
        ("503", DELTA, "failing"),
        ("500", DELTA, "failing"),
        ("504", DELTA, "failing"),
        ("html", DELTA, "garbled"),
        ("cut_json", DELTA, "garbled"),
        ("cut", DELTA, "connection_failed"),
        ("hang_up", DELTA, "connection_failed"),
        ("hang_up_done", DELTA, "connection_failed"),
        ("503", MAIL, "failing"),
        ("429", MAIL, "throttled"),
        ("hang_up", MAIL, "connection_failed"),
        ("cut", MAIL, "connection_failed"),
        ("503", "/mailFolders/inbox", "failing"),
        ("html", "/mailFolders/inbox", "garbled"),
    ],
)
def test_f23_what_fails_once_is_there_with_the_next_run(office, microsoft, kind, path, trouble):
    office.deliver(letter("Erster"), letter("Zweiter"))
    microsoft.faults.add(kind, path=path)
    run = office.fetch()
    assert run.trouble == trouble, run
    assert office.mailbox.failing_since is not None
    assert office.fetch().trouble == ""
    assert descriptions() == ["Erster", "Zweiter"]


@pytest.mark.parametrize("kind", ["500", "504", "html"])
def test_f23_a_mail_microsoft_stumbles_over_does_not_hold_up_those_behind(office, microsoft, kind):
    office.deliver(letter("Erster"), letter("Zweiter"), letter("Dritter"))
    microsoft.faults.add(kind, path=MAIL)
    run = office.fetch()
    assert (run.trouble, run.counts[Result.CREATED]) == ("", 2)
    office.fetch()
    assert descriptions() == ["Dritter", "Erster", "Zweiter"]


def test_f23_a_mail_that_is_never_handed_out_is_listed_with_its_head_in_the_end(office, microsoft):
    office.deliver(letter("Nie"))
    fault = microsoft.faults.add("500", times=0, path=MAIL)
    for _ in range(fetching.PLACE_ATTEMPTS):
        assert office.fetch().trouble == "failing"
    fault.times = fault.used  # the head is to be had
    office.fetch()
    (raw,) = kept()
    assert (raw.state, raw.reason) == (State.QUARANTINED, Reason.UNFETCHABLE)
    assert office.fetch().counts == {}


def test_f23_a_token_that_ended_early_is_replaced_within_the_run(office, microsoft):
    office.deliver(letter("Da"))
    microsoft.faults.add("401", path=DELTA)
    assert office.fetch().trouble == ""
    assert descriptions() == ["Da"]


def test_f23_410_lists_everything_anew_and_fetches_only_what_is_new(office, microsoft):
    office.deliver(letter("Erster"), letter("Zweiter"))
    office.fetch()
    office.deliver(letter("Dritter"))
    microsoft.faults.add("410", path=DELTA)
    seen = len(microsoft.log)
    assert office.fetch().trouble == ""
    assert descriptions() == ["Dritter", "Erster", "Zweiter"]
    assert len([one for one in microsoft.log[seen:] if one.path.endswith("$value")]) == 1


def test_f23_410_again_and_again_is_told_and_loses_nothing(office, microsoft):
    office.deliver(letter("Erster"))
    office.fetch()
    office.deliver(letter("Zweiter"))
    microsoft.faults.add("410", times=2, path=DELTA)
    assert office.fetch().trouble == "list_refused"
    assert office.fetch().trouble == ""
    assert descriptions() == ["Erster", "Zweiter"]


def test_f23_pages_that_lead_in_a_circle_end_the_run(office, microsoft):
    office.deliver(letter("Erster"))
    office.fetch()
    office.deliver(letter("Zweiter"))
    microsoft.faults.add("next_link_loop", path=DELTA)
    assert office.fetch().trouble == "garbled"
    assert office.fetch().trouble == ""
    assert descriptions() == ["Erster", "Zweiter"]


def test_f23_a_first_page_that_leads_back_to_itself_brings_nothing_twice(office, microsoft):
    office.deliver(letter("Erster"))
    microsoft.faults.add("next_link_loop", path=DELTA)
    office.fetch()
    office.fetch()
    assert descriptions() == ["Erster"]


def test_f23_a_mail_whose_id_changes_before_it_is_fetched_comes_in_once(office, microsoft):
    office.deliver(letter("Erster"), letter("Zweiter"))
    microsoft.faults.add("id_changed", path=MAIL)
    office.fetch()
    office.fetch()
    assert descriptions() == ["Erster", "Zweiter"]


def test_f23_a_mail_somebody_moves_away_and_back_comes_in_once(office):
    (moved,) = office.deliver(letter("Hin und her"))
    office.fetch()
    moved = office.box.move(moved, "archive")
    office.fetch()
    office.box.move(moved, "inbox")
    office.fetch()
    assert descriptions() == ["Hin und her"]


def test_f23_a_mail_whose_id_changed_after_it_came_in_is_known_by_its_content(office):
    (known,) = office.deliver(letter("Bekannt"))
    office.fetch()
    office.box.lose_id(known)
    run = office.fetch()
    assert run.counts[Result.CREATED] == 0 and descriptions() == ["Bekannt"]


@pytest.mark.parametrize("kind", ["503", "429", "504_done", "hang_up_done", "html"])
@pytest.mark.parametrize("afterwards", ["seen", "move"])
def test_f23_what_fails_while_clearing_up_is_done_by_the_next_run(firm, microsoft, afterwards, kind):
    office = GraphOffice(firm, microsoft, afterwards=afterwards, done_folder="Erledigt")
    office.deliver(letter("Eins"), letter("Zwei"))
    path = r"/move$" if afterwards == "move" else r"/messages/[^/]+$"
    microsoft.faults.add(kind, path=path, method="POST" if afterwards == "move" else "PATCH")
    assert office.fetch().trouble != ""
    assert len(tickets()) == 2
    assert office.fetch().trouble == ""
    folder = office.box.messages("Erledigt" if afterwards == "move" else "inbox")
    assert len(folder) == 2 and {one.is_read for one in folder} == {afterwards == "seen"}
    assert len(tickets()) == 2


@pytest.mark.parametrize(
    ("grants", "afterwards", "trouble"),
    [
        ({"Mail.Send"}, "leave", "mail_read_missing"),
        ({"Mail.Read", "Mail.Send"}, "seen", "mail_change_missing"),
        ({"Mail.Read", "Mail.Send"}, "leave", ""),
    ],
)
def test_a_permission_that_is_missing_is_named(firm, microsoft, grants, afterwards, trouble):
    office = GraphOffice(firm, microsoft, afterwards=afterwards)
    microsoft.grants_application = grants
    office.deliver(letter("Da"))
    assert office.fetch().trouble == trouble
    microsoft.grants_application = {"Mail.ReadWrite", "Mail.Send"}
    office.fetch()
    assert descriptions() == ["Da"]


def test_a_mailbox_microsofts_own_policy_excludes_is_not_read(office, microsoft):
    microsoft.allowed_mailboxes = set()
    office.deliver(letter("Da"))
    assert office.fetch().trouble == "mail_read_missing"


def test_a_mailbox_that_is_taken_off_our_list_is_not_asked_for(office, microsoft):
    office.deliver(letter("Da"))
    seen = len(microsoft.log)
    with registered(microsoft, SALES):
        assert office.fetch().trouble == "mailbox_not_listed"
    assert len(microsoft.log) == seen


def test_a_secret_that_ended_is_told(office, microsoft):
    microsoft.secret_expired = True
    assert office.fetch().trouble == "client_secret_ended"


def test_only_four_requests_at_once_reach_a_mailbox(office, microsoft):
    """Read by one and sent from by others, a mailbox is never asked for more than Microsoft allows."""
    microsoft.parallel_limit = 4
    office.deliver(*(letter(f"Brief {n}") for n in range(8)))
    assert office.fetch().trouble == ""
    assert len(tickets()) == 8


@pytest.mark.servers
def test_f26_a_mailbox_read_by_imap_before_brings_nothing_twice(firm, microsoft):
    """The same mails, seen by both ways one after the other."""
    mails = [letter(f"Brief {n}") for n in range(3)]
    with dovecot(SUPPORT) as server:
        before = PostOffice(firm, server)
        before.deliver(*mails)
        before.fetch()
        before.end()
    account = before.account
    command = ChangeGraphAccount.model_validate(
        {
            "address": SUPPORT, "login": "graph", "graph_reads": "true", "graph_sends": "true",
            "start_on": "2020-01-01", "is_active": "true", "version": account.version,
        }
    )  # fmt: skip
    changed = partial(db.session.get_one, MailAccount, account.id)
    run_unit(lambda: graph_accounts.change(changed(), command, actor=SHELL))
    box = microsoft.mailbox(SUPPORT)
    for raw in (*mails, letter("Neu")):
        box.deliver(raw)
    before.fetch()
    assert descriptions() == ["Brief 0", "Brief 1", "Brief 2", "Neu"]
