"""What programs may want of tickets; customers have fewer words than staff."""

from __future__ import annotations

import re
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, BeforeValidator, ConfigDict, Field

from app.core.language import _
from app.core.schema import N_, Command, Id, Line, Lines, Title, refuse
from app.sla.words import ClockState
from app.tickets.schemas import Announced, Body, TagName
from app.tickets.words import Channel, PendingReason, Priority, Status
from app.web.kit.json_fields import Sparse
from app.web.kit.json_lists import Paged

MOMENT = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:[Zz]|[+-]\d\d:\d\d)", re.ASCII)


def _as_said(value: Any) -> Any:
    """A moment as RFC 3339 writes it, with its zone; numbers, also those in quotes, could mean anything."""
    if not isinstance(value, str) or not MOMENT.fullmatch(value):
        raise refuse(N_("Please give a moment such as 2026-11-20T09:00:00Z."))
    try:
        return datetime.fromisoformat(value.upper())
    except ValueError as error:
        raise refuse(N_("Please give a moment such as 2026-11-20T09:00:00Z.")) from error


Instant = Annotated[AwareDatetime, BeforeValidator(_as_said)]
Tags = Annotated[list[TagName], Field(max_length=20)]
Assignee = Literal["me"] | Id
Files = Annotated[list[Id], Field(max_length=50)]


def example(**values: Any) -> ConfigDict:
    """The one example of a command that the documents show."""
    return ConfigDict(json_schema_extra={"examples": [values]})


class Sorting(StrEnum):
    """Orders of a list; a leading minus means the newest first."""

    RECENT = "-updated_at"
    CREATED = "created_at"
    NEWEST = "-created_at"
    PRIORITY = "priority"
    DUE = "due_at"


class TicketsWanted(Paged, Sparse):
    """Filters of the list of tickets. Customers see their own requests and filter by status alone."""

    status: list[Status] = Field(default_factory=list, max_length=len(Status))
    priority: list[Priority] = Field(default_factory=list, max_length=len(Priority))
    category: Id | None = None
    team: Id | None = None
    assignee: Literal["me", "none"] | Id | None = None
    requester: Id | None = None
    tag: TagName | None = None
    channel: Channel | None = None
    sla: ClockState | None = None
    created_after: Instant | None = None
    created_before: Instant | None = None
    updated_after: Instant | None = None
    sort: Sorting = Sorting.RECENT


class NewTicketCall(Command):
    """A request.

    `priority` is how much stands still for the requester; `requester`, `team` and `tags` are for staff.
    """

    model_config = example(
        title="VPN bricht ab",
        description="Seit heute früh alle zehn Minuten.",
        priority="high",
        attachment_ids=[],
    )

    title: Title
    description: Body
    priority: Priority | None = None
    category: Id | None = None
    attachment_ids: Files = Field(default_factory=list)
    requester: Id | None = None
    team: Id | None = None
    tags: Tags = Field(default_factory=list)


class TicketChange(Command):
    """What is to be different; what is left out stays. `assignee`: `me`, the id of a colleague, or null."""

    model_config = example(priority="critical", tags=["vpn"])

    title: Title | None = None
    status: Status | None = None
    pending_reason: PendingReason | None = None
    priority: Priority | None = None
    category: Id | None = None
    team: Id | None = None
    assignee: Assignee | None = None
    tags: Tags | None = None


class WholeTicket(Command):
    """All a ticket's own fields at once. `assignee`: `me`, the id of a colleague, or null."""

    model_config = example(
        title="VPN bricht ab",
        status="in_progress",
        pending_reason=None,
        priority="high",
        category=None,
        team=1,
        assignee="me",
        tags=[],
    )

    title: Title
    status: Status
    pending_reason: PendingReason | None
    priority: Priority
    category: Id | None
    team: Id
    assignee: Assignee | None
    tags: Tags


class AssigneeWanted(Command):
    """`me`, `auto` (the team's rule chooses), the id of a colleague, or null to give the ticket back."""

    model_config = example(assignee="me")

    assignee: Literal["me", "auto"] | Id | None


class Said(Command):
    """A comment that may come with it."""

    model_config = example(comment="Der Zugang geht wieder.")

    comment: Annotated[Lines, Field(min_length=1)] | None = None


class NewCommentCall(Command):
    """`based_on`: the id of the newest comment its writer had seen."""

    model_config = example(content="Es geht wieder, danke.", is_internal=False, attachment_ids=[])

    content: Body
    is_internal: bool = False
    attachment_ids: Files = Field(default_factory=list)
    based_on: Annotated[int, Field(ge=0, le=2**63 - 1)] | None = None


class EscalationCall(Command):
    """To which support level, and why."""

    model_config = example(level=3, reason="Der Fehler liegt im Treiber.")

    level: Annotated[int, Field(ge=2, le=4)]
    reason: Annotated[Line, Field(min_length=3, max_length=500)]


class RatingCall(Command):
    """1 (bad) to 5 (very good), with words if there are any."""

    model_config = example(score=5, comment="Schnell gelöst.")

    score: Annotated[int, Field(ge=1, le=5)]
    comment: Annotated[Lines, Field(max_length=2000)] = ""


class NewUpload(Announced):
    """`size` in bytes; `sha256` of the whole file, if it is to be checked at the end."""

    model_config = example(filename="protokoll.zip", size=12_582_912)


class CommentCorrection(Command):
    model_config = example(content="Es geht wieder, vielen Dank.")

    content: Body


def not_yours(fields: set[str]) -> dict[str, str]:
    """The problem of fields that a customer may not use."""
    return {name: _("This field is for staff.") for name in sorted(fields)}
