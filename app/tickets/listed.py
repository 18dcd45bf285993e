"""What lists of tickets are cut and ordered by: three derived columns, and the indexes lists walk.

Every list reads one or a few of these indexes in order and stops after a page; see queue.py. ``team_*`` serve one
team, ``all_*`` the whole house. A list with an equality no index has runs in a window instead.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Word
from app.tickets.words import PHASES, Phase, Stage, Status, stage_of


class Listed:
    """The status, the reason of waiting, the deletion and the priority of a ticket in the form lists need.

    They follow the columns they are made from by themselves.
    """

    phase: Mapped[Phase] = mapped_column(Word(Phase, 8), default=Phase.ACTIVE)
    stage: Mapped[int] = mapped_column(sa.SmallInteger, active_history=True)
    urgency: Mapped[int] = mapped_column(sa.SmallInteger)


@event.listens_for(Listed, "before_insert", propagate=True)
@event.listens_for(Listed, "before_update", propagate=True)
def _follow(_mapper: Any, _connection: Any, ticket: Any) -> None:
    stage = stage_of(ticket.status or Status.OPEN, ticket.pending_reason, ticket.deleted_at is not None)
    ticket.stage, ticket.phase, ticket.urgency = int(stage), PHASES[stage], ticket.priority.urgency


_ORDERS = {
    "due": ("phase", "due_at"),
    "recent": ("phase", "updated_at"),
    "created": ("phase", "created_at"),
    "stage": ("stage", "due_at"),
    "sla": ("phase", "sla_state", "due_at"),
    "urgency": ("phase", "urgency", "due_at"),
}
INDEXES = (
    *(sa.Index(f"ix_ticket_team_{name}", "team_id", *columns, "id") for name, columns in _ORDERS.items()),
    *(sa.Index(f"ix_ticket_all_{name}", *columns, "id") for name, columns in _ORDERS.items()),
    sa.Index("ix_ticket_team_assignee", "team_id", "phase", "assignee_id", "due_at", "id"),
    sa.Index("ix_ticket_assignee_due", "assignee_id", "phase", "due_at", "id"),
    sa.Index("ix_ticket_assignee_recent", "assignee_id", "phase", "updated_at", "id"),
    sa.Index("ix_ticket_category", "category_id", "phase", "due_at", "id"),
    sa.Index("ix_ticket_channel", "channel", "phase", "due_at", "id"),
    sa.Index("ix_ticket_requester", "requester_id", "updated_at", "id"),
    sa.Index("ix_ticket_organisation", "organisation_id", "updated_at", "id"),
)
