"""`/tickets/…/take`: where the button of a card leads: who has the ticket, and one button to take it.

Opening the page changes nothing, because programs that look at cards and mails follow their links.
"""

from __future__ import annotations

from typing import Any

from flask import make_response
from werkzeug.wrappers import Response

from app.accounts.queries import names
from app.core.actor import Actor
from app.core.errors import Conflict
from app.core.language import _
from app.tickets.access import Need, ticket_for
from app.tickets.actions import assigning
from app.tickets.words import Phase, number_of
from app.web.kit import page
from app.web.kit.numbers import ticket_id_of
from app.web.tickets.door import door
from app.web.tickets.frame import nav
from app.web.tickets.ticket import base_of


@door.page("/<number>/take", allow="tickets.take")
def ask_to_take(actor: Actor, number: str) -> Any:
    """The head of the ticket and the button; or who has it."""
    ticket_id = ticket_id_of(number)
    if number != number_of(ticket_id):
        return page.go("tickets.ask_to_take", number=number_of(ticket_id))
    return _asking(actor, ticket_id)


def _asking(actor: Actor, ticket_id: int, trouble: str = "") -> str:
    ticket = ticket_for(actor, ticket_id, Need.TAKE)
    known = names([ticket.requester_id, ticket.assignee_id])
    holder = known.get(ticket.assignee_id or 0)
    return page.render(
        "tickets/take.html",
        ticket=ticket,
        base=base_of(ticket.number),
        requester=known[ticket.requester_id].full_name,
        holder=holder.full_name if holder else "",
        is_mine=ticket.assignee_id == actor.person_id,
        is_closed=ticket.phase is Phase.CLOSED,
        due=ticket.resolution_due_at if ticket.first_response_at else ticket.response_due_at,
        trouble=trouble,
        nav=nav(actor),
    )


@door.deed("/<number>/take", allow="tickets.take")
def take(actor: Actor, number: str) -> Any:
    """Take it, unless somebody was faster: also leaders do not take from others by a card's button."""
    ticket_id = ticket_id_of(number)
    ticket = ticket_for(actor, ticket_id, Need.TAKE, lock=True)
    if ticket.assignee_id not in (None, actor.person_id):
        return _refused(actor, ticket_id, "")
    try:
        assigning.take(actor, ticket_id)
    except Conflict as conflict:
        return _refused(actor, ticket_id, conflict.message)
    page.say(_("You have taken %(number)s.", number=ticket.number))
    return page.go("tickets.show", number=ticket.number)


def _refused(actor: Actor, ticket_id: int, trouble: str) -> Response:
    return make_response(_asking(actor, ticket_id, trouble), 409)
