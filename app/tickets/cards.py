"""Cards: tickets as the leader's board shows them, and whose board somebody may see."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from app.accounts import staffing
from app.core.actor import Actor
from app.core.errors import NotFound
from app.sla.words import ClockKind, ClockState
from app.tickets.access import sees_all_teams
from app.tickets.deadlines import NEVER
from app.tickets.models import Ticket
from app.tickets.words import Phase, Priority, Status, number_of


@dataclass(frozen=True, slots=True)
class Card:
    """A ticket on a lane or in the forecast."""

    id: int
    title: str
    status: Status
    priority: Priority
    sla_state: ClockState
    due_at: datetime | None
    due_clock: ClockKind | None
    assignee_id: int | None

    @property
    def number(self) -> str:
        return number_of(self.id)


_CARD = (
    Ticket.id,
    Ticket.title,
    Ticket.status,
    Ticket.priority,
    Ticket.sla_state,
    Ticket.due_at,
    sa.and_(Ticket.first_response_at.is_(None), Ticket.due_at == Ticket.response_due_at).label("is_first"),
    Ticket.assignee_id,
)


def card_of(cells: Sequence[Any]) -> Card:
    """A card from its columns."""
    ticket_id, title, status, priority, sla_state, due, is_first, assignee_id = cells
    due = None if due == NEVER else due
    which = ClockKind.RESPONSE if is_first else ClockKind.RESOLUTION
    return Card(ticket_id, title, status, priority, sla_state, due, which if due else None, assignee_id)


def head(index: str, *conditions: Any, shown: int) -> sa.Select[Any]:
    """The first cards of a team along an index, and one more than is shown."""
    query = sa.select(*_CARD).with_hint(Ticket, f"FORCE INDEX ({index})", "mysql")
    query = query.where(Ticket.team_id == sa.bindparam("team"), Ticket.phase == Phase.ACTIVE, *conditions)
    return query.order_by(Ticket.due_at, Ticket.id).limit(shown + 1)


def team_of_board(actor: Actor, team_id: int | None) -> int:
    """The team a board is of.

    Raises:
        NotFound: a team the viewer does not see.
    """
    if team_id is None:
        return min(actor.team_ids, default=0) or staffing.default_team().id
    if team_id not in actor.team_ids and (not sees_all_teams(actor) or team_id in actor.hidden_team_ids):
        raise NotFound
    return team_id
