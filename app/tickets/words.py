"""Words about tickets that doors may speak."""

from enum import StrEnum


class Status(StrEnum):
    OPEN = "open"
    IN_PROGRESS = "in_progress"
    PENDING = "pending"
    RESOLVED = "resolved"
    CLOSED = "closed"


ACTIVE = frozenset({Status.OPEN, Status.IN_PROGRESS, Status.PENDING})


class Phase(StrEnum):
    """The coarse state that lists are cut by: three values make one short index serve every view."""

    ACTIVE = "active"
    RESOLVED = "resolved"
    CLOSED = "closed"


class PendingReason(StrEnum):
    CUSTOMER = "customer"
    THIRD_PARTY = "third_party"


class Priority(StrEnum):
    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


class Channel(StrEnum):
    WEB = "web"
    EMAIL = "email"
    API = "api"
    CHAT = "chat"
    AGENT = "agent"
    TEAMS = "teams"


class AttachmentState(StrEnum):
    PENDING = "pending"
    CLEAN = "clean"
    INFECTED = "infected"


class PresenceMode(StrEnum):
    READING = "reading"
    WRITING = "writing"
