"""What the requester's side is told, and what it never is."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa
import time_machine

from app.accounts.models import Person
from app.core.db import db
from app.core.uow import run_unit
from app.events.models import Event
from app.notifications.audience import cards
from app.notifications.scene import Scene
from app.notifications.words import Topic, Way
from app.settings.actions import change
from app.settings.schemas import MailRules
from app.tickets.actions import closing, company, opening
from app.tickets.actions.clock import check_due
from app.tickets.actions.replying import enter, redact, take_back
from app.tickets.models import Ticket
from app.tickets.schemas import NewComment, NewTicket
from app.tickets.words import Channel, Status
from tests.support.audience import act, event, move, put, told
from tests.support.world import World


def test_the_requester_gets_a_receipt(world: World, customer: Person, agent: Person) -> None:
    world.ticket(customer)
    assert told("ticket.opened", Way.EMAIL) == {customer.id: Topic.RECEIVED}
    assert told("ticket.opened", Way.BELL) == {}


def test_a_receipt_can_be_switched_off_for_the_house(world: World, customer: Person) -> None:
    act(change, MailRules(acknowledge=False), actor=world.actor(world.admin()))
    world.ticket(customer)
    assert customer.id not in told("ticket.opened", Way.EMAIL)


def test_a_machine_gets_no_receipt_and_no_news(world: World, customer: Person, agent: Person) -> None:
    command = NewTicket(title="Bounce", description="Mail delivery failed")
    ticket = act(
        opening.open_ticket,
        command,
        actor=world.actor(customer),
        channel=Channel.EMAIL,
        requester_id=customer.id,
        mail=opening.FromMail(customer.email, opening.Written("", ""), by_machine=True),
    )
    assert customer.id not in told("ticket.opened", Way.EMAIL)
    move(world, agent, ticket, Status.RESOLVED)
    assert customer.id not in told("ticket.status_changed", Way.EMAIL)


def test_a_reply_reaches_the_requester_and_the_participants_but_not_its_writer(
    world: World, customer: Person, agent: Person
) -> None:
    colleague = world.customer()
    ticket = world.ticket(customer)
    act(company.add_participant, world.actor(agent), ticket.id, colleague.email)
    world.say(agent, ticket)
    assert told("ticket.reply_added", Way.EMAIL) == {customer.id: Topic.REPLY, colleague.id: Topic.REPLY}
    world.say(colleague, ticket)
    assert told("ticket.reply_added", Way.EMAIL) == {customer.id: Topic.REPLY, agent.id: Topic.CUSTOMER_REPLY}


def test_participants_hear_only_of_what_came_after_they_joined(
    world: World, customer: Person, agent: Person
) -> None:
    late = world.customer()
    ticket = world.ticket(customer)
    world.say(agent, ticket)
    act(company.add_participant, world.actor(agent), ticket.id, late.email)
    assert late.id not in told("ticket.reply_added", Way.EMAIL)
    act(company.remove_participant, world.actor(agent), ticket.id, late.id)
    world.say(agent, ticket)
    assert late.id not in told("ticket.reply_added", Way.EMAIL)


def test_an_auto_reply_is_passed_on_to_nobody(world: World, customer: Person, agent: Person) -> None:
    colleague = world.customer()
    ticket = world.ticket(customer)
    act(company.add_participant, world.actor(agent), ticket.id, colleague.email)

    def away() -> None:
        row = db.session.get_one(Ticket, ticket.id)
        command = NewComment(body="Ich bin im Urlaub.")
        mail = {"author_name": "Mia", "author_email": customer.email}
        enter(
            row,
            command,
            actor=world.actor(customer),
            by_staff=False,
            author_id=customer.id,
            from_email=mail,
            by_machine=True,
        )

    run_unit(away)
    assert told("ticket.reply_added", Way.EMAIL) == {}


def test_what_somebody_unknown_wrote_reaches_staff_only(
    world: World, customer: Person, agent: Person
) -> None:
    ticket = world.ticket(customer)
    comment = world.say(world.agent(), ticket)
    put(comment, by_staff=False, is_unverified=True)
    last = event("ticket.reply_added")
    run_unit(
        lambda: db.session.execute(
            sa.update(Event).where(Event.id == last.id).values(payload=last.payload | {"by_staff": False})
        )
    )
    db.session.expire_all()
    assert told("ticket.reply_added", Way.EMAIL) == {agent.id: Topic.CUSTOMER_REPLY}


@pytest.mark.parametrize("gone", ["taken back", "redacted"])
def test_what_is_gone_is_told_to_nobody(
    world: World, customer: Person, agent: Person, leader: Person, gone: str
) -> None:
    ticket = world.ticket(customer)
    comment = world.say(agent, ticket)
    if gone == "taken back":
        act(take_back, world.actor(agent), ticket.id, comment.id)
    else:
        act(redact, world.actor(leader), ticket.id, comment.id)
    assert told("ticket.reply_added", Way.EMAIL) == {}


@pytest.mark.parametrize(
    ("status", "heard"),
    [(Status.PENDING, True), (Status.RESOLVED, True), (Status.CLOSED, True), (Status.OPEN, False)],
)
def test_the_requester_hears_of_a_status_worth_telling(
    world: World, customer: Person, agent: Person, status: Status, heard: bool
) -> None:
    ticket = world.ticket(customer)
    move(world, agent, ticket, status)
    assert (customer.id in told("ticket.status_changed", Way.EMAIL)) is heard


def test_a_step_that_another_mail_tells_makes_none_of_its_own(
    world: World, customer: Person, agent: Person
) -> None:
    ticket = world.ticket(customer)
    assert told("ticket.status_changed", Way.EMAIL) == {}
    world.say(agent, ticket, then=Status.RESOLVED)
    assert told("ticket.status_changed", Way.EMAIL) == {}
    assert told("ticket.status_changed", Way.BELL) == {}


def test_closing_by_itself_is_told_to_the_requester(
    world: World, customer: Person, agent: Person, time: time_machine.Traveller
) -> None:
    ticket = world.ticket(customer)
    move(world, agent, ticket, Status.RESOLVED)
    time.shift(timedelta(days=8))
    closing.close_resolved()
    assert told("ticket.status_changed", Way.EMAIL) == {customer.id: Topic.PROGRESS}


def test_the_requester_never_hears_of_internal_facts_be_they_staff(
    world: World, agent: Person, leader: Person, time: time_machine.Traveller
) -> None:
    """A leader who asks something of the own team stands on the requester's side of that ticket."""
    world.ticket(leader)
    time.shift(timedelta(hours=9))
    check_due()
    for way in (Way.BELL, Way.EMAIL):
        assert told("ticket.deadline_breached", way) == {agent.id: Topic.DEADLINE}


def test_people_who_left_hear_nothing(world: World, customer: Person, agent: Person) -> None:
    ticket = world.ticket(customer)
    world.say(agent, ticket)
    put(customer, is_active=False)
    put(agent, is_active=False)
    assert told("ticket.reply_added", Way.EMAIL) == {}
    assert told("ticket.assigned", Way.EMAIL) == {}


def test_nobody_hears_of_a_deleted_ticket(
    world: World, customer: Person, agent: Person, leader: Person
) -> None:
    ticket = world.ticket(customer, title="Serverausfall")
    act(closing.delete, world.actor(leader), ticket.id)
    assert told("ticket.opened", Way.EMAIL) == {}
    assert cards(Scene([event("ticket.opened")])) == {}
