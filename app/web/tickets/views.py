"""The lists everybody has: their names, their places in the side list, their figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from app.core.actor import Actor
from app.core.language import Lazy, _
from app.tickets.access import sees_all_teams
from app.tickets.listing import View

NAMES: dict[View, Lazy] = {
    View.MINE: Lazy("Assigned to me"),
    View.WAITING_FOR_ME: Lazy("Waiting for me"),
    View.DRAFTS: Lazy("Drafts"),
    View.WATCHED: Lazy("Watched"),
    View.OPEN: Lazy("All open", "list of tickets"),
    View.UNASSIGNED: Lazy("Unassigned", "list of tickets"),
    View.OVERDUE: Lazy("Overdue", "list of tickets"),
    View.AT_RISK: Lazy("Deadline near", "list of tickets"),
    View.WAITING_FOR_CUSTOMER: Lazy("Waiting for customer", "list of tickets"),
    View.RESOLVED: Lazy("Resolved lately", "list of tickets"),
    View.ALL_ACTIVE: Lazy("Open in all teams", "list of tickets"),
}
ICONS: dict[View, str] = {
    View.MINE: "person-check",
    View.WAITING_FOR_ME: "reply",
    View.DRAFTS: "pencil-square",
    View.WATCHED: "eye",
    View.OPEN: "list-ul",
    View.UNASSIGNED: "person-dash",
    View.OVERDUE: "exclamation-octagon",
    View.AT_RISK: "alarm",
    View.WAITING_FOR_CUSTOMER: "hourglass-split",
    View.RESOLVED: "check-circle",
    View.ALL_ACTIVE: "grid",
}
ALERTS = {View.OVERDUE: "alert", View.AT_RISK: "warn", View.UNASSIGNED: "warn"}
OWN = (View.MINE, View.WAITING_FOR_ME, View.DRAFTS, View.WATCHED)
OF_TEAMS = (
    View.OPEN,
    View.UNASSIGNED,
    View.OVERDUE,
    View.AT_RISK,
    View.WAITING_FOR_CUSTOMER,
    View.RESOLVED,
)


@dataclass(frozen=True, slots=True)
class Entry:
    """One list in the side list; ``count`` is None where nobody counts."""

    view: View
    url: str
    icon: str
    name: str
    count: int | None
    alert: str
    current: bool


@dataclass(frozen=True, slots=True)
class Section:
    """Lists under one heading."""

    name: str
    entries: Sequence[Entry]


def sections(
    actor: Actor, counts: Mapping[View, int], team_names: Sequence[str], current: View | None
) -> list[Section]:
    """The side list.

    Args:
        team_names: the viewer's teams, for the heading.
    """
    teams = _("Team %(name)s", name=team_names[0]) if len(team_names) == 1 else _("My teams")
    groups: list[tuple[str, Sequence[View]]] = [(_("My work"), OWN)]
    if team_names or sees_all_teams(actor):
        groups.append((teams if team_names else _("All teams"), OF_TEAMS))
    if sees_all_teams(actor) and team_names:
        groups.append((_("Everything"), (View.ALL_ACTIVE,)))
    return [Section(name, [_entry(view, counts, current) for view in views]) for name, views in groups]


def first_view(actor: Actor) -> View:
    """The list somebody sees who asks for none."""
    return View.OPEN if actor.team_ids or sees_all_teams(actor) else View.MINE


def with_work(counts: Mapping[View, int], current: View | None) -> View | None:
    """Another list that has something to do, for whoever has finished one."""
    order = (View.OVERDUE, View.AT_RISK, View.UNASSIGNED, View.WAITING_FOR_ME, View.MINE, View.OPEN)
    return next((view for view in order if view is not current and counts.get(view)), None)


def address(view: View) -> str:
    """Where a list is."""
    return f"/tickets?view={view.value}"


def _entry(view: View, counts: Mapping[View, int], current: View | None) -> Entry:
    return Entry(
        view,
        address(view),
        ICONS[view],
        str(NAMES[view]),
        counts.get(view),
        ALERTS.get(view, ""),
        view is current,
    )
