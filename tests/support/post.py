"""Mails and cards as the house would send them, without a server: for tests of what they say."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email.message import EmailMessage
from typing import Any

import sqlalchemy as sa

from app.accounts.models import Person
from app.core.db import db
from app.events.consumers import Inside, Outside, consumers, register
from app.events.models import Delivery, Event
from app.integrations.guard import HttpGuard
from app.integrations.smtp_route import SmtpRoute
from app.notifications import consumers as ways
from app.notifications.channels.email import Address, Email, recipient_of
from app.notifications.scene import Scene
from tests.support.http_sink import HttpSink
from tests.support.smtp_sink import SmtpSink

SENDER = "hilfe@firma.example"


@dataclass(frozen=True)
class Sent:
    """A mail about an event; ``mailbox`` tells the two apart that a change of address makes."""

    kind: str
    person_id: int
    mailbox: str
    message: EmailMessage

    @property
    def subject(self) -> str:
        return str(self.message["Subject"])

    @property
    def text(self) -> str:
        return _body(self.message, "plain")

    @property
    def html(self) -> str:
        return _body(self.message, "html")

    @property
    def everything(self) -> str:
        return f"{self.message}\n{self.subject}\n{self.text}\n{self.html}"


def _body(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    assert part is not None
    return str(part.get_content())


def written() -> list[Sent]:
    """Every mail there is a delivery for, as it would go out now, in order."""
    db.session.rollback()
    rows = db.session.scalars(sa.select(Delivery).where(Delivery.consumer == "email").order_by(Delivery.id))
    return [mail for delivery in rows.all() if (mail := _write(delivery)) is not None]


def _write(delivery: Delivery) -> Sent | None:
    event, address = db.session.get_one(Event, delivery.event_id), Address.read(delivery.target)
    scene = Scene([event])
    recipient = recipient_of(event, address, scene)
    made = Email(lambda: None, SENDER).write(event, recipient, scene, address.mailbox) if recipient else None
    return None if made is None else Sent(event.kind, address.person_id, address.mailbox, made.message)


def mail_to(person: Person, kind: str, mailbox: str = "") -> Sent:
    """The last mail about a kind of event to somebody."""
    found = [one for one in written() if (one.kind, one.person_id, one.mailbox) == (kind, person.id, mailbox)]
    assert found, [(one.kind, one.person_id) for one in written()]
    return found[-1]


def told_by_mail() -> list[tuple[str, int]]:
    """Kind and person of every mail there is a delivery for, in order."""
    return [(one.kind, one.person_id) for one in written()]


@contextmanager
def servers(*, smtp: SmtpSink | None = None, teams: HttpSink | None = None, **more: Any) -> Iterator[None]:
    """Let mails and cards go to these receivers for a while."""
    route = SmtpRoute(smtp.host, smtp.port, tls="none") if smtp else None
    guard = HttpGuard(allow_private=(teams.place,)) if teams else HttpGuard(host_patterns=("*.example",))
    given = {"sender": SENDER, "webhook": teams.url("/hook") if teams else "", "guard": guard} | more
    before = [known for known in consumers() if known.name in ("bell", "email", "teams")]
    _register(*ways.make(route=lambda: route, **given))
    try:
        yield
    finally:
        _register(*before)


def _register(*made: Inside | Outside) -> None:
    for consumer in made:
        register(consumer)
