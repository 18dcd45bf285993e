"""The team every installation begins with."""

from __future__ import annotations

import sqlalchemy as sa

from app.accounts.actors import SHELL
from app.accounts.events import TeamCreated
from app.accounts.models import Team
from app.core import clock
from app.core.db import db
from app.events.log import action, record


@action
def ensure_default_team() -> Team:
    """The default team, made when there is none."""
    found = db.session.scalar(sa.select(Team).where(Team.is_default.is_(True)))
    if found is not None:
        return found
    team = Team(name="IT-Service", is_default=True, created_at=clock.now())
    db.session.add(team)
    db.session.flush()
    record(TeamCreated(name=team.name), actor=SHELL, subject=("team", team.id))
    return team
