"""What follows a ticket's state by itself: columns lists are cut by, counters, the phase watchers remember.

The indexes lists walk stand here too. Every list reads one or a few of them in order and stops after a page; see
walks.py. ``team_*`` serve one team, ``all_*`` the whole house.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy import event, inspect
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Word, db
from app.sla.words import ClockState
from app.tickets.words import PHASES, Phase, Stage, Status, stage_of

Place = tuple[int, int, int, ClockState]
# A ticket is counted where these columns say; their old values are at hand because they keep their history.
COUNTED_BY = ("team_id", "assignee_id", "stage", "sla_state")


class Listed:
    """The status, the reason of waiting, the deletion and the priority of a ticket in the form lists need."""

    phase: Mapped[Phase] = mapped_column(Word(Phase, 8), default=Phase.ACTIVE, active_history=True)
    stage: Mapped[int] = mapped_column(sa.SmallInteger, active_history=True)
    urgency: Mapped[int] = mapped_column(sa.SmallInteger)


@event.listens_for(Listed, "before_insert", propagate=True)
@event.listens_for(Listed, "before_update", propagate=True)
def _follow(_mapper: Any, _connection: Any, ticket: Any) -> None:
    stage = stage_of(ticket.status or Status.OPEN, ticket.pending_reason, ticket.deleted_at is not None)
    ticket.stage, ticket.phase, ticket.urgency = int(stage), PHASES[stage], ticket.priority.urgency


@event.listens_for(Listed, "after_insert", propagate=True)
def _count_new(_mapper: Any, connection: sa.Connection, ticket: Any) -> None:
    place = _place(*(getattr(ticket, name) for name in COUNTED_BY))
    if place is not None:
        connection.execute(sa.insert(db.metadata.tables["tally"]), [_counted(place, 1)])


@event.listens_for(Listed, "after_update", propagate=True)
def _count_move(_mapper: Any, connection: sa.Connection, ticket: Any) -> None:
    state = inspect(ticket)
    old = _place(*(_old_value(state, name) for name in COUNTED_BY))
    new = _place(*(getattr(ticket, name) for name in COUNTED_BY))
    if old != new:
        rows = [_counted(place, n) for place, n in ((old, -1), (new, 1)) if place is not None]
        connection.execute(sa.insert(db.metadata.tables["tally"]), rows)
    if state.attrs["phase"].history.deleted:
        watcher = db.metadata.tables["watcher"]
        here = watcher.c.ticket_id == ticket.id
        connection.execute(sa.update(watcher).where(here).values(phase=ticket.phase))


def _place(team_id: int, assignee_id: int | None, stage: int, sla_state: ClockState) -> Place | None:
    if stage == Stage.DELETED:
        return None
    return team_id, assignee_id or 0, int(stage), sla_state


def _counted(place: Place, n: int) -> dict[str, Any]:
    team_id, assignee_id, stage, sla_state = place
    return {"team_id": team_id, "assignee_id": assignee_id, "stage": stage, "sla_state": sla_state, "n": n}


def _old_value(state: Any, name: str) -> Any:
    history = state.attrs[name].history
    if history.deleted:
        return history.deleted[0]
    # What the ticket was opened without was nothing, and leaves no old value behind.
    return None if history.added else getattr(state.object, name)


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
