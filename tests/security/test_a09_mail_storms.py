"""Machines that answer machines, victims of strangers' requests, and poison between good mails (A09, A13, A14, A15)."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa
import time_machine

from app.core import clock
from app.core.db import db
from app.core.uow import run_unit
from app.events.models import Delivery, Event
from app.events.words import DeliveryState
from app.mailroom.outcomes import State
from app.settings.actions import change
from app.settings.schemas import MailRules
from tests.support import post
from tests.support.accounts import limits_on
from tests.support.letters import bring, kept, letter, tickets
from tests.support.poison import POISON
from tests.support.post_office import PostOffice, dovecot
from tests.support.smtp_sink import SmtpSink

ROBOT = "Robot <robot@maschine.example>"


@pytest.fixture
def sink():
    with SmtpSink() as running, post.servers(smtp=running):
        yield running


def to(sink, address):
    return [mail for mail in sink.mails if mail.recipients == (address,)]


def test_a09_a_machine_that_answers_every_mail_is_left_alone_and_its_words_are_kept(world, sink):
    """A ping-pong of ten minutes: each of our mails gets an answer with a new id and no sign of a machine."""
    world.agent()
    seen = 0
    bring(world.app, letter("Antwort 0", sender=ROBOT))
    now = clock.now()
    for round_ in range(1, 61):
        with time_machine.travel(now + timedelta(seconds=10 * round_), tick=False):
            world.relay()
            ours = to(sink, "robot@maschine.example")
            for _answer in ours[seen:]:
                bring(world.app, letter(f"Antwort {round_}", sender=ROBOT))
            seen = len(ours)
    assert 1 <= len(to(sink, "robot@maschine.example")) <= 3
    assert len(kept()) == len(tickets()) == seen + 1


def test_a09_whoever_works_the_ticket_is_told_why_there_was_no_receipt(world, sink):
    anna = world.agent()
    for n in range(4):
        bring(world.app, letter(f"Nr. {n}", sender=ROBOT))
    world.relay()
    left_out = db.session.scalars(
        sa.select(Event.ticket_id).where(Event.kind == "notification.receipt_left_out")
    ).all()
    assert left_out == [tickets()[-1].id]
    page = world.browser(anna).get(f"/tickets/{tickets()[-1].number}").get_data(as_text=True)
    assert "bekam keine Eingangsbestätigung" in page


def test_a09_the_whole_house_has_a_limit(world, sink):
    admin = world.actor(world.admin())
    run_unit(lambda: change(MailRules(automatic_per_hour_in_all=10), actor=admin))
    for n in range(12):
        bring(world.app, letter("Hallo", sender=f"Person {n} <p{n}@kunde.example>"))
    with limits_on():
        world.relay()
    assert len(sink.mails) == 10


def test_a13_a_thousand_mails_in_a_victims_name_bring_three_receipts_without_their_words(world, sink):
    mails = [letter("Schweinkram", sender="Opfer <opfer@kunde.example>", subject="Frech") for _ in range(100)]
    for start in range(0, 100, 20):
        bring(world.app, *mails[start : start + 20])
    world.relay()
    received = to(sink, "opfer@kunde.example")
    assert len(received) == 3
    assert not any(word in str(mail.message) for mail in received for word in ("Frech", "Schweinkram"))
    limited = sa.select(sa.func.count()).where(
        Delivery.state == DeliveryState.CANCELLED,
        Delivery.error == "limit",
        Delivery.target.startswith("person:"),
    )
    assert db.session.scalar(limited) >= 97


@pytest.fixture(scope="module")
def server():
    with dovecot("hilfe@firma.example") as running:
        yield running


@pytest.mark.servers
@pytest.mark.sqlite_only
@pytest.mark.parametrize("name", POISON)
def test_a15_poison_between_good_mails_on_the_server(world, server, name):
    office = PostOffice(world, server)
    try:
        office.deliver(letter("Davor"), POISON[name] or b"\n", letter("Danach"))
        run = office.fetch()
        assert run.trouble == ""
        assert [ticket.description for ticket in tickets() if ticket.description in ("Davor", "Danach")] == [
            "Davor",
            "Danach",
        ]
        assert len(kept()) == 3 and State.KEPT not in {raw.state for raw in kept()}
    finally:
        office.end()
