"""Words of webhooks that doors may speak."""

from enum import StrEnum


class WebhookKind(StrEnum):
    """What a webhook can be told of: public kinds only."""

    OPENED = "ticket.opened"
    REPLY_ADDED = "ticket.reply_added"
    STATUS_CHANGED = "ticket.status_changed"
    ASSIGNED = "ticket.assigned"
    RATED = "ticket.rated"
    PARTICIPANT_ADDED = "ticket.participant_added"
    PARTICIPANT_REMOVED = "ticket.participant_removed"
    FOLLOW_UP_OPENED = "ticket.follow_up_opened"
