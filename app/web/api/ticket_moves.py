"""`/tickets/{ticket}/assign`, `/escalate`, `/resolve`, `/close`, `/reopen`, `/rating`: what happens to a ticket."""

from __future__ import annotations

from app.core.actor import Actor
from app.tickets import records
from app.tickets.access import is_staff
from app.tickets.actions import assigning, escalating, replying, triage
from app.tickets.actions import rating as rating_verbs
from app.tickets.actions.changing import check_version_of
from app.tickets.schemas import Escalation, NewComment, Score, StatusMove
from app.tickets.words import Status
from app.web.api import ticket_shapes as shapes
from app.web.api.door import door
from app.web.api.ticket_commands import AssigneeWanted, EscalationCall, RatingCall, Said
from app.web.api.ticket_shapes import StaffTicket, Ticket
from app.web.kit.entity_tags import expected_version


def _now(actor: Actor, ticket_id: int) -> Ticket:
    return shapes.ticket(actor, records.whole(actor, ticket_id))


@door.change(
    "/tickets/<ticket:ticket_id>/assign",
    allow="tickets.take",
    takes=AssigneeWanted,
    gives=StaffTicket,
    matches=True,
)
def assign_ticket(actor: Actor, command: AssigneeWanted, ticket_id: int) -> Ticket:
    """Take a ticket, give it back, hand it to a colleague or let the team's rule choose.

    Another person and `auto` are for team leaders and administrators, unless agents may hand on.
    """
    _unless_stale(actor, ticket_id)
    if command.assignee == "me":
        assigning.take(actor, ticket_id)
    elif command.assignee == "auto":
        assigning.assign_automatically(actor, ticket_id)
    elif command.assignee is None:
        assigning.release(actor, ticket_id)
    else:
        assigning.assign(actor, ticket_id, int(command.assignee))
    return _now(actor, ticket_id)


@door.change(
    "/tickets/<ticket:ticket_id>/escalate",
    allow="tickets.escalate",
    takes=EscalationCall,
    gives=StaffTicket,
    matches=True,
)
def escalate_ticket(actor: Actor, command: EscalationCall, ticket_id: int) -> Ticket:
    """Hand a ticket up to a higher support level."""
    _unless_stale(actor, ticket_id)
    escalating.escalate(actor, ticket_id, Escalation(level=command.level, reason=command.reason))
    return _now(actor, ticket_id)


@door.change(
    "/tickets/<ticket:ticket_id>/resolve",
    allow="tickets.comment",
    takes=Said,
    gives=Ticket,
    gives_staff=StaffTicket,
    matches=True,
)
def resolve_ticket(actor: Actor, command: Said, ticket_id: int) -> Ticket:
    """Say that the problem is solved: its requester, or staff."""
    _unless_stale(actor, ticket_id)
    _say(actor, ticket_id, command)
    if is_staff(actor):
        triage.change_status(actor, ticket_id, StatusMove(status=Status.RESOLVED))
    else:
        triage.resolve_own(actor, ticket_id)
    return _now(actor, ticket_id)


@door.change(
    "/tickets/<ticket:ticket_id>/close",
    allow="tickets.work",
    takes=Said,
    gives=StaffTicket,
    matches=True,
)
def close_ticket(actor: Actor, command: Said, ticket_id: int) -> Ticket:
    """Close a ticket for good."""
    _unless_stale(actor, ticket_id)
    _say(actor, ticket_id, command)
    triage.change_status(actor, ticket_id, StatusMove(status=Status.CLOSED))
    return _now(actor, ticket_id)


@door.change(
    "/tickets/<ticket:ticket_id>/reopen",
    allow="tickets.comment",
    takes=Said,
    gives=Ticket,
    gives_staff=StaffTicket,
    matches=True,
)
def reopen_ticket(actor: Actor, command: Said, ticket_id: int) -> Ticket:
    """Open a resolved or closed ticket again: its requester for some days, or staff."""
    _unless_stale(actor, ticket_id)
    triage.reopen(actor, ticket_id)
    _say(actor, ticket_id, command)
    return _now(actor, ticket_id)


@door.change(
    "/tickets/<ticket:ticket_id>/rating",
    allow="tickets.rate",
    takes=RatingCall,
    gives=Ticket,
    gives_staff=StaffTicket,
    matches=True,
)
def rate_ticket(actor: Actor, command: RatingCall, ticket_id: int) -> Ticket:
    """Rate how a resolved request went, 1 to 5; only its requester."""
    _unless_stale(actor, ticket_id)
    rating_verbs.rate(actor, ticket_id, Score(score=command.score, comment=command.comment))
    return _now(actor, ticket_id)


def _unless_stale(actor: Actor, ticket_id: int) -> None:
    """Refuse a move that was made on a view which is no longer that (If-Match)."""
    version = expected_version()
    if version is not None:
        check_version_of(ticket_id, version, actor=actor)


def _say(actor: Actor, ticket_id: int, command: Said) -> None:
    if command.comment is not None:
        replying.add_comment(actor, ticket_id, NewComment(body=command.comment))
