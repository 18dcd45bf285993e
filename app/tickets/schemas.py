"""What comes in about tickets."""

from __future__ import annotations

from typing import Annotated

from pydantic import AwareDatetime, EmailStr, Field, StringConstraints

from app.core.schema import MAX_ID, Command, Id, Line, Lines, Maybe, OptionalId, Title
from app.tickets.words import PendingReason, Priority, Status

TagName = Annotated[Line, Field(min_length=1, max_length=40)]
Body = Annotated[Lines, Field(min_length=1)]


class NewTicket(Command):
    """A request. ``requester_id``, ``team_id`` and ``tags`` are for staff."""

    title: Title
    description: Body
    impact: Maybe[Priority] = None
    category_id: OptionalId = None
    attachment_ids: list[Id] = Field(default_factory=list, max_length=50)
    requester_id: OptionalId = None
    team_id: OptionalId = None
    tags: list[TagName] = Field(default_factory=list, max_length=20)


class NewComment(Command):
    """A reply or a note; ``based_on`` is the last entry its writer had seen."""

    body: Body
    is_internal: bool = False
    attachment_ids: list[Id] = Field(default_factory=list, max_length=50)
    based_on: int | None = Field(None, ge=0)
    then: Maybe[Status] = None
    pending_reason: Maybe[PendingReason] = None


class LaterReply(Command):
    """A public reply that goes out later; ``based_on`` is the last entry its writer had seen."""

    body: Body
    due_at: AwareDatetime
    attachment_ids: list[Id] = Field(default_factory=list, max_length=50)
    based_on: int | None = Field(None, ge=0)
    then: Maybe[Status] = None
    pending_reason: Maybe[PendingReason] = None


class Correction(Command):
    body: Body


class Announced(Command):
    """A file that will come part by part; ``sha256`` is that of the whole file, when its sender knows it."""

    filename: Annotated[Line, Field(min_length=1, max_length=150)]
    size: int = Field(ge=1, le=MAX_ID)
    sha256: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")] | None = None


class StatusMove(Command):
    status: Status
    pending_reason: Maybe[PendingReason] = None
    version: int | None = Field(None, ge=1)


class Escalation(Command):
    level: int = Field(ge=2, le=4)
    reason: Annotated[Line, Field(min_length=3, max_length=500)]


class Score(Command):
    score: int = Field(ge=1, le=5)
    comment: Annotated[Lines, Field(max_length=2000)] = ""


class NewParticipant(Command):
    email: EmailStr
