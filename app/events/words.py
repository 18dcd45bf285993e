"""Words of the spine that doors may speak."""

from enum import StrEnum


class Visibility(StrEnum):
    """Who may read an event: everybody who may read its subject, or staff only."""

    PUBLIC = "public"
    INTERNAL = "internal"


class DeliveryState(StrEnum):
    WAITING = "waiting"
    SENDING = "sending"
    SENT = "sent"
    DEAD = "dead"
    CANCELLED = "cancelled"
    HELD = "held"
    BOUNCED = "bounced"
