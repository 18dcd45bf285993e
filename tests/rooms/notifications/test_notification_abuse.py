"""Abuse by way of notices: headers, leaking notes, templates, foreign hosts, cards (A22, A32, A37, A44, A58, A69)."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

import pytest
import sqlalchemy as sa
import time_machine
from jinja2 import UndefinedError

from app.accounts.actions import resetting
from app.accounts.models import Person
from app.core import environment
from app.core.db import db
from app.core.formats import Formats
from app.events.models import Delivery
from app.notifications.queries import inbox
from app.notifications.rendering import write
from app.notifications.timeline import lines, names_of
from app.notifications.words import Side
from app.tickets.actions import company, escalating
from app.tickets.models import Ticket
from app.tickets.queries import happenings
from app.tickets.schemas import Escalation
from app.tickets.words import Channel, PendingReason, Status
from tests.support.audience import act, move, put
from tests.support.http_sink import HttpSink
from tests.support.post import servers, written
from tests.support.smtp_sink import SmtpSink
from tests.support.world import World

CANARY = "KANARIENVOGEL-4711"
LINK = re.compile(r"https?://[^/\s\"'<>]+")


@pytest.fixture(autouse=True)
def ways(world: World, smtp: SmtpSink, teams: HttpSink) -> Iterator[None]:
    with servers(smtp=smtp, teams=teams):
        yield


def test_a22_a_title_or_name_with_line_ends_adds_no_header(
    world: World, agent: Person, smtp: SmtpSink, time: time_machine.Traveller
) -> None:
    attacker = world.customer(email="boese@fremd.example")
    ticket = world.ticket(attacker, channel=Channel.EMAIL)
    put(ticket, title="Hallo\r\nBcc: opfer@fremd.example\r\n\r\nText")
    put(attacker, first_name="Mia\r\nBcc: opfer@fremd.example", last_name='"Muster, <x@y.example>')
    put(agent, first_name="Jonas\nX-Evil: 1")
    world.say(agent, ticket)
    time.shift(16)
    world.relay()
    assert len(smtp.mails) == 3
    assert {recipient for mail in smtp.mails for recipient in mail.recipients} == {
        attacker.email,
        agent.email,
    }
    for mail in smtp.mails:
        assert "Bcc" not in mail.message and "X-Evil" not in mail.message
        assert "\n" not in str(mail.message["Subject"]) and "\r" not in str(mail.message["Subject"])
        assert len(mail.message.get_all("Subject")) == len(mail.message.get_all("From")) == 1  # type: ignore[arg-type]
    assert not [one for one in db.session.scalars(sa.select(Delivery)) if one.error]


def busy_ticket(world: World, customer: Person, agent: Person, leader: Person) -> Ticket:
    """A ticket to which everything happens that can be told, with a canary in each internal word."""
    colleague = world.customer()
    ticket = world.ticket(customer, title="Serverausfall")
    act(company.add_participant, world.actor(agent), ticket.id, colleague.email)
    act(company.watch, world.actor(leader), ticket.id)
    world.say(agent, ticket, f"Notiz: {CANARY}", is_internal=True)
    world.say(agent, ticket, "Öffentlich.")
    world.say(leader, ticket, f"Notiz: {CANARY}", is_internal=True)
    world.say(customer, ticket, "Danke.")
    act(escalating.escalate, world.actor(agent), ticket.id, Escalation(level=4, reason=f"Intern {CANARY}"))
    move(world, agent, ticket, Status.PENDING, PendingReason.THIRD_PARTY)
    world.say(leader, ticket, f"Noch eine Notiz: {CANARY}", is_internal=True)
    move(world, agent, ticket, Status.RESOLVED)
    return ticket


def test_a32_a37_what_is_internal_reaches_no_mail_card_or_line_of_the_requesters_side(
    world: World,
    customer: Person,
    agent: Person,
    leader: Person,
    smtp: SmtpSink,
    teams: HttpSink,
    time: time_machine.Traveller,
) -> None:
    world.agent(support_level=4, teams=[])
    ticket = busy_ticket(world, customer, agent, leader)
    time.shift(16)
    world.relay()
    outside = {
        person.email for person in db.session.scalars(sa.select(Person).where(Person.role == "customer"))
    }
    to_customers = [
        one for one in written() if str(one.message["To"]).rpartition("<")[2].strip(">") in outside
    ]
    assert len(to_customers) >= 4
    assert all(CANARY not in one.everything for one in to_customers)
    assert all(CANARY.encode() not in mail.content for mail in smtp.mails if set(mail.recipients) & outside)
    assert teams.requests
    assert all(CANARY.encode() not in request.body for request in teams.requests)
    seen = happenings(world.actor(customer), ticket)
    told = lines(seen, names_of(seen), Side.REQUESTER, Formats("Europe/Berlin"))
    assert told and all(CANARY not in line.text for line in told)


def test_a37_notes_are_in_no_mail_at_all_not_even_to_staff(
    world: World,
    customer: Person,
    agent: Person,
    leader: Person,
    smtp: SmtpSink,
    time: time_machine.Traveller,
) -> None:
    ticket = world.ticket(customer)
    act(company.watch, world.actor(leader), ticket.id)
    world.say(agent, ticket, "Öffentlich.")
    world.say(agent, ticket, CANARY, is_internal=True)
    time.shift(16)
    world.relay()
    assert smtp.mails
    assert all(CANARY.encode() not in mail.content for mail in smtp.mails)
    assert all(CANARY not in row.line.text for row in inbox(world.actor(leader)).rows)


TEMPLATES = (
    "{{7*7}}",
    "{% for x in ().__class__.__base__.__subclasses__() %}x{% endfor %}",
    "%(title)s %s %%",
    "{title}",
)


@pytest.mark.parametrize("words", TEMPLATES)
def test_a44_what_people_write_is_never_a_template(
    world: World, customer: Person, agent: Person, words: str, time: time_machine.Traveller
) -> None:
    put(customer, last_name=words)
    ticket = world.ticket(customer, title=words, description=words)
    world.say(agent, ticket, words)
    time.shift(16)
    world.relay()
    for mail in written():
        assert words in mail.text or mail.kind == "ticket.status_changed"
        assert words in mail.subject
        assert "49" not in mail.text.replace(ticket.number, "")


def test_a44_a_template_that_names_something_unknown_is_a_mistake_not_an_empty_place() -> None:
    with pytest.raises(UndefinedError):
        write("received", {"ticket": {}})


def test_a58_every_link_in_a_mail_or_card_is_ours(
    world: World,
    customer: Person,
    agent: Person,
    leader: Person,
    teams: HttpSink,
    time: time_machine.Traveller,
) -> None:
    busy_ticket(world, customer, agent, leader)
    time.shift(16)
    browser = world.browser()
    headers = {"Host": "localhost", "X-Forwarded-Host": "boese.example", "Forwarded": "host=boese.example"}
    browser.post("/auth/password/forgot", {"email": customer.email}, headers=headers)
    act(resetting.ask, customer.email, actor=world.actor(customer))
    world.relay()
    mails = written()
    assert "password.reset_requested" in {mail.kind for mail in mails}
    ours = {environment.environment().site_url}
    assert {link for mail in mails for link in LINK.findall(mail.text + mail.html)} == ours
    buttons = {
        action["url"]
        for request in teams.requests
        for action in json.loads(request.body)["attachments"][0]["content"]["actions"]
    }
    assert {LINK.match(url)[0] for url in buttons} == ours  # type: ignore[index]


def test_a69_a_card_mentions_nobody_and_stays_small(
    world: World, customer: Person, agent: Person, teams: HttpSink
) -> None:
    title = "Serverausfall <at>everyone</at> [Klick](http://boese.example)"
    world.ticket(customer, title=title, description=CANARY * 3000)
    world.relay()
    (request,) = teams.requests
    assert len(request.body) < 28_000
    assert b"<at>" not in request.body
    assert b"](http" not in request.body
    assert CANARY.encode() not in request.body
