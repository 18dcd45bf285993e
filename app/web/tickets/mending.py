"""What agents put right about mail: into a ticket of its own, the real requester, spam; and asking somebody outside."""

from __future__ import annotations

from typing import Any

from app.core.actor import Actor
from app.core.language import _
from app.core.schema import Command
from app.mailroom.actions import forwarding, mending
from app.mailroom.schemas import NewForwarding
from app.tickets import queries
from app.tickets.access import Need, ticket_for
from app.tickets.words import AttachmentState, number_of
from app.web.kit import page
from app.web.kit.forms import Form
from app.web.kit.numbers import ticket_id_of
from app.web.tickets.door import ID, door
from app.web.tickets.frame import nav
from app.web.tickets.ticket import base_of


class Spam(Command):
    """Out of sight with it; ``block``: and hear no more of its sender."""

    block: bool = False


@door.deed(f"/<number>/entries/<{ID}:entry_id>/move", allow="tickets.work")
def move_entry(actor: Actor, number: str, entry_id: int) -> Any:
    """Make a ticket of its own of a mail that does not belong here."""
    made = mending.move_to_new_ticket(actor, ticket_id_of(number), entry_id)
    page.say(_("The entry is a ticket of its own now: %(number)s.", number=made.number))
    return page.go_to(base_of(made.number))


@door.deed(f"/mail/<{ID}:raw_id>/asker", allow="tickets.work")
def take_over_asker(actor: Actor, raw_id: int) -> Any:
    """Make it the request of the person whose mail a colleague passed on."""
    ticket = mending.take_over_asker(actor, raw_id)
    page.say(_("The request is theirs now; answers go to them."))
    return page.go_to(base_of(ticket.number))


def _spam_again(_actor: Actor, _form: Form[Any], number: str) -> Any:
    return page.go_to(base_of(number_of(ticket_id_of(number))))


@door.deed("/<number>/spam", allow="tickets.work", takes=Spam, again=_spam_again)
def mark_as_spam(actor: Actor, command: Spam, number: str) -> Any:
    """Take a ticket nobody asked for out of sight."""
    ticket = mending.mark_as_spam(actor, ticket_id_of(number), block_sender=command.block)
    if command.block:
        page.say(_("%(number)s is marked as spam and its sender is blocked.", number=ticket.number))
    else:
        page.say(_("%(number)s is marked as spam.", number=ticket.number))
    return page.go("tickets.listing")


def _outside_page(actor: Actor, form: Form[Any], number: str) -> str:
    ticket = ticket_for(actor, ticket_id_of(number), Need.WORK)
    groups = queries.files(actor, ticket).values()
    return page.render(
        "tickets/outside.html",
        form=form,
        ticket=ticket,
        base=base_of(ticket.number),
        choices=[
            (file.id, f"{file.filename} ({page.formats().size(file.size)})")
            for group in groups
            for file in group
            if file.state is AttachmentState.CLEAN
        ],
        nav=nav(actor),
    )


@door.page("/<number>/outside", allow="tickets.work")
def outside(actor: Actor, number: str) -> str:
    """The form that asks somebody outside."""
    return _outside_page(actor, Form({"with_request": True, "waits": True}), number)


@door.deed("/<number>/outside", allow="tickets.work", takes=NewForwarding, again=_outside_page)
def ask_outside(actor: Actor, command: NewForwarding, number: str) -> Any:
    """Send the question; the answer comes back as a note."""
    made = forwarding.forward(actor, ticket_id_of(number), command)
    page.say(
        _(
            "The mail to %(address)s is on its way. The answer will appear here as a note.",
            address=made.address,
        )
    )
    return page.go_to(f"{base_of(number_of(made.ticket_id))}#e{made.comment_id}")
