"""What the frame around every page of agents shows: the figures of the rail and the bell."""

from __future__ import annotations

from collections.abc import Mapping

from app.core.actor import Actor
from app.notifications.queries import unread_count
from app.tickets.counts import unassigned
from app.tickets.listing import View


def nav(actor: Actor, counts: Mapping[View, int] | None = None) -> dict[str, int]:
    """Figures by name: what waits for the viewer's teams, and for the viewer.

    Args:
        counts: the figures of the lists, where a page has read them already.
    """
    waiting = counts.get(View.UNASSIGNED, 0) if counts is not None else unassigned(actor)
    return {"unassigned": waiting, "bell": unread_count(actor)}
