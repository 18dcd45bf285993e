"""A ticket with what stands beside it: the first page of its conversation and of its timeline."""

from __future__ import annotations

from typing import Any, ClassVar

from app.core.actor import Actor
from app.tickets.records import Whole
from app.web.api import ticket_shapes as shapes
from app.web.api.comments import Comment, Happening, StaffComment, comments_of, timeline_of
from app.web.api.ticket_shapes import StaffTicket, Ticket
from app.web.kit.json_fields import Expanding, Sparse, expanded
from app.web.kit.json_lists import Listing, Paged


class TicketWanted(Sparse, Expanding):
    """How one ticket is told."""


class ExpandedTicket(Ticket):
    """A ticket; `comments` and `timeline` are there when `expand` names them."""

    expandable: ClassVar[frozenset[str]] = frozenset({"comments", "timeline"})

    comments: Listing[Comment] | None = None
    timeline: Listing[Happening] | None = None


class ExpandedStaffTicket(StaffTicket):
    """The same as staff see it."""

    expandable: ClassVar[frozenset[str]] = ExpandedTicket.expandable

    comments: Listing[StaffComment] | None = None
    timeline: Listing[Happening] | None = None


def told(actor: Actor, found: Whole, query: TicketWanted) -> ExpandedTicket | ExpandedStaffTicket:
    """A ticket as the actor may see it, with what the query asks for.

    Raises:
        Invalid: something is to be expanded that cannot be.
    """
    asked, place, first = expanded(query, ExpandedTicket), f"/api/v1/tickets/{found.ticket.id}", Paged()
    ticket = shapes.ticket(actor, found)
    beside: dict[str, Any] = {}
    if "comments" in asked:
        beside["comments"] = comments_of(actor, found.ticket, first, f"{place}/comments")
    if "timeline" in asked:
        beside["timeline"] = timeline_of(actor, found.ticket, first, f"{place}/timeline")
    kind = ExpandedStaffTicket if isinstance(ticket, StaffTicket) else ExpandedTicket
    return kind(**dict(ticket), **beside)
