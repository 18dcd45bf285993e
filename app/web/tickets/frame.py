"""What the frame around every page of agents shows: the figures of the rail and the bell."""

from __future__ import annotations

from app.core.actor import Actor


def nav(actor: Actor) -> dict[str, int]:
    """Counts by name: what waits for the viewer or the viewer's teams."""
    return {}
