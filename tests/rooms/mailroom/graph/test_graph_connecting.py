"""A mailbox that is read and sent from in somebody's name: connected, refused, broken, and connected again."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

import pytest
import sqlalchemy as sa
import time_machine

from app.accounts.actors import SHELL
from app.core import clock, crypto
from app.core.db import db
from app.core.errors import Conflict, Forbidden, Invalid
from app.core.uow import run_unit
from app.events.models import Event
from app.mailroom.actions import connecting
from tests.support.graph_office import GraphOffice, sending_by_graph
from tests.support.letters import letter, tickets

BOTH = ("Mail.ReadWrite", "Mail.Send")


@pytest.fixture
def person(microsoft):
    """Somebody whose own mailbox is the one the helpdesk uses."""
    microsoft.grants_delegated |= {"Mail.Read", "Mail.ReadWrite", "Mail.Send"}
    return microsoft.people["agent"]


@pytest.fixture
def office(firm, microsoft, person):
    return GraphOffice(firm, microsoft, person.mail, login="graph_user")


def test_a_mailbox_nobody_connected_says_so(office):
    assert office.fetch().trouble == "not_connected"


def test_a_connected_mailbox_is_read_and_sent_from(office, firm, person):
    office.connect()
    assert office.account.graph_person == person.upn
    assert person.upn not in office.account.oauth_refresh_secret
    office.deliver(letter("Da"))
    assert office.fetch().trouble == ""
    with sending_by_graph():
        firm.relay()
    assert [ticket.description for ticket in tickets()] == ["Da"]
    assert len(office.box.sent) == 1
    kinds = db.session.scalars(sa.select(Event.kind).where(Event.subject_kind == "mail_account"))
    assert "mailbox.connected" in set(kinds)


def test_a_connection_that_ended_is_said_and_connecting_again_goes_on_where_it_stood(
    office, microsoft, person
):
    office.connect()
    office.deliver(letter("Vorher"))
    office.fetch()
    link = office.mailbox.link
    microsoft.sign_ins.revoke(person)
    office.deliver(letter("Nachher"))
    with time_machine.travel(clock.now() + timedelta(hours=2), tick=True):
        assert office.fetch().trouble == "connection_ended"
        assert office.mailbox.link == link
        office.connect()
        assert office.mailbox.trouble == "" and office.mailbox.link == link
        seen = len(microsoft.log)
        assert office.fetch().trouble == ""
    assert sorted(ticket.description for ticket in tickets()) == ["Nachher", "Vorher"]
    assert len([one for one in microsoft.log[seen:] if one.path.endswith("$value")]) == 1


def test_a_refresh_token_that_is_replaced_each_time_is_kept(office, microsoft):
    microsoft.refresh_once = True
    office.connect()
    before = crypto.decrypt(office.account.oauth_refresh_secret)
    for hours in (0, 2, 4):
        with time_machine.travel(clock.now() + timedelta(hours=hours), tick=True):
            assert office.fetch().trouble == ""
    assert crypto.decrypt(office.account.oauth_refresh_secret) != before


def test_who_agreed_to_less_than_is_needed_is_told_what_is_missing(office):
    with pytest.raises(Invalid) as refused:
        run_unit(partial(connecting.connect, office.id, "r", "a@b.example", ["Mail.Read"], actor=SHELL))
    assert "Mail.ReadWrite, Mail.Send" in str(refused.value.problems)


def test_an_account_of_the_application_cannot_be_connected(firm, microsoft):
    office = GraphOffice(firm, microsoft)
    with pytest.raises(Conflict):
        run_unit(partial(connecting.connect, office.id, "r", "a@b.example", BOTH, actor=SHELL))


def test_only_who_sets_up_accounts_may_connect_one(office, firm):
    agent = firm.actor(firm.agent())
    with pytest.raises(Forbidden):
        run_unit(partial(connecting.connect, office.id, "r", "a@b.example", BOTH, actor=agent))


def test_a_person_does_not_open_the_mailbox_of_somebody_else(firm, microsoft, person):
    office = GraphOffice(firm, microsoft, microsoft.people["leader"].mail, login="graph_user")
    office.connect("agent")
    office.deliver(letter("Nicht für uns"))
    assert office.fetch().trouble == "mail_read_missing" and tickets() == []
