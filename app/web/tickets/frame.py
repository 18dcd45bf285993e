"""What the frame around every page of agents shows: the figures of the rail and the bell."""

from __future__ import annotations

from app.core.actor import Actor
from app.notifications.queries import unread_count
from app.tickets.listing import View


def counts_of(actor: Actor) -> dict[View, int]:
    """How many tickets wait in each list of the viewer."""
    return {}


def nav(actor: Actor, counts: dict[View, int] | None = None) -> dict[str, int]:
    """Figures by name: what waits for the viewer or the viewer's teams."""
    known = counts_of(actor) if counts is None else counts
    return {"unassigned": known.get(View.UNASSIGNED, 0), "bell": unread_count(actor)}
