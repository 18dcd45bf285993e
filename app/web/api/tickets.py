"""`/tickets`: the list, one ticket, opening, changing and deleting; thin over the verbs of the pages."""

from __future__ import annotations

from typing import Any

from app.core.actor import Actor
from app.core.errors import Invalid
from app.tickets import counts, portal, records
from app.tickets.access import is_staff
from app.tickets.actions import changes, closing
from app.tickets.actions.opening import open_ticket
from app.tickets.listing import QueueQuery, Sort
from app.tickets.schemas import NewTicket
from app.tickets.words import Channel
from app.web.api import expanded
from app.web.api import ticket_shapes as shapes
from app.web.api.door import door
from app.web.api.expanded import ExpandedStaffTicket, ExpandedTicket, TicketWanted
from app.web.api.names import our_names
from app.web.api.ticket_commands import (
    NewTicketCall,
    TicketChange,
    TicketsWanted,
    WholeTicket,
    not_yours,
)
from app.web.api.ticket_shapes import StaffTicket, StaffTicketRow, Ticket, TicketRow
from app.web.kit.entity_tags import expected_version
from app.web.kit.json_lists import Listing, listing

FOR_CUSTOMERS = {"status", "limit", "cursor", "sort", "fields"}
FIELDS = {"category": "category_id", "team": "team_id", "requester": "requester_id", "priority": "impact"}
OF_CHANGE = FIELDS | {"priority": "priority", "assignee": "assignee_id"}


@door.read(
    "/tickets",
    allow="portal.use",
    gives=Listing[TicketRow],
    gives_staff=Listing[StaffTicketRow],
    query=TicketsWanted,
)
def tickets(actor: Actor, query: TicketsWanted) -> Listing[TicketRow] | Listing[StaffTicketRow]:
    """The tickets you see.

    Staff see those of their teams (or of all, as set up) and use every filter; customers see their own requests and
    those they take part in, last changed first, and filter by `status`. A page may hold fewer rows than `limit` and
    still have a `next`: so many tickets are looked at for one answer.
    """
    return _of_staff(actor, query) if is_staff(actor) else _own(actor, query)


def _of_staff(actor: Actor, query: TicketsWanted) -> Listing[StaffTicketRow]:
    asked = query.model_dump(exclude_none=True, exclude={"fields"}) | {"sort": Sort(query.sort.value)}
    wanted = QueueQuery(**asked)
    page = records.page(actor, wanted)
    total = counts.total(actor, wanted)
    rows = [shapes.staff_row(one) for one in page.rows]
    return listing(Listing[StaffTicketRow], rows, page, total.n, at_least=total.is_lower_bound)


def _own(actor: Actor, query: TicketsWanted) -> Listing[TicketRow]:
    others = query.model_fields_set - FOR_CUSTOMERS
    if query.sort.value != Sort.RECENT:
        others = others | {"sort"}
    if others:
        raise Invalid(not_yours(others))
    page = portal.requests(actor, statuses=query.status, cursor=query.cursor, limit=query.limit)
    found = records.records(actor, [one.id for one in page.rows])
    total = portal.total(actor, statuses=query.status)
    rows = [shapes.row(one) for one in found]
    return listing(Listing[TicketRow], rows, page, total.n, at_least=total.is_lower_bound)


@door.change(
    "/tickets", allow="tickets.create", takes=NewTicketCall, gives=Ticket, gives_staff=StaffTicket, status=201
)
def open_one(actor: Actor, command: NewTicketCall) -> tuple[Ticket, str]:
    """Open a ticket.

    Customers open requests of their own. With an `Idempotency-Key` a request that is sent again, because its answer
    was lost, opens nothing twice.
    """
    given = {FIELDS.get(name, name): value for name, value in command}
    with our_names(FIELDS):
        made = open_ticket(NewTicket(**given), actor=actor, channel=Channel.API)
    return shapes.ticket(actor, records.whole(actor, made.id)), f"/api/v1/tickets/{made.id}"


@door.read(
    "/tickets/<ticket:ticket_id>",
    allow="portal.use",
    gives=ExpandedTicket,
    gives_staff=ExpandedStaffTicket,
    query=TicketWanted,
)
def ticket(actor: Actor, query: TicketWanted, ticket_id: int) -> ExpandedTicket | ExpandedStaffTicket:
    """One ticket, by its id or its number; with `expand` also the first page of its comments and its timeline."""
    return expanded.told(actor, records.whole(actor, ticket_id), query)


@door.change(
    "/tickets/<ticket:ticket_id>",
    allow="tickets.work",
    method="PATCH",
    takes=TicketChange,
    gives=StaffTicket,
    matches=True,
)
def change_ticket(actor: Actor, command: TicketChange, ticket_id: int) -> Ticket:
    """Change some fields of a ticket; all of them or, when one cannot be, none.

    Who may give it to whom is as with `/assign`.
    """
    return _changed(actor, ticket_id, {name: getattr(command, name) for name in command.model_fields_set})


@door.change(
    "/tickets/<ticket:ticket_id>",
    allow="tickets.work",
    method="PUT",
    takes=WholeTicket,
    gives=StaffTicket,
    matches=True,
)
def replace_ticket(actor: Actor, command: WholeTicket, ticket_id: int) -> Ticket:
    """Give every field of a ticket at once."""
    return _changed(actor, ticket_id, dict(command))


def _changed(actor: Actor, ticket_id: int, given: dict[str, Any]) -> Ticket:
    if given.get("assignee") == "me":
        given = given | {"assignee": actor.person_id}
    named = {OF_CHANGE.get(name, name): value for name, value in given.items()}
    with our_names(OF_CHANGE):
        changes.change(actor, ticket_id, changes.Change(**named), version=expected_version())
    return shapes.ticket(actor, records.whole(actor, ticket_id))


@door.change("/tickets/<ticket:ticket_id>", allow="tickets.delete", method="DELETE", matches=True)
def delete_ticket(actor: Actor, ticket_id: int) -> None:
    """Take a ticket out of every list; team leaders and administrators can bring it back in the pages."""
    closing.delete(actor, ticket_id, version=expected_version())
