"""The life of one generated ticket: when it was answered, paused and resolved, and what its clocks say about it.

The arithmetic is that of the standard promise (around the clock), so that deadlines.refresh() would change nothing.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import datetime, timedelta

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
NEVER = datetime(9999, 1, 1)  # noqa: DTZ001 without zone, as tables hold it
TARGETS = {
    "critical": (1 * HOUR, 4 * HOUR),
    "high": (4 * HOUR, 24 * HOUR),
    "medium": (8 * HOUR, 72 * HOUR),
    "low": (24 * HOUR, 168 * HOUR),
}
WORST_FIRST = ("breached", "at_risk", "ok", "paused", "met")
CLOSE_AFTER = 7 * DAY


@dataclass(slots=True)
class Clock:
    """One clock as the ticket's columns have it."""

    due: datetime | None
    state: str
    told: str
    check: datetime | None = None


@dataclass(slots=True)
class Life:
    """Everything about a ticket that follows from its times."""

    status: str
    reason: str | None
    stage: int
    phase: str
    first: datetime | None
    resolved: datetime | None
    closed: datetime | None
    response: Clock
    resolution: Clock
    changes: list[tuple[datetime, bool, str]] = field(default_factory=list)

    @property
    def sla_state(self) -> str:
        states = [self.resolution.state]
        if self.first is None and self.resolved is None:
            states.append(self.response.state)
        return next(state for state in WORST_FIRST if state in states)

    @property
    def due(self) -> datetime:
        if self.resolved is not None:
            return NEVER
        clocks = [self.resolution] if self.first else [self.response, self.resolution]
        return min((c.due for c in clocks if c.due and c.state in WORST_FIRST[:3]), default=NEVER)

    @property
    def check(self) -> datetime | None:
        return min((c.check for c in (self.response, self.resolution) if c.check), default=None)


def finished(rng: random.Random, created: datetime, now: datetime, priority: str) -> Life:
    """A resolved or closed ticket."""
    response, target = TARGETS[priority]
    age = now - created
    used = target * (rng.uniform(0.02, 0.95) if rng.random() < 0.88 else rng.uniform(1, 1.8))
    pause = rng.uniform(0.05, 5) * DAY if rng.random() < 0.4 else timedelta()
    if used + pause >= age:
        used, pause = age * 0.8, timedelta()
    half = min(used / 2, target * 0.9)
    resolved = created + used + pause
    changes = [(created, True, "open")]
    if pause:
        changes += [(created + half, False, "pending_customer"), (created + half + pause, True, "open")]
    changes.append((resolved, False, "resolved"))
    due = created + target + pause
    late = resolved >= due
    first = created + min(response * rng.uniform(0.05, 1.04), half)
    is_closed = now - resolved > CLOSE_AFTER
    return Life(
        status="closed" if is_closed else "resolved",
        reason=None,
        stage=6 if is_closed else 5,
        phase="closed" if is_closed else "resolved",
        first=first,
        resolved=resolved,
        closed=resolved + CLOSE_AFTER if is_closed else None,
        response=_answered(created, first, response),
        resolution=Clock(due, "breached" if late else "met", _told(used, target)),
        changes=changes,
    )


def unanswered(rng: random.Random, created: datetime, now: datetime, priority: str) -> Life:
    """A ticket nobody has answered yet; both clocks have run since it came."""
    response, target = TARGETS[priority]
    open_ = rng.random() < 0.7
    return Life(
        status="open" if open_ else "in_progress",
        reason=None,
        stage=1 if open_ else 2,
        phase="active",
        first=None,
        resolved=None,
        closed=None,
        response=_running(created + response, now - created, response),
        resolution=_running(created + target, now - created, target),
        changes=[(created, True, "open")],
    )


def answered(rng: random.Random, created: datetime, now: datetime, priority: str) -> Life:
    """A ticket being worked on, or waiting for the customer or a third party."""
    response, target = TARGETS[priority]
    age = now - created
    dice = rng.random()
    share = (
        rng.uniform(1, 1.9)
        if dice < 0.1
        else rng.uniform(0.75, 1)
        if dice < 0.18
        else rng.uniform(0.05, 0.75)
    )
    used = min(age * 0.99, target * share)
    first = created + min(response * rng.uniform(0.05, 1.04), used * 0.4)
    kind = rng.choices((1, 2, 3, 4), (8, 47, 30, 15))[0]
    changes = [(created, True, "open")]
    if kind == 3:
        paused_at = created + used
        changes.append((paused_at, False, "pending_customer"))
        late = used >= target
        resolution = Clock(
            created + target if late else None, "breached" if late else "paused", _told(used, target)
        )
    else:
        resolution = _with_pause(changes, created, now, used, target)
        if kind == 4:
            changes.append((now - (now - changes[-1][0]) * 0.2, True, "pending_third_party"))
    return Life(
        status=("open", "in_progress", "pending", "pending")[kind - 1],
        reason={3: "customer", 4: "third_party"}.get(kind),
        stage=kind,
        phase="active",
        first=first,
        resolved=None,
        closed=None,
        response=_answered(created, first, response),
        resolution=resolution,
        changes=changes,
    )


def _with_pause(
    changes: list[tuple[datetime, bool, str]],
    created: datetime,
    now: datetime,
    used: timedelta,
    target: timedelta,
) -> Clock:
    """The clock ran for ``used`` in all: half of it, a pause, and the other half until now."""
    if now - created - used < HOUR:
        return _running(created + target, now - created, target)
    half = used / 2
    back = now - half
    changes += [(created + half, False, "pending_customer"), (back, True, "open")]
    return _running(back + target - half, used, target)


def _running(due: datetime, used: timedelta, target: timedelta) -> Clock:
    told = _told(used, target)
    check = {"ok": due - target / 4, "at_risk": due, "breached": None}[told]
    return Clock(due, told, told, check)


def _answered(created: datetime, first: datetime, target: timedelta) -> Clock:
    late = first >= created + target
    return Clock(created + target, "breached" if late else "met", _told(first - created, target))


def _told(used: timedelta, target: timedelta) -> str:
    if used >= target:
        return "breached"
    return "at_risk" if used >= target * 0.75 else "ok"
