"""What the clock does: deadlines every minute, closing every hour, counters kept short."""

from __future__ import annotations

from app.jobs.standing import standing
from app.tickets.actions import clock, closing, tallying

SLA_LIMIT = 5000
CLOSE_LIMIT = 5000


@standing("sla", seconds=300)
def check_deadlines() -> None:
    """Warn and breach everything that is due."""
    clock.check_due(SLA_LIMIT)


@standing("auto-close", seconds=900)
def close_resolved() -> None:
    """Close what has been resolved for long enough."""
    closing.close_resolved(CLOSE_LIMIT)


@standing("tally", seconds=120)
def fold_tally() -> None:
    """Keep the counters of tickets short."""
    tallying.fold()
