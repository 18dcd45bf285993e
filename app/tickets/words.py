"""Words about tickets that doors may speak."""

from enum import IntEnum, StrEnum


class Status(StrEnum):
    OPEN = "open"
    IN_PROGRESS = "in_progress"
    PENDING = "pending"
    RESOLVED = "resolved"
    CLOSED = "closed"


ACTIVE = frozenset({Status.OPEN, Status.IN_PROGRESS, Status.PENDING})


class Phase(StrEnum):
    """The coarse state that lists are cut by: few values make one short index serve every view.

    A deleted ticket has a phase of its own, so that no list has to step over it.
    """

    ACTIVE = "active"
    RESOLVED = "resolved"
    CLOSED = "closed"
    DELETED = "deleted"


class PendingReason(StrEnum):
    CUSTOMER = "customer"
    THIRD_PARTY = "third_party"


class Stage(IntEnum):
    """Status and reason of waiting in one number, which lists are cut by and counters kept by."""

    OPEN = 1
    IN_PROGRESS = 2
    WAITS_FOR_CUSTOMER = 3
    WAITS_FOR_OTHERS = 4
    RESOLVED = 5
    CLOSED = 6
    DELETED = 9


STAGES: dict[Status, tuple[Stage, ...]] = {
    Status.OPEN: (Stage.OPEN,),
    Status.IN_PROGRESS: (Stage.IN_PROGRESS,),
    Status.PENDING: (Stage.WAITS_FOR_CUSTOMER, Stage.WAITS_FOR_OTHERS),
    Status.RESOLVED: (Stage.RESOLVED,),
    Status.CLOSED: (Stage.CLOSED,),
}
PHASES: dict[Stage, Phase] = {
    Stage.OPEN: Phase.ACTIVE,
    Stage.IN_PROGRESS: Phase.ACTIVE,
    Stage.WAITS_FOR_CUSTOMER: Phase.ACTIVE,
    Stage.WAITS_FOR_OTHERS: Phase.ACTIVE,
    Stage.RESOLVED: Phase.RESOLVED,
    Stage.CLOSED: Phase.CLOSED,
    Stage.DELETED: Phase.DELETED,
}
ACTIVE_STAGES = tuple(stage for status in STAGES if status in ACTIVE for stage in STAGES[status])


def stage_of(status: Status, reason: PendingReason | None, is_deleted: bool = False) -> Stage:
    """The stage of a ticket."""
    if is_deleted:
        return Stage.DELETED
    if status is Status.PENDING and reason is PendingReason.THIRD_PARTY:
        return Stage.WAITS_FOR_OTHERS
    return STAGES[status][0]


class Priority(StrEnum):
    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"

    @property
    def urgency(self) -> int:
        """Its place in lists: 1 comes first."""
        return _URGENCY[self.value]


_URGENCY = {word: place for place, word in enumerate(("critical", "high", "medium", "low"), start=1)}


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


class ScheduledState(StrEnum):
    """What became of a reply that was written to go out later."""

    WAITING = "waiting"
    SENT = "sent"
    STOPPED = "stopped"
    CANCELLED = "cancelled"


class StopReason(StrEnum):
    """Why a reply did not go out at its time."""

    CUSTOMER_REPLIED = "customer_replied"
    SOLVED = "solved"
    CLOSED = "closed"
    DELETED = "deleted"
    SPAM = "spam"
    REQUESTER_CHANGED = "requester_changed"
    AUTHOR_GONE = "author_gone"
    STATUS = "status"
    FILES = "files"


def number_of(ticket_id: int) -> str:
    """``TICKET-000042``: at least six digits."""
    return f"TICKET-{ticket_id:06d}"
