"""Raw mails for tests, and a hand that brings them to the mail room."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from datetime import timedelta
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import Any

import sqlalchemy as sa
from flask import Flask

from app.accounts.models import Person
from app.core import clock
from app.core.db import db
from app.events.models import Delivery, Event
from app.jobs.intake import Arriving, Intake
from app.mailroom import own_ids
from app.mailroom.models import RawMail
from app.mailroom.origin import Origin
from app.mailroom.outcomes import Outcome
from app.tickets.models import Comment, Ticket

_numbers = itertools.count(1)
MIA = "Mia Muster <mia@kunde.example>"
SUPPORT = "hilfe@firma.example"


def letter(
    text: str = "Der Drucker druckt nicht.",
    *,
    sender: str | None = MIA,
    subject: str = "Drucker",
    headers: dict[str, str] | None = None,
    files: Sequence[tuple[str, bytes]] = (),
    days_old: float = 0,
) -> bytes:
    """A mail as a mail program sends it.

    Args:
        sender: the From header, None to leave it out.
        headers: further ones, or others in place of Message-ID and the like.
        files: names and bytes of attachments.
        days_old: how long ago it was sent.
    """
    message = EmailMessage(policy=SMTP)
    given = {
        "From": sender,
        "To": SUPPORT,
        "Subject": subject,
        "Date": format_datetime(clock.now() - timedelta(days=days_old)),
        "Message-ID": f"<brief-{next(_numbers)}@kunde.example>",
    } | (headers or {})
    for name, value in given.items():
        if value is not None:
            message[name] = value
    message.set_content(text)
    for name, data in files:
        message.add_attachment(data, maintype="application", subtype="octet-stream", filename=name)
    return message.as_bytes()


def raw(*lines: str | bytes, body: bytes = b"Guten Tag") -> bytes:
    """A mail of exactly these header lines, for what no mail program would write."""
    head = [line if isinstance(line, bytes) else line.encode() for line in lines]
    return b"\r\n".join([*head, b"", body])


def key_for(ticket: Ticket, person: Person, event_id: int = own_ids.THREAD) -> str:
    """The Message-ID of a notification about a ticket to a person."""
    return own_ids.make("ticket", ticket.id, event_id, person.id)


def bring(
    app: Flask,
    *mails: bytes,
    account: str = "import",
    scanned: bool = True,
    origin: Origin | None = None,
) -> list[Outcome]:
    """Have mails taken in, all at once.

    Args:
        origin: the account they come by, with what it gives them; else files under this ``account``.
    """
    db.session.rollback()
    came_by = origin or Origin(account=account)
    with Intake(app.extensions["storage"], scanned=scanned, origin=came_by) as intake:
        outcomes = intake.take_in([Arriving(f"brief-{n}.eml", mail) for n, mail in enumerate(mails, 1)])
    db.session.rollback()
    db.session.expire_all()
    return outcomes


def results(outcomes: Sequence[Outcome]) -> list[str]:
    return [str(outcome.result) for outcome in outcomes]


def tickets() -> list[Ticket]:
    """Every ticket, oldest first, as it stands now."""
    return list(db.session.scalars(sa.select(Ticket).order_by(Ticket.id)))


def comments(ticket: Ticket) -> list[Comment]:
    query = sa.select(Comment).where(Comment.ticket_id == ticket.id).order_by(Comment.id)
    return list(db.session.scalars(query))


def kept() -> list[RawMail]:
    """Every raw mail, oldest first."""
    return list(db.session.scalars(sa.select(RawMail).order_by(RawMail.id)))


def facts_about(ticket: Ticket, kind: str) -> list[dict[str, Any]]:
    """Payloads of one kind on the story of a ticket."""
    query = sa.select(Event.payload).where(Event.ticket_id == ticket.id, Event.kind == kind)
    return list(db.session.scalars(query.order_by(Event.id)))


def mails_out() -> int:
    """How many mails the house would send, or has sent."""
    count = sa.select(sa.func.count()).select_from(Delivery).where(Delivery.consumer == "email")
    return db.session.scalar(count) or 0
