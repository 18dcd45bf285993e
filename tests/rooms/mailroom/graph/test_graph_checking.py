"""Trying a mailbox at Microsoft 365 names each step, and in a word what is missing; it touches no mail."""

from __future__ import annotations

import pytest

from app.integrations.outcome import RetryLater
from app.jobs import checking
from tests.support.graph_office import SALES, GraphOffice, registered
from tests.support.letters import SUPPORT, letter

IN = ["listed", "token", "permission", "folder", "reading", "changing"]


def steps(report):
    return [step.name for step in report.steps]


def last(report):
    assert [step.ok for step in report.steps[:-1]] == [True] * (len(report.steps) - 1)
    return report.steps[-1].name, report.steps[-1].word


def test_a_mailbox_that_works_is_walked_through_to_its_end(office):
    office.deliver(letter("Bleibt"))
    report = checking.way_in(office.id)
    assert report.is_fine and steps(report) == IN
    out = checking.way_out(office.id)
    assert out.is_fine and steps(out) == ["listed", "token", "sending", "changing"]
    assert [one.is_read for one in office.box.messages()] == [False] and office.box.sent == []


@pytest.mark.parametrize(
    ("grants", "way", "end"),
    [
        ({"Mail.Send"}, checking.way_in, ("permission", "mail_read_missing")),
        ({"Mail.Read", "Mail.Send"}, checking.way_in, ("changing", "mail_change_missing")),
        ({"Mail.Read"}, checking.way_out, ("sending", "mail_send_missing")),
        ({"Mail.Read", "Mail.Send"}, checking.way_out, ("changing", "mail_change_missing")),
    ],
)
def test_a_missing_permission_is_named_at_its_step(office, microsoft, grants, way, end):
    microsoft.grants_application = grants
    assert last(way(office.id)) == end


def test_reading_and_sending_alone_are_enough_without_changes(firm, microsoft):
    office = GraphOffice(firm, microsoft, graph_changes="false")
    microsoft.grants_application = {"Mail.Read", "Mail.Send"}
    assert checking.way_in(office.id).is_fine and checking.way_out(office.id).is_fine


def test_what_else_may_be_wrong_is_told_at_its_step(firm, microsoft, office):
    with registered(microsoft, SALES):
        assert last(checking.way_in(office.id)) == ("listed", "mailbox_not_listed")
    microsoft.allowed_mailboxes = {SALES}
    assert last(checking.way_in(office.id)) == ("folder", "mail_read_missing")
    microsoft.allowed_mailboxes = None
    microsoft.secret_expired = True
    assert last(checking.way_in(office.id)) == ("token", "client_secret_ended")
    microsoft.secret_expired = False
    missing = GraphOffice(firm, microsoft, SALES, imap_folder="Nirgends")
    assert last(checking.way_in(missing.id)) == ("folder", "folder_missing")


def test_a_mailbox_microsoft_does_not_know_is_named_so(firm, microsoft):
    office = GraphOffice(firm, microsoft, SALES)
    del microsoft.mailboxes[SALES]
    assert last(checking.way_in(office.id)) == ("folder", "mailbox_missing")


def test_a_test_mail_goes_out(office, microsoft):
    assert checking.send_test(office.id, "mia@kunde.example") == "202 accepted"
    assert len(office.box.sent) == 1 and office.box.drafts == []
    microsoft.grants_application = {"Mail.ReadWrite"}
    with pytest.raises(RetryLater) as refused:
        checking.send_test(office.id, "mia@kunde.example")
    assert refused.value.reason == "mail_send_missing"


def test_the_commands_know_such_mailboxes(office, firm):
    office.deliver(letter("Per Befehl"))
    runner = firm.app.test_cli_runner()
    answer = runner.invoke(args=["mail", "fetch"])
    assert answer.exit_code == 0 and f"{SUPPORT}: created 1" in answer.output
    answer = runner.invoke(args=["mail", "check"])
    assert answer.exit_code == 0, answer.output
    assert (
        "Berechtigung zum Senden: ok" in answer.output
        and "Nachsehen, was im Ordner liegt: ok" in answer.output
    )
