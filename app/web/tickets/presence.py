"""The heartbeat of an open ticket: who else is here, what is new, how far was read."""

from __future__ import annotations

from typing import Any

from app.core.actor import Actor
from app.notifications.actions import mark_ticket_read
from app.tickets import history, queries
from app.tickets.access import ticket_for
from app.tickets.actions import attending
from app.tickets.around import Here
from app.tickets.faces import faces
from app.web.kit import page
from app.web.kit.forms import Form
from app.web.kit.numbers import ticket_id_of
from app.web.tickets import panel
from app.web.tickets.door import door
from app.web.tickets.schemas import PresenceForm
from app.web.tickets.ticket import base_of


def _again(_actor: Actor, form: Form[Any], number: str) -> str:
    return " ".join(text for _name, text in form.problems)


@door.deed("/<number>/presence", allow="tickets.work", takes=PresenceForm, again=_again)
def presence(actor: Actor, command: PresenceForm, number: str) -> str:
    """Note that the viewer is here, and say who else is."""
    ticket_id = ticket_id_of(number)
    attending.be_present(actor, ticket_id, command.mode)
    attending.mark_read(actor, ticket_id, command.seen)
    mark_ticket_read(ticket_id, actor=actor)
    ticket = ticket_for(actor, ticket_id)
    rows = [Here(row.person_id, row.mode, row.since) for row in queries.present(actor, ticket)]
    return page.render(
        "tickets/ticket/presence.html",
        here=panel.present(rows, faces(row.person_id for row in rows), page.formats()),
        news=history.newest_of_others(actor, ticket, command.seen),
        base=base_of(ticket.number),
    )
