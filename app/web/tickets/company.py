"""Who else follows a ticket: watching it, and letting others take part."""

from __future__ import annotations

from typing import Any

from app.core.actor import Actor
from app.core.language import _
from app.tickets.actions import company
from app.web.kit import page
from app.web.kit.forms import Form
from app.web.kit.numbers import ticket_id_of
from app.web.tickets.conflicts import back
from app.web.tickets.door import ID, door
from app.web.tickets.schemas import ParticipantForm
from app.web.tickets.ticket import shown_again


@door.deed("/<number>/watch", allow="tickets.work")
def watch(actor: Actor, number: str) -> Any:
    """Hear of everything that happens to the ticket."""
    company.watch(actor, ticket_id_of(number))
    page.say(_("You watch this ticket now."))
    return back(actor, ticket_id_of(number))


@door.deed("/<number>/unwatch", allow="tickets.work")
def unwatch(actor: Actor, number: str) -> Any:
    """Hear of it no longer."""
    company.unwatch(actor, ticket_id_of(number))
    page.say(_("You do not watch this ticket any more."))
    return back(actor, ticket_id_of(number))


def _again(actor: Actor, form: Form[Any], number: str) -> str:
    return shown_again(actor, number, form=form)


@door.deed("/<number>/participants", allow="tickets.work", takes=ParticipantForm, again=_again)
def add_participant(actor: Actor, command: ParticipantForm, number: str) -> Any:
    """Let somebody take part from now on."""
    company.add_participant(actor, ticket_id_of(number), command.email)
    page.say(_("%(email)s takes part from now on.", email=command.email))
    return back(actor, ticket_id_of(number))


@door.deed(f"/<number>/participants/<{ID}:person_id>/remove", allow="tickets.work")
def remove_participant(actor: Actor, number: str, person_id: int) -> Any:
    """End somebody's part."""
    company.remove_participant(actor, ticket_id_of(number), person_id)
    return back(actor, ticket_id_of(number))
