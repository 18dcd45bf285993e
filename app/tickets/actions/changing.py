"""The steps every verb shares: version, clocks, status moves with their facts."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from app.core import clock
from app.core.actor import Actor
from app.core.db import db
from app.core.errors import Stale
from app.core.language import _
from app.events.log import record
from app.events.models import Event
from app.sla.queries import Promise, promise_for
from app.sla.spans import Change
from app.tickets import deadlines
from app.tickets.access import ticket_for
from app.tickets.actions.stopping import stop_waiting
from app.tickets.events import StatusChanged
from app.tickets.models import Category, ClockChange, Ticket
from app.tickets.words import PendingReason, Phase, Status, StopReason
from app.tickets.workflow import check_move, clock_of, phase_of

# Work goes on: no clock starts or stops, and no due time changes.
SAME_CLOCK = {(Status.OPEN, Status.IN_PROGRESS), (Status.IN_PROGRESS, Status.OPEN)}
_CHANGES = (
    sa.select(ClockChange).where(ClockChange.ticket_id == sa.bindparam("ticket_id")).order_by(ClockChange.id)
)


def changes_of(ticket_id: int) -> list[Change]:
    """When the resolution clock of a ticket began to run or wait, in order."""
    rows = db.session.scalars(_CHANGES, {"ticket_id": ticket_id})
    return [Change(row.at, row.runs, row.reason) for row in rows]


def promise_of(ticket: Ticket) -> Promise | None:
    """The promise that holds for the ticket as it stands now."""
    category = db.session.get(Category, ticket.category_id) if ticket.category_id else None
    return promise_for(
        organisation_id=ticket.organisation_id,
        category_policy_id=category.sla_policy_id if category else None,
        team_id=ticket.team_id,
    )


def refresh_clocks(ticket: Ticket) -> None:
    """Reckon all due times anew (new priority, policy, or an answer)."""
    with db.session.no_autoflush:  # what was changed so far goes out together with the rest
        changes, promise = changes_of(ticket.id), promise_of(ticket)
    deadlines.refresh(ticket, changes, promise)


def turn_clocks(ticket: Ticket, at: datetime) -> None:
    """Note when the resolution clock begins to run or wait, if that changed, and reckon all due times anew."""
    with db.session.no_autoflush:
        changes, promise = changes_of(ticket.id), promise_of(ticket)
    runs, reason = clock_of(
        ticket.status,
        ticket.pending_reason,
        pauses_for_third_party=bool(promise and promise.pauses_for_third_party),
    )
    if not changes or (changes[-1].runs, changes[-1].reason) != (runs, reason):
        db.session.add(ClockChange(ticket_id=ticket.id, at=at, runs=runs, reason=reason))
        changes.append(Change(at, runs, reason))
    deadlines.refresh(ticket, changes, promise)


def touched(ticket: Ticket, at: datetime | None = None) -> None:
    """Count one change, so that whoever still looks at the old state is told."""
    ticket.version += 1
    ticket.updated_at = at or clock.now()


def check_version(ticket: Ticket, version: int | None) -> None:
    """Refuse a change that was made on an outdated view.

    Raises:
        Stale: somebody changed the ticket meanwhile.
    """
    if version is not None and version != ticket.version:
        raise Stale(
            _("Somebody changed this ticket meanwhile. Please look at what is new and try again."),
            ticket_id=ticket.id,
        )


def check_version_of(ticket_id: int, version: int, *, actor: Actor) -> None:
    """As :func:`check_version` before a verb that knows of no version; holds the ticket until the unit ends.

    Raises:
        NotFound: missing or not visible.
        Stale: somebody changed the ticket meanwhile.
    """
    check_version(ticket_for(actor, ticket_id, lock=True), version)


def move(
    ticket: Ticket,
    new: Status,
    *,
    actor: Actor,
    reason: PendingReason | None = None,
    how: str = "",
    cause: Event | None = None,
) -> None:
    """Bring a ticket into another status: state machine, clocks, phase, fact.

    Raises:
        Conflict: there is no such move.
    """
    reason = (reason or PendingReason.CUSTOMER) if new is Status.PENDING else None
    if new is ticket.status and reason is ticket.pending_reason:
        return
    if new is not ticket.status:
        check_move(ticket.status, new)
    old, waited_for, now = ticket.status, ticket.pending_reason, clock.now()
    ticket.status, ticket.pending_reason, ticket.phase = new, reason, phase_of(new)
    _stamp(ticket, old, now)
    if (old, new) not in SAME_CLOCK:
        turn_clocks(ticket, now)
    touched(ticket, now)
    record(
        StatusChanged(
            old=old.value,
            new=new.value,
            pending_reason=reason.value if reason else None,
            waited_for=waited_for.value if waited_for else None,
            how=how,
        ),
        actor=actor,
        subject=("ticket", ticket.id),
        ticket=ticket.id,
        cause=cause,
    )
    if new is Status.CLOSED or how == "by_requester":
        stop_waiting(ticket, StopReason.CLOSED if new is Status.CLOSED else StopReason.SOLVED, actor=actor)


def _stamp(ticket: Ticket, old: Status, now: datetime) -> None:
    if ticket.phase is Phase.ACTIVE:
        ticket.resolved_at = ticket.closed_at = None
        return
    if ticket.resolved_at is None:
        ticket.resolved_at = now
    ticket.closed_at = now if ticket.status is Status.CLOSED else None
    if old is Status.CLOSED and ticket.status is Status.RESOLVED:
        ticket.closed_at = None
