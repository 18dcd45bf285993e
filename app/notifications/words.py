"""Words about notices that doors may speak."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from app.core.language import Lazy


class Way(StrEnum):
    """How somebody is told."""

    BELL = "bell"
    EMAIL = "email"
    TEAMS = "teams"


class Side(StrEnum):
    """On which side of a ticket a reader stands."""

    REQUESTER = "requester"
    STAFF = "staff"
    SELF = "self"  # about the own account


class Topic(StrEnum):
    """What a notice is about, as a person chooses on the preferences page."""

    RECEIVED = "received"
    REPLY = "reply"
    PROGRESS = "progress"
    NEW_TICKET = "new_ticket"
    CRITICAL = "critical"
    ASSIGNED = "assigned"
    CUSTOMER_REPLY = "customer_reply"
    TEAM_REPLY = "team_reply"
    NOT_SENT = "not_sent"
    NOTE = "note"
    CHANGES = "changes"
    REOPENED = "reopened"
    ESCALATED = "escalated"
    NOBODY_FREE = "nobody_free"
    DEADLINE = "deadline"
    RATED = "rated"
    DAILY = "daily"
    ACCOUNT = "account"


class MailKind(StrEnum):
    """Mails about tickets, whose words administrators may change; named after the built-in templates."""

    RECEIVED = "received"
    RECEIVED_NEUTRAL = "received_neutral"
    REPLY = "reply"
    PROGRESS = "progress"
    NEW_TICKET = "new_ticket"
    ASSIGNED = "assigned"
    CUSTOMER_REPLY = "customer_reply"
    TEAM_REPLY = "team_reply"
    NOT_SENT = "not_sent"
    REOPENED = "reopened"
    ESCALATED = "escalated"
    DEADLINE = "deadline"
    CRITICAL = "critical"
    NOBODY_FREE = "nobody_free"


@dataclass(frozen=True, slots=True)
class Choice:
    """One line of the preferences page.

    ``ways``: those that can be turned off; Teams only counts for people with an address there.
    """

    topic: Topic
    side: Side
    name: Lazy
    ways: tuple[Way, ...]


BOTH = (Way.BELL, Way.EMAIL)
ALL = (*BOTH, Way.TEAMS)
# What stands here can be turned off; everything else is owed: public replies, and what concerns the own account.
CHOICES: tuple[Choice, ...] = (
    Choice(Topic.RECEIVED, Side.REQUESTER, Lazy("My request was received"), (Way.EMAIL,)),
    Choice(Topic.PROGRESS, Side.REQUESTER, Lazy("My request has a new status"), (Way.EMAIL,)),
    Choice(Topic.ASSIGNED, Side.STAFF, Lazy("A ticket is assigned to me"), ALL),
    Choice(Topic.CUSTOMER_REPLY, Side.STAFF, Lazy("A requester answers"), ALL),
    Choice(Topic.TEAM_REPLY, Side.STAFF, Lazy("A colleague answers"), BOTH),
    Choice(Topic.NOT_SENT, Side.STAFF, Lazy("A scheduled reply of mine was not sent"), BOTH),
    Choice(Topic.NOTE, Side.STAFF, Lazy("A colleague writes an internal note"), (Way.BELL,)),
    Choice(Topic.REOPENED, Side.STAFF, Lazy("A ticket is opened again"), BOTH),
    Choice(Topic.CHANGES, Side.STAFF, Lazy("Other changes of my tickets and those I watch"), (Way.BELL,)),
    Choice(Topic.NEW_TICKET, Side.STAFF, Lazy("A new ticket waits for somebody of my team"), BOTH),
    Choice(Topic.DEADLINE, Side.STAFF, Lazy("A deadline comes close or was missed"), ALL),
    Choice(Topic.ESCALATED, Side.STAFF, Lazy("A ticket is escalated"), ALL),
    Choice(Topic.RATED, Side.STAFF, Lazy("A requester rates a ticket of mine"), (Way.BELL,)),
    Choice(Topic.CRITICAL, Side.STAFF, Lazy("My team gets a critical ticket (team leaders)"), BOTH),
    Choice(Topic.NOBODY_FREE, Side.STAFF, Lazy("Nobody fits for a new ticket (team leaders)"), BOTH),
)


def is_optional(topic: Topic, way: Way) -> bool:
    """Whether a person may turn this off."""
    return (topic, way) in _OPTIONAL


_OPTIONAL = frozenset((choice.topic, way) for choice in CHOICES for way in choice.ways)
