"""The itemised statement of a clock: line by line when it ran, when it waited or stood still, and why."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from app.sla.calendars import Calendar, closed_by, day_of, day_start, in_utc, openings
from app.sla.clocks import due_at
from app.sla.spans import Span, known_at
from app.sla.words import HOLIDAY_PREFIX, Reason

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Line:
    """One stretch of a clock's life within one local day, [start, end) in UTC.

    `day` is the local day in the calendar's zone. `reason` is the span's own word, or for closed hours
    inside a running span "outside_hours" or "holiday:" and its German name. `late` marks what lies
    behind the due time.
    """

    day: date
    start: datetime
    end: datetime
    runs: bool
    reason: str
    late: bool = False

    @property
    def amount(self) -> timedelta:
        """The time counted: all of a running line, nothing of any other."""
        return self.end - self.start if self.runs else timedelta()


def statement(target: timedelta, spans: Iterable[Span], calendar: Calendar, at: datetime) -> list[Line]:
    """The lines of a clock from its start until it stopped, or until `at`.

    They follow each other as the spans do. Their amounts add up to consumed(); those that are not late
    to the target exactly, once the clock is due. One line or more for each day, so the caller bounds the
    life it asks for. Raises ValueError as due_at() does.
    """
    at = in_utc(at)
    life = known_at(spans, at)
    due = due_at(target, life, calendar)
    return [part for span in life for line in _span_lines(span, calendar, at) for part in _split(line, due)]


def _span_lines(span: Span, calendar: Calendar, at: datetime) -> Iterator[Line]:
    end = span.end or at
    start = span.start
    day = day_of(calendar, start)
    while start < end:
        midnight = day_start(calendar, day + _DAY)
        until = min(midnight, end)
        if start < until:
            yield from _day_lines(span, calendar, Line(day, start, until, span.runs, span.reason))
        start, day = max(start, until), day + _DAY


def _day_lines(span: Span, calendar: Calendar, whole: Line) -> Iterator[Line]:
    if not span.runs:
        yield whole
        return
    name = closed_by(calendar, whole.day)
    closed = Reason.OUTSIDE_HOURS if name is None else f"{HOLIDAY_PREFIX}{name}"
    here = whole.start
    for opens, closes in openings(calendar, whole.day):
        begin, finish = max(opens, whole.start), min(closes, whole.end)
        if begin >= finish:
            continue
        if here < begin:
            yield replace(whole, start=here, end=begin, runs=False, reason=closed)
        yield replace(whole, start=begin, end=finish)
        here = finish
    if here < whole.end:
        yield replace(whole, start=here, runs=False, reason=closed)


def _split(line: Line, due: datetime | None) -> Iterator[Line]:
    if due is None or line.end <= due:
        yield line
    elif due <= line.start:
        yield replace(line, late=True)
    else:
        yield replace(line, end=due)
        yield replace(line, start=due, late=True)
