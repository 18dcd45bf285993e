"""Several changes of one ticket at once: each by its own verb, all in one unit, judged by one version."""

from __future__ import annotations

from pydantic import Field

from app.core.actor import Actor
from app.core.errors import Invalid
from app.core.language import _
from app.core.schema import Command, Id, Title
from app.events.log import action
from app.tickets.access import Need, ticket_for
from app.tickets.actions import assigning, tagging, triage
from app.tickets.actions.changing import check_version
from app.tickets.models import Ticket
from app.tickets.schemas import StatusMove, TagName
from app.tickets.words import PendingReason, Priority, Status

# What no ticket can be without.
NEEDED = ("title", "status", "priority", "team_id", "tags")


class Change(Command):
    """What is to be different; a field that was not given stays, category and assignee may be taken away."""

    title: Title | None = None
    status: Status | None = None
    pending_reason: PendingReason | None = None
    priority: Priority | None = None
    category_id: Id | None = None
    team_id: Id | None = None
    assignee_id: Id | None = None
    tags: list[TagName] | None = Field(None, max_length=20)


@action
def change(actor: Actor, ticket_id: int, command: Change, version: int | None = None) -> Ticket:
    """Make these changes, or none of them when one is refused.

    The category comes before the priority, so that a chosen priority stays; the team before the assignee, who belongs
    to it; both before the status, because a team that takes over opens the ticket anew, and an assignee begins it.

    Raises:
        NotFound, Forbidden: see access and assigning.
        Invalid: nothing where something is needed, or a team, a category or a person that is not there.
        Stale: the ticket is no longer of this version.
        Conflict: there is no such move.
    """
    ticket = ticket_for(actor, ticket_id, Need.WORK, lock=True)
    check_version(ticket, version)
    _check(command)
    had = ticket.assignee_id
    _sort(actor, ticket_id, command)
    if "assignee_id" in command.model_fields_set:
        _give(actor, ticket, command.assignee_id, had)
    if command.status is not None:
        move = StatusMove(status=command.status, pending_reason=command.pending_reason)
        triage.change_status(actor, ticket_id, move)
    return ticket


def _sort(actor: Actor, ticket_id: int, command: Change) -> None:
    if command.title is not None:
        triage.change_title(actor, ticket_id, command.title)
    if "category_id" in command.model_fields_set:
        triage.change_category(actor, ticket_id, command.category_id)
    if command.team_id is not None:
        triage.change_team(actor, ticket_id, command.team_id)
    if command.priority is not None:
        triage.change_priority(actor, ticket_id, command.priority)
    if command.tags is not None:
        tagging.change_tags(actor, ticket_id, command.tags)


def _give(actor: Actor, ticket: Ticket, wanted: int | None, had: int | None) -> None:
    """Assign or release, unless it is so already; a free ticket may keep whom its new team's rule found."""
    if wanted == ticket.assignee_id or wanted is had is None:
        return
    if wanted is None:
        assigning.release(actor, ticket.id)
    else:
        assigning.assign(actor, ticket.id, wanted)


def _check(command: Change) -> None:
    given = command.model_fields_set
    missing = [name for name in NEEDED if name in given and getattr(command, name) is None]
    if command.pending_reason is not None and command.status is not Status.PENDING:
        raise Invalid({"pending_reason": _("A reason belongs to a ticket that is waiting.")})
    if missing:
        raise Invalid({name: _("Please fill in this field.") for name in missing})
