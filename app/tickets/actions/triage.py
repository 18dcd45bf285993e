"""Sorting a ticket: status, priority, team, category, title."""

from __future__ import annotations

from datetime import timedelta

from app.accounts.models import Team
from app.core import clock
from app.core.actor import Actor
from app.core.db import db
from app.core.errors import Conflict, Forbidden, Invalid
from app.core.language import _
from app.events.log import action, record
from app.events.models import Event
from app.settings.queries import get as settings
from app.settings.schemas import TicketRules
from app.tickets.access import Need, is_beyond, is_staff, ticket_for
from app.tickets.actions.assigning import find_assignee
from app.tickets.actions.changing import check_version, move, refresh_clocks, touched, turn_clocks
from app.tickets.events import CategorySet, PrioritySet, TeamSet, TitleChanged
from app.tickets.models import Category, Ticket
from app.tickets.schemas import StatusMove
from app.tickets.words import Phase, Priority, Status


@action
def change_status(actor: Actor, ticket_id: int, command: StatusMove) -> Ticket:
    """Bring a ticket into another status (staff).

    Raises:
        NotFound, Forbidden: see access.
        Conflict: there is no such move, or the view was outdated.
    """
    ticket = ticket_for(actor, ticket_id, Need.WORK, lock=True)
    check_version(ticket, command.version)
    move(ticket, command.status, actor=actor, reason=command.pending_reason)
    return ticket


@action
def resolve_own(actor: Actor, ticket_id: int) -> Ticket:
    """The requester says that the problem is solved.

    Raises:
        NotFound: missing or not visible.
        Forbidden: only the requester may.
        Conflict: it is solved or closed already.
    """
    ticket = ticket_for(actor, ticket_id, Need.COMMENT, lock=True)
    if ticket.requester_id != actor.person_id:
        raise Forbidden(permission="tickets.comment")
    if ticket.phase is not Phase.ACTIVE:
        raise Conflict(_("This request is already resolved."), ticket_id=ticket.id)
    move(ticket, Status.RESOLVED, actor=actor, how="by_requester")
    return ticket


@action
def reopen(actor: Actor, ticket_id: int) -> Ticket:
    """Open a resolved or closed ticket again; the requester within the days the settings name.

    Raises:
        NotFound, Forbidden: see access.
        Conflict: it is open, or closed for too long.
    """
    ticket = ticket_for(actor, ticket_id, Need.COMMENT, lock=True)
    if not is_staff(actor) and ticket.requester_id != actor.person_id:
        raise Forbidden(permission="tickets.comment")
    if ticket.phase is Phase.ACTIVE:
        raise Conflict(_("This ticket is open already."), ticket_id=ticket.id)
    if not is_staff(actor) and closed_for_long(ticket):
        raise Conflict(
            _("This request was closed some time ago. Please open a new one about it."), ticket_id=ticket.id
        )
    move(ticket, Status.IN_PROGRESS if ticket.assignee_id else Status.OPEN, actor=actor, how="reopened")
    return ticket


def closed_for_long(ticket: Ticket) -> bool:
    """Whether a closed ticket is too old to be reopened by its requester."""
    days = settings(TicketRules).reopen_within_days
    return ticket.closed_at is not None and ticket.closed_at < clock.now() - timedelta(days=days)


@action
def change_priority(actor: Actor, ticket_id: int, new: Priority, version: int | None = None) -> Ticket:
    """Choose the priority; an agent's choice always wins over the rules.

    Raises:
        NotFound, Forbidden: see access.
        Conflict: the view was outdated.
    """
    ticket = ticket_for(actor, ticket_id, Need.WORK, lock=True)
    check_version(ticket, version)
    if ticket.priority is new:
        return ticket
    old, ticket.priority = ticket.priority, new
    ticket.priority_reason = {"rules": [{"rule": "by_hand", "value": "", "priority": new.value}]}
    refresh_clocks(ticket)
    touched(ticket)
    _note(ticket, PrioritySet(old=old.value, new=new.value, how="by_hand"), actor)
    return ticket


@action
def change_team(actor: Actor, ticket_id: int, team_id: int, version: int | None = None) -> Ticket:
    """Hand a ticket to another team; whoever had it loses it, and the new team's rule looks for somebody.

    Raises:
        NotFound, Forbidden: see access.
        Invalid: no such team.
        Conflict: the view was outdated.
    """
    ticket = ticket_for(actor, ticket_id, Need.WORK, lock=True)
    check_version(ticket, version)
    team = db.session.get(Team, team_id)
    if team is None or not team.is_active or is_beyond(actor, team.id):
        raise Invalid({"team_id": _("Please choose one of the given teams.")})
    if team.id == ticket.team_id:
        return ticket
    into_team(ticket, team, actor)
    return ticket


def into_team(ticket: Ticket, team: Team, actor: Actor) -> None:
    """Move a locked ticket into a team."""
    old, ticket.team_id, ticket.assignee_id = ticket.team_id, team.id, None
    turn_clocks(ticket, clock.now())
    touched(ticket)
    event = _note(ticket, TeamSet(old_id=old, new_id=team.id), actor)
    if ticket.status is Status.IN_PROGRESS:
        move(ticket, Status.OPEN, actor=actor, how="team_changed", cause=event)
    if team.auto_assign and ticket.phase is Phase.ACTIVE:
        find_assignee(ticket, actor=actor, cause=event)


@action
def change_category(
    actor: Actor, ticket_id: int, category_id: int | None, version: int | None = None
) -> Ticket:
    """Choose what a ticket is about; its promise may change with it, the team stays.

    Raises:
        NotFound, Forbidden: see access.
        Invalid: no such category.
        Conflict: the view was outdated.
    """
    ticket = ticket_for(actor, ticket_id, Need.WORK, lock=True)
    check_version(ticket, version)
    category = db.session.get(Category, category_id) if category_id is not None else None
    if category_id is not None and (category is None or not category.is_active):
        raise Invalid({"category_id": _("Please choose one of the given topics.")})
    if ticket.category_id == category_id:
        return ticket
    old, ticket.category_id = ticket.category_id, category_id
    turn_clocks(ticket, clock.now())
    touched(ticket)
    _note(ticket, CategorySet(old_id=old, new_id=category_id), actor)
    return ticket


@action
def change_title(actor: Actor, ticket_id: int, title: str, version: int | None = None) -> Ticket:
    """Give a ticket a better title.

    Raises:
        NotFound, Forbidden: see access.
        Conflict: the view was outdated.
    """
    ticket = ticket_for(actor, ticket_id, Need.WORK, lock=True)
    check_version(ticket, version)
    if ticket.title == title:
        return ticket
    ticket.title = title
    touched(ticket)
    _note(ticket, TitleChanged(), actor)
    return ticket


def _note(ticket: Ticket, fact: PrioritySet | TeamSet | CategorySet | TitleChanged, actor: Actor) -> Event:
    return record(fact, actor=actor, subject=("ticket", ticket.id), ticket=ticket.id)
