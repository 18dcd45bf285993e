"""The policy and calendars every installation begins with."""

from __future__ import annotations

import sqlalchemy as sa

from app.accounts.actors import SHELL
from app.core import clock
from app.core.db import db
from app.events.log import action, record
from app.sla import queries
from app.sla.events import CalendarCreated, PolicyCreated
from app.sla.models import Policy, WorkCalendar
from app.sla.policies import DEFAULT_TARGETS

OFFICE_HOURS = [
    [day, start, end] for day in range(5) for start, end in ((8 * 60, 12 * 60), (12 * 60 + 30, 17 * 60))
]


@action
def ensure_default_policy() -> None:
    """Make the 24×7 calendar, an office calendar and the default policy where they are missing."""
    around = _calendar("24×7", [])
    _calendar("Mo–Fr 8–17", OFFICE_HOURS)
    if db.session.scalar(sa.select(Policy.id).where(Policy.is_default.is_(True))):
        return
    policy = Policy(
        name="Standard",
        calendar_id=around.id,
        targets={
            word: [int(t.response.total_seconds()), int(t.resolution.total_seconds())]
            for word, t in DEFAULT_TARGETS.items()
        },
        is_default=True,
        created_at=clock.now(),
    )
    db.session.add(policy)
    db.session.flush()
    record(PolicyCreated(name=policy.name), actor=SHELL, subject=("sla_policy", policy.id))
    queries.forget()


def _calendar(name: str, slots: list[list[int]]) -> WorkCalendar:
    found = db.session.scalar(sa.select(WorkCalendar).where(WorkCalendar.name == name))
    if found is not None:
        return found
    made = WorkCalendar(name=name, slots=slots, holiday_state="BY" if slots else "")
    db.session.add(made)
    db.session.flush()
    record(CalendarCreated(name=name), actor=SHELL, subject=("work_calendar", made.id))
    return made
