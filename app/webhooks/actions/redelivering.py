"""Sending a delivery once more, because somebody wants it."""

from __future__ import annotations

from app.core import clock
from app.core.actor import Actor
from app.core.db import db
from app.core.errors import Conflict, NotFound
from app.core.language import _
from app.core.schema import MAX_ID
from app.events.log import action, record
from app.events.models import Delivery
from app.events.words import DeliveryState
from app.webhooks.access import check
from app.webhooks.events import WebhookRedelivered
from app.webhooks.models import Webhook
from app.webhooks.targets import NAME, target_of


@action
def redeliver(webhook: Webhook, delivery_id: int, *, actor: Actor) -> Delivery:
    """Send a delivery again with the same event id, also one that arrived.

    Raises:
        Forbidden: not the actor's to do.
        NotFound: no delivery of this webhook.
        Conflict: it is on its way just now, or the webhook is switched off.
    """
    check(actor)
    known = 1 <= delivery_id <= MAX_ID
    delivery = db.session.get(Delivery, delivery_id, with_for_update=True) if known else None
    if delivery is None or (delivery.consumer, delivery.target) != (NAME, target_of(webhook.id)):
        raise NotFound
    if delivery.state is DeliveryState.SENDING:
        raise Conflict(_("This delivery is already settled or on its way."))
    if not webhook.is_active:
        raise Conflict(_("This webhook is switched off. Please switch it on first."))
    now = clock.now()
    delivery.state, delivery.due_at, delivery.since = DeliveryState.WAITING, now, now
    delivery.attempts = delivery.lost = 0
    delivery.settled_at, delivery.error, delivery.reference = None, "", ""
    record(WebhookRedelivered(delivery_id=delivery.id), actor=actor, subject=("webhook", webhook.id))
    return delivery
