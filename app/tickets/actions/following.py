"""A new ticket about one that was closed for too long to be opened again."""

from __future__ import annotations

from app.core.actor import Actor
from app.events.log import action, record
from app.tickets.access import Need, ticket_for
from app.tickets.actions.opening import open_ticket
from app.tickets.events import FollowUpOpened
from app.tickets.models import Ticket
from app.tickets.schemas import NewTicket
from app.tickets.words import Channel


@action
def open_follow_up(actor: Actor, ticket_id: int, command: NewTicket, *, channel: Channel) -> Ticket:
    """Open a ticket that follows up another one the actor may see.

    Raises:
        NotFound, Forbidden: see access.
        Invalid: see open_ticket.
    """
    before = ticket_for(actor, ticket_id, Need.COMMENT)
    made = open_ticket(command, actor=actor, channel=channel, follows_id=before.id)
    record(FollowUpOpened(follow_up_id=made.id), actor=actor, subject=("ticket", before.id), ticket=before.id)
    return made
