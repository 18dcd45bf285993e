"""Reading the counters that listed.py keeps while writing: Tally of teams, Load of people.

A change of a ticket adds a row with -1 for where it was and one with +1 for where it is, so that writers never wait
for each other; a job folds the rows together (actions/tallying.py).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import InstrumentedAttribute

from app.core.db import db
from app.core.uow import write_now
from app.tickets.listed import WRITERS
from app.tickets.models import Load, Tally
from app.tickets.words import Stage

Counter = type[Tally] | type[Load]
# Rows that agree in these columns count the same.
PLACES: dict[Counter, tuple[InstrumentedAttribute[Any], ...]] = {
    Tally: (Tally.team_id, Tally.is_free, Tally.stage, Tally.sla_state),
    Load: (Load.assignee_id, Load.stage),
}
_LOADS = (
    sa.select(Load.assignee_id, sa.func.sum(Load.n))
    .where(Load.assignee_id.in_(sa.bindparam("person_ids", expanding=True)))
    .where(Load.stage.in_((Stage.OPEN, Stage.IN_PROGRESS)))
    .group_by(Load.assignee_id)
)


def loads(person_ids: Iterable[int]) -> dict[int, int]:
    """How many open and in-progress tickets each of these people has."""
    write_now(WRITERS["load"])
    rows = db.session.execute(_LOADS, {"person_ids": list(person_ids)})
    return {person_id: int(n) for person_id, n in rows}
