"""What the agents' forms and addresses carry."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import BeforeValidator, EmailStr, Field

from app.core.schema import BODY_LENGTH, MAX_ID, Command, Id, Line, Lines, Maybe, OptionalId, Title
from app.tickets.schemas import Body, StatusMove, TagName
from app.tickets.words import Channel, PendingReason, PresenceMode, Priority, Status

Version = Annotated[int, Field(ge=1)]


def _apart(given: object) -> object:
    """Tags as people type them, separated by commas."""
    if not isinstance(given, list):
        return given
    return [name for part in given for one in str(part).split(",") if (name := one.strip())]


Tags = Annotated[list[TagName], BeforeValidator(_apart), Field(max_length=20)]


class Step(StrEnum):
    """A status as one choice: the two kinds of waiting are two steps."""

    OPEN = "open"
    IN_PROGRESS = "in_progress"
    PENDING_CUSTOMER = "pending_customer"
    PENDING_THIRD_PARTY = "pending_third_party"
    RESOLVED = "resolved"
    CLOSED = "closed"

    @property
    def status(self) -> Status:
        return Status.PENDING if self.value.startswith("pending") else Status(self.value)

    @property
    def reason(self) -> PendingReason | None:
        found = self.value.removeprefix("pending_")
        return PendingReason(found) if self.status is Status.PENDING else None


def step_of(status: Status, reason: PendingReason | None) -> Step:
    """The choice that stands for a status."""
    if status is not Status.PENDING:
        return Step(status.value)
    return Step(f"pending_{reason or PendingReason.CUSTOMER}")


class Tab(StrEnum):
    """The parts of a ticket's page."""

    CONVERSATION = ""
    HISTORY = "history"
    TIMES = "times"
    FILES = "files"


class TicketQuery(Command):
    """The address of a ticket's page: which part, entries older than which, what was just sent or planned, the box."""

    tab: Tab = Tab.CONVERSATION
    before: OptionalId = None
    sent: OptionalId = None
    scheduled: OptionalId = None
    mode: Literal["", "reply", "note"] = ""
    cursor: Annotated[Line, Field(max_length=500)] = ""


class Later(StrEnum):
    """When a reply goes out that does not go out now; ``AT`` at the moment that stands beside it."""

    HOUR = "hour"
    EVENING = "evening"
    MORNING = "morning"
    MONDAY = "monday"
    AT = "at"


class ReplyForm(Command):
    """``due_at`` and ``after`` belong to ``later``: the moment as the reader's clock shows it, the status then."""

    body: Body
    attachment_ids: list[Id] = Field(default_factory=list, max_length=50)
    based_on: int | None = Field(None, ge=0, le=MAX_ID)
    then: Maybe[Step] = None
    later: Maybe[Later] = None
    due_at: Annotated[Line, Field(max_length=40)] = ""
    after: Maybe[Step] = None


class NoteForm(Command):
    body: Body
    attachment_ids: list[Id] = Field(default_factory=list, max_length=50)
    based_on: int | None = Field(None, ge=0, le=MAX_ID)


class DraftForm(Command):
    text: Annotated[Lines, Field(max_length=BODY_LENGTH)] = ""


class CorrectionForm(Command):
    body: Body


class PresenceForm(Command):
    mode: PresenceMode
    seen: int = Field(0, ge=0, le=MAX_ID)


class StatusForm(Command):
    status: Step
    version: Version

    def move(self) -> StatusMove:
        return StatusMove(status=self.status.status, pending_reason=self.status.reason, version=self.version)


class PriorityForm(Command):
    priority: Priority
    version: Version


class TeamForm(Command):
    team_id: Id
    version: Version


class CategoryForm(Command):
    category_id: OptionalId = None
    version: Version


class TitleForm(Command):
    title: Title
    version: Version


class AssigneeForm(Command):
    """``me``, ``nobody``, ``auto`` or the number of a person."""

    assignee: Annotated[str, Field(pattern=r"^(me|nobody|auto|[1-9][0-9]{0,17})$")]
    version: Version


class TagsForm(Command):
    tags: Tags = Field(default_factory=list)


class EscalationForm(Command):
    level: int = Field(ge=2, le=4)
    reason: Annotated[Line, Field(min_length=3, max_length=500)]


class ParticipantForm(Command):
    email: EmailStr


class NewTicketForm(Command):
    """A ticket taken down by an agent, for somebody known or for somebody new."""

    requester_id: OptionalId = None
    email: Maybe[EmailStr] = None
    first_name: Annotated[Line, Field(max_length=80)] = ""
    last_name: Annotated[Line, Field(max_length=80)] = ""
    channel: Literal[Channel.AGENT, Channel.EMAIL, Channel.CHAT, Channel.TEAMS] = Channel.AGENT
    title: Title
    description: Body
    impact: Maybe[Priority] = None
    category_id: OptionalId = None
    team_id: OptionalId = None
    tags: Tags = Field(default_factory=list)
    attachment_ids: list[Id] = Field(default_factory=list, max_length=50)
    who: Annotated[Line, Field(max_length=100)] = ""


class PeopleQuery(Command):
    """Looking for the person a new ticket is for."""

    who: Annotated[Line, Field(max_length=100)] = ""
    requester: OptionalId = None


class SearchQuery(Command):
    q: Annotated[Line, Field(max_length=200)] = ""


class OriginalQuery(Command):
    """A mail as it came: with or without its pictures from the internet."""

    pictures: bool = False
