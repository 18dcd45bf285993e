"""What the clock does to tickets: warn before a deadline, note that one was missed."""

from __future__ import annotations

from functools import partial

import sqlalchemy as sa

from app.accounts.actors import CLOCK
from app.core import clock
from app.core.db import db
from app.core.uow import run_unit
from app.events.log import action, record
from app.sla.words import ClockKind, ClockState
from app.tickets import deadlines
from app.tickets.actions.changing import changes_of, promise_of
from app.tickets.events import DeadlineBreached, DeadlineWarned
from app.tickets.models import Ticket

BATCH = 500


def check_due(limit: int = 5000) -> int:
    """Warn and breach everything due now, each ticket in a unit of its own; returns how many were looked at."""
    done = 0
    while done < limit:
        due = list(
            db.session.scalars(
                sa.select(Ticket.id)
                .where(Ticket.check_at <= clock.now(), Ticket.deleted_at.is_(None))
                .order_by(Ticket.check_at)
                .limit(BATCH)
            )
        )
        for ticket_id in due:
            run_unit(partial(announce, ticket_id))
        done += len(due)
        if len(due) < BATCH:
            break
    return done


@action
def announce(ticket_id: int) -> None:
    """Look again under lock, and record what is to be announced, each warning and breach exactly once."""
    ticket = db.session.get(Ticket, ticket_id, with_for_update=True, populate_existing=True)
    now = clock.now()
    if ticket is None or ticket.check_at is None or ticket.check_at > now:
        return
    promise, changes = promise_of(ticket), changes_of(ticket.id)
    due = deadlines.to_announce(ticket, promise, changes, now) if promise is not None else []
    for kind, state in due:
        deadlines.tell(ticket, kind, state)
    deadlines.refresh(ticket, changes, promise)
    for kind, state in due:
        _record(ticket, kind, state)


def _record(ticket: Ticket, kind: ClockKind, state: ClockState) -> None:
    due = ticket.response_due_at if kind is ClockKind.RESPONSE else ticket.resolution_due_at
    fact = DeadlineBreached if state is ClockState.BREACHED else DeadlineWarned
    record(
        fact(clock=kind.value, due_at=due.isoformat() if due else ""),
        actor=CLOCK,
        subject=("ticket", ticket.id),
        ticket=ticket.id,
    )
