"""Handing a ticket up to a higher support level."""

from __future__ import annotations

from app.core.actor import Actor
from app.core.errors import Conflict
from app.core.language import _
from app.events.log import action, record
from app.tickets.access import Need, ticket_for
from app.tickets.actions.assigning import find_assignee
from app.tickets.actions.changing import touched
from app.tickets.events import Escalated
from app.tickets.models import Ticket
from app.tickets.schemas import Escalation
from app.tickets.words import Phase


@action
def escalate(actor: Actor, ticket_id: int, command: Escalation) -> Ticket:
    """Raise the support level with a reason; the ticket goes to somebody of that level by the usual rule.

    Raises:
        NotFound, Forbidden: see access.
        Conflict: the level is not higher, or the ticket is not open.
    """
    ticket = ticket_for(actor, ticket_id, Need.ESCALATE, lock=True)
    if ticket.phase is not Phase.ACTIVE:
        raise Conflict(_("This ticket is resolved or closed."), ticket_id=ticket.id)
    if command.level <= ticket.support_level:
        raise Conflict(
            _("The ticket is at level %(level)s already.", level=ticket.support_level), ticket_id=ticket.id
        )
    old, ticket.support_level = ticket.support_level, command.level
    touched(ticket)
    event = record(
        Escalated(from_level=old, to_level=command.level, reason=command.reason),
        actor=actor,
        subject=("ticket", ticket.id),
        ticket=ticket.id,
    )
    find_assignee(ticket, actor=actor, cause=event)
    return ticket
