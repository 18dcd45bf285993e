"""Counters kept while writing: every change of a ticket's place adds two small rows (see models.Tally)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event, inspect
from sqlalchemy.orm import LoaderCallableStatus, Mapper

from app.core.db import db
from app.sla.words import ClockState
from app.tickets.models import Tally, Ticket
from app.tickets.words import Status

Place = tuple[int, int, Status, ClockState]
FIELDS = ("team_id", "assignee_id", "status", "sla_state", "deleted_at")
FOLD_FROM = 200


def _place(values: dict[str, Any]) -> Place | None:
    if values["deleted_at"] is not None:
        return None
    return values["team_id"], values["assignee_id"] or 0, values["status"], values["sla_state"]


def _old_value(state: Any, name: str) -> Any:
    history = state.attrs[name].history
    if not history.deleted:
        return getattr(state.object, name)
    old = history.deleted[0]
    return (
        getattr(state.object, name)
        if old in (LoaderCallableStatus.NO_VALUE, LoaderCallableStatus.NEVER_SET)
        else old
    )


def _rows(old: Place | None, new: Place | None) -> list[dict[str, Any]]:
    if old == new:
        return []
    return [_row(place, n) for place, n in ((old, -1), (new, 1)) if place is not None]


def _row(place: Place, n: int) -> dict[str, Any]:
    team_id, assignee_id, status, sla_state = place
    return {"team_id": team_id, "assignee_id": assignee_id, "status": status, "sla_state": sla_state, "n": n}


@event.listens_for(Ticket, "after_insert")
def _count_new(_mapper: Mapper[Any], connection: sa.Connection, ticket: Ticket) -> None:
    place = _place({name: getattr(ticket, name) for name in FIELDS})
    if place is not None:
        connection.execute(sa.insert(Tally), [_row(place, 1)])


@event.listens_for(Ticket, "after_update")
def _count_move(_mapper: Mapper[Any], connection: sa.Connection, ticket: Ticket) -> None:
    state = inspect(ticket)
    old = _place({name: _old_value(state, name) for name in FIELDS})
    rows = _rows(old, _place({name: getattr(ticket, name) for name in FIELDS}))
    if rows:
        connection.execute(sa.insert(Tally), rows)


def fold_rows() -> int:
    """Replace many rows of the same place by one; returns how many rows went.

    Only rows that are there now are touched, by id: writers meanwhile are neither waited for nor lost.
    """
    newest = db.session.scalar(sa.select(sa.func.max(Tally.id)))
    count = db.session.scalar(sa.select(sa.func.count()).select_from(Tally)) or 0
    if newest is None or count < FOLD_FROM:
        return 0
    places = (Tally.team_id, Tally.assignee_id, Tally.status, Tally.sla_state)
    ids = list(db.session.scalars(sa.select(Tally.id).where(Tally.id <= newest).with_for_update()))
    sums = db.session.execute(
        sa.select(*places, sa.func.sum(Tally.n)).where(Tally.id.in_(ids)).group_by(*places)
    ).all()
    db.session.execute(sa.delete(Tally).where(Tally.id.in_(ids)))
    kept = [_row((team, person, status, sla), int(n)) for team, person, status, sla, n in sums if n]
    if kept:
        db.session.execute(sa.insert(Tally), kept)
    return len(ids) - len(kept)


def loads(person_ids: Iterable[int]) -> dict[int, int]:
    """How many open and in-progress tickets each of these people has."""
    rows = db.session.execute(
        sa.select(Tally.assignee_id, sa.func.sum(Tally.n))
        .where(Tally.assignee_id.in_(list(person_ids)))
        .where(Tally.status.in_((Status.OPEN, Status.IN_PROGRESS)))
        .group_by(Tally.assignee_id)
    )
    return {person_id: int(n) for person_id, n in rows}
