"""Two people change the same ticket: the page shows both values and lets the second one decide."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from flask import make_response

from app.accounts.queries import names, team_choices
from app.core.actor import Actor
from app.core.errors import Conflict, NotFound
from app.core.language import Lazy, _
from app.tickets import category_queries, history
from app.tickets.access import ticket_for
from app.tickets.words import Priority, number_of
from app.web.kit import page
from app.web.kit.numbers import ticket_id_of
from app.web.tickets import panel
from app.web.tickets.frame import nav
from app.web.tickets.schemas import Step, step_of
from app.web.tickets.words import PRIORITY_NAMES, STEP_NAMES

if TYPE_CHECKING:
    from app.tickets.models import Ticket

LATEST = 5
LABELS: dict[str, Lazy] = {
    "status": Lazy("Status"),
    "priority": Lazy("Priority"),
    "team_id": Lazy("Team"),
    "category_id": Lazy("Category"),
    "title": Lazy("Title"),
    "assignee": Lazy("Assignee"),
}
PATHS = {"team_id": "team", "category_id": "category"}


@dataclass(frozen=True, slots=True)
class Clash:
    """One property two people changed: what it is now and what the viewer wanted."""

    field: str
    label: str
    path: str
    wanted: str
    wanted_name: str
    present_name: str


def guarded(
    actor: Actor,
    number: str,
    work: Callable[..., Any],
    *,
    field: str = "",
    wanted: str = "",
    version: int | None = None,
) -> Any:
    """Do the work and go back to the ticket; when that is not possible, say why, and show both values.

    Args:
        work: takes ``ticket_id``.
        field: the form field, where one value is changed.
        wanted: its value.
        version: the state of the ticket the viewer had seen.
    """
    ticket_id = ticket_id_of(number)
    try:
        work(ticket_id=ticket_id)
    except Conflict as conflict:
        return _clash(actor, ticket_id, conflict, field, wanted, version)
    return back(actor, ticket_id)


def back(actor: Actor, ticket_id: int) -> Any:
    """To the ticket; to the list when a change took it out of the viewer's sight."""
    try:
        ticket_for(actor, ticket_id)
    except NotFound:
        page.say(_("%(number)s is now with others; you do not see it any more.", number=number_of(ticket_id)))
        return page.go("tickets.listing")
    return page.go("tickets.show", number=number_of(ticket_id))


def _clash(
    actor: Actor, ticket_id: int, conflict: Conflict, field: str, wanted: str, version: int | None
) -> Any:
    ticket = ticket_for(actor, ticket_id)
    is_old = version is not None and ticket.version != version
    rows, _older = history.page(actor, ticket) if is_old else ((), "")
    shown = page.render(
        "tickets/conflict.html",
        ticket=ticket,
        base=f"/tickets/{ticket.number}",
        message=conflict.message,
        clash=_both(actor, ticket, field, wanted) if is_old else None,
        latest=panel.history_lines(actor, rows[:LATEST], page.formats()),
        nav=nav(actor),
    )
    return make_response(shown, 409)


def _both(actor: Actor, ticket: Ticket, field: str, wanted: str) -> Clash:
    name = _namer(actor, field)
    return Clash(
        field=field,
        label=str(LABELS[field]),
        path=PATHS.get(field, field),
        wanted=wanted,
        wanted_name=name(wanted),
        present_name=name(_present(ticket, field)),
    )


def _present(ticket: Ticket, field: str) -> str:
    if field == "status":
        return step_of(ticket.status, ticket.pending_reason).value
    if field == "assignee":
        return str(ticket.assignee_id or "nobody")
    return str(getattr(ticket, field) or "")


def _namer(actor: Actor, field: str) -> Callable[[str], str]:
    """How a value of a field is called."""
    if field == "status":
        return lambda value: str(STEP_NAMES[Step(value)])
    if field == "priority":
        return lambda value: str(PRIORITY_NAMES[Priority(value)])
    if field == "assignee":
        return lambda value: _person(actor, value)
    if field == "title":
        return lambda value: value
    choices = dict(team_choices(actor) if field == "team_id" else category_queries.choices())
    return lambda value: choices.get(int(value), value) if value else _("none")


def _person(actor: Actor, value: str) -> str:
    if value == "me":
        return actor.full_name
    if not value.isdigit():
        return {"nobody": _("Nobody"), "auto": _("Choose automatically")}[value]
    found = names([int(value)])
    return found[int(value)].full_name if found else value
