"""How a team stands this morning: figures from the counters, and the request that waits longest for a first answer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from app.core.db import db
from app.sla.words import ClockState
from app.tickets.models import Tally, Ticket
from app.tickets.words import ACTIVE_STAGES, Phase, number_of


@dataclass(frozen=True, slots=True)
class Unanswered:
    """A request nobody has answered yet."""

    number: str
    title: str
    opened_at: datetime


@dataclass(frozen=True, slots=True)
class Morning:
    """The open tickets of a team in figures."""

    open: int
    unassigned: int
    at_risk: int
    breached: int
    oldest: Unanswered | None


def morning_of(team_id: int) -> Morning:
    """How things stand in a team; for the house itself, which asks for no permission."""

    def summed(condition: sa.ColumnElement[bool]) -> sa.ColumnElement[int]:
        return sa.func.sum(sa.case((condition, Tally.n), else_=0))

    row = db.session.execute(
        sa.select(
            sa.func.sum(Tally.n),
            summed(Tally.is_free.is_(True)),
            summed(Tally.sla_state == ClockState.AT_RISK),
            summed(Tally.sla_state == ClockState.BREACHED),
        ).where(Tally.stage.in_(ACTIVE_STAGES), Tally.team_id == team_id)
    ).one()
    everything, free, at_risk, breached = (int(number or 0) for number in row)
    return Morning(everything, free, at_risk, breached, _oldest(team_id))


def _oldest(team_id: int) -> Unanswered | None:
    row = db.session.execute(
        sa.select(Ticket.id, Ticket.title, Ticket.created_at)
        .where(Ticket.team_id == team_id, Ticket.phase == Phase.ACTIVE, Ticket.first_response_at.is_(None))
        .order_by(Ticket.id)
        .limit(1)
    ).first()
    return Unanswered(number_of(row.id), row.title, row.created_at) if row else None
