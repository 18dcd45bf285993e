"""How many tickets there are, from the counters kept while writing; never by counting tickets."""

from __future__ import annotations

import sqlalchemy as sa

from app.core.db import db
from app.tickets.models import Tally
from app.tickets.words import Stage


def by_stage() -> dict[str, float]:
    """Tickets by the word of their stage; a stage nobody is in is left out."""
    rows = db.session.execute(sa.select(Tally.stage, sa.func.sum(Tally.n)).group_by(Tally.stage))
    return {Stage(stage).name.lower(): float(n) for stage, n in rows if n}
