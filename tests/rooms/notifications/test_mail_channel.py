"""Mail: one to each person, in their language, threaded, at the right moment, and only while it is true."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
import time_machine

from app.accounts.actions import resetting
from app.accounts.models import OneTimeToken, Person
from app.core.db import db
from app.events import relay
from app.events.models import Delivery
from app.events.words import DeliveryState
from app.mailroom import own_ids
from app.notifications.actions import set_preference
from app.notifications.words import Topic, Way
from app.settings.actions import change
from app.settings.schemas import Site
from app.tickets.actions import company
from app.tickets.actions.replying import correct, redact, take_back
from app.tickets.models import Ticket
from app.tickets.words import Status
from tests.support.audience import act, move, put
from tests.support.post import servers
from tests.support.smtp_sink import ReceivedMail, SmtpSink
from tests.support.statements import counted
from tests.support.toys import deliveries
from tests.support.world import World

UNDO = timedelta(seconds=16)
S = DeliveryState


@pytest.fixture
def smtp() -> Iterator[SmtpSink]:
    with SmtpSink() as sink, servers(smtp=sink):
        yield sink


@pytest.fixture
def ticket(world: World, customer: Person, agent: Person) -> Ticket:
    return world.ticket(customer)


def to(person: Person, smtp: SmtpSink) -> list[ReceivedMail]:
    return [mail for mail in smtp.mails if mail.recipients == (person.email,)]


def mail_deliveries() -> list[Delivery]:
    return deliveries("email")


def test_a_reply_arrives_when_it_can_no_longer_be_taken_back(
    world: World,
    ticket: Ticket,
    customer: Person,
    agent: Person,
    smtp: SmtpSink,
    time: time_machine.Traveller,
) -> None:
    world.say(agent, ticket, "Ein Kabel war lose.")
    world.relay()
    assert len(to(customer, smtp)) == 1
    time.shift(UNDO)
    world.relay()
    receipt, answer = to(customer, smtp)
    assert "Ein Kabel war lose." in answer.message.get_body(("plain",)).get_content()  # type: ignore[union-attr]


@pytest.mark.parametrize("how", ["taken back", "redacted"])
def test_a_reply_that_is_gone_is_not_sent(
    world: World,
    ticket: Ticket,
    customer: Person,
    agent: Person,
    leader: Person,
    smtp: SmtpSink,
    time: time_machine.Traveller,
    how: str,
) -> None:
    comment = world.say(agent, ticket, "Das war ein Irrtum.")
    world.relay()
    if how == "taken back":
        act(take_back, world.actor(agent), ticket.id, comment.id)
    else:
        act(redact, world.actor(leader), ticket.id, comment.id)
    time.shift(UNDO)
    world.relay()
    assert len(to(customer, smtp)) == 1
    assert S.CANCELLED in {one.state for one in mail_deliveries()}
    assert all(b"Irrtum" not in mail.content for mail in smtp.mails)


def test_a_reply_is_sent_as_it_was_corrected(
    world: World,
    ticket: Ticket,
    customer: Person,
    agent: Person,
    smtp: SmtpSink,
    time: time_machine.Traveller,
) -> None:
    comment = world.say(agent, ticket, "Bitte Tonner kaufen.")
    world.relay()
    act(correct, world.actor(agent), ticket.id, comment.id, "Bitte Toner kaufen.")
    time.shift(UNDO)
    world.relay()
    assert b"Toner" in to(customer, smtp)[-1].content
    assert b"Tonner" not in to(customer, smtp)[-1].content


def test_a_participant_who_was_removed_meanwhile_gets_nothing(
    world: World, ticket: Ticket, agent: Person, smtp: SmtpSink, time: time_machine.Traveller
) -> None:
    colleague = world.customer()
    act(company.add_participant, world.actor(agent), ticket.id, colleague.email)
    world.say(agent, ticket)
    world.relay()
    act(company.remove_participant, world.actor(agent), ticket.id, colleague.id)
    time.shift(UNDO)
    world.relay()
    assert to(colleague, smtp) == []


def test_mail_programs_keep_the_mails_of_a_ticket_together(
    world: World,
    ticket: Ticket,
    customer: Person,
    agent: Person,
    smtp: SmtpSink,
    time: time_machine.Traveller,
) -> None:
    world.say(agent, ticket)
    time.shift(UNDO)
    world.relay()
    thread = own_ids.make("ticket", ticket.id, own_ids.THREAD, customer.id)
    receipt, answer = (mail.message for mail in to(customer, smtp))
    assert {receipt["References"], answer["References"], receipt["In-Reply-To"], answer["In-Reply-To"]} == {
        thread
    }
    assert receipt["Message-ID"] != answer["Message-ID"]
    assert receipt["Subject"] == answer["Subject"]
    own = own_ids.read(str(answer["Message-ID"]))
    assert own is not None
    assert (own.about, own.subject_id, own.person_id) == ("ticket", ticket.id, customer.id)


def test_machines_are_asked_not_to_answer(
    world: World, ticket: Ticket, customer: Person, smtp: SmtpSink
) -> None:
    world.relay()
    mail = to(customer, smtp)[0].message
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["X-Auto-Response-Suppress"] == "All"


def test_answers_go_to_the_support_address(
    world: World, customer: Person, agent: Person, smtp: SmtpSink
) -> None:
    site = Site(title="IT-Hilfe", support_email="hilfe@firma.example")
    act(change, site, actor=world.actor(world.admin()))
    ticket = world.ticket(customer)
    world.relay()
    mail = to(customer, smtp)[0].message
    assert (mail["From"], mail["Reply-To"]) == (
        "IT-Hilfe <hilfe@firma.example>",
        "IT-Hilfe <hilfe@firma.example>",
    )
    assert ticket.number in mail["Subject"]


def test_everybody_reads_in_their_own_language(world: World, agent: Person, smtp: SmtpSink) -> None:
    english, german = world.customer(language="en"), world.customer(language="de")
    world.ticket(english)
    world.ticket(german)
    world.relay()
    assert b"We have received your request" in to(english, smtp)[0].content
    assert b"Ihre Anfrage ist bei uns eingegangen" in to(german, smtp)[0].content


def test_without_a_way_out_mails_wait_and_go_once_there_is_one(
    world: World, ticket: Ticket, customer: Person, time: time_machine.Traveller
) -> None:
    world.relay()
    assert {one.state for one in mail_deliveries()} == {S.HELD}
    assert {one.error for one in mail_deliveries()} == {"no_route"}
    time.shift(timedelta(days=20))
    with SmtpSink() as sink, servers(smtp=sink):
        world.relay()
        assert len(to(customer, sink)) == 1
    assert {one.state for one in mail_deliveries()} == {S.SENT}


def test_one_bad_recipient_does_not_hold_up_or_repeat_the_others(
    world: World, ticket: Ticket, customer: Person, agent: Person, smtp: SmtpSink
) -> None:
    """F21: each person has a mail of their own, so a refusal concerns nobody else, and the ticket shows it."""
    smtp.script("rcpt", "550 5.1.1 no such user", recipient=customer.email)
    world.relay()
    world.relay()
    bad, good = mail_deliveries()
    assert (bad.state, good.state) == (S.DEAD, S.SENT)
    assert bad.error.startswith("recipient_refused: 550 5.1.1 no such user")
    assert bad.ticket_id == ticket.id
    assert len(to(agent, smtp)) == 1


def test_a_busy_server_is_asked_again_later(
    world: World, ticket: Ticket, customer: Person, smtp: SmtpSink, time: time_machine.Traveller
) -> None:
    smtp.script("rcpt", "450 4.2.1 later", recipient=customer.email)
    world.relay()
    assert [one.state for one in mail_deliveries()] == [S.WAITING, S.SENT]
    time.shift(31)
    world.relay()
    assert len(to(customer, smtp)) == 1


def test_a_server_that_is_down_is_not_asked_for_each_mail(
    world: World, ticket: Ticket, smtp: SmtpSink, time: time_machine.Traveller
) -> None:
    smtp.script("greeting", "554 5.3.2 closed")
    world.relay()
    assert smtp.connections == 1
    assert {one.error.partition(":")[0] for one in mail_deliveries()} == {"server_refused"}
    time.shift(31)
    world.relay()
    assert {one.state for one in mail_deliveries()} == {S.SENT}


def test_a_mail_whose_fate_is_unknown_is_repeated_with_the_same_id(
    world: World, ticket: Ticket, customer: Person, smtp: SmtpSink, time: time_machine.Traveller
) -> None:
    smtp.script("end", "close")
    world.relay()
    time.shift(31)
    world.relay()
    unheard, *heard = smtp.attempts
    assert unheard.message["Message-ID"] in [mail.message["Message-ID"] for mail in heard]
    assert [one.may_be_repeat for one in mail_deliveries()].count(True) == 1


def test_what_somebody_turned_off_is_not_sent_even_if_it_waits_already(
    world: World, ticket: Ticket, agent: Person, smtp: SmtpSink
) -> None:
    relay.spread()
    act(set_preference, Topic.ASSIGNED, Way.EMAIL, False, actor=world.actor(agent))
    world.relay()
    assert to(agent, smtp) == []


def test_a_person_with_one_of_our_own_addresses_gets_no_mail(
    world: World, ticket: Ticket, customer: Person, smtp: SmtpSink
) -> None:
    act(change, Site(support_email=customer.email), actor=world.actor(world.admin()))
    world.relay()
    assert to(customer, smtp) == []


def test_an_address_that_cannot_stand_in_a_header_ends_there(
    world: World, ticket: Ticket, customer: Person, smtp: SmtpSink
) -> None:
    put(customer, email="mia muster@firma.example")
    world.relay()
    assert mail_deliveries()[0].error == "bad_address"


def test_a_link_that_was_used_meanwhile_is_not_sent(world: World, customer: Person, smtp: SmtpSink) -> None:
    act(resetting.ask, customer.email, actor=world.actor(customer))
    token = db.session.query(OneTimeToken).one()
    put(token, sealed="", used_at=token.created_at)
    world.relay()
    assert smtp.mails == []
    assert mail_deliveries()[0].state is S.CANCELLED


def test_a_mail_costs_few_statements(world: World, customer: Person, agent: Person, smtp: SmtpSink) -> None:
    for _ in range(4):
        world.ticket(customer)
    relay.spread()
    bells = len(deliveries("bell"))
    relay.deliver_due(bells)
    with counted() as statements:
        tried = relay.deliver_due()
    assert (tried, len(smtp.mails)) == (8, 8)
    assert len(statements) <= 1 + 8 * 20


def test_a_status_that_changed_back_is_told_as_it_was(
    world: World, ticket: Ticket, customer: Person, agent: Person, smtp: SmtpSink
) -> None:
    move(world, agent, ticket, Status.RESOLVED)
    move(world, agent, ticket, Status.IN_PROGRESS)
    world.relay()
    assert [b"gel" in mail.content for mail in to(customer, smtp)[1:]] == [True, False]
