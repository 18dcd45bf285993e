"""What of a fact about a ticket may leave the staff's side: the fields that are named here, and no others."""

from __future__ import annotations

from typing import Any

from app.events.models import Event
from app.events.words import Visibility

# How a ticket came to somebody, what it was moved from and what follows it stay inside: they speak of other tickets,
# or of why. A public kind that is missing here says that it happened, and nothing else.
PUBLIC_FIELDS: dict[str, tuple[str, ...]] = {
    "ticket.opened": ("channel", "team_id", "requester_id"),
    "ticket.reply_added": ("comment_id", "by_staff"),
    "ticket.status_changed": ("old", "new", "pending_reason"),
    "ticket.assigned": ("old_id", "new_id"),
    "ticket.rated": ("score",),
    "ticket.participant_added": ("person_id",),
    "ticket.participant_removed": ("person_id",),
    "ticket.follow_up_opened": (),
}


def public_data(event: Event) -> dict[str, Any]:
    """The public part of what an event says; nothing of an internal one."""
    if event.visibility is not Visibility.PUBLIC:
        return {}
    return {name: event.payload.get(name) for name in PUBLIC_FIELDS.get(event.kind, ())}
