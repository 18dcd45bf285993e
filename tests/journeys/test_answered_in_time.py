"""The main job, whole: a person asks in the portal, the right agent gets it and answers, everybody is told.

Browsers at the doors, a real mail server, a real receiver of cards, the relay between them; only the clock is ours.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa
import time_machine

from app.accounts.models import Person
from app.core.db import db
from app.events import deliveries
from app.events.words import DeliveryState
from app.tickets.models import Ticket
from tests.faults import invariants
from tests.support.http_sink import HttpSink
from tests.support.post import servers
from tests.support.smtp_sink import ReceivedMail, SmtpSink
from tests.support.world import World

START = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
UNDO_SECONDS = 15
RATE = re.compile(r"http://localhost(/rate/\S+)")


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(START, tick=False) as traveller:
        yield traveller


def to(person: Person, smtp: SmtpSink) -> list[ReceivedMail]:
    return [mail for mail in smtp.mails if mail.recipients == (person.email,)]


def text(mail: ReceivedMail) -> str:
    body = mail.message.get_body(("plain",))
    assert body is not None
    return str(body.get_content())


def ask(world: World, customer: Person) -> Ticket:
    """File a request in the portal."""
    browser = world.browser(customer)
    browser.get("/portal/new")
    form = {"title": "Serverausfall im Lager", "description": "Nichts geht mehr.", "impact": "critical"}
    assert browser.post("/portal/new", form).status_code == 303
    return db.session.scalars(sa.select(Ticket)).one()


def answer(world: World, agent: Person, ticket: Ticket, body: str, **form: str) -> None:
    """Answer on the agents' page."""
    browser = world.browser(agent)
    page = browser.get(f"/tickets/{ticket.number}")
    assert page.status_code == 200
    sent = browser.post(f"/tickets/{ticket.number}/reply", {"body": body, **form})
    assert sent.status_code in (200, 303), sent.get_data(as_text=True)


def test_a_request_is_answered_and_everybody_is_told(
    world: World, clock: time_machine.Traveller, smtp: SmtpSink, teams: HttpSink
) -> None:
    customer = world.customer(first_name="Mia", last_name="Muster")
    world.agent(first_name="Anna", last_name="Berger", support_level=1)
    expert = world.agent(first_name="Jonas", last_name="Weber", support_level=3)
    leader = world.leader(first_name="Lea", last_name="Hoffmann")
    with servers(smtp=smtp, teams=teams):
        ticket = ask(world, customer)
        assert ticket.assignee_id == expert.id
        world.relay()
        assert [len(to(person, smtp)) for person in (customer, expert, leader)] == [1, 1, 1]
        assert ticket.number in text(to(customer, smtp)[0])
        (request,) = teams.requests
        card = json.loads(request.body)["attachments"][0]["content"]
        assert card["body"][0]["text"] == f"Neues kritisches Ticket: {ticket.number}"
        assert card["actions"][0]["url"] == f"http://localhost/tickets/{ticket.number}"

        clock.shift(600)
        answer(world, expert, ticket, "Ein Kabel war lose. Läuft es jetzt wieder?")
        world.relay()
        assert len(to(customer, smtp)) == 1, "it can still be taken back"
        clock.shift(UNDO_SECONDS + 1)
        world.relay()
        _receipt, reply = to(customer, smtp)
        assert "Ein Kabel war lose." in text(reply)
        assert str(reply.message["From"]).startswith("Jonas Weber")

        clock.shift(300)
        answer(world, expert, ticket, "Dann schließe ich das ab.", then="resolved")
        clock.shift(UNDO_SECONDS + 1)
        world.relay()
        last = text(to(customer, smtp)[-1])
        assert RATE.search(last)
        invariants.hold(datetime.now(UTC), smtp=smtp, teams=teams)
    _the_promise_was_kept(world, ticket)
    _it_can_be_read_afterwards(world, expert, ticket)
    _it_can_be_rated(world, customer, last)


def _the_promise_was_kept(world: World, ticket: Ticket) -> None:
    db.session.refresh(ticket)
    assert ticket.first_response_at is not None and ticket.response_due_at is not None
    assert ticket.first_response_at <= ticket.response_due_at
    assert ticket.response_state == ticket.resolution_state == "met"


def _it_can_be_read_afterwards(world: World, expert: Person, ticket: Ticket) -> None:
    page = world.browser(expert).get(f"/tickets/{ticket.number}").get_data(as_text=True)
    assert "Mia Muster" in page
    assert "Ein Kabel war lose." in page
    assert {one.state for one in deliveries.of_ticket(ticket.id)} == {DeliveryState.SENT}


def _it_can_be_rated(world: World, customer: Person, mail: str) -> None:
    """By the link of the mail, without signing in."""
    found = RATE.search(mail)
    assert found is not None
    browser = world.browser()
    assert browser.get(found[1]).status_code == 200
    assert browser.post(found[1], {"score": "5"}).status_code in (200, 303)
