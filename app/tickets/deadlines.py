"""The clocks of one ticket: from its changes and its promise to due times, states and the next check."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from app.sla.clocks import due_at, warn_at
from app.sla.policies import Targets
from app.sla.queries import Promise
from app.sla.spans import Change, Span, spans_of
from app.sla.words import ClockKind, ClockState, Reason
from app.tickets.models import Ticket

NEVER = datetime(9999, 1, 1, tzinfo=UTC)
WORST_FIRST = (ClockState.BREACHED, ClockState.AT_RISK, ClockState.OK, ClockState.PAUSED, ClockState.MET)


def spans_for(kind: ClockKind, ticket: Ticket, changes: Sequence[Change]) -> tuple[Span, ...]:
    """The life of one clock.

    The resolution clock follows the status; the response clock runs until a person answered, and stands still
    only while the ticket was resolved.
    """
    if kind is ClockKind.RESPONSE:
        changes = [Change(c.at, c.reason != Reason.RESOLVED, c.reason) for c in changes]
        stop = ticket.first_response_at
        if stop is not None:
            return spans_of([c for c in changes if c.at < stop] or changes[:1], stop)
    stop = changes[-1].at if changes and changes[-1].reason == Reason.RESOLVED else None
    return spans_of(changes[:-1] if stop else changes, stop)


def targets_for(ticket: Ticket, promise: Promise) -> Targets:
    """What the promise says for the ticket's priority."""
    return promise.targets[ticket.priority.value]


def refresh(ticket: Ticket, changes: Sequence[Change], promise: Promise | None) -> None:
    """Set every SLA field of the ticket anew after something changed."""
    ticket.sla_policy_id = promise.id if promise else None
    checks = []
    for kind in ClockKind:
        check = _refresh_clock(kind, ticket, changes, promise)
        if check is not None:
            checks.append(check)
    ticket.check_at = min(checks, default=None)
    _summarise(ticket)


def _refresh_clock(
    kind: ClockKind, ticket: Ticket, changes: Sequence[Change], promise: Promise | None
) -> datetime | None:
    """Set one clock's fields; returns when there is something to announce."""
    spans = spans_for(kind, ticket, changes)
    stopped = not spans or spans[-1].end is not None
    running = not stopped and spans[-1].runs
    if promise is None:
        _write(kind, ticket, None, ClockState.MET if stopped else ClockState.OK, ClockState.OK)
        return None
    target = targets_for(ticket, promise).of(kind)
    due = due_at(target, spans, promise.calendar)
    told = _told(kind, ticket)
    if due is not None and due != _due(kind, ticket):
        told = ClockState.OK
    if stopped:
        late = due is not None and bool(spans) and spans[-1].end is not None and spans[-1].end >= due
        _write(kind, ticket, due, ClockState.BREACHED if late else ClockState.MET, told)
        return None
    if not running:
        breached = told is ClockState.BREACHED and due is not None
        _write(kind, ticket, due, ClockState.BREACHED if breached else ClockState.PAUSED, told)
        return due if due is not None and not breached else None
    _write(kind, ticket, due, told, told)
    if told is ClockState.OK:
        return warn_at(target, spans, promise.calendar, promise.warn_share)
    return due if told is ClockState.AT_RISK else None


def _due(kind: ClockKind, ticket: Ticket) -> datetime | None:
    return ticket.response_due_at if kind is ClockKind.RESPONSE else ticket.resolution_due_at


def _told(kind: ClockKind, ticket: Ticket) -> ClockState:
    told = ticket.response_told if kind is ClockKind.RESPONSE else ticket.resolution_told
    return told or ClockState.OK


def _write(
    kind: ClockKind, ticket: Ticket, due: datetime | None, state: ClockState, told: ClockState
) -> None:
    if kind is ClockKind.RESPONSE:
        ticket.response_due_at, ticket.response_state, ticket.response_told = due, state, told
    else:
        ticket.resolution_due_at, ticket.resolution_state, ticket.resolution_told = due, state, told


def _summarise(ticket: Ticket) -> None:
    """The next open deadline for lists, and the state of the clock that needs most care."""
    open_due = []
    for due, state in (
        (ticket.response_due_at, ticket.response_state),
        (ticket.resolution_due_at, ticket.resolution_state),
    ):
        if due is not None and state in (ClockState.OK, ClockState.AT_RISK, ClockState.BREACHED):
            open_due.append(due)
    answered = ticket.first_response_at is not None
    if answered:
        open_due = [ticket.resolution_due_at] if ticket.resolution_due_at in open_due else []
    done = ticket.resolved_at is not None
    ticket.due_at = NEVER if done else min(open_due, default=NEVER)
    states = (
        [ticket.resolution_state] if answered or done else [ticket.response_state, ticket.resolution_state]
    )
    ticket.sla_state = next(state for state in WORST_FIRST if state in states)


def tell(ticket: Ticket, kind: ClockKind, state: ClockState) -> None:
    """Note that a warning or a breach of a clock is being announced now."""
    _write(kind, ticket, _due(kind, ticket), state, state)


def to_announce(
    ticket: Ticket, promise: Promise, changes: Sequence[Change], at: datetime
) -> list[tuple[ClockKind, ClockState]]:
    """Which clocks reached a threshold by ``at`` that was not announced yet."""
    found = []
    for kind in ClockKind:
        spans = spans_for(kind, ticket, changes)
        if not spans or spans[-1].end is not None:
            continue
        target = targets_for(ticket, promise).of(kind)
        due = due_at(target, spans, promise.calendar)
        told = _told(kind, ticket)
        if due is not None and at >= due and told is not ClockState.BREACHED:
            found.append((kind, ClockState.BREACHED))
            continue
        warn = warn_at(target, spans, promise.calendar, promise.warn_share)
        if warn is not None and spans[-1].runs and at >= warn and told is ClockState.OK:
            found.append((kind, ClockState.AT_RISK))
    return found
