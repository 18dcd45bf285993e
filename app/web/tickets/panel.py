"""The panel beside a ticket: properties with what they can become, people, the lines of the history."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from app.core.actor import Actor
from app.core.formats import Formats
from app.core.language import _
from app.events.words import Visibility
from app.notifications.timeline import lines, names_of
from app.notifications.words import Side
from app.tickets.around import Here
from app.tickets.faces import Face
from app.tickets.sheet import Sheet
from app.tickets.words import PresenceMode, Priority, Status
from app.web.kit import page
from app.web.tickets.schemas import step_of
from app.web.tickets.words import (
    PRIORITY_NAMES,
    STEP_NAMES,
    assign_reason,
    next_steps,
    priority_reason,
)

if TYPE_CHECKING:
    from app.events.models import Event


@dataclass(frozen=True, slots=True)
class Requester:
    """The person whose request it is, as the page names them."""

    id: int
    name: str
    initials: str
    email: str
    phone: str
    place: str
    is_vip: bool
    is_verified: bool


@dataclass(frozen=True, slots=True)
class Present:
    """A colleague who is at the ticket now."""

    name: str
    initials: str
    key: int
    writing: bool
    since: str


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the history."""

    at: datetime
    when: str
    icon: str
    text: Markup
    is_public: bool


def context(actor: Actor, seen: Sheet) -> dict[str, Any]:
    """What the panel and the line of presence need."""
    ticket = seen.ticket
    step = step_of(ticket.status, ticket.pending_reason)
    return {
        "requester": _requester(seen.faces.get(ticket.requester_id)),
        "here": present(seen.company.here, seen.faces, page.formats()),
        "step": step.value,
        "step_choices": [(one.value, str(STEP_NAMES[one])) for one in next_steps(step)],
        "status_names": {status: str(STEP_NAMES[step_of(status, None)]) for status in Status},
        "priority_choices": [(one.value, str(PRIORITY_NAMES[one])) for one in Priority],
        "priority_reason": priority_reason(ticket.priority_reason.get("rules", [])),
        "assignee": seen.faces.get(ticket.assignee_id or 0),
        "assignee_choices": _assignees(actor, seen),
        "assign_reason": assign_reason(ticket.assign_reason),
        "participants": _known(seen.company.participants, seen),
        "watchers": [face.full_name for face in _known(seen.company.watchers, seen)],
        "watched": actor.person_id in seen.company.watchers,
        "file_count": sum(len(group) for group in seen.files.values()),
    }


def present(here: Sequence[Here], faces: Any, fmt: Formats) -> list[Present]:
    """Colleagues who are here, as the line of presence names them; writers first."""
    found = []
    for one in sorted(here, key=lambda one: one.mode is not PresenceMode.WRITING):
        face = faces.get(one.person_id)
        if face is not None:
            since = _("since %(time)s", time=fmt.time(one.since))
            found.append(
                Present(face.full_name, face.initials, face.id, one.mode is PresenceMode.WRITING, since)
            )
    return found


def history_lines(actor: Actor, events: Sequence[Event], fmt: Formats) -> list[Line]:
    """Events as lines of the history."""
    return [
        Line(
            at=one.event.at,
            when=fmt.moment(one.event.at),
            icon=one.icon,
            text=one.text,
            is_public=one.event.visibility is Visibility.PUBLIC,
        )
        for one in lines(events, names_of(events), Side.STAFF, fmt, reader_id=actor.person_id)
    ]


def _known(ids: Sequence[int], seen: Sheet) -> list[Face]:
    return [seen.faces[person_id] for person_id in ids if person_id in seen.faces]


def _requester(face: Face | None) -> Requester:
    if face is None:
        return Requester(0, "–", "?", "", "", "", is_vip=False, is_verified=False)
    place = " · ".join(part for part in (face.department, face.organisation, face.position) if part)
    return Requester(
        face.id,
        face.full_name,
        face.initials,
        face.email,
        face.phone,
        place,
        face.is_vip,
        face.is_verified,
    )


def _assignees(actor: Actor, seen: Sheet) -> list[tuple[str | int, str]]:
    """Take, give back, automatic, or one of the team, as far as the viewer may."""
    mine = seen.ticket.assignee_id == actor.person_id
    leads = actor.can("tickets.assign")
    choices: list[tuple[str | int, str]] = []
    if not mine and (leads or seen.ticket.assignee_id is None):
        choices.append(("me", _("Assign to me")))
    if seen.ticket.assignee_id is not None and (mine or leads):
        choices.append(("nobody", _("Give back to the team")))
    if leads:
        choices.append(("auto", _("Choose automatically")))
    if seen.may_assign:
        choices += [one for one in seen.choices.members if one[0] != actor.person_id]
    return choices
