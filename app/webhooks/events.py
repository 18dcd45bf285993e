"""What can happen to webhooks."""

from __future__ import annotations

from app.events.kinds import Fact


class WebhookCreated(Fact):
    kind = "webhook.created"


class WebhookChanged(Fact):
    kind = "webhook.changed"
    fields: list[str]


class WebhookRemoved(Fact):
    kind = "webhook.removed"


class WebhookRotated(Fact):
    """It has a new secret; ``keeps_former``: the one before it signs as well for a while."""

    kind = "webhook.rotated"
    keeps_former: bool


class WebhookSwitchedOff(Fact):
    """Its receiver took nothing for days, so it is told of nothing any more."""

    kind = "webhook.switched_off"
    name: str
    trouble: str


class WebhookRedelivered(Fact):
    """Somebody sends a delivery once more."""

    kind = "webhook.redelivered"
    delivery_id: int
