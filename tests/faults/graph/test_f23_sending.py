"""Mail goes out by Microsoft Graph: once, whatever Microsoft answers, and with the headers that keep a thread."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.policy import default

import pytest
import sqlalchemy as sa
import time_machine

from app.core.breaker import PAUSE
from app.core.db import db
from app.events.models import Delivery
from app.events.words import DeliveryState
from app.integrations import graph_post
from tests.support.graph_office import GraphOffice, sending_by_graph
from tests.support.letters import letter, tickets

NOW = datetime(2026, 11, 30, 12, 0, tzinfo=UTC)
SEND, DRAFT, SEND_DRAFT = r"/sendMail$", r"/messages$", r"/send$"
ONLY_SENDING = {"graph_changes": "", "afterwards": "leave"}


@pytest.fixture(params=[True, False], ids=["by draft", "at once"])
def by_draft(request):
    return request.param


@pytest.fixture
def desk(firm, microsoft, by_draft):
    """A house that answers from a mailbox; with Mail.Read and Mail.Send alone, or with Mail.ReadWrite as well."""
    if not by_draft:
        microsoft.grants_application = {"Mail.Read", "Mail.Send"}
    firm.office = GraphOffice(firm, microsoft, **({} if by_draft else {"graph_changes": "false"}))
    firm.mia = firm.customer(email="mia@kunde.example")
    with time_machine.travel(NOW, tick=False) as clock, sending_by_graph():
        firm.clock = clock
        yield firm


def sent(office):
    return [message_from_bytes(raw, policy=default) for raw in office.box.sent]


def delivery():
    db.session.rollback()
    db.session.expire_all()
    query = sa.select(Delivery).where(Delivery.consumer == "email", Delivery.target.like("person:%"))
    return db.session.scalars(query.order_by(Delivery.id.desc())).first()


def later(desk, span=timedelta(minutes=2)):
    desk.clock.shift(span)
    desk.relay()


def arrived_once(desk):
    """In the sent mails once, with one Message-ID, and nothing is left among the drafts."""
    office = desk.office
    assert len(office.box.sent) == 1, [str(one["Subject"]) for one in sent(office)]
    assert len(office.box.messages("sentitems")) == 1 and office.box.drafts == []
    assert delivery().state is DeliveryState.SENT


def test_a_mail_goes_out_and_lies_among_the_sent_ones(desk):
    desk.ticket(desk.mia)
    desk.relay()
    arrived_once(desk)
    (mail,) = sent(desk.office)
    assert [one.addr_spec for one in mail["To"].addresses] == ["mia@kunde.example"]
    assert mail["Cc"] is None and mail["Bcc"] is None
    assert mail["From"].addresses[0].addr_spec == desk.office.address
    assert delivery().reference == "202 accepted" and not delivery().may_be_repeat


def test_an_answer_keeps_the_thread_of_the_mail_it_answers(desk):
    desk.office.deliver(letter("Kaputt", headers={"Message-ID": "<erste@kunde.example>"}))
    desk.office.fetch()
    agent = desk.agent(email="anna@firma.example")
    (ticket,) = tickets()
    desk.say(agent, ticket, "Ist wieder ganz.")
    later(desk)
    mail = next(
        one for one in sent(desk.office) if "Ist wieder ganz." in one.get_body(("plain",)).get_content()
    )
    assert mail["In-Reply-To"] == "<erste@kunde.example>"
    assert mail["References"].split()[-1] == "<erste@kunde.example>"


@pytest.mark.parametrize("kind", ["504_done", "hang_up_done", "html", "504", "500", "hang_up"])
def test_f23_f06_an_answer_that_gets_lost_is_looked_for_before_it_is_repeated(
    desk, microsoft, by_draft, kind
):
    microsoft.faults.add(kind, path=SEND_DRAFT if by_draft else SEND)
    desk.ticket(desk.mia)
    desk.relay()
    assert delivery().error.startswith("outcome_unknown")
    assert delivery().due_at == NOW + timedelta(seconds=60)
    later(desk)
    arrived_once(desk)
    assert delivery().may_be_repeat


def test_f06_what_lies_among_the_sent_mails_only_later_is_not_sent_twice(desk, microsoft, by_draft):
    microsoft.sent_items_late = True
    microsoft.faults.add("504_done", path=SEND_DRAFT if by_draft else SEND)
    desk.ticket(desk.mia)
    desk.relay()
    desk.clock.shift(timedelta(seconds=59))
    desk.relay()
    assert delivery().state is DeliveryState.WAITING
    desk.office.box.catch_up()
    later(desk, timedelta(seconds=1))
    arrived_once(desk)


@pytest.mark.parametrize("kind", ["429", "503"])
def test_f23_busy_is_waited_for_as_told_and_asks_nothing_for_the_next_mail(desk, microsoft, by_draft, kind):
    microsoft.faults.add(kind, retry_after=100, path=DRAFT if by_draft else SEND, method="POST")
    desk.ticket(desk.mia)
    desk.relay()
    assert delivery().due_at == NOW + timedelta(seconds=100)
    assert delivery().error.split(":")[0] == ("throttled" if kind == "429" else "failing")
    if kind == "429":
        seen = len(microsoft.log)
        desk.ticket(desk.customer(email="ben@kunde.example"))
        desk.relay()
        assert len(microsoft.log) == seen
        desk.clock.shift(101)
        desk.relay()
        assert Counter(one["To"].addresses[0].addr_spec for one in sent(desk.office)) == {
            "mia@kunde.example": 1, "ben@kunde.example": 1,
        }  # fmt: skip
        return
    later(desk)
    arrived_once(desk)
    assert not delivery().may_be_repeat


@pytest.mark.parametrize("by_draft", [True], indirect=True)
def test_f23_a_draft_whose_id_was_lost_is_found_by_its_message_id(desk, microsoft):
    microsoft.faults.add("504_done", path=DRAFT, method="POST")
    desk.ticket(desk.mia)
    desk.relay()
    assert len(desk.office.box.drafts) == 1
    later(desk)
    arrived_once(desk)


@pytest.mark.parametrize("by_draft", [True], indirect=True)
def test_f23_a_draft_somebody_threw_away_is_made_again(desk, microsoft):
    microsoft.faults.add("503", path=SEND_DRAFT)
    desk.ticket(desk.mia)
    desk.relay()
    (draft,) = desk.office.box.drafts
    desk.office.box.delete(draft.message_id)
    later(desk)
    arrived_once(desk)


def test_a_missing_permission_to_send_is_named_and_keeps_the_mail(desk, microsoft):
    microsoft.grants_application = {"Mail.ReadWrite"}
    desk.ticket(desk.mia)
    desk.relay()
    assert delivery().error.startswith("mail_send_missing")
    microsoft.grants_application = {"Mail.ReadWrite", "Mail.Send"}
    later(desk, PAUSE + timedelta(minutes=2))
    arrived_once(desk)


def test_without_the_right_to_look_a_repeat_is_better_than_a_loss(firm, microsoft):
    """With Mail.Send alone nobody can look; the mail goes out again and is marked."""
    microsoft.grants_application = {"Mail.Send"}
    office = GraphOffice(firm, microsoft, graph_changes="false", graph_reads="false")
    microsoft.faults.add("504_done", path=SEND)
    with time_machine.travel(NOW, tick=False) as clock, sending_by_graph():
        firm.ticket(firm.customer(email="mia@kunde.example"))
        firm.relay()
        clock.shift(timedelta(minutes=2))
        firm.relay()
        clock.shift(timedelta(minutes=10))
        firm.relay()
    assert [one["Message-ID"] for one in sent(office)][0] == sent(office)[-1]["Message-ID"]
    assert len(office.box.sent) == 2
    assert delivery().state is DeliveryState.SENT and delivery().may_be_repeat


def test_a_mail_too_large_for_graph_is_given_up_with_its_reason(desk, monkeypatch):
    monkeypatch.setattr(graph_post, "MAX_MAIL", 100)
    desk.ticket(desk.mia)
    desk.relay()
    assert delivery().state is DeliveryState.DEAD and delivery().error.startswith("message_too_large")
