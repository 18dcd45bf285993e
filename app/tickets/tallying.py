"""Counters kept while writing: every change of a ticket's place adds one or two small rows (see models.Tally)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event, inspect
from sqlalchemy.orm import Mapper

from app.core.db import db
from app.sla.words import ClockState
from app.tickets.models import Tally, Ticket
from app.tickets.words import Stage

Place = tuple[int, int, int, ClockState]
# Old values are at hand because these columns are mapped with active_history.
FIELDS = ("team_id", "assignee_id", "stage", "sla_state")
PLACE = (Tally.team_id, Tally.assignee_id, Tally.stage, Tally.sla_state)


def _place(team_id: int, assignee_id: int | None, stage: int, sla_state: ClockState) -> Place | None:
    if stage == Stage.DELETED:
        return None
    return team_id, assignee_id or 0, int(stage), sla_state


def row_of(place: Place, n: int) -> dict[str, Any]:
    """One row of the table: so many more (or fewer) tickets in a place."""
    team_id, assignee_id, stage, sla_state = place
    return {"team_id": team_id, "assignee_id": assignee_id, "stage": stage, "sla_state": sla_state, "n": n}


def _old_value(state: Any, name: str) -> Any:
    history = state.attrs[name].history
    return history.deleted[0] if history.deleted else getattr(state.object, name)


@event.listens_for(Ticket, "after_insert")
def _count_new(_mapper: Mapper[Any], connection: sa.Connection, ticket: Ticket) -> None:
    place = _place(*(getattr(ticket, name) for name in FIELDS))
    if place is not None:
        connection.execute(sa.insert(Tally), [row_of(place, 1)])


@event.listens_for(Ticket, "after_update")
def _count_move(_mapper: Mapper[Any], connection: sa.Connection, ticket: Ticket) -> None:
    state = inspect(ticket)
    old = _place(*(_old_value(state, name) for name in FIELDS))
    new = _place(*(getattr(ticket, name) for name in FIELDS))
    if old != new:
        rows = [row_of(place, n) for place, n in ((old, -1), (new, 1)) if place is not None]
        connection.execute(sa.insert(Tally), rows)


def loads(person_ids: Iterable[int]) -> dict[int, int]:
    """How many open and in-progress tickets each of these people has."""
    rows = db.session.execute(
        sa.select(Tally.assignee_id, sa.func.sum(Tally.n))
        .where(Tally.assignee_id.in_(list(person_ids)))
        .where(Tally.stage.in_((Stage.OPEN, Stage.IN_PROGRESS)))
        .group_by(Tally.assignee_id)
    )
    return {person_id: int(n) for person_id, n in rows}
