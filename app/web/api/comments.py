"""`/tickets/{ticket}/comments` and `/timeline`: the conversation, and everything else that happened."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from app.accounts.queries import names
from app.core.actor import Actor
from app.core.text import clean
from app.events.words import DeliveryState
from app.tickets import conversation, history
from app.tickets.access import is_staff, ticket_for
from app.tickets.actions import replying
from app.tickets.conversation import Around
from app.tickets.feed import Happened
from app.tickets.schemas import NewComment
from app.web.api import ticket_shapes as shapes
from app.web.api.door import door
from app.web.api.events import EventActor
from app.web.api.ticket_commands import CommentCorrection, NewCommentCall
from app.web.api.ticket_shapes import Attachment
from app.web.kit.json_answers import Answer
from app.web.kit.json_lists import Listing, Paged, listing

if TYPE_CHECKING:
    from app.tickets.models import Comment as Entry
    from app.tickets.models import Ticket as Case


class Author(Answer):
    """Who wrote."""

    id: int
    full_name: str


class Delivered(Answer):
    """How far a comment came by one way out of the house."""

    recipient: str
    state: DeliveryState
    at: datetime


class Comment(Answer):
    """An entry of the conversation. `author` is null where no account stands behind it."""

    id: int
    author: Author | None
    author_name: str
    author_email: str
    content: str
    content_html: str
    is_internal: bool
    is_from_email: bool
    is_ai: bool
    attachments: list[Attachment]
    created_at: datetime
    updated_at: datetime | None


class StaffComment(Comment):
    """An entry with where it was sent."""

    delivery: list[Delivered]


class Happening(Answer):
    """Something that happened to a ticket; `data` names ids and words, never what somebody wrote."""

    id: int
    kind: str
    at: datetime
    actor: EventActor | None
    data: dict[str, Any]
    version: int


@door.read(
    "/tickets/<ticket:ticket_id>/comments",
    allow="portal.use",
    gives=Listing[Comment],
    gives_staff=Listing[StaffComment],
    query=Paged,
)
def comments(actor: Actor, query: Paged, ticket_id: int) -> Listing[Comment] | Listing[StaffComment]:
    """The conversation, oldest first; customers never get notes."""
    return comments_of(actor, ticket_for(actor, ticket_id), query)


def comments_of(
    actor: Actor, ticket: Case, query: Paged, place: str = ""
) -> Listing[Comment] | Listing[StaffComment]:
    """A page of a conversation; ``place`` as with ``listing``."""
    page, count = conversation.page(actor, ticket, query.cursor, query.limit)
    found = conversation.around(actor, ticket, page.rows)
    if not is_staff(actor):
        rows = [Comment(**_shape(one, found)) for one in page.rows]
        return listing(Listing[Comment], rows, page, count, place=place)
    told = [StaffComment(**_shape(one, found), delivery=_delivery(one, found)) for one in page.rows]
    return listing(Listing[StaffComment], told, page, count, place=place)


@door.change(
    "/tickets/<ticket:ticket_id>/comments",
    allow="tickets.comment",
    takes=NewCommentCall,
    gives=Comment,
    gives_staff=StaffComment,
    status=201,
)
def add_comment(actor: Actor, command: NewCommentCall, ticket_id: int) -> Comment:
    """Write into a ticket.

    With `based_on` it is refused (409) when somebody else wrote since; `details.news` names the new comments.
    """
    wanted = NewComment(
        body=command.content,
        is_internal=command.is_internal,
        attachment_ids=command.attachment_ids,
        based_on=command.based_on,
    )
    made = replying.add_comment(actor, ticket_id, wanted)
    return _one(actor, ticket_id, made)


@door.change(
    "/tickets/<ticket:ticket_id>/comments/<id:comment_id>",
    allow="tickets.comment",
    method="PATCH",
    takes=CommentCorrection,
    gives=Comment,
    gives_staff=StaffComment,
)
def correct_comment(actor: Actor, command: CommentCorrection, ticket_id: int, comment_id: int) -> Comment:
    """Correct your own comment within five minutes, as long as it was neither sent nor read."""
    return _one(actor, ticket_id, replying.correct(actor, ticket_id, comment_id, command.content))


@door.read(
    "/tickets/<ticket:ticket_id>/timeline",
    allow="portal.use",
    gives=Listing[Happening],
    query=Paged,
)
def timeline(actor: Actor, query: Paged, ticket_id: int) -> Listing[Happening]:
    """Everything that happened to a ticket that you may know of, newest first."""
    return timeline_of(actor, ticket_for(actor, ticket_id), query)


def timeline_of(actor: Actor, ticket: Case, query: Paged, place: str = "") -> Listing[Happening]:
    """A page of a timeline; ``place`` as with ``listing``."""
    page, count = history.timeline(actor, ticket, query.cursor, query.limit)
    return listing(Listing[Happening], _happenings(page.rows), page, count, place=place)


def _happenings(told: Sequence[Happened]) -> list[Happening]:
    people = names(one.event.actor_id for one in told)
    rows = []
    for one in told:
        event = one.event
        who = people.get(event.actor_id or 0)
        actor = EventActor(id=who.id, full_name=who.full_name) if who else None
        rows.append(
            Happening(
                id=event.id, kind=event.kind, at=event.at, actor=actor, data=one.data, version=event.version
            )
        )
    return rows


def _one(actor: Actor, ticket_id: int, entry: Entry) -> Comment:
    """One entry, as the one who wrote it gets it back."""
    found = conversation.around(actor, ticket_for(actor, ticket_id), [entry])
    if not is_staff(actor):
        return Comment(**_shape(entry, found))
    return StaffComment(**_shape(entry, found), delivery=_delivery(entry, found))


def _shape(entry: Entry, found: Around) -> dict[str, Any]:
    who = found.people.get(entry.author_id or 0)
    same = (
        "id",
        "author_name",
        "author_email",
        "is_internal",
        "is_from_email",
        "is_ai",
        "created_at",
        "updated_at",
    )
    return {name: getattr(entry, name) for name in same} | {
        "author": Author(id=who.id, full_name=who.full_name) if who else None,
        "content": entry.body,
        "content_html": clean(entry.body_html),
        "attachments": [shapes.attachment(file) for file in found.files.get(entry.id, ())],
    }


def _delivery(entry: Entry, found: Around) -> list[Delivered]:
    told = []
    for sending in found.deliveries.get(entry.id, ()):
        who = found.people.get(conversation.person_of(sending.target) or 0)
        if sending.consumer == "email":
            told.append(Delivered(recipient=who.full_name if who else "", state=sending.state, at=sending.at))
    return told
