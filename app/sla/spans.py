"""The life of a clock as spans of time in which it ran or waited."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import NamedTuple

from app.sla.calendars import in_utc


@dataclass(frozen=True, slots=True)
class Span:
    """The clock ran, or waited, in [start, end), and why.

    `end` None means that it still does. Only the last span may be open; when the last one is closed the
    clock has stopped for good (answered, resolved). Whether pending for a third party runs is the
    policy's rule and the caller's decision. Instants are aware and kept in UTC. Raises ValueError on a
    naive instant and on an end that does not come after the start.
    """

    start: datetime
    end: datetime | None
    runs: bool
    reason: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "start", in_utc(self.start))
        if self.end is None:
            return
        object.__setattr__(self, "end", in_utc(self.end))
        if self.end <= self.start:
            raise ValueError(f"a span must end after its start: {self}")


class Change(NamedTuple):
    """From `at` on the clock runs or waits, and why."""

    at: datetime
    runs: bool
    reason: str


def spans_of(changes: Sequence[Change], stopped_at: datetime | None = None) -> tuple[Span, ...]:
    """The spans between changes in the order they happened, without holes.

    The last span stays open unless the clock stopped. A machine's clock may step back: a change dated
    before the one it follows happened, for the statement, at the same instant. What lasted no time
    leaves no span, so a clock that stopped at once has none. Raises ValueError on a naive instant.
    """
    if not changes:
        return ()
    spans: list[Span] = []
    begins = [in_utc(change.at) for change in changes]
    ends = [*begins[1:], in_utc(stopped_at) if stopped_at else None]
    start = begins[0]
    for change, begin, end in zip(changes, begins, ends, strict=True):
        start = max(start, begin)
        if end is None:
            spans.append(Span(start, None, change.runs, change.reason))
        elif end > start:
            spans.append(Span(start, end, change.runs, change.reason))
    return tuple(spans)


def checked(spans: Iterable[Span]) -> tuple[Span, ...]:
    """The same spans; raises ValueError when they overlap, are out of order or go on after an open one.

    A hole between two spans is allowed: the clock reads as stopped in it, nothing is counted or listed.
    """
    known = tuple(spans)
    for earlier, later in zip(known, known[1:], strict=False):
        if earlier.end is None or later.start < earlier.end:
            raise ValueError(f"spans overlap or are out of order: {earlier}, {later}")
    return known


def known_at(spans: Iterable[Span], at: datetime) -> tuple[Span, ...]:
    """What was known of the life at an instant: later spans are gone, the span in progress is open."""
    at = in_utc(at)
    begun = (span for span in checked(spans) if span.start <= at)
    return tuple(replace(span, end=None) if span.end and span.end > at else span for span in begun)
