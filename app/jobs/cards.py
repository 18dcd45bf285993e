"""The morning card of teams in Microsoft Teams."""

from __future__ import annotations

from functools import partial

from app.accounts.actors import CLOCK
from app.core.uow import run_unit
from app.jobs.standing import standing
from app.notifications import switching


@standing("teams-digest", seconds=300)
def tell_teams() -> None:
    """Let teams hear how they stand, once a day however often this is asked for."""
    run_unit(partial(switching.begin_day, actor=CLOCK))
