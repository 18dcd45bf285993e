"""Names of states, priorities and clocks in the reader's language, for sentences."""

from __future__ import annotations

from app.core.language import Lazy, lazy_gettext
from app.sla.words import ClockKind
from app.tickets.words import Channel, PendingReason, Priority, Status

STAFF_STATUS: dict[Status, Lazy] = {
    Status.OPEN: Lazy("New", "ticket status"),
    Status.IN_PROGRESS: Lazy("In progress", "ticket status"),
    Status.PENDING: Lazy("Waiting", "ticket status"),
    Status.RESOLVED: Lazy("Resolved", "ticket status"),
    Status.CLOSED: Lazy("Closed", "ticket status"),
}
STAFF_WAITING: dict[PendingReason, Lazy] = {
    PendingReason.CUSTOMER: Lazy("Waiting for customer", "ticket status"),
    PendingReason.THIRD_PARTY: Lazy("Waiting for third party", "ticket status"),
}
REQUEST_STATUS: dict[Status, Lazy] = {
    Status.OPEN: Lazy("Received", "request status"),
    Status.IN_PROGRESS: Lazy("We are working on it", "request status"),
    Status.PENDING: Lazy("Your answer is missing", "request status"),
    Status.RESOLVED: Lazy("Resolved", "request status"),
    Status.CLOSED: Lazy("Finished", "request status"),
}
REQUEST_WAITS = Lazy("We are waiting for a third party", "request status")
PRIORITIES: dict[Priority, Lazy] = {
    Priority.CRITICAL: Lazy("Critical", "priority"),
    Priority.HIGH: Lazy("High", "priority"),
    Priority.MEDIUM: Lazy("Medium", "priority"),
    Priority.LOW: Lazy("Low", "priority"),
}
CLOCKS: dict[ClockKind, Lazy] = {
    ClockKind.RESPONSE: lazy_gettext("first response"),
    ClockKind.RESOLUTION: lazy_gettext("resolution"),
}
CHANNELS: dict[Channel, Lazy] = {
    Channel.WEB: lazy_gettext("in the portal"),
    Channel.EMAIL: lazy_gettext("by e-mail"),
    Channel.API: lazy_gettext("by interface"),
    Channel.CHAT: lazy_gettext("in the chat"),
    Channel.TEAMS: lazy_gettext("in Teams"),
}


def status_name(status: str, reason: str | None = None) -> str:
    """A status as agents call it; without a reason, waiting is just that."""
    if status == Status.PENDING and reason:
        return str(STAFF_WAITING[PendingReason(reason)])
    return str(STAFF_STATUS[Status(status)])


def request_status_name(status: str, reason: str | None) -> str:
    """A status as the requester's side calls it."""
    if status == Status.PENDING and reason == PendingReason.THIRD_PARTY:
        return str(REQUEST_WAITS)
    return str(REQUEST_STATUS[Status(status)])


def priority_name(priority: str) -> str:
    return str(PRIORITIES[Priority(priority)])


def clock_name(kind: str) -> str:
    """``first response`` or ``resolution``, for the middle of a sentence."""
    return str(CLOCKS[ClockKind(kind)])


def channel_name(channel: str) -> str:
    """``by e-mail``, for the end of a sentence."""
    return str(CHANNELS[Channel(channel)])
