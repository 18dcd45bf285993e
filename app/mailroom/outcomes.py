"""What became of a mail: the state it is kept in, the result of one look at it, and the reason in a word."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from app.mailroom.words import MachineKind


class State(StrEnum):
    """Where a kept mail stands; all but the first are final until somebody asks for another look."""

    KEPT = "kept"
    TICKET = "ticket"
    COMMENT = "comment"
    IGNORED = "ignored"
    QUARANTINED = "quarantined"


class Result(StrEnum):
    """What one run did with one mail; the five numbers at the end of a run."""

    CREATED = "created"
    UPDATED = "updated"
    IGNORED = "ignored"
    QUARANTINED = "quarantined"
    ERROR = "error"


class Reason(StrEnum):
    """Why a mail is no new entry. Beside these a quarantined mail can name a ``words.Obstacle``."""

    BOUNCE = MachineKind.BOUNCE.value
    AUTO_REPLY = MachineKind.AUTO_REPLY.value
    RECEIPT = MachineKind.RECEIPT.value
    COMPLAINT = MachineKind.COMPLAINT.value
    OWN = MachineKind.OWN.value
    NOT_MAIL = "not_mail"
    EMPTY = "empty"
    OVERSIZED = "oversized"
    KNOWN = "known"
    FAILED = "failed"
    GAVE_UP = "gave_up"
    BYTES_MISSING = "bytes_missing"
    FILE_UNREADABLE = "file_unreadable"
    NOT_NOW = "not_now"
    BLOCKED = "blocked"
    DISCARDED = "discarded"
    SPAM = "spam"
    UNFETCHABLE = "unfetchable"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was done.

    Args:
        result: which number of the run it counts for.
        reason: a Reason or an Obstacle; "" for what became an entry.
        detail: measurements or the name of an exception, never text of the mail.
        ticket_id: the ticket it belongs to, if any.
    """

    result: Result
    reason: str = ""
    detail: str = ""
    ticket_id: int | None = None
