"""Statements that note activity; loseable, run outside units."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from app.accounts.models import Person, SignIn
from app.core.actor import Actor


def activity(actor: Actor, at: datetime) -> list[sa.Update]:
    """What to write when a signed-in person was seen (every five minutes at most)."""
    return [
        sa.update(SignIn).where(SignIn.id == actor.sign_in_id).values(seen_at=at),
        sa.update(Person).where(Person.id == actor.person_id).values(last_activity_at=at),
    ]
