"""What would have been sent: mails that wait or went out, written anew for whoever looks (development only)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from app.core.db import db
from app.events.consumers import consumer
from app.events.models import Delivery, Event
from app.events.words import DeliveryState
from app.notifications.channels.email import Address, Email, recipient_of
from app.notifications.scene import Scene


@dataclass(frozen=True, slots=True)
class Shown:
    """A mail as it would go out now; ``subject`` is empty when there is nothing to say any more."""

    delivery: Delivery
    recipient: str = ""
    subject: str = ""
    text: str = ""
    html: str = ""


def outbox(limit: int = 50) -> Sequence[Shown]:
    """The newest mails, newest first; nothing is sent or noted by looking."""
    office = consumer("email")
    if not isinstance(office, Email):
        return []
    newest = sa.select(Delivery).where(
        Delivery.consumer == "email", Delivery.state != DeliveryState.CANCELLED
    )
    rows = db.session.scalars(newest.order_by(Delivery.id.desc()).limit(limit)).all()
    return [_shown(office, delivery) for delivery in rows]


def _shown(office: Email, delivery: Delivery) -> Shown:
    event = db.session.get_one(Event, delivery.event_id)
    address, scene = Address.read(delivery.target), Scene([event])
    recipient = recipient_of(event, address, scene)
    mail = office.write(event, recipient, scene, address.mailbox) if recipient else None
    if mail is None:
        return Shown(delivery)
    text, html = mail.message.get_body(("plain",)), mail.message.get_body(("html",))
    return Shown(
        delivery,
        mail.recipient,
        str(mail.message["Subject"]),
        text.get_content() if text else "",
        html.get_content() if html else "",
    )
