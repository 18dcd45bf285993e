"""What a list is narrowed to: the form, the chips with their way out, the orders, quick filters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from app.accounts.queries import names
from app.core.language import Lazy, _
from app.sla.words import ClockState
from app.tickets.listing import QueueQuery, Sort, View
from app.tickets.words import Channel, Priority, Status
from app.web.tickets.words import CHANNELS, PRIORITY_NAMES, STATUS_NAMES

SORT_NAMES: dict[Sort, Lazy] = {
    Sort.DUE: Lazy("By deadline"),
    Sort.RECENT: Lazy("By latest activity"),
    Sort.NEWEST: Lazy("Newest first"),
    Sort.CREATED: Lazy("Oldest first"),
    Sort.PRIORITY: Lazy("By priority"),
}
SLA_NAMES: dict[ClockState, Lazy] = {
    ClockState.BREACHED: Lazy("overdue", "filter"),
    ClockState.AT_RISK: Lazy("deadline near", "filter"),
    ClockState.OK: Lazy("in time", "filter"),
    ClockState.PAUSED: Lazy("paused", "filter"),
    ClockState.MET: Lazy("met", "filter"),
}
FIELDS = ("status", "priority", "team", "category", "assignee", "requester", "tag", "channel", "sla")
HIDDEN = ("created_after", "created_before", "updated_after")


@dataclass(frozen=True, slots=True)
class Chip:
    """One thing the list is narrowed to."""

    name: str
    value: str
    without: str


@dataclass(frozen=True, slots=True)
class Pill:
    """A quick filter: pressed once it narrows, pressed again it does not."""

    url: str
    tone: str
    icon: str
    name: str
    count: int
    current: bool


def address(query: QueueQuery, /, path: Any = "/tickets", **changes: Any) -> str:
    """The list with something changed; a change begins at the first page."""
    kept = query.model_dump(mode="json", exclude_defaults=True, exclude={"cursor", "limit"}) | changes
    pairs = [
        (name, one) for name, value in kept.items() for one in (value if isinstance(value, list) else [value])
    ]
    said = urlencode([(name, value) for name, value in pairs if value not in (None, "")])
    return f"{path}?{said}" if said else path


def narrowed(query: QueueQuery) -> bool:
    """Whether anything but the view narrows the list."""
    return any(getattr(query, name) for name in (*FIELDS, *HIDDEN))


def chips(query: QueueQuery, teams: Mapping[int, str], categories: Mapping[int, str]) -> list[Chip]:
    """What narrows the list, each with the list without it."""
    made = []
    for name in FIELDS:
        value = getattr(query, name)
        if isinstance(value, list):
            for one in value:
                rest = [other.value for other in value if other is not one]
                made.append(Chip(_label(name), _said(name, one, {}), address(query, **{name: rest})))
        elif value:
            known = teams if name == "team" else categories
            made.append(Chip(_label(name), _said(name, value, known), address(query, **{name: None})))
    if any(getattr(query, name) for name in HIDDEN):
        made.append(Chip(_("Period"), _("chosen"), address(query, **dict.fromkeys(HIDDEN))))
    return made


def _label(name: str) -> str:
    return {
        "status": _("Status"),
        "priority": _("Priority"),
        "team": _("Team"),
        "category": _("Category"),
        "assignee": _("Assignee"),
        "requester": _("Request of"),
        "tag": _("Tag"),
        "channel": _("Channel"),
        "sla": _("Deadline"),
    }[name]


def _said(name: str, value: Any, known: Mapping[int, str]) -> str:
    if name in ("team", "category"):
        return known.get(value, str(value))
    if name in ("assignee", "requester") and isinstance(value, int):
        found = names([value])
        return found[value].full_name if found else str(value)
    words: dict[Any, Any] = {
        "me": _("me"),
        "none": _("nobody"),
        **STATUS_NAMES,
        **PRIORITY_NAMES,
        **CHANNELS,
        **SLA_NAMES,
    }
    return str(words.get(value, value))


def pills(query: QueueQuery, counts: Mapping[View, int]) -> list[Pill]:
    """Quick filters of the list that is open."""
    wanted = (
        (View.OVERDUE, "sla", ClockState.BREACHED.value, "danger", "exclamation-octagon-fill", _("Overdue")),
        (View.AT_RISK, "sla", ClockState.AT_RISK.value, "warn", "alarm", _("Deadline near")),
        (View.UNASSIGNED, "assignee", "none", "neutral", "person-dash", _("Unassigned")),
    )
    made = []
    for view, name, value, tone, icon, text in wanted:
        current = getattr(query, name) == value
        url = address(query, **{name: None if current else value})
        made.append(Pill(url, tone, icon, text, counts.get(view, 0), current))
    return made


def choices(teams: Mapping[int, str], categories: Mapping[int, str]) -> dict[str, Any]:
    """What the form offers: pairs of value and name."""
    return {
        "status": [(one.value, str(STATUS_NAMES[one])) for one in Status],
        "priority": [(one.value, str(PRIORITY_NAMES[one])) for one in Priority],
        "sla": [(one.value, str(SLA_NAMES[one])) for one in SLA_NAMES],
        "assignee": [("me", _("me")), ("none", _("nobody"))],
        "team": list(teams.items()),
        "category": list(categories.items()),
        "channel": [(one.value, str(CHANNELS[one])) for one in Channel],
    }


def sorts(query: QueueQuery) -> list[tuple[str, str, str]]:
    """The orders a list can have: value, name, address."""
    return [(one.value, str(SORT_NAMES[one]), address(query, sort=one.value)) for one in Sort]
