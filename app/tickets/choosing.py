"""The rule of automatic assignment: who of a team should get a ticket. Source: docs/architecture.md, assignment."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from app.accounts.staffing import Candidate
from app.core import clock
from app.core.environment import environment
from app.tickets.words import Priority

LEVEL_FOR = {Priority.CRITICAL: 3, Priority.HIGH: 2, Priority.MEDIUM: 1, Priority.LOW: 1}
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


def level_needed(priority: Priority, support_level: int) -> int:
    """The least support level that may be given a ticket."""
    return max(LEVEL_FOR[priority], support_level)


def fitting(candidates: Iterable[Candidate], *, level: int, requester_id: int) -> list[Candidate]:
    """Those who may be given it: of the level, and not their own request."""
    return [c for c in candidates if c.support_level >= level and c.person_id != requester_id]


def idlest(fitting: Sequence[Candidate], loads: Mapping[int, int]) -> Candidate:
    """Whoever has fewest open tickets; of these, whoever has waited longest for a new one."""
    return min(fitting, key=lambda c: (loads.get(c.person_id, 0), c.last_given_at or LONG_AGO, c.person_id))


def today() -> date:
    """The day absences are compared with."""
    return clock.now().astimezone(ZoneInfo(environment().default_time_zone)).date()
