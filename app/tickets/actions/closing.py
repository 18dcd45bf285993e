"""Closing resolved tickets by themselves, soft delete and its undoing."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial

import sqlalchemy as sa

from app.accounts.actors import CLOCK
from app.core import clock
from app.core.actor import Actor
from app.core.db import db
from app.core.errors import NotFound
from app.core.uow import run_unit
from app.events.log import action, record
from app.settings.queries import get as settings
from app.settings.schemas import TicketRules
from app.tickets.access import Need, ticket_for
from app.tickets.actions.changing import check_version, move, refresh_clocks, touched
from app.tickets.actions.stopping import stop_waiting
from app.tickets.events import TicketDeleted, TicketRestored
from app.tickets.models import Ticket
from app.tickets.words import Status, StopReason

BATCH = 500


def close_resolved(limit: int = 5000) -> int:
    """Close every ticket that has been resolved for the days the settings name; returns how many."""
    before = clock.now() - timedelta(days=settings(TicketRules).close_after_days)
    ids = list(
        db.session.scalars(
            sa.select(Ticket.id)
            .where(Ticket.status == Status.RESOLVED, Ticket.resolved_at <= before)
            .order_by(Ticket.resolved_at)
            .limit(min(limit, BATCH * 10))
        )
    )
    for ticket_id in ids:
        run_unit(partial(close_if_still_resolved, ticket_id, before))
    return len(ids)


@action
def close_if_still_resolved(ticket_id: int, before: datetime) -> None:
    """Close one ticket after looking again under lock."""
    ticket = db.session.get(Ticket, ticket_id, with_for_update=True, populate_existing=True)
    if ticket is None or ticket.deleted_at is not None or ticket.status is not Status.RESOLVED:
        return
    if ticket.resolved_at is None or ticket.resolved_at > before:
        return
    move(ticket, Status.CLOSED, actor=CLOCK, how="automatic")


@action
def delete(actor: Actor, ticket_id: int, version: int | None = None) -> Ticket:
    """Soft delete: nobody sees it any more, leaders and admins can bring it back.

    Raises:
        NotFound, Forbidden: see access.
        Stale: the view was outdated.
    """
    ticket = ticket_for(actor, ticket_id, Need.DELETE, lock=True)
    check_version(ticket, version)
    ticket.deleted_at, ticket.check_at = clock.now(), None
    touched(ticket)
    record(TicketDeleted(), actor=actor, subject=("ticket", ticket.id), ticket=ticket.id)
    stop_waiting(ticket, StopReason.DELETED, actor=actor)
    return ticket


@action
def restore(actor: Actor, ticket_id: int) -> Ticket:
    """Bring a deleted ticket back.

    Raises:
        NotFound: never deleted, or not for this actor.
    """
    ticket = db.session.get(Ticket, ticket_id, with_for_update=True, populate_existing=True)
    hidden = ticket is not None and ticket.team_id in actor.hidden_team_ids
    if ticket is None or ticket.deleted_at is None or hidden or not actor.can(Need.DELETE.value):
        raise NotFound
    ticket.deleted_at = None
    refresh_clocks(ticket)
    touched(ticket)
    record(TicketRestored(), actor=actor, subject=("ticket", ticket.id), ticket=ticket.id)
    return ticket
