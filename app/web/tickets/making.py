"""A ticket taken down by an agent: for somebody known, or for somebody who is new here."""

from __future__ import annotations

from typing import Any

from app.accounts.access import person_for
from app.accounts.actions.people import create
from app.accounts.queries import find_by_email, team_choices
from app.accounts.schemas import NewPerson, PeopleFilter
from app.accounts.search import people
from app.accounts.words import Need
from app.core.actor import Actor
from app.core.errors import Invalid, NotFound
from app.core.language import _
from app.tickets import category_queries
from app.tickets.actions.opening import open_ticket
from app.tickets.schemas import NewTicket
from app.tickets.words import Priority
from app.web.kit import page
from app.web.kit.forms import Form
from app.web.kit.uploads import kept_uploads, receive_uploads, upload_limits
from app.web.tickets.conflicts import back
from app.web.tickets.door import door
from app.web.tickets.frame import nav
from app.web.tickets.schemas import NewTicketForm, PeopleQuery
from app.web.tickets.words import NEW_CHANNELS, PRIORITY_NAMES

FOUND = 8


@door.page("/new", allow="tickets.work", query=PeopleQuery)
def new_ticket(actor: Actor, query: PeopleQuery) -> str:
    """The empty form, perhaps with the person already chosen, or with those who were found."""
    values = {"requester_id": query.requester, "who": query.who, "channel": "agent"}
    return _form_page(actor, Form(values))


def _form_page(actor: Actor, form: Form[Any]) -> str:
    who = form.value("who")
    found = people(actor, PeopleFilter(q=who[:100])) if who else None
    return page.render(
        "tickets/new.html",
        form=form,
        who=who,
        chosen=_chosen(actor, form.value("requester_id")),
        found=found.rows[:FOUND] if found else [],
        more=bool(found and (found.next_cursor or len(found.rows) > FOUND)),
        channels=[(one.value, str(name)) for one, name in NEW_CHANNELS.items()],
        impacts=[(one.value, str(PRIORITY_NAMES[one])) for one in Priority],
        categories=category_queries.choices(),
        teams=team_choices(actor),
        kept=kept_uploads(actor, form.values("attachment_ids")),
        limits=upload_limits(),
        nav=nav(actor),
    )


def _chosen(actor: Actor, text: str) -> Any:
    if not text.isdecimal() or len(text) > 18:
        return None
    try:
        return person_for(actor, int(text), Need.SEE)
    except NotFound:
        return None


@door.deed("/new", allow="tickets.work", takes=NewTicketForm, again=_form_page, uploads=receive_uploads)
def make_ticket(actor: Actor, command: NewTicketForm) -> Any:
    """Open the ticket."""
    wanted = NewTicket(
        title=command.title,
        description=command.description,
        impact=command.impact,
        category_id=command.category_id,
        attachment_ids=command.attachment_ids,
        requester_id=_requester(actor, command),
        team_id=command.team_id,
        tags=command.tags,
    )
    ticket = open_ticket(wanted, actor=actor, channel=command.channel)
    page.say(_("%(number)s was opened.", number=ticket.number))
    return back(actor, ticket.id)


def _requester(actor: Actor, command: NewTicketForm) -> int:
    """Whose request it is.

    Raises:
        Invalid: nobody was chosen, or a new person lacks something.
    """
    if command.requester_id is not None:
        return command.requester_id
    if command.email is None:
        raise Invalid({"who": _("Please choose whose request this is, or enter a new person.")})
    known = find_by_email(command.email)
    if known is not None:
        return known.id
    missing = [name for name in ("first_name", "last_name") if not getattr(command, name)]
    if missing:
        raise Invalid(dict.fromkeys(missing, _("Please fill in this field.")))
    new = NewPerson(first_name=command.first_name, last_name=command.last_name, email=command.email)
    return create(new, how="ticket", actor=actor).id
