"""`/dashboard/stats`: how the tickets stand that one sees."""

from __future__ import annotations

from app.core.actor import Actor
from app.tickets.standing import standing
from app.web.api.door import door
from app.web.kit.json_answers import Answer


class Stats(Answer):
    """Tickets by status; `unassigned`, `at_risk` and `breached` count what is not resolved yet.

    The rest speaks of tickets opened in the last 30 days and is null where there is nothing to average: seconds by
    the wall clock, the share (0 to 1) of resolved tickets that kept both promised times, and satisfaction from 1 to 5.
    """

    total: int
    open: int
    in_progress: int
    pending: int
    resolved: int
    closed: int
    unassigned: int
    at_risk: int
    breached: int
    average_first_response_seconds: int | None
    average_resolution_seconds: int | None
    sla_compliance: float | None
    satisfaction: float | None


@door.read("/dashboard/stats", allow="portal.use", gives=Stats)
def dashboard_stats(actor: Actor) -> Stats:
    """How things stand: for staff in all tickets they see, for customers in their own requests."""
    found = standing(actor)
    return Stats(
        total=found.total,
        unassigned=found.unassigned,
        at_risk=found.at_risk,
        breached=found.breached,
        average_first_response_seconds=found.averages.first_response,
        average_resolution_seconds=found.averages.resolution,
        sla_compliance=found.averages.sla_compliance,
        satisfaction=found.averages.satisfaction,
        **{status.value: n for status, n in found.by_status.items()},
    )
