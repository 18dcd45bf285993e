"""Reading the counters that are kept while writing (see models.Tally and listed.py)."""

from __future__ import annotations

from collections.abc import Iterable

import sqlalchemy as sa

from app.core.db import db
from app.tickets.models import Tally
from app.tickets.words import Stage

PLACE = (Tally.team_id, Tally.assignee_id, Tally.stage, Tally.sla_state)


def loads(person_ids: Iterable[int]) -> dict[int, int]:
    """How many open and in-progress tickets each of these people has."""
    rows = db.session.execute(
        sa.select(Tally.assignee_id, sa.func.sum(Tally.n))
        .where(Tally.assignee_id.in_(list(person_ids)))
        .where(Tally.stage.in_((Stage.OPEN, Stage.IN_PROGRESS)))
        .group_by(Tally.assignee_id)
    )
    return {person_id: int(n) for person_id, n in rows}
