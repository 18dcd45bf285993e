"""What follows a ticket's state by itself: columns lists are cut by, counters, the phase watchers remember.

The indexes lists walk stand here too. Every list reads one or a few of them in order and stops after a page; see
walks.py. ``team_*`` serve one team, ``all_*`` the whole house.
"""

from __future__ import annotations

from collections import Counter
from functools import partial
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event, inspect
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Word, db
from app.core.uow import gather
from app.sla.words import ClockState
from app.tickets.words import PHASES, Phase, Stage, Status, stage_of

# Where a ticket is counted: tables of counters with the values of their columns; nowhere once it is deleted.
Places = dict[str, tuple[Any, ...]]
COUNTERS = {"tally": ("team_id", "is_free", "stage", "sla_state"), "load": ("assignee_id", "stage")}
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
def _count_new(_mapper: Any, _connection: sa.Connection, ticket: Any) -> None:
    _count({}, _places(*(getattr(ticket, name) for name in COUNTED_BY)))


@event.listens_for(Listed, "after_update", propagate=True)
def _count_move(_mapper: Any, connection: sa.Connection, ticket: Any) -> None:
    state = inspect(ticket)
    old = _places(*(_old_value(state, name) for name in COUNTED_BY))
    _count(old, _places(*(getattr(ticket, name) for name in COUNTED_BY)))
    if state.attrs["phase"].history.deleted:
        watcher = db.metadata.tables["watcher"]
        here = watcher.c.ticket_id == ticket.id
        connection.execute(sa.update(watcher).where(here).values(phase=ticket.phase))


def _places(team_id: int, assignee_id: int | None, stage: int, sla_state: ClockState) -> Places:
    if stage == Stage.DELETED:
        return {}
    is_free = assignee_id is None
    found: Places = {"tally": (team_id, is_free, int(stage), sla_state)}
    if not is_free:
        found["load"] = (assignee_id, int(stage))
    return found


def _count(old: Places, new: Places) -> None:
    """Note the rows of a change; a ticket that stays where it is adds none."""
    for name in sorted(old.keys() | new.keys()):
        was, now = old.get(name), new.get(name)
        if was != now:
            for place, n in ((was, -1), (now, 1)):
                if place is not None:
                    gather(WRITERS[name], (place, n))


def _write(name: str, changes: list[tuple[tuple[Any, ...], int]]) -> None:
    """Add the rows of a unit; a place that a ticket only passed through gets none."""
    sums: Counter[tuple[Any, ...]] = Counter()
    for place, n in changes:
        sums[place] += n
    columns = COUNTERS[name]
    rows = [dict(zip(columns, place, strict=True)) | {"n": n} for place, n in sums.items() if n]
    if rows:
        db.session.connection().execute(sa.insert(db.metadata.tables[name]), rows)


WRITERS = {name: partial(_write, name) for name in COUNTERS}


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
