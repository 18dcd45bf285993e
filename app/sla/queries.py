"""Reading policies and calendars; both change rarely and are kept by version in the process."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from app.core.db import db
from app.sla.calendars import Calendar
from app.sla.closing_days import ClosingDays
from app.sla.models import Policy, ScopedPolicy, WorkCalendar
from app.sla.policies import Targets, choose
from app.sla.slots import Slot
from app.sla.words import PolicyScope

KEPT_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Promise:
    """A policy ready for arithmetic."""

    id: int
    name: str
    calendar: Calendar
    targets: dict[str, Targets]
    pauses_for_third_party: bool
    warn_share: float
    is_default: bool


@dataclass(frozen=True, slots=True)
class Book:
    """All policies and where they hold."""

    promises: dict[int, Promise]
    by_organisation: dict[int, int]
    by_team: dict[int, int]
    default_id: int | None


_kept: tuple[float, Book] | None = None
_lock = threading.Lock()


def book() -> Book:
    """All policies, at most five seconds old."""
    global _kept
    with _lock:
        known = _kept
    if known is not None and time.monotonic() - known[0] < KEPT_SECONDS:
        return known[1]
    fresh = _read()
    with _lock:
        _kept = (time.monotonic(), fresh)
    return fresh


def forget() -> None:
    """Read policies anew at the next use."""
    global _kept
    with _lock:
        _kept = None


def promise_for(
    *, organisation_id: int | None, category_policy_id: int | None, team_id: int
) -> Promise | None:
    """The promise that holds for a ticket: the most specific wins (organisation, category, team, default)."""
    all_of_them = book()
    chosen = choose(
        {
            PolicyScope.ORGANISATION: all_of_them.by_organisation.get(organisation_id or 0),
            PolicyScope.CATEGORY: category_policy_id,
            PolicyScope.TEAM: all_of_them.by_team.get(team_id),
            PolicyScope.DEFAULT: all_of_them.default_id,
        }
    )
    return promise(chosen)


def promise(policy_id: int | None) -> Promise | None:
    """The promise of a policy, None when there is none (any more)."""
    return book().promises.get(policy_id) if policy_id is not None else None


def _read() -> Book:
    rows = db.session.execute(sa.select(Policy, WorkCalendar).join(WorkCalendar)).all()
    scopes = db.session.scalars(sa.select(ScopedPolicy)).all()
    promises = {policy.id: _promise(policy, calendar) for policy, calendar in rows}
    return Book(
        promises=promises,
        by_organisation={s.organisation_id: s.policy_id for s in scopes if s.organisation_id},
        by_team={s.team_id: s.policy_id for s in scopes if s.team_id},
        default_id=next((p.id for p in promises.values() if p.is_default), None),
    )


def _promise(policy: Policy, row: WorkCalendar) -> Promise:
    return Promise(
        id=policy.id,
        name=policy.name,
        calendar=calendar_of(row),
        targets={word: targets_of(pair) for word, pair in policy.targets.items()},
        pauses_for_third_party=policy.pauses_for_third_party,
        warn_share=policy.warn_percent / 100,
        is_default=policy.is_default,
    )


def targets_of(pair: Any) -> Targets:
    """Targets from their stored form, ``[response seconds, resolution seconds]``."""
    return Targets(timedelta(seconds=pair[0]), timedelta(seconds=pair[1]))


def calendar_of(row: WorkCalendar) -> Calendar:
    """The pure calendar of a stored one."""
    slots = tuple(Slot(*slot) for slot in row.slots) or None
    return Calendar(ZoneInfo(row.time_zone), slots, ClosingDays(row.holiday_state or None), row.name)
