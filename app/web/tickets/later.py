"""Sending later: the moments on offer in the agent's time zone, and the replies that wait, as the page shows them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

from app.core import clock
from app.core.actor import Actor
from app.core.errors import Invalid
from app.core.formats import Formats
from app.core.language import _
from app.core.text import render
from app.tickets.actions.scheduling import LATEST, SOONEST
from app.tickets.sheet import Sheet
from app.tickets.unsent import Unsent
from app.tickets.words import Status
from app.web.kit import page
from app.web.tickets.schemas import Later, Step, step_of
from app.web.tickets.words import STEP_NAMES

if TYPE_CHECKING:
    from app.tickets.models import Attachment

EVENING, MORNING = time(18), time(8)
FIELD = "due_at"
WRITTEN = "%Y-%m-%dT%H:%M"


@dataclass(frozen=True, slots=True)
class Choice:
    """A moment on offer."""

    value: Later
    text: str


@dataclass(frozen=True, slots=True)
class Planned:
    """A reply that was written for later, as the page shows it; ``when`` is empty for one that was stopped."""

    id: int
    name: str
    initials: str
    author_id: int
    when: str
    at: str
    html: str
    files: Sequence[Attachment]
    then: str
    is_mine: bool
    may_cancel: bool


def offer(actor: Actor, seen: Sheet) -> dict[str, Any] | None:
    """What the menu offers; None where nothing can be sent later: one's own request, a closed ticket."""
    ticket = seen.ticket
    if ticket.requester_id == actor.person_id or ticket.status is Status.CLOSED:
        return None
    fmt, now = page.formats(), clock.now()
    local = now.astimezone(fmt.zone)
    return {
        "choices": _choices(fmt, now),
        "earliest": (local + SOONEST).strftime(WRITTEN),
        "latest": (local + LATEST).strftime(WRITTEN),
    }


def _choices(fmt: Formats, now: datetime) -> list[Choice]:
    def hour(choice: Later) -> str:
        return fmt.time(MOMENTS[choice](fmt, now))

    offered = [Choice(Later.HOUR, _("In an hour"))]
    if MOMENTS[Later.EVENING](fmt, now) >= now + SOONEST:
        offered.append(Choice(Later.EVENING, _("This evening, %(time)s", time=hour(Later.EVENING))))
    offered.append(Choice(Later.MORNING, _("Tomorrow, %(time)s", time=hour(Later.MORNING))))
    if MOMENTS[Later.MONDAY](fmt, now) != MOMENTS[Later.MORNING](fmt, now):
        offered.append(Choice(Later.MONDAY, _("Next Monday, %(time)s", time=hour(Later.MONDAY))))
    return offered


def _on_day(days: Callable[[datetime], int], at: time) -> Callable[[Formats, datetime], datetime]:
    """A time of day by the reader's wall clock, so many days ahead."""

    def moment(fmt: Formats, now: datetime) -> datetime:
        local = now.astimezone(fmt.zone)
        day = local.date() + timedelta(days=days(local))
        return datetime.combine(day, at, fmt.zone).astimezone(UTC)

    return moment


MOMENTS: dict[Later, Callable[[Formats, datetime], datetime]] = {
    Later.HOUR: lambda _fmt, now: now + timedelta(hours=1),
    Later.EVENING: _on_day(lambda _local: 0, EVENING),
    Later.MORNING: _on_day(lambda _local: 1, MORNING),
    Later.MONDAY: _on_day(lambda local: 7 - local.weekday(), MORNING),
}


def moment(choice: Later, written: str) -> datetime:
    """The moment a choice stands for.

    Args:
        written: date and time by the reader's wall clock, for ``Later.AT``.

    Raises:
        Invalid: what was written is no date and time.
    """
    fmt = page.formats()
    if choice is not Later.AT:
        return MOMENTS[choice](fmt, clock.now())
    try:
        given = datetime.fromisoformat(written)
        if given.tzinfo is not None or "T" not in written.upper():
            raise ValueError(written)
        return given.replace(tzinfo=fmt.zone).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise Invalid({FIELD: _("Please choose a date and a time.")}) from error


def planned(actor: Actor, seen: Sheet) -> dict[str, list[Planned]]:
    """The replies that wait, and the viewer's own that were stopped."""
    shown: dict[str, list[Planned]] = {"waiting": [], "stopped": []}
    for one in seen.unsent:
        shown["stopped" if one.is_stopped else "waiting"].append(_planned(actor, seen, one))
    return shown


def _planned(actor: Actor, seen: Sheet, one: Unsent) -> Planned:
    face, is_mine = seen.faces[one.author_id], one.author_id == actor.person_id
    found = (seen.unsent_files.get(number) for number in one.attachment_ids)
    return Planned(
        id=one.id,
        name=face.full_name,
        initials=face.initials,
        author_id=one.author_id,
        when=_when(one.due_at),
        at=one.due_at.isoformat(),
        html=render(one.body),
        files=[file for file in found if file is not None],
        then=str(STEP_NAMES[_step(one.then, one)]) if one.then else "",
        is_mine=is_mine,
        may_cancel=is_mine or actor.can("tickets.assign"),
    )


def _when(due_at: datetime) -> str:
    if due_at <= clock.now():
        return _("in a moment")
    return page.formats().moment(due_at)


def _step(status: Status, one: Unsent) -> Step:
    return step_of(status, one.pending_reason)
