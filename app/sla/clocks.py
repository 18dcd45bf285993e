"""The clocks of a ticket: what they consumed, when they are due, when to warn and how they stand.

A clock's life is a list of spans (see spans.py). A changed priority is the same life measured against
another target, so what was consumed and paused stays (docs/architecture.md).
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

from app.sla.calendars import Calendar, add, elapsed, in_utc
from app.sla.spans import Span, checked, known_at
from app.sla.words import ClockState, Reason

WARN_SHARE = 0.75


def consumed(spans: Iterable[Span], calendar: Calendar, at: datetime) -> timedelta:
    """The working time the clock ran until `at`. Raises ValueError on a naive instant or bad spans."""
    return _counted(spans, calendar, at, runs=True)


def paused(spans: Iterable[Span], calendar: Calendar, at: datetime) -> timedelta:
    """The working time until `at` that was not counted because the clock waited."""
    return _counted(spans, calendar, at, runs=False)


def remaining(target: timedelta, spans: Iterable[Span], calendar: Calendar, at: datetime) -> timedelta:
    """The working time left until the target at `at`, negative when it is exceeded."""
    return _positive(target) - consumed(spans, calendar, at)


def due_at(target: timedelta, spans: Iterable[Span], calendar: Calendar) -> datetime | None:
    """The instant in UTC at which the clock uses up its target, to the microsecond.

    A target used up before a pause stays due when it was. Otherwise None while the clock waits, when it
    stopped while waiting, and when the calendar never gets there. A clock that stopped while running
    keeps the due time it had then. Raises ValueError on bad spans or a target that is not positive.
    """
    rest = _positive(target)
    life = checked(spans)
    for span in life:
        if not span.runs:
            continue
        if span.end is None:
            return add(calendar, span.start, rest)
        worked = elapsed(calendar, span.start, span.end)
        if worked >= rest or span is life[-1]:
            return add(calendar, span.start, rest)
        rest -= worked
    return None


def warn_at(
    target: timedelta, spans: Iterable[Span], calendar: Calendar, share: float = WARN_SHARE
) -> datetime | None:
    """The instant at which `share` (over 0, at most 1) of the target is used; None as in due_at()."""
    return due_at(_threshold(target, share), spans, calendar)


def state(
    target: timedelta, spans: Iterable[Span], calendar: Calendar, at: datetime, share: float = WARN_SHARE
) -> ClockState:
    """How the clock stands at `at`, by what was known then.

    Used up to 100 % is breached, at the very instant and whatever came after: waiting or stopping does
    not undo it. Otherwise a stopped clock is met, a waiting one paused, a running one at risk once
    `share` of the target is used. No spans at all is a clock that stopped the moment it began: met.
    """
    everything = checked(spans)
    known = known_at(everything, at)
    used = consumed(known, calendar, at)
    if used >= _positive(target):
        return ClockState.BREACHED
    if not known:
        return ClockState.OK if everything else ClockState.MET
    if known[-1].end is not None:
        return ClockState.MET
    if not known[-1].runs:
        return ClockState.PAUSED
    return ClockState.AT_RISK if used >= _threshold(target, share) else ClockState.OK


def example(calendar: Calendar, target: timedelta, at: datetime) -> datetime | None:
    """When a ticket opened at `at` and never paused would be due, for the page that edits a calendar."""
    return due_at(target, (Span(at, None, True, Reason.OPEN),), calendar)


def _counted(spans: Iterable[Span], calendar: Calendar, at: datetime, *, runs: bool) -> timedelta:
    at = in_utc(at)
    lengths = (
        elapsed(calendar, span.start, min(span.end or at, at))
        for span in checked(spans)
        if span.runs is runs and span.start < at
    )
    return sum(lengths, timedelta())


def _positive(target: timedelta) -> timedelta:
    if target <= timedelta():
        raise ValueError(f"a target must be positive: {target}")
    return target


def _threshold(target: timedelta, share: float) -> timedelta:
    if not 0 < share <= 1:
        raise ValueError(f"the share to warn at must be over 0 and at most 1: {share}")
    return max(_positive(target) * share, timedelta.resolution)
