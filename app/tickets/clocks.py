"""The clocks of a ticket with what they used, and their statements."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from app.core import clock
from app.core.db import db
from app.sla.clocks import consumed
from app.sla.queries import Promise, promise
from app.sla.spans import Change
from app.sla.statement import Line, statement
from app.sla.words import ClockKind, ClockState
from app.tickets import deadlines
from app.tickets.models import ClockChange, Ticket


@dataclass(frozen=True, slots=True)
class ClockView:
    """One clock as a page shows it."""

    kind: ClockKind
    state: ClockState
    due_at: datetime | None
    target: timedelta | None
    used: timedelta | None
    lines: Sequence[Line]

    @property
    def percent(self) -> int:
        """The share of the target used, 0 to 100."""
        if not self.target or self.used is None:
            return 0
        return min(100, int(self.used / self.target * 100))


_CHANGES = (
    sa.select(ClockChange.at, ClockChange.runs, ClockChange.reason)
    .where(ClockChange.ticket_id == sa.bindparam("ticket", type_=sa.BigInteger))
    .order_by(ClockChange.id)
)


def clocks(ticket: Ticket, *, itemised: bool = True) -> list[ClockView]:
    """Both clocks; the running lines of a statement add up to what was used.

    Args:
        itemised: with the statements, which cost one line for each day of the ticket's life.
    """
    held = promise(ticket.sla_policy_id)
    changes = [Change(*row) for row in db.session.execute(_CHANGES, {"ticket": ticket.id})]
    return [_clock_view(kind, ticket, changes, held, itemised) for kind in ClockKind]


def _clock_view(
    kind: ClockKind, ticket: Ticket, changes: list[Change], held: Promise | None, itemised: bool
) -> ClockView:
    response = kind is ClockKind.RESPONSE
    state = ticket.response_state if response else ticket.resolution_state
    due = ticket.response_due_at if response else ticket.resolution_due_at
    if held is None:
        return ClockView(kind, state, due, None, None, ())
    target = deadlines.targets_for(ticket, held).of(kind)
    spans = deadlines.spans_for(kind, ticket, changes)
    lines = statement(target, spans, held.calendar, clock.now()) if itemised else ()
    return ClockView(kind, state, due, target, consumed(spans, held.calendar, clock.now()), lines)
