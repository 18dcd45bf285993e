"""The page of one ticket: head, conversation, writing box, panel; history, times and files beside it."""

from __future__ import annotations

from typing import Any

from flask import make_response

from app.core.actor import Actor
from app.core.errors import NotFound
from app.mailroom import hints
from app.mailroom.containers import container_of
from app.mailroom.hints import Hint
from app.tickets import history
from app.tickets.access import ticket_for
from app.tickets.clocks import clocks as clock_views
from app.tickets.sheet import Sheet, is_deleted_for, sheet
from app.tickets.words import number_of
from app.web.kit import page
from app.web.kit.forms import Form
from app.web.kit.numbers import ticket_id_of
from app.web.tickets import clocks, composer, panel
from app.web.tickets.door import door
from app.web.tickets.frame import nav
from app.web.tickets.schemas import Tab, TicketQuery
from app.web.tickets.timeline import Loom
from app.web.tickets.words import CHANNELS, LEVELS

NOTHING: Form[Any] = Form()


@door.page("/<number>", allow="tickets.work", query=TicketQuery)
def show(actor: Actor, query: TicketQuery, number: str) -> Any:
    """One ticket; any way to write its number leads here, one address stays."""
    ticket_id = ticket_id_of(number)
    if number != number_of(ticket_id):
        asked = query.model_dump(mode="json", exclude_defaults=True)
        return page.go("tickets.show", number=number_of(ticket_id), **asked)
    try:
        if query.tab is Tab.CONVERSATION:
            return _conversation(actor, ticket_id, query)
        return _beside(actor, ticket_id, query)
    except NotFound:
        if is_deleted_for(actor, ticket_id):
            gone = page.render("tickets/deleted.html", number=number, base=base_of(number), nav=nav(actor))
            return make_response(gone, 404)
        raise


def base_of(number: str) -> str:
    """The address of a ticket's page."""
    return f"/tickets/{number}"


def shown_again(
    actor: Actor,
    number: str,
    *,
    form: Form[Any] | None = None,
    boxes: composer.Boxes | None = None,
    mode: str = "",
) -> str:
    """The page (or, for a fragment, its writing box) after something could not be done.

    Args:
        form: the small form that has a problem.
        boxes: what the writing box holds instead of the drafts.
        mode: which side of the writing box is open.
    """
    query = TicketQuery(mode=mode)
    return _conversation(actor, ticket_id_of(number), query, form=form, boxes=boxes)


def _conversation(
    actor: Actor,
    ticket_id: int,
    query: TicketQuery,
    *,
    form: Form[Any] | None = None,
    boxes: composer.Boxes | None = None,
) -> str:
    seen = sheet(actor, ticket_id, before=query.before)
    is_part = page.wants_fragment() and query.before is not None
    template = "tickets/ticket/timeline.html" if is_part else "tickets/ticket.html"
    if page.wants_fragment() and boxes is not None:
        template = "tickets/ticket/composer.html"
    mails = _hints(seen)
    return page.render(
        template,
        is_part=is_part,
        items=_items(actor, seen, mails),
        hint=mails.get(0),
        **_common(actor, seen, query, form or NOTHING),
        **composer.context(actor, seen, boxes, query.mode),
    )


def _hints(seen: Sheet) -> dict[int, Hint]:
    """What the mails on the page tell; a ticket without any costs no look."""
    by_mail = seen.ticket.created_from_email or any(one.is_from_email for one in seen.entries.comments)
    return hints.of_ticket(seen.ticket) if by_mail else {}


def _items(actor: Actor, seen: Sheet, mails: dict[int, Hint]) -> Any:
    return Loom(seen, actor, page.formats(), mails).items()


def _beside(actor: Actor, ticket_id: int, query: TicketQuery) -> str:
    """History, times or files in the place of the conversation."""
    seen = sheet(actor, ticket_id)
    return page.render(
        "tickets/ticket.html", **_common(actor, seen, query, NOTHING), **_part(actor, seen, query)
    )


def _part(actor: Actor, seen: Sheet, query: TicketQuery) -> dict[str, Any]:
    fmt, ticket = page.formats(), seen.ticket
    if query.tab is Tab.TIMES:
        return {"statements": clocks.statements(ticket, clock_views(ticket), fmt)}
    if query.tab is Tab.FILES:
        return {"all_files": [(entry, file) for entry, group in seen.files.items() for file in group]}
    rows, older = history.page(actor, ticket, query.cursor)
    return {"history": panel.history_lines(actor, rows, fmt), "older": older}


def _common(actor: Actor, seen: Sheet, query: TicketQuery, form: Form[Any]) -> dict[str, Any]:
    fmt, ticket = page.formats(), seen.ticket
    both = clocks.faces(ticket, seen.clocks, fmt)
    return {
        "sheet": seen,
        "ticket": ticket,
        "base": base_of(ticket.number),
        "tab": query.tab.value,
        "query": query,
        "form": form,
        "clocks": both,
        "nearest": clocks.nearest(ticket, both),
        "levels": LEVELS,
        "is_message": lambda file: container_of(file.filename, file.content_type) is not None,
        "opened": {"when": fmt.moment(ticket.created_at), "via": str(CHANNELS[ticket.channel])},
        "nav": nav(actor),
        **panel.context(actor, seen),
    }


def may_see(actor: Actor, number: str) -> int:
    """The id behind a number, if the actor may see the ticket.

    Raises:
        NotFound: missing or not visible.
    """
    return ticket_for(actor, ticket_id_of(number)).id
