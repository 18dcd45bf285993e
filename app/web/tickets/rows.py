"""Lines of the list, made ready for the template: what is a line's own, and times in words without a look-up each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from babel import dates
from markupsafe import Markup, escape

from app.core import clock
from app.core.formats import Formats
from app.core.language import _, language, pgettext
from app.sla.words import ClockKind, ClockState
from app.tickets.faces import initials_of
from app.tickets.queue import Present, QueueRow
from app.tickets.words import PresenceMode
from app.web.tickets.schemas import step_of

TAGS_SHOWN = 3
GAP = "\0"  # stands in a sentence that is said for many lines until a line fills it
LIVE = (ClockState.OK, ClockState.AT_RISK, ClockState.BREACHED)


@dataclass(frozen=True, slots=True)
class Here:
    """A colleague at a ticket, as a line names them."""

    initials: str
    key: int
    writing: bool
    words: str


@dataclass(frozen=True, slots=True)
class Chip:
    """A clock as ``kit/tags.html`` shows it: state, time to or since the due moment, the due moment."""

    state: str
    span: str
    due: datetime | None


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the list. ``row`` is what was read; the rest are words and keys for the template's tables."""

    row: QueueRow
    number: str
    step: str
    state: str
    span: str
    due: str
    due_words: str
    who: str
    initials: str
    ago: str
    at: str
    tags: tuple[str, ...]
    here: tuple[Here, ...]


Marks = Mapping[str, Mapping[Any, str]]
Parts = Mapping[str, str]


def written(lines: Sequence[Line], patterns: Markup, marks: Marks) -> Markup:
    """Fill the template's patterns for every line; what people wrote is escaped on its way in.

    A loop in the template would call a function for each of some twenty values of each line, and ``Markup`` would
    wrap each of them; here the patterns are plain text, and what is not a mark or a number goes through escape().

    Args:
        patterns: the line, and after ``<!--name-->`` its smaller parts, with ``%(gaps)s``.
        marks: what repeats: kind → value → mark.
    """
    whole, *rest = str(patterns).strip().split("<!--")
    parts = {name: body.rstrip("\n") for name, _arrow, body in (one.partition("-->") for one in rest)}
    plain = {kind: {value: str(mark) for value, mark in known.items()} for kind, known in marks.items()}
    lines_of = [whole % _values(line, parts, plain) for line in lines]
    return Markup("\n".join(lines_of))  # noqa: S704  # nosec B704 see _values


def _text(value: object) -> str:
    return str(escape(value))


def _values(line: Line, parts: Parts, marks: Marks) -> dict[str, Any]:
    """What fills the gaps of a line: marks and numbers as they are, everything else escaped."""
    row = line.row
    return {
        "id": row.id,
        "number": line.number,
        "unread": parts["unread"] if row.is_unread else "",
        "fresh": parts["fresh"] if row.is_unread else "",
        "title": _text(row.title),
        "who": _text(line.who),
        "priority": marks["priority"][row.priority],
        "status": marks["status"][line.step],
        "channel": marks["channel"][row.channel],
        "files": marks["files"][row.has_files],
        "tags": "".join([parts["tag"] % {"name": _text(tag)} for tag in line.tags]),
        "here": "".join([_present(one, parts, marks) for one in line.here]),
        "sla": _clock_mark(line, parts, marks),
        "due": _text(line.due_words),
        "owner": _owner(line, parts),
        "at": _text(line.at),
        "ago": _text(line.ago),
    }


def _clock_mark(line: Line, parts: Parts, marks: Marks) -> str:
    if not line.span:
        return marks["still"][line.state]
    sign = marks["sign"][line.state]
    return parts["sla"] % {
        "state": line.state,
        "sign": sign,
        "due": _text(line.due),
        "span": _text(line.span),
    }


def _owner(line: Line, parts: Parts) -> str:
    row = line.row
    place = {"team": _text(row.team_name), "level": row.support_level}
    if row.assignee_id is None:
        return parts["nobody"] % place
    name = {"initials": _text(line.initials), "name": _text(row.assignee_name)}
    return parts["owner"] % (place | name | {"colour": colour(row.assignee_id)})


