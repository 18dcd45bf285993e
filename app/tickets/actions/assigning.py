"""Who works a ticket: by hand, taken, released, or found automatically."""

from __future__ import annotations

from datetime import date
from typing import Any

from app.accounts import staffing
from app.core import clock
from app.core.actor import Actor
from app.core.errors import Conflict, Forbidden, Invalid
from app.core.language import _
from app.events.log import action, record
from app.events.models import Event
from app.settings.queries import get as settings
from app.settings.schemas import TicketRules
from app.tickets import choosing
from app.tickets.access import Need, ticket_for
from app.tickets.actions.changing import check_version, move, touched
from app.tickets.events import Assigned, NobodyFree
from app.tickets.models import Ticket
from app.tickets.tallying import loads
from app.tickets.words import Phase, Status


@action
def take(actor: Actor, ticket_id: int, version: int | None = None) -> Ticket:
    """Take a ticket oneself.

    Raises:
        NotFound, Forbidden: see access.
        Conflict: somebody else has it already, or the view was outdated.
    """
    ticket = ticket_for(actor, ticket_id, Need.TAKE, lock=True)
    check_version(ticket, version)
    if (
        ticket.assignee_id is not None
        and ticket.assignee_id != actor.person_id
        and not actor.can("tickets.assign")
    ):
        raise Conflict(_("Somebody else has taken this ticket already."), ticket_id=ticket.id)
    put(ticket, actor.person_id, actor=actor, how="taken")
    return ticket


@action
def release(actor: Actor, ticket_id: int) -> Ticket:
    """Give a ticket back to the team.

    Raises:
        NotFound, Forbidden: see access; agents release only their own.
    """
    ticket = ticket_for(actor, ticket_id, Need.TAKE, lock=True)
    if ticket.assignee_id != actor.person_id and not actor.can("tickets.assign"):
        raise Forbidden(permission="tickets.assign")
    put(ticket, None, actor=actor, how="released")
    if ticket.status is Status.IN_PROGRESS:
        move(ticket, Status.OPEN, actor=actor, how="released")
    return ticket


@action
def assign(actor: Actor, ticket_id: int, person_id: int, version: int | None = None) -> Ticket:
    """Assign a ticket to another person (team leaders, admins; agents within their team when the setting allows).

    Raises:
        NotFound, Forbidden: see access.
        Invalid: the person cannot work this ticket.
        Conflict: the view was outdated.
    """
    if person_id == actor.person_id:
        return take(actor, ticket_id, version)
    ticket = ticket_for(actor, ticket_id, Need.WORK, lock=True)
    check_version(ticket, version)
    own_team = settings(TicketRules).agents_hand_on and ticket.team_id in actor.team_ids
    if not actor.can("tickets.assign") and not own_team:
        raise Forbidden(permission="tickets.assign")
    possible = {c.person_id for c in staffing.candidates(ticket.team_id, 0, date.min)}
    if person_id not in possible:
        raise Invalid({"assignee": _("This person does not belong to the ticket's team.")})
    put(ticket, person_id, actor=actor, how="by_hand")
    return ticket


@action
def assign_automatically(actor: Actor, ticket_id: int) -> Ticket:
    """Let the rule find somebody (team leaders, admins, the house itself).

    Raises:
        NotFound, Forbidden: see access.
    """
    ticket = ticket_for(actor, ticket_id, Need.ASSIGN, lock=True)
    find_assignee(ticket, actor=actor, cause=None)
    return ticket


def find_assignee(ticket: Ticket, *, actor: Actor, cause: Event | None, again: bool = False) -> bool:
    """Give the ticket to the idlest fitting agent of its team; False when nobody fits.

    Args:
        again: nobody fitting is worth telling the team leader even if the ticket has somebody now.
    """
    team = staffing.lock_team(ticket.team_id)
    if team is None:
        return False
    level = choosing.level_needed(ticket.priority, ticket.support_level)
    there = staffing.candidates(team.id, level, choosing.today())
    fitting = choosing.fitting(there, level=level, requester_id=ticket.requester_id)
    if not fitting:
        ticket.assign_reason = {"rule": "nobody", "level": level}
        _record(ticket, NobodyFree(team_id=team.id, level=level), actor, cause)
        return False
    load = loads(c.person_id for c in fitting)
    chosen = choosing.idlest(fitting, load)
    if chosen.person_id == ticket.assignee_id:
        return True
    had = load.get(chosen.person_id, 0)
    why = {"rule": "idlest", "level": level, "load": had, "of": len(fitting)}
    put(ticket, chosen.person_id, actor=actor, how="automatic", cause=cause, why=why)
    return True


def put(
    ticket: Ticket,
    person_id: int | None,
    *,
    actor: Actor,
    how: str,
    cause: Event | None = None,
    why: dict[str, Any] | None = None,
) -> None:
    """Change the assignee; any assignment moves an open ticket to in progress.

    Args:
        how: taken, released, by_hand or automatic.
        why: what the rule went by.

    Raises:
        Conflict: the ticket is closed.
    """
    if ticket.phase is Phase.CLOSED and person_id is not None:
        raise Conflict(_("This ticket is closed. Please reopen it first."), ticket_id=ticket.id)
    if ticket.assignee_id == person_id:
        return
    old = ticket.assignee_id
    ticket.assignee_id = person_id
    ticket.assign_reason = why or {"rule": how}
    touched(ticket)
    event = _record(ticket, Assigned(old_id=old, new_id=person_id, how=how), actor, cause)
    if person_id is None:
        return
    staffing.note_given(ticket.team_id, person_id, clock.now())
    if ticket.status is Status.OPEN:
        move(ticket, Status.IN_PROGRESS, actor=actor, how="assigned", cause=event)


def _record(ticket: Ticket, fact: Assigned | NobodyFree, actor: Actor, cause: Event | None) -> Event:
    return record(fact, actor=actor, subject=("ticket", ticket.id), ticket=ticket.id, cause=cause)
