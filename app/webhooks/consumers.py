"""The outside consumer that calls receivers: prepares in a unit, speaks with none open, settles in another."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta

import sqlalchemy as sa

from app.core.breaker import Breaker
from app.core.db import db
from app.core.outcome import RetryLater
from app.events.consumers import Target
from app.events.models import Delivery, Event
from app.events.settling import PAUSES
from app.integrations.guard import HttpGuard
from app.webhooks import payload, sending, standing
from app.webhooks.audience import Sight
from app.webhooks.models import Webhook
from app.webhooks.pushes import Hearers, nobody, pushes
from app.webhooks.sending import Call, Said
from app.webhooks.signing import secrets_of
from app.webhooks.targets import NAME, target_of, webhook_id_of
from app.webhooks.words import WebhookKind

SWITCHED_OFF = "webhook_off"


class _Last(threading.local):
    """How the call went that this thread made last; whoever settles it runs in the same thread."""

    said: Said | None = None
    delivery_id = 0


class Webhooks:
    """Outside consumer.

    Args:
        guard: where a receiver may be.
        hearers: who is told of which event, for receivers that reach devices.
    """

    name = NAME
    patience = timedelta(hours=24)

    def __init__(self, guard: HttpGuard, hearers: Hearers = nobody) -> None:
        self.guard = guard
        self.hearers = hearers
        self._breaker = Breaker(PAUSES)
        self._last = _Last()

    def wants(self, kind: str) -> bool:
        return kind in frozenset(WebhookKind)

    def targets(self, event: Event) -> Iterable[Target]:
        return self.targets_of([event]).get(event.id, ())

    def targets_of(self, events: Sequence[Event]) -> Mapping[int, Iterable[Target]]:
        webhooks = db.session.scalars(sa.select(Webhook).where(Webhook.is_active.is_(True))).all()
        if not webhooks:
            return {}
        sight = Sight(events)
        return {
            event.id: [
                Target(target_of(webhook.id), sight.not_before(event))
                for webhook in webhooks
                if sight.tells(webhook, event)
            ]
            for event in events
        }

    def prepare(self, event: Event, delivery: Delivery) -> Call | None:
        """Look again whether the receiver is still to be told.

        Raises:
            Undeliverable: ``secret_unreadable``.
        """
        webhook = db.session.get(Webhook, webhook_id_of(delivery.target), populate_existing=True)
        if webhook is None or not webhook.is_active:
            delivery.error = SWITCHED_OFF if webhook else ""
            return None
        if not Sight([event]).tells(webhook, event):
            return None
        standing.begun(webhook.id, delivery.id)
        keys = secrets_of(webhook)
        devices = pushes(event, self.hearers) if webhook.with_devices else None
        body, hidden = payload.body_of(event, devices), tuple(one.token for one in devices or ())
        return Call(webhook.id, delivery.id, str(event.id), webhook.url, body, keys, hidden)

    def speak(self, message: Call) -> str:
        """Call the receiver.

        Raises:
            RetryLater, Undeliverable: it took nothing.
        """
        self._last.said = None
        receiver = f"{message.webhook_id} {message.url}"
        self._breaker.check(receiver)
        said = sending.post(message, self.guard)
        self._last.said, self._last.delivery_id = said, message.delivery_id
        if isinstance(said.trouble, RetryLater):
            until = self._breaker.trip(receiver, said.trouble)
            raise RetryLater(until, str(said.trouble)) from said.trouble
        if said.trouble is not None:
            raise said.trouble
        self._breaker.worked(receiver)
        return str(said.status)

    def send_trial(self, message: Call) -> Said:
        """Call the receiver, whatever happened there before."""
        return sending.post(message, self.guard)

    def failed(self, event: Event, delivery: Delivery) -> None:
        """Nobody is told of a single one; of a receiver that takes nothing for days administrators are."""

    def ended(self, together: Sequence[Delivery]) -> None:
        """Write down what the receiver answered, if it was asked at all."""
        (delivery,) = together
        said = self._last.said
        if said is not None and self._last.delivery_id == delivery.id:
            standing.ended(webhook_id_of(delivery.target), delivery.id, said)


def make(guard: HttpGuard, hearers: Hearers) -> tuple[Webhooks, ...]:
    """The consumers of this room, as the wiring registers them; see ``Webhooks``."""
    return (Webhooks(guard, hearers),)
