"""Automatic mail has limits: for each person and hour, and stricter ones for addresses nobody confirmed (A09, A13)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
import time_machine
from flask import Flask

from app.accounts.models import Person
from app.core.uow import run_unit
from app.events.words import DeliveryState
from app.notifications.limits import take_place
from app.settings.actions import change
from app.settings.schemas import MailRules
from app.tickets.words import Channel, Status
from tests.support.at_once import at_once
from tests.support.audience import act, move
from tests.support.post import servers
from tests.support.smtp_sink import SmtpSink
from tests.support.toys import deliveries
from tests.support.world import World

S = DeliveryState
HOUR = timedelta(hours=1)


@pytest.fixture
def smtp() -> Iterator[SmtpSink]:
    with SmtpSink() as sink, servers(smtp=sink):
        yield sink


def count(person: Person, smtp: SmtpSink) -> int:
    return sum(mail.recipients == (person.email,) for mail in smtp.mails)


def test_five_receipts_an_hour_are_enough(
    world: World, customer: Person, agent: Person, smtp: SmtpSink, time: time_machine.Traveller
) -> None:
    for _ in range(8):
        world.ticket(customer)
    world.relay()
    assert count(customer, smtp) == 5
    time.shift(HOUR)
    world.relay()
    assert count(customer, smtp) == 5
    world.ticket(customer)
    world.relay()
    assert count(customer, smtp) == 6


def test_news_of_a_status_wait_until_the_hour_has_room(
    world: World, customer: Person, agent: Person, smtp: SmtpSink, time: time_machine.Traveller
) -> None:
    for _ in range(5):
        ticket = world.ticket(customer)
    world.relay()
    time.shift(timedelta(minutes=20))
    move(world, agent, ticket, Status.RESOLVED)
    world.relay()
    waiting = [one for one in deliveries("email") if one.state is S.WAITING]
    assert [(one.error, one.due_at) for one in waiting] == [
        ("limit", waiting[0].created_at + timedelta(minutes=40))
    ]
    time.shift(timedelta(minutes=40))
    world.relay()
    assert count(customer, smtp) == 6


def test_what_people_write_is_never_counted(
    world: World, customer: Person, agent: Person, smtp: SmtpSink, time: time_machine.Traveller
) -> None:
    ticket = world.ticket(customer)
    for _ in range(9):
        world.say(agent, ticket)
    time.shift(16)
    world.relay()
    assert count(customer, smtp) == 10


def test_the_limit_is_a_setting(world: World, customer: Person, agent: Person, smtp: SmtpSink) -> None:
    act(change, MailRules(automatic_per_hour=2), actor=world.actor(world.admin()))
    for _ in range(4):
        world.ticket(customer)
    world.relay()
    assert count(customer, smtp) == 2


def test_a13_an_unconfirmed_address_gets_three_and_none_of_the_attackers_words(
    world: World, agent: Person, smtp: SmtpSink
) -> None:
    victim = world.customer(email="opfer@fremd.example", verified_at=None, first_name="", last_name="")
    for n in range(20):
        world.ticket(victim, channel=Channel.EMAIL, title=f"UNFLAT {n}", description="UNFLAT")
    world.relay()
    assert count(victim, smtp) == 3
    sent = [mail for mail in smtp.mails if mail.recipients == (victim.email,)]
    assert all(b"UNFLAT" not in mail.content for mail in sent)


def test_a13_news_of_a_status_do_not_repeat_the_attackers_words_either(
    world: World, agent: Person, smtp: SmtpSink
) -> None:
    victim = world.customer(email="opfer@fremd.example", verified_at=None)
    ticket = world.ticket(victim, channel=Channel.EMAIL, title="UNFLAT", description="UNFLAT")
    move(world, agent, ticket, Status.CLOSED)
    world.relay()
    sent = [mail for mail in smtp.mails if mail.recipients == (victim.email,)]
    assert len(sent) == 2
    assert all(b"UNFLAT" not in mail.content for mail in sent)


def test_f35_a_storm_fills_nobodys_mailbox_but_the_bell_has_everything(
    world: World, customer: Person, agent: Person, smtp: SmtpSink
) -> None:
    from app.notifications.queries import unread_count

    for _ in range(40):
        world.ticket(customer)
    world.relay()
    assert count(agent, smtp) == 30
    assert unread_count(world.actor(agent)) == 40
    dropped = [
        one for one in deliveries("email") if one.state is S.CANCELLED and one.target == f"person:{agent.id}"
    ]
    assert {one.error for one in dropped} == {"limit"}


def test_the_same_mail_asked_for_again_has_its_place(world: World, customer: Person) -> None:
    assert run_unit(lambda: take_place(customer.id, 1, 1)) is None
    assert run_unit(lambda: take_place(customer.id, 1, 1)) is None
    assert run_unit(lambda: take_place(customer.id, 2, 1)) is not None


def test_places_are_freed_one_by_one(world: World, customer: Person, time: time_machine.Traveller) -> None:
    for number in range(3):
        assert run_unit(lambda n=number: take_place(customer.id, n, 3)) is None  # type: ignore[misc]
        time.shift(60)
    free = run_unit(lambda: take_place(customer.id, 9, 3))
    assert free is not None
    time.move_to(free)
    assert run_unit(lambda: take_place(customer.id, 9, 3)) is None
    assert run_unit(lambda: take_place(customer.id, 10, 3)) is not None


def test_two_workers_that_claim_the_first_place_at_once_both_get_one(
    world: World, house: Flask, customer: Person
) -> None:
    numbers, given = iter(range(1, 9)), []
    assert (
        at_once(house, lambda: given.append(run_unit(lambda: take_place(customer.id, next(numbers), 3))), 4)
        == []
    )
    assert [free is None for free in given].count(True) == 3
