"""Tickets, comments and files as programs get to see them; customers have shapes of their own."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from app.accounts.queries import PersonName
from app.core import links
from app.core.actor import Actor
from app.sla.words import ClockState
from app.tickets.access import is_staff
from app.tickets.records import Record, Whole
from app.tickets.words import AttachmentState, Channel, PendingReason, Phase, Priority, Status, number_of
from app.web.api.shapes import Named, picture_of
from app.web.kit.json_answers import Answer

if TYPE_CHECKING:
    from app.tickets.models import Attachment as File


class Somebody(Answer):
    """A person as others mention them."""

    id: int
    full_name: str
    avatar: str | None


class Sla(Answer):
    """What was promised and how it stands; `paused` while the resolution clock waits for somebody else."""

    policy: str
    response_due_at: datetime | None
    response_state: ClockState
    resolution_due_at: datetime | None
    resolution_state: ClockState
    paused: bool


class Link(Answer):
    """Another ticket this one belongs to; `follows`: it goes on with a closed one."""

    kind: str
    id: int
    number: str


class Rated(Answer):
    """How content the requester is, 1 to 5."""

    score: int
    comment: str
    updated_at: datetime


class Escalation(Answer):
    """The last time the ticket was handed up."""

    from_level: int
    to_level: int
    reason: str
    at: datetime


class Attachment(Answer):
    """A file. `url` gives its bytes once `state` is `clean`."""

    id: int
    filename: str
    content_type: str
    size: int
    sha256: str
    state: AttachmentState
    url: str


class TicketRow(Answer):
    """A ticket in a list."""

    id: int
    number: str
    title: str
    status: Status
    pending_reason: PendingReason | None
    priority: Priority
    category: Named | None
    team: Named
    requester: Somebody
    assignee: Somebody | None
    channel: Channel
    created_at: datetime
    updated_at: datetime
    first_response_at: datetime | None
    resolved_at: datetime | None
    closed_at: datetime | None
    sla_state: ClockState
    has_files: bool
    last_entry_by_customer: bool
    version: int


class StaffTicketRow(TicketRow):
    """A ticket in a list of staff."""

    tags: list[str]
    support_level: int


class Ticket(TicketRow):
    """A ticket with everything beside it."""

    description: str
    created_by: Somebody | None
    participants: list[Somebody]
    created_from_email: bool
    email_from: str
    attachments: list[Attachment]
    sla: Sla
    rating: Rated | None
    links: list[Link]
    custom_fields: dict[str, str]


class StaffTicket(Ticket):
    """A ticket as staff see it."""

    tags: list[str]
    support_level: int
    priority_reason: dict[str, Any]
    escalation: Escalation | None
    watchers: list[Somebody]


SAME = (
    *("id", "title", "status", "pending_reason", "priority", "channel", "created_at", "updated_at"),
    *("first_response_at", "resolved_at", "closed_at", "sla_state", "has_files", "last_entry_by_customer"),
    "version",
)
OF_SLA = ("response_due_at", "response_state", "resolution_due_at", "resolution_state")


def somebody(person_id: int | None, people: Any) -> Somebody | None:
    """Whoever an id names, None for nobody."""
    name: PersonName | None = people.get(person_id or 0)
    if name is None:
        return None
    return Somebody(id=name.id, full_name=name.full_name, avatar=picture_of(name.id, name.avatar_sha256))


def row(record: Record) -> TicketRow:
    """A line of a customer's list."""
    return TicketRow(**_common(record))


def staff_row(record: Record) -> StaffTicketRow:
    """A line of a list of staff."""
    return StaffTicketRow(**_common(record), **_for_staff(record))


def ticket(actor: Actor, found: Whole) -> Ticket:
    """A whole ticket, as the actor may see it."""
    record, row = found.record, found.ticket
    values = _common(record) | {
        "description": row.description,
        "created_by": somebody(row.created_by_id, record.people),
        "participants": _people(found.participants, record),
        "created_from_email": row.created_from_email,
        "email_from": row.email_from,
        "attachments": [attachment(file) for file in found.files],
        "sla": _sla(found),
        "rating": _rated(found),
        "links": _links(row.follows_id),
        "custom_fields": {},
    }
    if not is_staff(actor):
        return Ticket(**values)
    return StaffTicket(
        **values,
        **_for_staff(record),
        priority_reason=row.priority_reason,
        escalation=_escalation(found),
        watchers=_people(found.watchers, record),
    )


def attachment(file: File) -> Attachment:
    """A file; its bytes have an address of their own."""
    same = ("id", "filename", "content_type", "size", "sha256", "state")
    given = {name: getattr(file, name) for name in same}
    return Attachment(**given, url=links.absolute(f"/api/v1/attachments/{file.id}/content"))


def _common(record: Record) -> dict[str, Any]:
    found = record.ticket
    topic = record.categories.get(found.category_id or 0)
    return {name: getattr(found, name) for name in SAME} | {
        "number": number_of(found.id),
        "category": Named(id=found.category_id, name=topic) if found.category_id and topic else None,
        "team": Named(id=found.team_id, name=record.teams.get(found.team_id, "")),
        "requester": somebody(found.requester_id, record.people),
        "assignee": somebody(found.assignee_id, record.people),
    }


def _for_staff(record: Record) -> dict[str, Any]:
    return {"tags": list(record.tags), "support_level": record.ticket.support_level}


def _people(ids: Any, record: Record) -> list[Somebody]:
    return [one for one in (somebody(number, record.people) for number in ids) if one is not None]


def _sla(found: Whole) -> Sla:
    row = found.ticket
    given = {name: getattr(row, name) for name in OF_SLA}
    waits = row.phase is Phase.ACTIVE and row.status is Status.PENDING
    return Sla(policy=found.policy, paused=waits, **given)


def _rated(found: Whole) -> Rated | None:
    if found.rating is None:
        return None
    return Rated(score=found.rating.score, comment=found.rating.comment, updated_at=found.rating.updated_at)


def _links(follows_id: int | None) -> list[Link]:
    return [Link(kind="follows", id=follows_id, number=number_of(follows_id))] if follows_id else []


def _escalation(found: Whole) -> Escalation | None:
    event = found.escalation
    if event is None:
        return None
    told = ("from_level", "to_level", "reason")
    return Escalation(**{name: event.payload[name] for name in told}, at=event.at)
