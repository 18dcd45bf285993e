"""What the clock does: deadlines and replies for later every minute, closing every hour, counters kept short."""

from __future__ import annotations

from functools import partial

from app.core import fault, log
from app.core.uow import run_unit
from app.jobs.standing import standing
from app.tickets.actions import clock, closing, scheduling, tallying

SLA_LIMIT = 5000
CLOSE_LIMIT = 5000
SEND_LIMIT = 1000


@standing("sla", seconds=300)
def check_deadlines() -> None:
    """Warn and breach everything that is due."""
    clock.check_due(SLA_LIMIT)


@standing("scheduled-replies", seconds=180)
def send_scheduled() -> None:
    """Send the replies whose time has come, each in a unit of its own; one that fails holds up no other.

    Raises:
        Exception: of the last one that failed; it is due again with the next run.
    """
    failure: Exception | None = None
    for scheduled_id in scheduling.due(SEND_LIMIT):
        fault.point("scheduled.found")
        try:
            run_unit(partial(scheduling.send_due, scheduled_id))
        except Exception as error:
            log.get(__name__).warning(
                "scheduled_reply_failed", scheduled_id=scheduled_id, error=str(error)[:200]
            )
            failure = error
        fault.point("scheduled.sent")
    if failure is not None:
        raise failure


@standing("auto-close", seconds=900)
def close_resolved() -> None:
    """Close what has been resolved for long enough."""
    closing.close_resolved(CLOSE_LIMIT)


@standing("tally", seconds=120)
def fold_tally() -> None:
    """Keep the counters of tickets short."""
    tallying.fold()
