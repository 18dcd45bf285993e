"""The clocks of a ticket as the page shows them: chips, bars, and the statement line by line."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from app.core import clock
from app.core.formats import Formats
from app.core.language import _
from app.sla.statement import Line
from app.sla.words import ClockKind, ClockState, Reason
from app.tickets.clocks import ClockView
from app.tickets.words import Status
from app.web.tickets.words import CLOCK_NAMES, clock_reason, short_moment

if TYPE_CHECKING:
    from app.tickets.models import Ticket

RUNNING = (ClockState.OK, ClockState.AT_RISK, ClockState.BREACHED)


@dataclass(frozen=True, slots=True)
class ClockFace:
    """One clock: its name, state, the time to or since the due moment while it runs, a bar and two small lines."""

    kind: ClockKind
    name: str
    state: ClockState
    span: str
    due: datetime | None
    share: int | None
    left: str
    right: str


def faces(ticket: Ticket, views: Sequence[ClockView], fmt: Formats) -> list[ClockFace]:
    """Both clocks, the response first."""
    return [_face(ticket, view, fmt) for view in views]


def nearest(ticket: Ticket, both: Sequence[ClockFace]) -> ClockFace | None:
    """The clock that matters now, for the head of the page: one that runs or waits."""
    wanted = ClockKind.RESPONSE if ticket.first_response_at is None else ClockKind.RESOLUTION
    ordered = sorted(both, key=lambda face: face.kind is not wanted)
    return next((face for face in ordered if face.due or face.state is ClockState.PAUSED), None)


def _runs(ticket: Ticket, view: ClockView) -> bool:
    if view.due_at is None or ticket.resolved_at is not None or view.state not in RUNNING:
        return False
    if view.kind is ClockKind.RESPONSE:
        return ticket.first_response_at is None
    return ticket.status is not Status.PENDING or view.state is not ClockState.BREACHED


def _face(ticket: Ticket, view: ClockView, fmt: Formats) -> ClockFace:
    name = str(CLOCK_NAMES[view.kind])
    if view.target is None or view.used is None:
        return ClockFace(view.kind, name, view.state, "", None, None, _("no promise"), "")
    target, runs = worked(view.target), _runs(ticket, view)
    share = int(view.used / view.target * 100)
    right = _("%(percent)s %% of %(target)s", percent=share, target=target)
    if runs and view.due_at is not None:
        rest = view.due_at - clock.now()
        when = short_moment(fmt, view.due_at)
        left = _("due %(when)s", when=when) if rest > timedelta() else _("was due %(when)s", when=when)
        return ClockFace(view.kind, name, view.state, fmt.span(rest), view.due_at, share, left, right)
    if view.state is ClockState.PAUSED:
        left = clock_reason(Reason.RESOLVED if ticket.resolved_at else _waiting(ticket))
        return ClockFace(view.kind, name, view.state, "", None, share, left, right)
    left = _("after %(used)s (target %(target)s)", used=worked(view.used), target=target)
    return ClockFace(view.kind, name, view.state, "", None, None, left, "")


def worked(span: timedelta) -> str:
    """``24 Std.`` · ``1 Std. 30 Min.``: never in days, which in a calendar of working hours would be ambiguous."""
    whole, minutes = divmod(seconds(span) // 60, 60)
    parts = [_("%(n)s h", n=whole)] if whole else []
    if minutes or not whole:
        parts.append(_("%(n)s min.", n=minutes))
    return " ".join(parts)


def _waiting(ticket: Ticket) -> str:
    return f"pending_{ticket.pending_reason}" if ticket.pending_reason else Reason.OPEN


@dataclass(frozen=True, slots=True)
class StatementLine:
    """Days on which the same happened to a clock, joined; ``counted`` is empty where nothing was."""

    when: str
    reason: str
    counted: str
    runs: bool
    late: bool


@dataclass(frozen=True, slots=True)
class Statement:
    """A clock's life. What is counted adds up to ``used`` to the second; what is not late, to ``in_time``."""

    face: ClockFace
    lines: Sequence[StatementLine]
    used: str
    in_time: str
    target: str


def statements(ticket: Ticket, views: Sequence[ClockView], fmt: Formats) -> list[Statement]:
    """Both clocks line by line."""
    return [_statement(_face(ticket, view, fmt), view, fmt) for view in views]


def _statement(face: ClockFace, view: ClockView, fmt: Formats) -> Statement:
    """Seconds are taken from the running sum, so that rounding loses none between the lines."""
    lines, used, in_time = [], timedelta(), 0
    for run in _joined(view.lines):
        before = seconds(used)
        used += sum((line.amount for line in run), timedelta())
        counted = seconds(used) - before
        in_time += 0 if run[0].late else counted
        lines.append(_said(run, counted, fmt))
    return Statement(
        face, lines, hours(seconds(used)), hours(in_time), worked(view.target) if view.target else ""
    )


def seconds(span: timedelta) -> int:
    """Whole seconds, rounded down."""
    return int(span.total_seconds())


def hours(amount: int) -> str:
    """``0:50:00`` hours, minutes, seconds: exact, so that a reader can add the lines up."""
    minutes, rest = divmod(amount, 60)
    whole, minutes = divmod(minutes, 60)
    return f"{whole}:{minutes:02d}:{rest:02d}"


def _joined(lines: Iterable[Line]) -> list[list[Line]]:
    """Whole days in a row with the same reason make one line; a day in parts stays in parts."""
    runs: list[list[Line]] = []
    for line in lines:
        last = runs[-1] if runs else None
        if last and _same(last[-1], line) and last[-1].end == line.start and last[-1].day != line.day:
            last.append(line)
        else:
            runs.append([line])
    return runs


def _same(one: Line, other: Line) -> bool:
    return (one.reason, one.runs, one.late) == (other.reason, other.runs, other.late)


def _said(run: list[Line], counted: int, fmt: Formats) -> StatementLine:
    first, last = run[0], run[-1]
    begin = f"{fmt.weekday(first.start)} {short_day(fmt, first.start)}, {fmt.time(first.start)}"
    end = fmt.time(last.end)
    if first.start.astimezone(fmt.zone).date() != last.end.astimezone(fmt.zone).date():
        end = f"{fmt.weekday(last.end)} {short_day(fmt, last.end)}, {end}"
    return StatementLine(
        when=f"{begin} – {end}",
        reason=clock_reason(first.reason),
        counted=hours(counted) if first.runs else "",
        runs=first.runs,
        late=first.late,
    )


def short_day(fmt: Formats, at: datetime) -> str:
    """``14.11.`` as statements write days."""
    local = at.astimezone(fmt.zone)
    return f"{local.day}.{local.month}."
