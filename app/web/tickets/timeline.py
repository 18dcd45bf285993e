"""The timeline of a ticket: what was said and what happened, woven together by time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from operator import itemgetter
from types import MappingProxyType
from typing import TYPE_CHECKING

from markupsafe import Markup

from app.core import clock
from app.core.actor import Actor
from app.core.formats import Formats
from app.core.language import _
from app.notifications.timeline import Line, Names, lines
from app.notifications.words import Side
from app.settings.queries import get as settings
from app.settings.schemas import TicketRules
from app.tickets.faces import Face, initials_of
from app.tickets.sheet import Sheet
from app.web.tickets.deliveries import Sent, mails_of

if TYPE_CHECKING:
    from app.events.models import Event
    from app.mailroom.hints import Hint
    from app.tickets.models import Attachment, Comment

NAME, TIME = "\0name", "\0time"  # stand in sentences said for many entries until an entry fills them
FOLD_FROM = 5
KEPT_OPEN = 2
NO_HINTS: Mapping[int, Hint] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of the conversation: what was said, and what the page makes of it."""

    said: Comment
    when: str
    label: str
    name: str
    initials: str
    email: str
    files: Sequence[Attachment]
    is_new: bool
    redacted_by: str
    held_until: datetime | None
    may_take_back: bool
    tools: str
    sent: Sent | None
    hint: Hint | None


@dataclass(frozen=True, slots=True)
class Happening:
    """One thing that happened, in one sentence."""

    id: int
    at: str
    when: str
    icon: str
    tone: str
    text: Markup


@dataclass(slots=True)
class Item:
    """A piece of the timeline: an entry, some happenings in a row (``folded`` are out of sight), or the line between
    what was read and what is new."""

    entry: Entry | None = None
    happenings: list[Happening] = field(default_factory=list)
    folded: list[Happening] = field(default_factory=list)
    is_line: bool = False


class Loom:
    """Weaves the timeline of one page."""

    def __init__(
        self, sheet: Sheet, actor: Actor, fmt: Formats, hints: Mapping[int, Hint] = NO_HINTS
    ) -> None:
        self.sheet, self.actor, self.fmt, self.hints = sheet, actor, fmt, hints
        self.now = clock.now()
        self.rules = settings(TicketRules)
        self._mails = mails_of(sheet.deliveries, sheet.faces)
        self._day: object = None
        self._redacts = actor.can("tickets.redact")
        self._labels = {
            "note": _("Internal note of %(name)s, %(time)s", name=NAME, time=TIME),
            "reply": _("Reply of %(name)s, %(time)s", name=NAME, time=TIME),
            "message": _("Message of %(name)s, %(time)s", name=NAME, time=TIME),
        }

    def items(self) -> list[Item]:
        """Everything in order, the oldest first."""
        made: list[Item] = []
        for thing in self._in_order():
            if isinstance(thing, Happening):
                self._add(made, thing)
                continue
            if thing.is_new and not any(item.is_line for item in made):
                made.append(Item(is_line=True))
            made.append(Item(entry=thing))
        return [_with_fold(item) for item in made]

    def _in_order(self) -> Iterator[Entry | Happening]:
        """An entry comes before what it led to."""
        comments = self.sheet.entries.comments
        lines = told(self.sheet.events, self.sheet, self.actor, self.fmt)
        things: list[tuple[datetime, int, Callable[[], Entry | Happening]]] = [
            *((comment.created_at, 0, partial(self._entry, comment)) for comment in comments),
            *((line.event.at, 1, partial(self._happening, line)) for line in lines if self._is_told(line)),
        ]
        for _at, _order, make in sorted(things, key=itemgetter(0, 1)):
            yield make()

    @staticmethod
    def _add(made: list[Item], happening: Happening) -> None:
        if not made or made[-1].entry is not None or made[-1].is_line:
            made.append(Item())
        made[-1].happenings.append(happening)

    def when(self, at: datetime) -> str:
        """``Heute, 9:12`` where a day begins, ``9:31`` after it."""
        day = at.astimezone(self.fmt.zone).date()
        first, self._day = day != self._day, day
        return self.fmt.moment(at) if first else self.fmt.time(at)

    def _is_told(self, line: Line) -> bool:
        """What stands in the conversation itself needs no line of its own."""
        event = line.event
        return not (event.kind == "ticket.opened" and event.actor_id == self.sheet.ticket.requester_id)

    def _happening(self, line: Line) -> Happening:
        event = line.event
        return Happening(event.id, event.at.isoformat(), self.when(event.at), line.icon, line.tone, line.text)

    def _entry(self, comment: Comment) -> Entry:
        face = self.sheet.faces.get(comment.author_id or 0)
        name = comment.author_name or (face.full_name if face else comment.author_email)
        when = self.when(comment.created_at)
        mine = comment.author_id == self.actor.person_id
        held = comment.public_from if comment.public_from and comment.public_from > self.now else None
        return Entry(
            said=comment,
            when=when,
            label=self._labels[_kind(comment)].replace(NAME, name).replace(TIME, when),
            name=name,
            initials=initials_of(name),
            email=comment.author_email or (face.email if face else ""),
            files=() if comment.redacted_at else self.sheet.files.get(comment.id, ()),
            is_new=self._is_new(comment, mine),
            redacted_by=_redactor(comment, self.sheet.faces),
            held_until=held,
            may_take_back=mine and held is not None and not comment.is_internal,
            tools=self._tools(comment, mine and (comment.is_internal or held is not None)),
            sent=self._mails.get(comment.id) if comment.by_staff else None,
            hint=self.hints.get(comment.id),
        )

    def _is_new(self, comment: Comment, mine: bool) -> bool:
        seen = self.sheet.own.read_up_to
        return bool(seen) and comment.id > seen and not mine

    def _tools(self, comment: Comment, may_change: bool) -> str:
        """What the menu of an entry offers: ``move``, ``correct``, ``redact``, some of them, or nothing."""
        offered = []
        if comment.is_from_email and not comment.by_staff and comment.redacted_at is None:
            offered.append("move")
        if may_change and self._is_fresh(comment):
            offered.append("correct")
        if self._redacts and comment.redacted_at is None:
            offered.append("redact")
        return " ".join(offered)

    def _is_fresh(self, comment: Comment) -> bool:
        limit = timedelta(minutes=self.rules.correct_within_minutes)
        return comment.redacted_at is None and comment.created_at > self.now - limit


def _kind(comment: Comment) -> str:
    if comment.is_internal:
        return "note"
    return "reply" if comment.by_staff else "message"


def told(events: Sequence[Event], sheet: Sheet, actor: Actor, fmt: Formats) -> list[Line]:
    """Events in words, with the names the page knows already."""
    names = Names(
        people={person_id: face.full_name for person_id, face in sheet.faces.items()},
        teams=dict(sheet.choices.all_teams),
        categories=dict(sheet.choices.all_categories),
    )
    return lines(events, names, Side.STAFF, fmt, reader_id=actor.person_id)


def _redactor(comment: Comment, faces: Mapping[int, Face]) -> str:
    if comment.redacted_at is None:
        return ""
    face = faces.get(comment.redacted_by_id or 0)
    return face.full_name if face else "–"


def _with_fold(item: Item) -> Item:
    """Long rows of happenings show their end; what came before is one click away."""
    if len(item.happenings) >= FOLD_FROM:
        item.folded, item.happenings = item.happenings[:-KEPT_OPEN], item.happenings[-KEPT_OPEN:]
    return item