def _present(one: Here, parts: Parts, marks: Marks) -> str:
    live = marks["live"][one.writing]
    initials, words = _text(one.initials), _text(one.words)
    return parts["here"] % {"colour": colour(one.key), "initials": initials, "live": live, "words": words}


def colour(key: int) -> int:
    """Which of the six colours a person has; as ``kit/tags.html`` chooses it."""
    return key % 6 + 1


class Painter:
    """Makes the lines of one page.

    Args:
        fmt: formats of the reader; weekdays and months are looked up once.
    """

    def __init__(self, fmt: Formats) -> None:
        self.fmt, self.now = fmt, clock.now()
        self.today = self.now.astimezone(fmt.zone).date()
        self._days = dates.get_day_names("abbreviated", locale=language())
        self._months = dates.get_month_names("abbreviated", locale=language())
        self._day = "%d. %s" if language() == "de" else "%d %s"
        self._clocks = {
            (ClockKind.RESPONSE, True): _("First response by"),
            (ClockKind.RESOLUTION, True): _("Resolution by"),
            (ClockKind.RESPONSE, False): _("First response was"),
            (ClockKind.RESOLUTION, False): _("Resolution was"),
        }
        self._waits = {
            "customer": pgettext("clock", "waiting for the customer"),
            "third_party": pgettext("clock", "waiting for a third party"),
        }
        self._left = pgettext("sla", "%(span)s left", span=GAP)
        self._over = pgettext("sla", "%(span)s over", span=GAP)
        self._reading, self._writing = _("%(name)s is reading", name=GAP), _("%(name)s is replying", name=GAP)

    def lines(self, rows: Iterable[QueueRow]) -> list[Line]:
        """All lines of a page."""
        return [self._line(row) for row in rows]

    def _line(self, row: QueueRow) -> Line:
        due = row.due_at if row.sla_state in LIVE else None
        place = f"{row.requester_name}, {row.requester_department}"
        return Line(
            row=row,
            number=row.number,
            step=step_of(row.status, row.pending_reason).value,
            state=row.sla_state.value,
            span=self._span(row.sla_state, due) if due else "",
            due=due.strftime("%Y-%m-%dT%H:%M:%SZ") if due else "",
            due_words=self._due(row, due),
            who=place if row.requester_department else row.requester_name,
            initials=initials_of(row.assignee_name) if row.assignee_id else "",
            ago=self.fmt.ago(row.updated_at),
            at=row.updated_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
            tags=row.tags[:TAGS_SHOWN],
            here=tuple(self._here(one) for one in row.present),
        )

    def chip(self, state: ClockState, due_at: datetime | None) -> Chip:
        """A clock that is not on a line of the list."""
        due = due_at if state in LIVE else None
        return Chip(state.value, self.fmt.span(due - self.now) if due else "", due)

    def _span(self, state: ClockState, due: datetime) -> str:
        left = due - self.now
        words = self.fmt.span(left)
        if left < timedelta():
            return self._over.replace(GAP, words)
        return words if state is ClockState.OK else self._left.replace(GAP, words)

    def _due(self, row: QueueRow, due: datetime | None) -> str:
        if due is None or row.due_clock is None:
            return self._waits.get(row.pending_reason or "", "")
        return f"{self._clocks[row.due_clock, due >= self.now]} {self.moment(due)}"

    def moment(self, at: datetime) -> str:
        """``11:12`` today · ``Fr., 14:30`` within the next days · ``Do.`` and ``3. Dez.`` otherwise."""
        local = at.astimezone(self.fmt.zone)
        time = f"{local.hour}:{local.minute:02d}"
        days = (local.date() - self.today).days
        if days == 0:
            return time
        if abs(days) < 7:
            weekday = str(self._days[local.weekday()])
            return f"{weekday}, {time}" if days > 0 else weekday
        day = self._day % (local.day, self._months[local.month])
        return day if local.year == self.today.year else f"{day} {local.year}"

    def _here(self, one: Present) -> Here:
        writing = one.mode is PresenceMode.WRITING
        words = (self._writing if writing else self._reading).replace(GAP, one.name.split(" ")[0])
        return Here(initials_of(one.name), one.person_id, writing, words)
