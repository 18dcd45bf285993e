"""Mail that comes back: told on its delivery, muting what is hopeless, believed when it is about our own mail (A12)."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from app.accounts.actors import SHELL
from app.accounts.models import Person
from app.accounts.words import Role
from app.core.db import db
from app.core.uow import run_unit
from app.events.models import Delivery, Event
from app.events.words import DeliveryState
from app.mailroom import own_ids
from app.mailroom.actions import bouncing
from app.mailroom.models import Bounce, MutedAddress
from tests.support import post
from tests.support.letters import bring, facts_about, kept, letter, raw, results, tickets
from tests.support.smtp_sink import SmtpSink

MIA = "Mia <mia@kunde.example>"


@pytest.fixture
def told(world):
    """A customer whose ticket was answered, and the mail of the answer on its way to the customer."""
    world.anna = world.agent(email="anna@firma.example")
    world.mia = world.customer(email="mia@kunde.example")
    world.kept_ticket = world.ticket(world.mia)
    with SmtpSink() as sink, post.servers(smtp=sink):
        world.relay()
        yield world


def delivery_to(story) -> Delivery:
    db.session.expire_all()
    query = sa.select(Delivery).where(
        Delivery.consumer == "email", Delivery.target == f"person:{story.mia.id}"
    )
    return db.session.scalars(query.order_by(Delivery.id.desc())).first()


def dsn(
    message_id: str, status: str = "5.1.1", action: str = "failed", recipient: str = "mia@kunde.example"
) -> bytes:
    """A delivery status notification (RFC 3464) about one of our mails."""
    return raw(
        "From: MAILER-DAEMON@mx.firma.example",
        "To: hilfe@firma.example",
        "Subject: Undelivered Mail Returned to Sender",
        f"Message-ID: <{status}.{action}.{abs(hash(message_id))}@mx.firma.example>",
        "Return-Path: <>",
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"',
        body=(
            "--b\r\nContent-Type: text/plain\r\n\r\nNicht zustellbar.\r\n"
            "--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.firma.example\r\n\r\n"
            f"Final-Recipient: rfc822; {recipient}\r\nAction: {action}\r\nStatus: {status}\r\n"
            "Diagnostic-Code: smtp; 550 no such user\r\n"
            f"--b\r\nContent-Type: text/rfc822-headers\r\n\r\nMessage-ID: {message_id}\r\n--b--\r\n"
        ).encode(),
    )


def id_of(story, delivery: Delivery) -> str:
    return own_ids.make("ticket", story.kept_ticket.id, delivery.event_id, story.mia.id)


def first_mail(story) -> Delivery:
    """The receipt, which went out in the fixture."""
    found = delivery_to(story)
    assert found.state is DeliveryState.SENT
    return found


def test_a12_a_bounce_is_told_on_its_delivery_and_opens_no_ticket(told):
    delivery = first_mail(told)
    assert results(bring(told.app, dsn(id_of(told, delivery)))) == ["ignored"]
    delivery = delivery_to(told)
    assert (delivery.state, delivery.error) == (DeliveryState.BOUNCED, "5.1.1 550 no such user")
    assert len(tickets()) == 1
    assert facts_about(told.kept_ticket, "mail.bounced") == [{"delivery_id": delivery.id, "lasting": True}]


def test_a12_a_late_mail_is_only_late(told):
    delivery = first_mail(told)
    bring(told.app, dsn(id_of(told, delivery), "4.2.2", "delayed"))
    assert delivery_to(told).state is DeliveryState.SENT
    (bounce,) = db.session.scalars(sa.select(Bounce))
    assert not bounce.is_lasting


def test_a12_a_bounce_of_a_mail_we_never_sent_changes_nothing(told):
    delivery = first_mail(told)
    real = id_of(told, delivery)
    strangers = [
        dsn("<made-up@firma.example>"),
        dsn(real[:-30] + ("A" if real[-30] != "A" else "B") + real[-29:]),
        dsn(own_ids.make("ticket", told.kept_ticket.id, own_ids.THREAD, told.mia.id)),
        dsn(own_ids.make("ticket", told.kept_ticket.id, delivery.event_id, told.anna.id)),
    ]
    assert results(bring(told.app, *strangers)) == ["ignored"] * 4
    assert delivery_to(told).state is DeliveryState.SENT
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Bounce)) == 0


def two_come_back(told):
    """The receipts of two tickets; what comes back twice of one mail counts once."""
    bring(told.app, dsn(id_of(told, first_mail(told))), dsn(id_of(told, first_mail(told)), "5.7.1"))
    assert not bouncing.is_muted("mia@kunde.example")
    second = told.ticket(told.mia)
    told.relay()
    delivery = delivery_to(told)
    bring(told.app, dsn(own_ids.make("ticket", second.id, delivery.event_id, told.mia.id)))


def test_a12_after_some_lasting_bounces_an_address_gets_no_automatic_mail_any_more(told):
    two_come_back(told)
    assert bouncing.is_muted("MIA@kunde.example")
    told.ticket(told.mia)
    told.relay()
    last = delivery_to(told)
    assert (last.state, last.error) == (DeliveryState.CANCELLED, "muted")


def test_a_mail_from_the_address_shows_that_it_lives(told):
    two_come_back(told)
    bring(told.app, letter("Ich bin wieder da", sender=MIA))
    assert not bouncing.is_muted("mia@kunde.example")


def test_an_administrator_lets_mail_go_again(told):
    two_come_back(told)
    run_unit(lambda: bouncing.lives("mia@kunde.example", actor=SHELL))
    assert db.session.scalar(sa.select(sa.func.count()).select_from(MutedAddress)) == 0


def test_a12_many_bounces_of_one_mail_count_once_and_open_nothing(told):
    key = id_of(told, first_mail(told))
    many = [dsn(key, f"5.{n // 100}.{n}") for n in range(1, 41)]
    assert results(bring(told.app, *many)) == ["ignored"] * 40
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Bounce)) == 1
    assert len(tickets()) == 1
    assert {one.reason for one in kept()} == {"bounce"}


def test_a12_a_colleague_is_never_muted(told):
    run_unit(lambda: setattr(db.session.get_one(Person, told.mia.id), "role", Role.SUPPORT_AGENT))
    two_come_back(told)
    assert not bouncing.is_muted("mia@kunde.example")


def test_the_agent_hears_of_it(told):
    run_unit(
        lambda: setattr(
            db.session.get_one(type(told.kept_ticket), told.kept_ticket.id), "assignee_id", told.anna.id
        )
    )
    bring(told.app, dsn(id_of(told, first_mail(told))))
    told.relay()
    page = told.browser(told.anna).get("/tickets/inbox").get_data(as_text=True)
    assert "unzustellbar" in page
    assert db.session.scalar(sa.select(Event.id).where(Event.kind == "mail.bounced"))
